/**
 * What the engines that are compared look like from outside. Each runs the same problem end to end
 * (CPU in, CPU out) and GPU-resident (inputs and outputs stay, until the queue is done).
 */

import { sizeOf } from '../src/core/shape.ts';
import { seededData } from './problems/problem.ts';
import type { Problem } from './problems/suites.ts';
import type { Role } from './result.ts';

export interface Resident {
  /** Nothing leaves the GPU; resolves when the queue is done with all repeats. */
  run(repeats: number): Promise<void>;
  /** What must be known of how it ran. */
  readonly note?: string | undefined;
}

export interface PreparedProblem {
  /** CPU in, CPU out; the output in the engine's own order. */
  endToEnd(): Promise<Float32Array>;
  /** Brings an output of `endToEnd` into NCHW, where it is not. */
  inNchw?(values: Float32Array): Float32Array;
  /** Opened after the memory of `endToEnd` was seen: it may need a second session. */
  openResident?(): Promise<Resident>;
  dispose(): Promise<void>;
}

export interface Engine {
  readonly name: string;
  readonly version: string;
  readonly role: Role;
  /** Why it cannot run the problem at all; then it is left out with this word. */
  lacks(problem: Problem): string | undefined;
  prepare(problem: Problem): Promise<PreparedProblem>;
}

export function inputOf(problem: Problem): Float32Array {
  return seededData(sizeOf(problem.input.dims), 1);
}

export function uploaded(device: GPUDevice, data: Float32Array): GPUBuffer {
  const buffer = device.createBuffer({
    size: Math.ceil(data.byteLength / 16) * 16,
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC,
  });
  device.queue.writeBuffer(buffer, 0, data as Float32Array<ArrayBuffer>);
  return buffer;
}
