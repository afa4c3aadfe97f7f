/**
 * Where onnxruntime (1.30, WebAssembly, CPU) does not do what the operator's specification says:
 * each with the decision and a narrow condition. A graph that has such a node gets no third opinion.
 */

import { stridesOf } from '../../src/core/shape.ts';
import { elementsOf, type HostTensor, integersOf } from '../../src/core/tensor.ts';
import type { NodeInput } from '../support/onnx-writer.ts';
import type { FuzzCase } from './draft.ts';

export interface KnownDifference {
  readonly operators: readonly string[];
  /** What the specification says, and what onnxruntime does instead. */
  readonly reason: string;
  applies(node: NodeInput, fuzzCase: FuzzCase): boolean;
}

const dilated = ({ attributes }: NodeInput) =>
  (attributes?.dilations as readonly number[] | undefined)?.some((one) => one > 1) ?? false;
const samePads = ({ attributes }: NodeInput) => `${attributes?.auto_pad}`.startsWith('SAME');

/** Whether the windows of a kernel leave elements between them. */
function hasGaps({ attributes }: NodeInput, kernel: readonly number[]): boolean {
  const of = (name: string, axis: number) =>
    (attributes?.[name] as readonly number[] | undefined)?.[axis] ?? 1;
  return kernel.some((size, axis) => (size - 1) * of('dilations', axis) + 1 < of('strides', axis));
}

function dimsOf({ inputs }: NodeInput, { types, feeds, constants }: FuzzCase, index: number) {
  const name = inputs[index] ?? '';
  return (types.get(name) ?? feeds.get(name) ?? constants.get(name))?.dims ?? [];
}

/** Whether all elements along the axes are equal, at some place on the other axes. */
function hasEqualGroup(tensor: HostTensor, axes: readonly number[]): boolean {
  const strides = stridesOf(tensor.dims);
  const groups = new Map<number, Set<unknown>>();
  elementsOf(tensor).forEach((element: unknown, index: number) => {
    const group = tensor.dims.reduce((sum, size, axis) => {
      const stride = strides[axis] as number;
      return axes.includes(axis) ? sum : sum + (Math.floor(index / stride) % size) * stride;
    }, 0);
    groups.set(group, (groups.get(group) ?? new Set()).add(element));
  });
  return [...groups.values()].some(({ size }) => size === 1);
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    operators: ['MaxPool', 'AveragePool', 'LpPool'],
    reason:
      'with auto_pad SAME the output has ⌈input ÷ stride⌉ elements, whatever the dilation; ' +
      'onnxruntime pads as if the window were not dilated',
    applies: (node) => samePads(node) && dilated(node),
  },
  {
    operators: [
      ...[
        'ReduceSum',
        'ReduceMean',
        'ReduceMax',
        'ReduceMin',
        'ReduceProd',
        'ReduceL1',
        'ReduceL2',
      ],
      ...['ReduceLogSum', 'ReduceLogSumExp', 'ReduceSumSquare', 'ArgMax', 'ArgMin'],
    ],
    reason:
      'the reduced axes have one element, or are gone; onnxruntime keeps them all as they were where ' +
      'the input is empty',
    applies: (node, fuzzCase) => dimsOf(node, fuzzCase, 0).includes(0),
  },
  {
    operators: ['ConvTranspose'],
    reason:
      'auto_pad SAME makes the output input × stride; onnxruntime leaves it smaller where the window ' +
      'is smaller than the stride',
    applies: (node, fuzzCase) =>
      samePads(node) && hasGaps(node, dimsOf(node, fuzzCase, 1).slice(2)),
  },
  {
    operators: ['LpPool'],
    reason:
      'auto_pad SAME adds no padding where the window is smaller than the stride; onnxruntime begins ' +
      'inside of the input, by a negative padding (with MaxPool and AveragePool it refuses that)',
    applies: (node) =>
      samePads(node) && hasGaps(node, (node.attributes?.kernel_shape ?? []) as readonly number[]),
  },
  {
    operators: ['MeanVarianceNormalization'],
    reason:
      'elements that are all equal, less their mean, by √0 + 10⁻⁹, are 0; onnxruntime adds nothing to ' +
      'the root and gives NaN',
    applies: (node, fuzzCase) => {
      const dims = dimsOf(node, fuzzCase, 0);
      const axes = (node.attributes?.axes as readonly number[] | undefined) ?? [0, 2, 3];
      const [name = ''] = node.inputs;
      const given = fuzzCase.feeds.get(name) ?? fuzzCase.constants.get(name);
      return axes.every((axis) => dims[axis] === 1) || (!!given && hasEqualGroup(given, axes));
    },
  },
  {
    operators: ['AffineGrid'],
    reason:
      'with align_corners −1 and 1 are the first and the last pixel, which an axis of one pixel cannot tell ' +
      'apart: it lies at 0, as in PyTorch; onnxruntime has it elsewhere',
    applies: ({ attributes, inputs }, { constants }) => {
      const size = constants.get(inputs[1] ?? '');
      return attributes?.align_corners === 1 && !!size && integersOf(size).slice(2).includes(1);
    },
  },
  {
    operators: ['NonZero'],
    reason: 'of a scalar the specification has [0, N], not numpy’s [1, N]; onnxruntime has numpy’s',
    applies: (node, fuzzCase) => dimsOf(node, fuzzCase, 0).length === 0,
  },
  {
    operators: ['DynamicQuantizeLinear'],
    reason: 'no elements have no range, and the specification names no scale for it: it is free',
    applies: (node, fuzzCase) => dimsOf(node, fuzzCase, 0).includes(0),
  },
];

export function knownDifferenceIn(fuzzCase: FuzzCase): KnownDifference | undefined {
  for (const node of fuzzCase.nodes) {
    const known = knownDifferences.find(
      ({ operators, applies }) => operators.includes(node.op) && applies(node, fuzzCase),
    );
    if (known) return known;
  }
  return undefined;
}
