/** Constants in GPU memory: uploaded as raw bytes, packed by kernels, kept for the session. */

import { type Dispatch, uniformBytes, writeUniforms } from '../../shaders/lib/kernel.ts';
import {
  texelBytes,
  textureBytes,
  textureSize,
  type WeightFormat,
} from '../../shaders/lib/weights.ts';
import { breathe } from '../core/breathe.ts';
import { bytesPerElement } from '../core/dtype.ts';
import { internal } from '../core/errors.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { GpuContext } from '../gpu/device.ts';
import { createStorage, createUniforms, destroy, hold } from '../gpu/memory.ts';
import type { CompiledKernel } from '../gpu/pipelines.ts';
import type { PlannedWeight } from '../plan/plan.ts';
import { toDeviceBytes } from './words.ts';

export class WeightStore {
  readonly #context: GpuContext;
  readonly #kept = new Map<string, GPUBuffer | GPUTexture>();
  /** How many plans read each weight. */
  readonly #users = new Map<string, number>();

  constructor(context: GpuContext) {
    this.#context = context;
  }

  get(key: string): GPUBuffer | GPUTexture {
    const kept = this.#kept.get(key);
    if (!kept) throw internal(`the weight "${key}" was never uploaded`);
    return kept;
  }

  /** Uploads and packs what is not there yet; pipelines first, then one pass over the constants. */
  async load(
    weights: readonly PlannedWeight[],
    constants: ReadonlyMap<string, HostTensor>,
    onWeight: () => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const { pipelines } = this.#context;
    for (const { key } of weights) this.#users.set(key, (this.#users.get(key) ?? 0) + 1);
    const missing = weights.filter(({ key }) => !this.#kept.has(key));
    const dispatches = missing.flatMap((weight) => weight.packing);
    const ready = await this.#context.race(
      Promise.all(
        dispatches.map(async (dispatch) => {
          const compiled = await pipelines.get(dispatch.kernel, dispatch.variant);
          return [dispatch, compiled] as const;
        }),
      ),
    );
    const compiled = new Map<Dispatch, CompiledKernel>(ready);
    const byConstant = new Map<string, PlannedWeight[]>();
    for (const weight of missing) {
      byConstant.set(weight.constant, [...(byConstant.get(weight.constant) ?? []), weight]);
    }
    // Raw and packed weights are in GPU memory at once: a small part of them at a time.
    const total = [...byConstant.values()].reduce(
      (sum, [first]) => sum + (first as PlannedWeight).rawBytes,
      0,
    );
    const atOnce = Math.min(mostBytes, Math.max(total / 32, leastBytes));
    let batch: [string, PlannedWeight[]][] = [];
    let bytes = 0;
    let before = Promise.resolve();
    // WebGPU answers for one part while the next one is written.
    const flush = async () => {
      signal?.throwIfAborted();
      const work = batch;
      batch = [];
      bytes = 0;
      const raws = await this.#write(work, constants);
      const packed = this.#context
        .guard('the weights', () => this.#packAll(work, raws, compiled))
        .then(() => {
          for (const [, group] of work) for (const _ of group) onWeight();
        });
      // WebGPU gives a buffer even where it has no memory for it.
      packed.catch(() => {
        for (const [, group] of work) for (const { key } of group) this.#drop(key);
      });
      await before;
      before = packed;
    };
    for (const entry of byConstant) {
      batch.push(entry);
      bytes += (entry[1][0] as PlannedWeight).rawBytes;
      if (bytes > atOnce) await flush();
    }
    if (batch.length > 0) await flush();
    await before;
  }

  /** A plan is gone: weights that it alone had, and that are not to be kept, go with it. */
  release(weights: readonly PlannedWeight[], isKept: (weight: PlannedWeight) => boolean): void {
    for (const weight of weights) {
      const { key } = weight;
      const users = (this.#users.get(key) ?? 1) - 1;
      this.#users.set(key, users);
      if (users > 0 || isKept(weight)) continue;
      this.#drop(key);
    }
  }

  dispose(): void {
    for (const kept of this.#kept.values()) destroy(kept);
    this.#kept.clear();
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key);
    if (kept) destroy(kept);
    this.#kept.delete(key);
  }

  /** Raw bytes in buffers of their own, in pieces between which the page gets its thread. */
  async #write(batch: Batch, constants: ReadonlyMap<string, HostTensor>): Promise<GPUBuffer[]> {
    const { device } = this.#context;
    const raws: GPUBuffer[] = [];
    let answered = this.#context.guard('the weights', () => {
      for (const [label, [first]] of batch) {
        const size = (first as PlannedWeight).rawBytes;
        raws.push(createStorage(device, label, size));
      }
    });
    answered.catch(() => {});
    let unanswered = 0;
    try {
      if (raws.length < batch.length) await answered; // it says why
      for (const [index, [name, [first]]] of batch.entries()) {
        const constant = first?.made ?? constants.get(name);
        const buffer = raws[index];
        if (!constant || !first || !buffer) throw internal(`the constant "${name}" is gone`);
        let offset = 0;
        for (const piece of pieces(constant)) {
          await breathe();
          const bytes = toDeviceBytes(piece, first.element, name);
          writeBytes(device.queue, { buffer, offset }, bytes);
          offset += bytes.length;
          unanswered += bytes.length;
          if (unanswered < mostUnanswered) continue;
          unanswered = 0;
          await answered;
          answered = this.#context.guard('the weights', () => {});
          answered.catch(() => {}); // told when it is waited for
        }
      }
      await answered;
    } catch (error) {
      for (const buffer of raws) destroy(buffer);
      await answered.catch(() => {});
      throw error;
    }
    return raws;
  }

  #packAll(
    batch: Batch,
    raws: readonly GPUBuffer[],
    compiled: ReadonlyMap<Dispatch, CompiledKernel>,
  ): void {
    // What is in it when all is done, or when something failed, goes.
    const temporary = new Set(raws);
    try {
      this.#record(batch, raws, compiled, temporary);
    } finally {
      for (const buffer of temporary) destroy(buffer);
    }
  }

  #record(
    batch: Batch,
    raws: readonly GPUBuffer[],
    compiled: ReadonlyMap<Dispatch, CompiledKernel>,
    temporary: Set<GPUBuffer>,
  ): void {
    const { device } = this.#context;
    const keep = (key: string, buffer: GPUBuffer) => {
      this.#kept.set(key, buffer);
      temporary.delete(buffer);
    };
    const textures: { key: string; packed: GPUBuffer; format: WeightFormat }[] = [];
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const [index, [, group]] of batch.entries()) {
      const raw = raws[index] as GPUBuffer;
      for (const weight of group) {
        const { key, texture: format } = weight;
        if (weight.packing.length === 0) keep(key, raw);
        else {
          const packed = this.#pack(weight, raw, pass, compiled, temporary);
          if (format) textures.push({ key, packed, format });
          else keep(key, packed);
        }
      }
    }
    pass.end();
    for (const { key, packed, format } of textures) {
      this.#kept.set(key, this.#toTexture(key, packed, format, encoder));
    }
    device.queue.submit([encoder.finish()]);
  }

  #pack(
    weight: PlannedWeight,
    raw: GPUBuffer,
    pass: GPUComputePassEncoder,
    compiled: ReadonlyMap<Dispatch, CompiledKernel>,
    temporary: Set<GPUBuffer>,
  ): GPUBuffer {
    const { device } = this.#context;
    const target = createStorage(device, weight.key, weight.bytes);
    temporary.add(target);
    for (const dispatch of weight.packing) {
      const { pipeline, layout } = compiled.get(dispatch) as CompiledKernel;
      const block = new ArrayBuffer(uniformBytes(dispatch.kernel.uniforms));
      writeUniforms(dispatch.kernel.uniforms, dispatch.uniforms, new DataView(block));
      const uniforms = createUniforms(device, block);
      temporary.add(uniforms);
      const storage = dispatch.buffers.map((role) => (role.role === 'input' ? raw : target));
      const group = device.createBindGroup({
        layout,
        entries: [uniforms, ...storage].map((buffer, binding) => ({
          binding,
          resource: { buffer },
        })),
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...dispatch.workgroups);
    }
    return target;
  }

  #toTexture(
    label: string,
    packed: GPUBuffer,
    format: WeightFormat,
    encoder: GPUCommandEncoder,
  ): GPUTexture {
    const size = textureSize(packed.size, format);
    const { device } = this.#context;
    const usage = GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST;
    const texture = device.createTexture({ label, size, format, usage });
    hold(device, texture, textureBytes(packed.size, format));
    const bytesPerRow = size[0] * texelBytes[format];
    encoder.copyBufferToTexture({ buffer: packed, bytesPerRow }, { texture }, size);
    return texture;
  }
}

