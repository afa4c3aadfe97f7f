/** What the image functions keep of a device: pipelines and palettes; and how they run a kernel. */

import {
  type Kernel,
  uniformBytes,
  type Variant,
  writeUniforms,
} from '../../shaders/lib/kernel.ts';
import { WgconvError } from '../core/errors.ts';
import { insist } from '../core/refuse-unknown.ts';
import { sizeOf } from '../core/shape.ts';
import { byteLengthOf, Tensor } from '../core/tensor.ts';
import { DeviceLoss } from '../gpu/loss.ts';
import { type CompiledKernel, PipelineCache } from '../gpu/pipelines.ts';
import type { Size } from './placement.ts';

/** A device, or the session whose device it is (none on the `cpu` backend). */
export interface OnDevice {
  readonly device?: GPUDevice | undefined;
  readonly session?: SessionDevice | undefined;
}

/** What is asked of an `InferenceSession`. */
export interface SessionDevice {
  readonly device?: GPUDevice | undefined;
  recover?(): Promise<void>;
}

/** A lifetime: as long as its device. */
export class ImageDevice {
  readonly device: GPUDevice;
  readonly #pipelines: PipelineCache;
  readonly #kept = new Map<string, GPUBuffer>();
  #texture: GPUTexture | undefined;
  readonly loss: DeviceLoss;

  private constructor(device: GPUDevice) {
    this.device = device;
    this.#pipelines = new PipelineCache(device);
    this.loss = DeviceLoss.of(device);
  }

  static of(device: GPUDevice): ImageDevice {
    let found = devices.get(device);
    if (!found) {
      found = new ImageDevice(device);
      devices.set(device, found);
    }
    return found;
  }

  pipeline(kernel: Kernel, variant: Variant): Promise<CompiledKernel> {
    return this.#pipelines.get(kernel, variant);
  }

  /** A small buffer that is written once, or by everybody before use; `key` says what is in it. */
  kept(key: string, make: () => Uint8Array, extra = 0): GPUBuffer {
    let buffer = this.#kept.get(key);
    if (!buffer) {
      const bytes = make();
      buffer = this.storage(bytes.length, extra);
      this.device.queue.writeBuffer(buffer, 0, bytes as Uint8Array<ArrayBuffer>);
      this.#kept.set(key, buffer);
    }
    return buffer;
  }

  /** @param extra usage besides that of storage */
  storage(bytes: number, extra = 0): GPUBuffer {
    // In whole vec4, as every buffer that a kernel of the engine may read.
    const size = Math.max(Math.ceil(bytes / 16) * 16, 16);
    const usage =
      GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST | extra;
    return this.device.createBuffer({ size, usage });
  }

  /** The texture that pictures pass through: the same one as long as they have one size. */
  texture({ width, height }: Size): GPUTexture {
    let texture = this.#texture;
    if (texture?.width !== width || texture.height !== height) {
      this.forgetTexture();
      texture = this.device.createTexture({
        size: [width, height],
        format: 'rgba8unorm',
        // What copyExternalImageToTexture asks for, and reading.
        usage:
          GPUTextureUsage.COPY_DST |
          GPUTextureUsage.RENDER_ATTACHMENT |
          GPUTextureUsage.TEXTURE_BINDING,
      });
      this.#texture = texture;
    }
    return texture;
  }

  /** After an error the texture is not trusted. */
  forgetTexture(): void {
    this.#texture?.destroy();
    this.#texture = undefined;
  }

  /** A float32 tensor over a buffer of `storage`, which goes with it. */
  tensor(gpuBuffer: GPUBuffer, dims: readonly number[]): Tensor {
    this.loss.takes(gpuBuffer);
    return Tensor.fromGpuBuffer(gpuBuffer, {
      dataType: 'float32',
      dims,
      download: () => this.#download(gpuBuffer, sizeOf(dims)),
      dispose: () => gpuBuffer.destroy(),
    });
  }

