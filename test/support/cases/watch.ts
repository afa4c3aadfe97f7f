/** Small networks in which something leaves the range at a place known beforehand. */

import type { ModelInput } from '../onnx-writer.ts';
import { tensorOf } from '../random.ts';

export interface WatchCase {
  readonly name: string;
  readonly model: ModelInput;
  readonly x: readonly number[];
  readonly watch: 'finite' | 'float16';
  /** Undefined where all is well. */
  readonly error?: {
    readonly node?: string;
    readonly operator?: string;
    readonly value: string;
    readonly message: RegExp;
    readonly index: readonly number[];
    readonly element: number;
    readonly count: number;
  };
}

/** x → Mul by `factor` → Log → Neg → y, of 1×4 values. */
function chain(factor: readonly number[]): ModelInput {
  return {
    nodes: [
      { op: 'Mul', name: 'scale', inputs: ['x', 'factor'], outputs: ['scaled'] },
      { op: 'Softmax', name: 'shares', inputs: ['scaled'], outputs: ['parts'] },
      { op: 'Log', name: 'logs', inputs: ['parts'], outputs: ['logged'] },
      { op: 'Softmax', name: 'again', inputs: ['logged'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: [1, 4] }],
    outputs: ['y'],
    initializers: { factor: tensorOf([4], factor) },
  };
}

export const watchCases: readonly WatchCase[] = [
  { name: 'all is finite', model: chain([1, 1, 1, 1]), x: [1, 2, 3, 4], watch: 'finite' },
  {
    // exp(-1000) is 0 in float32, and its logarithm -∞; Softmax makes that 0 again.
    name: 'a logarithm of zero between nodes that hide it',
    ...{ model: chain([1, 1, 1, 1]), x: [0, -1000, 0, -1000], watch: 'finite' },
    error: {
      ...{ node: 'logs', operator: 'Log', value: 'logged' },
      message:
        /^"logged" has -Infinity at \[0, 1\], the first of 2 of 4 elements that are not finite, while none of its inputs is \(Log node "logs"\)$/,
      ...{ index: [0, 1], element: Number.NEGATIVE_INFINITY, count: 2 },
    },
  },
  {
    name: 'an input that is not finite',
    ...{ model: chain([1, 1, 1, 1]), x: [0, 1, Number.NaN, 0], watch: 'finite' },
    error: {
      value: 'x',
      message: /^the input "x" has NaN at \[0, 2\], which is not finite: nothing is computed yet$/,
      ...{ index: [0, 2], element: Number.NaN, count: 1 },
    },
  },
  {
    name: 'a weight that is not finite',
    model: chain([1, Number.POSITIVE_INFINITY, 1, 1]),
    ...{ x: [1, 2, 3, 4], watch: 'finite' },
    error: {
      ...{ node: 'scale', operator: 'Mul', value: 'scaled' },
      message:
        /^"scaled" has Infinity at \[0, 1\], which is not finite, for its weight "factor" has Infinity at \[1\]/,
      ...{ index: [0, 1], element: Number.POSITIVE_INFINITY, count: 1 },
    },
  },
  {
    name: 'what float32 holds and float16 does not',
    ...{ model: chain([1, 2, 1, 1]), x: [1, 60_000, -3, 65_504], watch: 'float16' },
    error: {
      ...{ node: 'scale', operator: 'Mul', value: 'scaled' },
      message:
        /^"scaled" has 120000 at \[0, 1\], which is outside float16's range \(±65504\), while none of its inputs is \(Mul node "scale"\)$/,
      ...{ index: [0, 1], element: 120_000, count: 1 },
    },
  },
  {
    name: 'the same, where only what is not finite matters',
    ...{ model: chain([0, 2, 0, 0]), x: [1, 60_000, 1, 1], watch: 'finite' },
    error: {
      ...{ node: 'logs', operator: 'Log', value: 'logged' },
      message: /^"logged" has -Infinity at \[0, 0\], the first of 3 of 4 elements/,
      ...{ index: [0, 0], element: Number.NEGATIVE_INFINITY, count: 3 },
    },
  },
];
