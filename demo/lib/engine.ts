/**
 * The one place that decides what computes: WebGPU where the browser has it, else the CPU;
 * `?backend=cpu` in the address asks for the CPU. Every session of the site shares one device.
 */

import { readable } from 'svelte/store';
import { type Graph, InferenceSession, type SessionOptions, WgconvError } from '../../src/index.ts';

export interface Engine {
  readonly backend: 'webgpu' | 'cpu';
  /** The adapter as it names itself, with WebGPU. */
  readonly adapter: string;
  /** The adapter computes on the CPU itself (SwiftShader, llvmpipe). */
  readonly software: boolean;
  /** The device that all sessions share, with WebGPU. */
  readonly device: GPUDevice | undefined;
  /** The address asked for the CPU. */
  readonly forced: boolean;
}

/** Nothing to compute: its session stays open, so that the device outlives the pages' own sessions. */
const anchor: Graph = {
  name: 'anchor',
  inputs: [{ name: 'x', type: 'float32', dims: ['N'] }],
  outputs: ['x'],
  nodes: [],
  constants: new Map(),
  types: new Map([['x', { type: 'float32', dims: ['N'] }]]),
};

let opened: Promise<Engine> | undefined;

/** What computes on this visit. Decided once; a page may ask as often as it likes. */
export function openEngine(): Promise<Engine> {
  opened ??= open();
  return opened;
}

async function open(): Promise<Engine> {
  const cpu = { backend: 'cpu', adapter: '', software: false, device: undefined } as const;
  if (asksForCpu(location)) return { ...cpu, forced: true };
  try {
    const { caps, device } = await InferenceSession.create(anchor);
    const { vendor = '', architecture = '', description = '' } = caps?.adapter ?? {};
    const adapter = [vendor, architecture].filter(Boolean).join(' ') || description;
    device?.lost.then(() => {
      opened = undefined; // the next session opens another device
    });
    return { backend: 'webgpu', adapter, software: !!caps?.software, device, forced: false };
  } catch (error) {
    if (!(error instanceof WgconvError && error.code === 'no-webgpu')) {
      opened = undefined;
      throw error;
    }
    return { ...cpu, forced: false };
  }
}

/** `?backend=cpu`, before the hash as in any address, or behind the page's own name. */
function asksForCpu({ search, hash }: Pick<Location, 'search' | 'hash'>): boolean {
  return [search, hash.slice(hash.indexOf('?'))].some(
    (query) => new URLSearchParams(query).get('backend') === 'cpu',
  );
}

/** `InferenceSession.create` on the site's backend. The caller disposes of the session. */
export async function createSession(
  model: Parameters<typeof InferenceSession.create>[0],
  options: Omit<SessionOptions, 'backend' | 'gpu'> = {},
): Promise<InferenceSession> {
  const { backend } = await openEngine();
  return InferenceSession.create(model, { ...options, backend });
}

export type EngineState =
  | { readonly state: 'opening' }
  | { readonly state: 'open'; readonly engine: Engine }
  | { readonly state: 'failed'; readonly error: unknown };

/** The engine as a store, for notes that say what computes. Opens it when first subscribed to. */
export const engineState = readable<EngineState>({ state: 'opening' }, (set) => {
  openEngine().then(
    (engine) => set({ state: 'open', engine }),
    (error: unknown) => set({ state: 'failed', error }),
  );
});