  async #download(source: GPUBuffer, elements: number): Promise<Float32Array> {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = await this.watch('the tensor cannot be downloaded: it was disposed', () => {
      const buffer = this.device.createBuffer({ size: elements * 4, usage });
      const encoder = this.device.createCommandEncoder();
      encoder.copyBufferToBuffer(source, 0, buffer, 0, elements * 4);
      this.device.queue.submit([encoder.finish()]);
      return buffer;
    });
    try {
      await this.loss.race(staging.mapAsync(GPUMapMode.READ));
      return new Float32Array(staging.getMappedRange().slice(0));
    } finally {
      staging.destroy();
    }
  }

  /**
   * Runs `work`, which submits, and says what WebGPU had against it.
   * @throws DeviceLostError
   * @throws WgconvError `out-of-memory`; `invalid-argument` with `complaint` and WebGPU's words
   */
  async watch<T>(complaint: string, work: () => T): Promise<T> {
    const { device } = this;
    this.loss.throwIfLost();
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    let result: T;
    let scopes: [Promise<GPUError | null>, Promise<GPUError | null>];
    try {
      result = work();
    } finally {
      scopes = [device.popErrorScope(), device.popErrorScope()];
    }
    const [invalid, memory] = await this.loss.race(Promise.all(scopes));
    if (memory) {
      throw new WgconvError('out-of-memory', `The GPU is out of memory: ${memory.message}`);
    }
    if (invalid) throw new WgconvError('invalid-argument', `${complaint} (${invalid.message})`);
    return result;
  }
}

const devices = new WeakMap<GPUDevice, ImageDevice>();

/** The device that is asked for, if any; of a session that has lost its own the new one. */
export function deviceOf({
  device,
  session,
}: OnDevice): ImageDevice | undefined | Promise<ImageDevice | undefined> {
  insist(!device || 'lost' in Object(device), 'device takes a GPUDevice');
  // A promise of a session has none: the page would wonder at how slow the CPU is.
  insist(
    !session || 'device' in Object(session),
    'session takes an InferenceSession or a WorkerSession: await its create() first',
  );
  const found = device ?? session?.device;
  const gpu = found && ImageDevice.of(found);
  if (device || !gpu?.loss.isLost || !session?.recover) return gpu;
  return session.recover().then(() => deviceOf({ device: session.device }));
}

/** The buffer of a tensor, for a kernel to bind. @throws WgconvError where none can bind it */
export function boundBuffer(tensor: Tensor): GPUBuffer {
  if (DeviceLoss.hasTaken(tensor.gpuBuffer)) {
    throw new WgconvError('disposed', 'the tensor is gone: its GPU device was lost; make it again');
  }
  const { size, usage } = tensor.gpuBuffer;
  const bytes = byteLengthOf('float32', tensor.dims);
  if ((usage & GPUBufferUsage.STORAGE) === 0) {
    throw new WgconvError(
      'invalid-argument',
      "the tensor's buffer cannot be used by a kernel: create it with GPUBufferUsage.STORAGE",
    );
  }
  if (size < bytes) {
    throw new WgconvError(
      'invalid-argument',
      `the tensor's buffer has ${size} bytes, but its shape takes ${bytes}`,
    );
  }
  return tensor.gpuBuffer;
}

/** A bind group and what it binds. */
export interface KeptGroup {
  readonly key: readonly unknown[];
  readonly group: GPUBindGroup;
}

/** The bind group that is kept under a name, made again where it is to bind something else. */
export function keptGroup<Name>(
  device: GPUDevice,
  kept: { get(name: Name): KeptGroup | undefined; set(name: Name, made: KeptGroup): unknown },
  name: Name,
  layout: GPUBindGroupLayout,
  bound: readonly (GPUBuffer | GPUTexture)[],
): GPUBindGroup {
  const key = [layout, ...bound];
  let made = kept.get(name);
  if (!made?.key.every((part, at) => part === key[at])) {
    made = { key, group: device.createBindGroup({ layout, entries: bound.map(entryOf) }) };
    kept.set(name, made);
  }
  return made.group;
}

/** What a bind group's entry says. */
export function entryOf(
  bound: GPUBuffer | GPUTexture | GPUExternalTexture,
  binding: number,
): GPUBindGroupEntry {
  if ('createView' in bound) return { binding, resource: bound.createView() };
  return { binding, resource: 'size' in bound ? { buffer: bound } : bound };
}

/** The block of a kernel's uniforms, in whole steps of a uniform binding's offset. */
export function uniformBlock(
  kernel: Kernel,
  values: Readonly<Record<string, number | readonly number[]>>,
): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(Math.ceil(uniformBytes(kernel.uniforms) / 256) * 256);
  writeUniforms(kernel.uniforms, values, new DataView(block.buffer));
  return block;
}
