/** WebGPU in Node by the npm package `webgpu`, which holds Dawn, Chrome's WebGPU. */

import { WgconvError } from '../core/errors.ts';

let installed: Promise<GPU> | undefined;

/**
 * `navigator.gpu` of the host (Deno) or of a caller who has put it there; else that of the package,
 * which becomes `navigator.gpu`, and WebGPU's classes and constants global.
 *
 * @throws WgconvError `no-webgpu` where the package is not installed, or does not load
 */
export async function webGpu(): Promise<GPU | undefined> {
  const { navigator } = globalThis as { navigator?: Navigator };
  if (navigator?.gpu) return navigator.gpu;
  installed ??= install();
  return installed;
}

async function install(): Promise<GPU> {
  // A bundler for servers must not fail where the package is not installed: nobody may need it.
  const { create, globals } = await import(
    /* webpackIgnore: true */ /* @vite-ignore */ 'webgpu'
  ).catch((cause: unknown) => {
    throw unavailable(cause);
  });
  const gpu = create([]);
  Object.assign(globalThis, globals);
  // Node has `navigator` from version 21 on. Dawn works for as long as somebody holds `gpu`.
  if (!globalThis.navigator) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  }
  Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  return gpu;
}

function unavailable(cause: unknown): WgconvError {
  const missing = (cause as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND';
  return new WgconvError(
    'no-webgpu',
    `Node has WebGPU from the npm package "webgpu", which ${missing ? 'is not installed' : `does not load (${cause})`}. ` +
      `${missing ? 'Run "npm install webgpu", or use' : 'Use'} { backend: 'cpu' } to run on the CPU.`,
    { cause },
  );
}
