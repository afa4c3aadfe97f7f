/** Models with the value of everything inside them, worked out by hand. */

import type { HostTensor } from '../../../src/core/tensor.ts';
import { encodeModel, type ModelInput } from '../onnx-writer.ts';
import { tensorOf } from '../random.ts';

export interface ActivationCase {
  readonly name: string;
  readonly model: ModelInput;
  readonly runs: readonly {
    readonly feeds: Readonly<Record<string, HostTensor>>;
    /** Every value that the model's nodes make. */
    readonly values: Readonly<Record<string, HostTensor>>;
  }[];
}

const int64 = (dims: readonly number[], ...values: number[]) => tensorOf(dims, values, 'int64');

/**
 * What passes fold (a normalisation and a gain per channel into the convolution, the product of two
 * constants, shape arithmetic) and fuse (an activation with a residual).
 */
export const folded: ActivationCase = {
  name: 'Conv → BatchNormalization → Mul → Relu → Add → … → MatMul',
  model: {
    opset: 13,
    nodes: [
      { op: 'Conv', inputs: ['x', 'w'], outputs: ['sums'] },
      {
        op: 'BatchNormalization',
        inputs: ['sums', 'scale', 'shift', 'mean', 'variance'],
        outputs: ['normal'],
        attributes: { epsilon: { float: 0 } },
      },
      { op: 'Mul', inputs: ['normal', 'gain'], outputs: ['gained'] },
      { op: 'Relu', inputs: ['gained'], outputs: ['positive'] },
      { op: 'Add', inputs: ['positive', 'sums'], outputs: ['residual'] },
      { op: 'GlobalAveragePool', inputs: ['residual'], outputs: ['pooled'] },
      { op: 'Shape', inputs: ['pooled'], outputs: ['shape'] },
      { op: 'Gather', inputs: ['shape', 'first'], outputs: ['batch'] },
      { op: 'Concat', inputs: ['batch', 'rest'], outputs: ['target'], attributes: { axis: 0 } },
      { op: 'Reshape', inputs: ['pooled', 'target'], outputs: ['flat'] },
      { op: 'Shape', inputs: ['flat'], outputs: ['flatShape'] },
      { op: 'Cast', inputs: ['flatShape'], outputs: ['sizes'], attributes: { to: 1 } },
      { op: 'Add', inputs: ['flat', 'sizes'], outputs: ['raised'] },
      { op: 'Mul', inputs: ['signs', 'two'], outputs: ['doubled'] },
      { op: 'MatMul', inputs: ['raised', 'doubled'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: ['N', 1, 2, 2] }],
    outputs: ['y'],
    initializers: {
      w: tensorOf([2, 1, 1, 1], [1, -2]),
      scale: tensorOf([2], [2, 1]),
      shift: tensorOf([2], [1, 0]),
      mean: tensorOf([2], [0, 2]),
      variance: tensorOf([2], [1, 1]),
      gain: tensorOf([2, 1, 1], [1, -2]),
      first: int64([1], 0),
      rest: int64([1], -1),
      signs: tensorOf([2, 1], [1, -1]),
      two: tensorOf([], [2]),
    },
  },
  runs: [
    {
      feeds: { x: tensorOf([1, 1, 2, 2], [1, -2, 3, -4]) },
      values: {
        sums: tensorOf([1, 2, 2, 2], [1, -2, 3, -4, -2, 4, -6, 8]),
        normal: tensorOf([1, 2, 2, 2], [3, -3, 7, -7, -4, 2, -8, 6]),
        gained: tensorOf([1, 2, 2, 2], [3, -3, 7, -7, 8, -4, 16, -12]),
        positive: tensorOf([1, 2, 2, 2], [3, 0, 7, 0, 8, 0, 16, 0]),
        residual: tensorOf([1, 2, 2, 2], [4, -2, 10, -4, 6, 4, 10, 8]),
        pooled: tensorOf([1, 2, 1, 1], [2, 7]),
        shape: int64([4], 1, 2, 1, 1),
        batch: int64([1], 1),
        target: int64([2], 1, -1),
        flat: tensorOf([1, 2], [2, 7]),
        flatShape: int64([2], 1, 2),
        sizes: tensorOf([2], [1, 2]),
        raised: tensorOf([1, 2], [3, 9]),
        doubled: tensorOf([2, 1], [2, -2]),
        y: tensorOf([1, 1], [-12]),
      },
    },
    {
      feeds: { x: tensorOf([2, 1, 2, 2], [1, -2, 3, -4, 0, 1, 0, 1]) },
      values: {
        sums: tensorOf([2, 2, 2, 2], [1, -2, 3, -4, -2, 4, -6, 8, 0, 1, 0, 1, 0, -2, 0, -2]),
        normal: tensorOf([2, 2, 2, 2], [3, -3, 7, -7, -4, 2, -8, 6, 1, 3, 1, 3, -2, -4, -2, -4]),
        gained: tensorOf([2, 2, 2, 2], [3, -3, 7, -7, 8, -4, 16, -12, 1, 3, 1, 3, 4, 8, 4, 8]),
        positive: tensorOf([2, 2, 2, 2], [3, 0, 7, 0, 8, 0, 16, 0, 1, 3, 1, 3, 4, 8, 4, 8]),
        residual: tensorOf([2, 2, 2, 2], [4, -2, 10, -4, 6, 4, 10, 8, 1, 4, 1, 4, 4, 6, 4, 6]),
        pooled: tensorOf([2, 2, 1, 1], [2, 7, 2.5, 5]),
        shape: int64([4], 2, 2, 1, 1),
        batch: int64([1], 2),
        target: int64([2], 2, -1),
        flat: tensorOf([2, 2], [2, 7, 2.5, 5]),
        flatShape: int64([2], 2, 2),
        sizes: tensorOf([2], [2, 2]),
        raised: tensorOf([2, 2], [4, 9, 4.5, 7]),
        doubled: tensorOf([2, 1], [2, -2]),
        y: tensorOf([2, 1], [-10, -5]),
      },
    },
  ],
};

/** How many elements come behind the cut depends on what is fed. */
export const dataDependent: ActivationCase = {
  name: 'Relu → NonZero → Gather → Mul',
  model: {
    opset: 13,
    nodes: [
      { op: 'Relu', inputs: ['x'], outputs: ['positive'] },
      { op: 'NonZero', inputs: ['positive'], outputs: ['found'] },
      { op: 'Squeeze', inputs: ['found', 'zero'], outputs: ['places'] },
      { op: 'Gather', inputs: ['x', 'places'], outputs: ['taken'] },
      { op: 'Mul', inputs: ['taken', 'three'], outputs: ['tripled'] },
      { op: 'Relu', inputs: ['tripled'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims: [4] }],
    outputs: ['y'],
    initializers: { zero: int64([1], 0), three: tensorOf([1], [3]) },
  },
  runs: [
    {
      feeds: { x: tensorOf([4], [0, 2, -3, 5]) },
      values: {
        positive: tensorOf([4], [0, 2, 0, 5]),
        found: int64([1, 2], 1, 3),
        places: int64([2], 1, 3),
        taken: tensorOf([2], [2, 5]),
        tripled: tensorOf([2], [6, 15]),
        y: tensorOf([2], [6, 15]),
      },
    },
    {
      feeds: { x: tensorOf([4], [-1, -1, 7, -1]) },
      values: {
        positive: tensorOf([4], [0, 0, 7, 0]),
        found: int64([1, 1], 2),
        places: int64([1], 2),
        taken: tensorOf([1], [7]),
        tripled: tensorOf([1], [21]),
        y: tensorOf([1], [21]),
      },
    },
  ],
};

export const activationCases = [folded, dataDependent];

/** The same model with every value of it among its outputs, for another engine. */
export function withAllOutputs({ model, runs }: ActivationCase): Uint8Array {
  const outputs = Object.entries(runs[0]?.values ?? {}).map(([name, { type }]) => ({ name, type }));
  return encodeModel({ ...model, outputs });
}
