/**
 * Counts every engine's GPU memory from outside: `createBuffer`, `createTexture` and `destroy` are
 * wrapped, and what a device makes belongs to the engine that was at work when it first made
 * something. What is never destroyed counts until its device is.
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
const sizes = new WeakMap<
  GPUBuffer | GPUTexture,
  { readonly size: number; readonly count: DeviceCount }
>();
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
  const { createBuffer, createTexture, destroy: destroyDevice } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    made(this, buffer, descriptor.size);
    return buffer;
  };
  GPUDevice.prototype.createTexture = function (descriptor) {
    const texture = createTexture.call(this, descriptor);
    made(this, texture, textureBytes(texture));
    return texture;
  };
  for (const prototype of [GPUBuffer.prototype, GPUTexture.prototype]) {
    const { destroy } = prototype;
    prototype.destroy = function (this: GPUBuffer & GPUTexture) {
      const entry = sizes.get(this);
      sizes.delete(this);
      // Where its device is gone, it is not counted any more.
      if (entry && entry.count.live >= entry.size) add(entry.count, -entry.size);
      return destroy.call(this);
    };
  }
  GPUDevice.prototype.destroy = function () {
    const count = counts.get(this);
    if (count) add(count, -count.live);
    return destroyDevice.call(this);
  };
}

function made(device: GPUDevice, resource: GPUBuffer | GPUTexture, size: number): void {
  const count = counts.get(device) ?? { usage: usageOf(working), live: 0 };
  counts.set(device, count);
  add(count, size);
  sizes.set(resource, { size, count });
}

/** Mip levels and samples are not counted: no engine here has any. */
function textureBytes({ width, height, depthOrArrayLayers, format }: GPUTexture): number {
  const channels = format.startsWith('rgba') ? 4 : format.startsWith('rg') ? 2 : 1;
  const bits = Number(/\d+/.exec(format)?.[0] ?? 32);
  return (width * height * depthOrArrayLayers * channels * bits) / 8;
}

function add(count: DeviceCount, bytes: number): void {
  const { usage } = count;
  count.live += bytes;
  usage.live += bytes;
  usage.peak = Math.max(usage.peak, usage.live);
}
