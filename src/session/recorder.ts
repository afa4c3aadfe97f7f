/** Records dispatches and copies into one command buffer at a time. */

import { createBuffer } from '../gpu/memory.ts';

export interface ReadyDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
}

export class Recorder {
  readonly #device: GPUDevice;
  readonly #watched: boolean;
  readonly #faults: Promise<GPUError | null>[] = [];
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pipeline: GPUComputePipeline | undefined;

  /** @param watched catch what WebGPU says to the submissions: `fault()` has it */
  constructor(device: GPUDevice, watched = false) {
    this.#device = device;
    this.#watched = watched;
  }

  dispatch({ pipeline, group }: ReadyDispatch, [x, y, z]: readonly [number, number, number]): void {
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass();
    if (this.#pipeline !== pipeline) this.#pass.setPipeline(pipeline);
    this.#pipeline = pipeline;
    this.#pass.setBindGroup(0, group);
    this.#pass.dispatchWorkgroups(x, y, z);
  }

  copy(from: GPUBufferBinding, to: GPUBufferBinding, bytes: number): void {
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#endPass();
    this.#encoder.copyBufferToBuffer(
      from.buffer,
      from.offset ?? 0,
      to.buffer,
      to.offset ?? 0,
      bytes,
    );
  }

  flush(): void {
    const encoder = this.#encoder;
    if (!encoder) return;
    this.#endPass();
    this.#encoder = undefined;
    const { queue } = this.#device;
    if (this.#watched) this.#device.pushErrorScope('validation');
    queue.submit([encoder.finish()]);
    if (this.#watched) this.#faults.push(this.#device.popErrorScope());
  }

  /** The first error of the submissions so far. */
  async fault(): Promise<GPUError | undefined> {
    return (await Promise.all(this.#faults)).find((error) => error !== null) ?? undefined;
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
    this.#pipeline = undefined;
  }
}

/** A buffer to copy to and then to read; `destroy` gives it back. */
export function readBuffer(device: GPUDevice, size: number): GPUBuffer {
  return createBuffer(device, { size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
}