export function isTexture(kept: GPUBuffer | GPUTexture): kept is GPUTexture {
  return 'createView' in kept;
}

/** The weights of each constant. */
type Batch = readonly (readonly [constant: string, weights: readonly PlannedWeight[]])[];

/** Where the GPU is behind by more than a browser keeps for it, `writeBuffer` holds up the page. */
const mostUnanswered = 4 * 2 ** 20;

/** Elements that are converted and copied at once: that takes about a millisecond. */
const pieceElements = 2 ** 18;

function* pieces({ type, bytes }: HostTensor): Generator<HostTensor> {
  const most = pieceElements * bytesPerElement(type);
  for (let start = 0; start < bytes.length; start += most) {
    const piece = bytes.subarray(start, start + most);
    yield { type, dims: [piece.length / bytesPerElement(type)], bytes: piece };
  }
}

/** Bytes of raw uploads that exist beside their packed copies: bounds of that share. */
const mostBytes = 64 * 2 ** 20;
const leastBytes = 2 ** 18;

/** `writeBuffer` takes whole 4-byte words; a tail of narrower elements is padded. */
export function writeBytes(
  queue: GPUQueue,
  { buffer, offset = 0 }: GPUBufferBinding,
  bytes: Uint8Array,
): void {
  if (bytes.byteLength === 0) return;
  const whole = bytes.byteLength % 4 === 0 ? bytes : padded(bytes);
  queue.writeBuffer(buffer, offset, whole as Uint8Array<ArrayBuffer>);
}

function padded(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.ceil(bytes.byteLength / 4) * 4);
  result.set(bytes);
  return result;
}
