/** Gives Node `navigator.gpu` of the npm package `webgpu`, on the adapter that Vulkan's loader finds. */

import { webGpu } from '../../src/node/web-gpu.ts';

await webGpu();
