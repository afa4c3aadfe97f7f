/** What sessions hold of GPU memory: their buffers, textures and query sets are counted from here. */

import { insist } from '../core/refuse-unknown.ts';

export interface GpuMemory {
  /** Of buffers and textures. */
  readonly bytes: number;
  /** Buffers, textures and query sets. */
  readonly objects: number;
}

type Held = GPUBuffer | GPUTexture | GPUQuerySet;

const none = { bytes: 0, objects: 0 };
const total = { bytes: 0, objects: 0 };
const byDevice = new WeakMap<GPUDevice, typeof total>();
const counted = new WeakMap<Held, { readonly device: GPUDevice; readonly bytes: number }>();
const gone = new WeakSet<Held>();

/**
 * What sessions hold now on a device, or on all of them: weights, activations, what results are read
 * through, and outputs that stay on the GPU. When all sessions are disposed of it is nothing.
 */
export function gpuMemory(device?: GPUDevice): GpuMemory {
  insist(!device || 'lost' in Object(device), 'gpuMemory() takes a GPUDevice: session.device');
  return { ...(device ? heldOn(device) : total) };
}

/** Counts what was made on the device, until it is destroyed. */
export function hold<T extends Held>(device: GPUDevice, held: T, bytes: number): T {
  counted.set(held, { device, bytes });
  count(device, bytes, 1);
  return held;
}

export function createBuffer(device: GPUDevice, descriptor: GPUBufferDescriptor): GPUBuffer {
  return hold(device, device.createBuffer(descriptor), descriptor.size);
}

/** What kernels read and write, and what is copied from and to. */
export function createStorage(device: GPUDevice, label: string, size: number): GPUBuffer {
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
  return createBuffer(device, { label, size, usage });
}

/** Uniforms, written once. */
export function createUniforms(device: GPUDevice, block: ArrayBuffer): GPUBuffer {
  const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const buffer = createBuffer(device, { label: 'uniforms', size: block.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, block);
  return buffer;
}

/** For what `hold` counts; twice is as once. */
export function destroy(held: Held): void {
  held.destroy();
  const found = counted.get(held);
  if (found) count(found.device, -found.bytes, -1);
  counted.delete(held);
  gone.add(held);
}

/** The device of what wgconv holds; undefined where it is a caller's. */
export function deviceOf(held: Held): GPUDevice | 'gone' | undefined {
  return gone.has(held) ? 'gone' : counted.get(held)?.device;
}

function count(device: GPUDevice, bytes: number, objects: number): void {
  const held = heldOn(device);
  if (held === none) return;
  for (const sum of [total, held]) {
    sum.bytes += bytes;
    sum.objects += objects;
  }
}

function heldOn(device: GPUDevice): typeof total {
  const known = byDevice.get(device);
  if (known) return known;
  const held = { ...none };
  byDevice.set(device, held);
  // With a device goes all that lives there.
  device.lost.then(() => {
    count(device, -held.bytes, -held.objects);
    byDevice.set(device, none);
  });
  return held;
}
