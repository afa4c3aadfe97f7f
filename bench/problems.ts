/** The convolutions that are timed, with seeded data. */

import { sizeOf } from '../src/core/shape.ts';

export interface ConvProblem {
  readonly name: string;
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly height: number;
  readonly width: number;
  readonly kernel: number;
  readonly stride: number;
  /** On all four sides. */
  readonly pad: number;
}

export const problems: readonly ConvProblem[] = [
  {
    name: 'conv 3x3, 64 to 64, 56x56',
    batch: 1,
    inChannels: 64,
    outChannels: 64,
    height: 56,
    width: 56,
    kernel: 3,
    stride: 1,
    pad: 1,
  },
  {
    name: 'conv 1x1, 64 to 256, 56x56',
    batch: 1,
    inChannels: 64,
    outChannels: 256,
    height: 56,
    width: 56,
    kernel: 1,
    stride: 1,
    pad: 0,
  },
];

export function inputDims(problem: ConvProblem): [number, number, number, number] {
  return [problem.batch, problem.inChannels, problem.height, problem.width];
}

export function weightDims(problem: ConvProblem): [number, number, number, number] {
  return [problem.outChannels, problem.inChannels, problem.kernel, problem.kernel];
}

export function outputDims(problem: ConvProblem): [number, number, number, number] {
  const side = (size: number) =>
    Math.floor((size + 2 * problem.pad - problem.kernel) / problem.stride) + 1;
  return [problem.batch, problem.outChannels, side(problem.height), side(problem.width)];
}

/** Multiply-adds of one run. */
export function macsOf(problem: ConvProblem): number {
  return sizeOf(outputDims(problem)) * problem.inChannels * problem.kernel ** 2;
}

/** Zero-mean uniform numbers, the same for the same seed (a linear congruential generator). */
export function seededData(length: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}
