/** Records dispatches and copies into one command buffer at a time. */

export interface ReadyDispatch {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
}

export class Recorder {
  readonly #device: GPUDevice;
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  dispatch(
    { pipeline, group }: ReadyDispatch,
    workgroups: readonly [number, number, number],
  ): void {
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass();
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, group);
    this.#pass.dispatchWorkgroups(...workgroups);
  }

  copy(from: GPUBufferBinding, to: GPUBufferBinding, bytes: number): void {
    this.#encoder ??= this.#device.createCommandEncoder();
    this.#pass?.end();
    this.#pass = undefined;
    this.#encoder.copyBufferToBuffer(
      from.buffer,
      from.offset ?? 0,
      to.buffer,
      to.offset ?? 0,
      bytes,
    );
  }

  flush(): void {
    if (!this.#encoder) return;
    this.#pass?.end();
    this.#device.queue.submit([this.#encoder.finish()]);
    this.#encoder = undefined;
    this.#pass = undefined;
  }
}

/** A buffer to copy to and then to read. */
export function readBuffer(device: GPUDevice, size: number): GPUBuffer {
  return device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
}
