/**
 * What `import … from 'wgconv'` gives Node and Deno: all that a page gets, and models and tuned
 * choices are read from the disk, too, and WebGPU comes with the npm package `webgpu`.
 */

import { host } from '../core/host.ts';
import { address, fetchFile } from './files.ts';
import { webGpu } from './web-gpu.ts';

export * from '../index.ts';

// A page that may use Node's modules (Electron's, or a test's in jsdom) remains a page.
if (!globalThis.location) Object.assign(host, { address, fetch: fetchFile, gpu: webGpu });
