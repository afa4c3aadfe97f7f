/** What a session is told. */

import { insist, refuseUnknown } from '../core/refuse-unknown.ts';
import type { ExternalData } from '../formats/files-beside.ts';
import type { CacheOptions } from '../formats/model-cache.ts';
import type { DeviceOptions } from '../gpu/request-device.ts';
import type { Graph } from '../graph/graph.ts';
import type { DisabledPass } from '../passes/index.ts';
import type { PlanOptions } from '../plan/create-plan.ts';
import type { OnProgress } from './backend.ts';
import type { Tuning, TuningStore } from './tune/tuning.ts';

export interface SessionOptions {
  /**
   * `webgpu` (the default) fails where there is no adapter; `cpu` computes in float64 loops, slow
   * and exact; `auto` takes `cpu` only where there is no adapter.
   */
  readonly backend?: 'webgpu' | 'cpu' | 'auto' | undefined;
  /** A device that the caller owns, limits and the like. */
  readonly gpu?: DeviceOptions | undefined;
  /**
   * Files of weights beside the model, by the names that the model has for them: bytes or addresses.
   * Of a model that is loaded by its address, files that are not given are fetched from its folder.
   */
  readonly externalData?: readonly ExternalData[] | undefined;
  /**
   * Hashes of the model's bytes, as the attribute of that name in HTML has them (`sha384-…`): other
   * bytes are refused before they are read.
   */
  readonly integrity?: string | undefined;
  /**
   * Keeps files that are fetched in the Cache API, and takes them from there as long as the server
   * has the same: true, or a cache's name or its bounds.
   */
  readonly cache?: boolean | string | CacheOptions | undefined;
  /**
   * Forces an algorithm wherever a node offers it, for every node or by node name; one that no node
   * offers is refused when the model is planned. Not with `backend: 'cpu'`.
   */
  readonly algorithm?: PlanOptions['algorithm'];
  /**
   * Which algorithm computes each node: `off` takes the cost model's; `cached` (the default) those
   * that an earlier `full` found on this device, the cost model's for the rest; `full` times the
   * likely ones of every problem it has not seen, which takes seconds to minutes, and keeps what it
   * finds. Only algorithms whose values are right are chosen.
   */
  readonly tune?: 'off' | 'cached' | 'full' | undefined;
  /**
   * Where choices come from and go to in place of the page's IndexedDB: a store, or what
   * `session.tuning()` gave or `wgconv tune` wrote before, or its address (then nothing is kept).
   */
  readonly tuning?: Tuning | TuningStore | string | URL | undefined;
  /**
   * Ends `create`, wherever it is: it rejects with the signal's reason at once, and what was acquired
   * goes back. A store keeps what tuning found until then. It means nothing once the session is there.
   */
  readonly signal?: AbortSignal | undefined;
  /** Graph passes to leave out, to find out what a pass does. */
  readonly disable?: readonly DisabledPass[] | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Called with the graph as it was read, before any pass; may return another one. */
  readonly transform?: ((graph: Graph) => Graph | Promise<Graph>) | undefined;
}

/** The types see to it that none is forgotten. */
export const sessionOptions: Readonly<Record<keyof SessionOptions, true>> = {
  ...{ backend: true, gpu: true, algorithm: true, disable: true },
  ...{
    externalData: true,
    integrity: true,
    cache: true,
    onProgress: true,
    transform: true,
    tune: true,
    tuning: true,
    signal: true,
  },
};
const gpuOptions: Readonly<Record<keyof DeviceOptions, true>> = {
  ...{ device: true, powerPreference: true, compatibilityLimits: true, ceiling: true },
  experimentalSubgroupMatrix: true,
};
const passes: Readonly<Record<DisabledPass, true>> = {
  ...{ 'fold-constants': true, 'dead-code': true, 'fold-pads': true },
  ...{ 'fold-batch-norm': true, 'fuse-gates': true },
  ...{ 'fuse-epilogue': true, 'fuse-pointwise': true, 'fuse-movement': true },
  ...{ 'assign-layouts': true },
};
const backends: Readonly<Record<NonNullable<SessionOptions['backend']>, true>> = {
  ...{ webgpu: true, cpu: true, auto: true },
};

const powerPreferences: Readonly<Record<GPUPowerPreference, true>> = {
  ...{ 'low-power': true, 'high-performance': true },
};

const cacheOptions: Readonly<Record<keyof CacheOptions, true>> = { name: true, maxBytes: true };

const tuneModes: Readonly<Record<NonNullable<SessionOptions['tune']>, true>> = {
  ...{ off: true, cached: true, full: true },
};

/** @throws WgconvError `invalid-argument` naming what is unknown and what there is. */
export function checkOptions(
  options: SessionOptions,
  known: Readonly<Record<string, true>> = sessionOptions,
): void {
  refuseUnknown('option', options, known);
  refuseUnknown('option of gpu', options.gpu, gpuOptions);
  if (typeof options.cache === 'object') {
    refuseUnknown('option of cache', options.cache, cacheOptions);
  }
  refuseUnknown('backend', { [options.backend ?? 'webgpu']: true }, backends);
  refuseUnknown('tune mode', { [options.tune ?? 'cached']: true }, tuneModes);
  for (const name of ['onProgress', 'transform'] as const) {
    const given = options[name] ?? checkOptions;
    insist(typeof given === 'function', `${name} takes a function, not ${given}`);
  }
  insist(
    options.backend !== 'cpu' || !options.algorithm,
    'algorithm has no meaning with the backend cpu, which computes by the references',
  );
  const { device, powerPreference } = options.gpu ?? {};
  insist(!device || 'lost' in Object(device), 'gpu.device takes a GPUDevice');
  refuseUnknown('power preference', { [powerPreference ?? 'low-power']: true }, powerPreferences);
  const disabled = options.disable ?? [];
  insist(Array.isArray(disabled), `disable takes a list of passes, not "${disabled}"`);
  refuseUnknown('pass', Object.fromEntries(disabled.map((name) => [name, true])), passes);
}
