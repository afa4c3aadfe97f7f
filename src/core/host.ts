/**
 * What a page has by itself and other hosts have in their own way: addresses, files behind them, and
 * WebGPU. `src/node` puts Node's in its place.
 */
export const host = {
  /** The whole address of what a caller names, which may be relative to the page. */
  address: (name: string | URL): URL => new URL(name, globalThis.location?.href),

  fetch: (name: string | URL, init?: RequestInit): Promise<Response> => fetch(name, init),

  /**
   * `navigator.gpu`, with WebGPU's constants beside it; undefined where there is none.
   * @throws WgconvError `no-webgpu` where the host knows what is missing
   */
  gpu: async (): Promise<GPU | undefined> => (globalThis.navigator as Navigator | undefined)?.gpu,
};
