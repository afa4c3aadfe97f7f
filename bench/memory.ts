/**
 * Counts every engine's GPU memory from outside: `createBuffer` and `destroy` are wrapped, and what
 * a device makes belongs to the engine that was at work when it first made something. Buffers that
 * are never destroyed count until their device is; textures are not counted (no engine here has any).
 */

export interface Usage {
  live: number;
  peak: number;
}

interface DeviceCount {
  readonly usage: Usage;
  live: number;
}

const counts = new WeakMap<GPUDevice, DeviceCount>();
const sizes = new WeakMap<GPUBuffer, { readonly size: number; readonly count: DeviceCount }>();
const usages = new Map<string, Usage>();
let working = '';

/** From here on, new devices belong to this engine. */
export function at(engine: string): void {
  working = engine;
}

export function usageOf(engine: string): Usage {
  let usage = usages.get(engine);
  if (!usage) {
    usage = { live: 0, peak: 0 };
    usages.set(engine, usage);
  }
  return usage;
}

/** The peak starts again at what is live. */
export function restart(engine: string): void {
  const usage = usageOf(engine);
  usage.peak = usage.live;
}

export function hookMemory(): void {
  const { createBuffer, destroy: destroyDevice } = GPUDevice.prototype;
  const { destroy } = GPUBuffer.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    const count = counts.get(this) ?? { usage: usageOf(working), live: 0 };
    counts.set(this, count);
    add(count, descriptor.size);
    sizes.set(buffer, { size: descriptor.size, count });
    return buffer;
  };
  GPUBuffer.prototype.destroy = function () {
    const entry = sizes.get(this);
    sizes.delete(this);
    // Where its device is gone, the buffer is not counted any more.
    if (entry && entry.count.live >= entry.size) add(entry.count, -entry.size);
    return destroy.call(this);
  };
  GPUDevice.prototype.destroy = function () {
    const count = counts.get(this);
    if (count) add(count, -count.live);
    return destroyDevice.call(this);
  };
}

function add(count: DeviceCount, bytes: number): void {
  const { usage } = count;
  count.live += bytes;
  usage.live += bytes;
  usage.peak = Math.max(usage.peak, usage.live);
}
