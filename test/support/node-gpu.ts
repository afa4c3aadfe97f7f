/** Gives Node `navigator.gpu` of the npm package `webgpu`, on the adapter that Vulkan's loader finds. */

import { create, globals } from 'webgpu';

Object.assign(globalThis, globals);
// Dawn stops working once the object that `create` gives is collected: `navigator` keeps it.
Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true });
