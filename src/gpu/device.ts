/** A WebGPU device with its capabilities, pipeline cache and loss handling. */

import { WgconvError } from '../core/errors.ts';
import { BufferPool } from './buffer-pool.ts';
import type { DeviceCaps } from './caps.ts';
import { assumedCeiling, measureCeiling, type SoftwareKind } from './ceiling.ts';
import { DeviceLoss } from './loss.ts';
import { gpuMemory } from './memory.ts';
import { PipelineCache } from './pipelines.ts';
import { probe } from './probe.ts';
import { type DeviceOptions, requestDevice, subgroupMatrixFeature } from './request-device.ts';

/** A lifetime: what was made on a device goes with it. */
export class GpuContext {
  readonly device: GPUDevice;
  readonly caps: DeviceCaps;
  readonly pipelines: PipelineCache;
  /** Activations of all plans. */
  readonly pool: BufferPool;
  readonly #owned: boolean;
  readonly #loss: DeviceLoss;
  #shared: SharedContext | undefined;

  private constructor(device: GPUDevice, caps: DeviceCaps, owned: boolean) {
    this.device = device;
    this.caps = caps;
    this.#owned = owned;
    this.#loss = DeviceLoss.of(device);
    this.pipelines = new PipelineCache(device);
    this.pool = new BufferPool(this);
    // Who needs a device of the same kind makes a new one.
    device.lost.then(() => forget(this.#shared));
  }

  /**
   * @throws WgconvError `no-webgpu` where the host has no WebGPU or no adapter
   * @throws DeviceLostError
   */
  static async create(options: DeviceOptions = {}): Promise<GpuContext> {
    const device = options.device ?? (await requestDevice(options));
    const owned = !options.device;
    const loss = DeviceLoss.of(device, owned);
    try {
      return new GpuContext(device, await loss.race(capsOf(device, options)), owned);
    } catch (error) {
      if (owned) device.destroy();
      throw error;
    }
  }

  /**
   * The context that sessions with the same options share: one device, one pipeline cache, one pool of
   * activations. Each `acquire` is answered by one `release`; the last one destroys the device, unless
   * it is a caller's.
   */
  static async acquire(options: DeviceOptions = {}): Promise<GpuContext> {
    const key = keyOf(options);
    for (let entry = shared.get(key); entry; entry = shared.get(key)) {
      entry.users++; // before waiting: nobody may destroy it meanwhile
      const context = await entry.context.catch(() => undefined);
      if (context && !context.isLost) return context;
      if (shared.get(key) === entry) shared.delete(key);
    }
    const entry: SharedContext = { context: GpuContext.create(options), users: 1 };
    shared.set(key, entry);
    const context = await entry.context.catch((error: unknown) => {
      shared.delete(key);
      throw error;
    });
    context.#shared = entry;
    // Also for who is given the device of a session.
    shared.set(keyOf({ ...options, device: context.device }), entry);
    return context;
  }

  /** Gives back what `acquire` gave. */
  release(): void {
    const entry = this.#shared;
    if (!entry || --entry.users > 0) return;
    forget(entry);
    this.dispose();
  }

  get isLost(): boolean {
    return this.#loss.isLost;
  }

  /** @throws DeviceLostError */
  throwIfLost(): void {
    this.#loss.throwIfLost();
  }

  /** Settles as `promise` does, or rejects with `DeviceLostError` when the device goes first. */
  race<T>(promise: Promise<T>, grace?: number): Promise<T> {
    return this.#loss.race(promise, grace);
  }

  /**
   * Like `race`, for what waits until the GPU has computed. Chrome looks for finished work when a
   * command arrives, else every two milliseconds: where a run takes less, commands that do nothing
   * make it look sooner.
   */
  async hasten<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    const raced = this.race(promise);
    raced.then(settle, settle);
    const end = performance.now() + hastenedMilliseconds;
    do {
      this.device.pushErrorScope('internal');
      await Promise.race([raced, this.device.popErrorScope()]).catch(() => {});
    } while (!settled && performance.now() < end);
    return raced;
  }

  /** Runs `make` and turns an out-of-memory or validation error of WebGPU into a WgconvError. */
  async guard<T>(what: string, make: () => T): Promise<T> {
    this.device.pushErrorScope('validation');
    this.device.pushErrorScope('out-of-memory');
    const before = gpuMemory(this.device).bytes;
    const made = attempt(make);
    const bytes = gpuMemory(this.device).bytes - before;
    const memory = this.device.popErrorScope();
    const validation = this.device.popErrorScope();
    const [noMemory, invalid] = await this.race(Promise.all([memory, validation]));
    if (noMemory) {
      throw new WgconvError(
        'out-of-memory',
        `The GPU has no memory for ${what} (${bytes} bytes): use a smaller input, or dispose of what is not needed. ${noMemory.message}`,
        { data: { bytes } },
      );
    }
    if (invalid) throw new WgconvError('internal', `WebGPU refused ${what}: ${invalid.message}`);
    if ('error' in made) throw made.error;
    return made.result;
  }

  dispose(): void {
    if (this.#owned) this.device.destroy();
  }
}

/** After so long the next look comes soon enough. */
const hastenedMilliseconds = 3;

function softwareKind(adapter: DeviceCaps['adapter'], loopIterations: number): SoftwareKind {
  const names = Object.values(adapter).join(' ');
  if (/swiftshader/i.test(names)) return 'swiftshader';
  // Through OpenGL ES llvmpipe has no name; it alone ends loops.
  const isNamed = /llvmpipe|lavapipe|software|\bcpu\b/i.test(names);
  return isNamed || loopIterations <= 65535 ? 'llvmpipe' : undefined;
}

function ceilingOf(
  device: GPUDevice,
  software: SoftwareKind,
  given: DeviceOptions['ceiling'],
): DeviceCaps['ceiling'] | Promise<DeviceCaps['ceiling']> {
  if (typeof given === 'object') return given;
  return software || given ? assumedCeiling(software) : measureCeiling(device);
}

interface SharedContext {
  readonly context: Promise<GpuContext>;
  users: number;
}

const shared = new Map<string, SharedContext>();
const numbers = new WeakMap<GPUDevice, number>();
let numbered = 0;

function keyOf({ device, ...options }: DeviceOptions): string {
  if (device && !numbers.has(device)) numbers.set(device, ++numbered);
  return JSON.stringify([device && numbers.get(device), options]);
}

function forget(entry: SharedContext | undefined): void {
  for (const [key, other] of shared) if (other === entry) shared.delete(key);
}

/** Keeps error scopes balanced when `make` throws. */
function attempt<T>(make: () => T): { result: T } | { error: unknown } {
  try {
    return { result: make() };
  } catch (error) {
    return { error };
  }
}

/** What Chrome's adapter info says of one kind of product: `M`×`K` by `K`×`N`. */
interface SubgroupMatrixConfig {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** Elements of which the device multiplies 8×8 matrices into f32 ones. */
function subgroupMatrixElements(device: GPUDevice): DeviceCaps['subgroupMatrix'] {
  if (!device.features.has(subgroupMatrixFeature)) return [];
  const info = device.adapterInfo as unknown as {
    readonly subgroupMatrixConfigs?: readonly SubgroupMatrixConfig[];
  };
  const eights = (info.subgroupMatrixConfigs ?? []).filter(
    ({ resultComponentType, M, N, K }) =>
      resultComponentType === 'f32' && M === 8 && N === 8 && K === 8,
  );
  return (['f32', 'f16'] as const).filter((element) =>
    eights.some(({ componentType }) => componentType === element),
  );
}

/** A feature of the language, which no device need ask for. */
function hasPackedDot(): boolean {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  return !!gpu?.wgslLanguageFeatures?.has('packed_4x8_integer_dot_product');
}

/** What the device says of itself, and what is found by probing it. */
async function capsOf(device: GPUDevice, options: DeviceOptions): Promise<DeviceCaps> {
  const draft = readCaps(device, options);
  const { keepsNaN, loopIterations } = await probe(device);
  // An adapter that names itself nothing is judged by what it can do.
  const kind = softwareKind(draft.adapter, loopIterations);
  const ceiling = await ceilingOf(device, kind, options.ceiling);
  const software = !!kind || (ceiling.gflops < 200 && !draft.adapter.vendor);
  return {
    ...draft,
    software,
    keepsNaN,
    limits: {
      ...draft.limits,
      loopIterations: Math.min(loopIterations, draft.limits.loopIterations),
    },
    ceiling: { ...ceiling, parallelism: software ? 8 : ceiling.parallelism },
  };
}

function readCaps(
  device: GPUDevice,
  options: DeviceOptions,
): Omit<DeviceCaps, 'software' | 'ceiling' | 'keepsNaN'> {
  const compatibility = !!options.compatibilityLimits;
  const info = device.adapterInfo as (GPUAdapterInfo & Record<string, unknown>) | undefined;
  const limits = device.limits;
  const clamp = (value: number, bound: number) => (compatibility ? Math.min(value, bound) : value);
  const subgroups = device.features.has('subgroups' as GPUFeatureName) && !compatibility;
  const subgroupMin = Number(info?.subgroupMinSize ?? 0);
  const subgroupMax = Number(info?.subgroupMaxSize ?? 0);
  return {
    adapter: {
      vendor: info?.vendor ?? '',
      architecture: info?.architecture ?? '',
      device: info?.device ?? '',
      description: info?.description ?? '',
    },
    f16: device.features.has('shader-f16') && !compatibility,
    timestamps: device.features.has('timestamp-query') && !compatibility,
    subgroups,
    subgroupMatrix: options.experimentalSubgroupMatrix ? subgroupMatrixElements(device) : [],
    packedDot: !compatibility && hasPackedDot(),
    subgroupSize: subgroups && subgroupMin === subgroupMax ? subgroupMin : 0,
    limits: {
      storageBuffersPerStage: clamp(limits.maxStorageBuffersPerShaderStage, 8),
      invocationsPerWorkgroup: clamp(limits.maxComputeInvocationsPerWorkgroup, 128),
      workgroupBytes: clamp(limits.maxComputeWorkgroupStorageSize, 16384),
      storageBindingBytes: clamp(limits.maxStorageBufferBindingSize, 134217728),
      bufferBytes: clamp(limits.maxBufferSize, 268435456),
      workgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
      loopIterations: clamp(2 ** 32 - 1, 65535),
    },
  };
}
