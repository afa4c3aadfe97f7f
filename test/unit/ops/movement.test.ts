/** Data movement by its definitions: the specification's examples and hand-computed results. */

import { describe, expect, it, test } from 'vitest';
import type { Dispatch } from '../../../shaders/lib/kernel.ts';
import type { TensorType } from '../../../src/core/shape.ts';
import { elementsOf, type HostTensor, hostTensor } from '../../../src/core/tensor.ts';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import type { Layout } from '../../../src/graph/graph.ts';
import { buildNode } from '../../../src/ops/build-node.ts';
import { deviceTensor } from '../../../src/ops/device-tensor.ts';
import { divideDims } from '../../../src/ops/dims.ts';
import { findOperator } from '../../../src/ops/index.ts';
import type { AnyOperator } from '../../../src/ops/operator.ts';
import { attributeValues, type PlainAttribute } from '../../../src/ops/plain-attributes.ts';
import { evaluateNode } from '../../../src/passes/evaluate-node.ts';
import { tensorOf } from '../../support/random.ts';

type Inputs = readonly (HostTensor | undefined)[];

function operatorOf(op: string): AnyOperator {
  const operator = findOperator(op);
  if (!operator) throw new Error(`no operator ${op}`);
  return operator;
}

function nodeOf(
  op: string,
  inputs: Inputs,
  attributes: Readonly<Record<string, PlainAttribute>>,
  { opset = 21, outputs = 1 } = {},
) {
  return buildNode({
    name: 'node',
    op,
    inputs: inputs.map((tensor, index) => (tensor ? `x${index}` : '')),
    outputs: Array.from({ length: outputs }, (_, index) => `y${index}`),
    attributes: attributeValues(attributes),
    opset,
  });
}

/** Dims and numbers of every output. */
async function compute(
  op: string,
  inputs: Inputs,
  attributes: Readonly<Record<string, PlainAttribute>> = {},
  options: { opset?: number; outputs?: number } = {},
) {
  const node = nodeOf(op, inputs, attributes, options);
  const outputs = await evaluateNode(node, operatorOf(op), inputs, inputs);
  return outputs.map((tensor) => ({
    dims: tensor.dims,
    values: Array.from(elementsOf(tensor) as ArrayLike<number | bigint>, Number),
  }));
}

/** Dims that the operator infers; `known` inputs are constants. */
function infer(
  op: string,
  types: readonly (TensorType | undefined)[],
  attributes: Readonly<Record<string, PlainAttribute>> = {},
  known: Inputs = [],
) {
  const node = nodeOf(op, types as Inputs, attributes);
  return operatorOf(op)
    .infer(types, node.attributes, (index) => known[index])
    .map(({ dims }) => dims);
}

const int64 = (...values: number[]) => tensorOf([values.length], values, 'int64');
const counting = (...dims: number[]) => {
  const size = dims.reduce((product, dim) => product * dim, 1);
  return tensorOf(
    dims,
    Array.from({ length: size }, (_, index) => index),
  );
};
const float = (...dims: TensorType['dims'][number][]): TensorType => ({ type: 'float32', dims });

describe('Slice', () => {
  const grid = tensorOf([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]);

  test.each([
    // The two examples of the specification.
    ['starts, ends, axes, steps', [1, 0], [2, 3], [0, 1], [1, 2], [1, 2], [5, 7]],
    ['ends beyond and before', [0, 1], [-1, 1000], undefined, undefined, [1, 3], [2, 3, 4]],
    ['backwards to the front', [-1], [-1000], [1], [-1], [2, 4], [4, 3, 2, 1, 8, 7, 6, 5]],
    ['backwards by two', [3], [0], [1], [-2], [2, 2], [4, 2, 8, 6]],
    ['the greatest int64', [2], [2 ** 63], [-1], [1], [2, 2], [3, 4, 7, 8]],
    ['nothing', [3], [1], [1], [1], [2, 0], []],
  ])('%s', async (_, starts, ends, axes, steps, dims, values) => {
    const clamp = (value: number) => (value === 2 ** 63 ? 2n ** 63n - 1n : BigInt(value));
    const endTensor = hostTensor('int64', [ends.length], BigInt64Array.from(ends, clamp));
    const [result] = await compute('Slice', [
      grid,
      int64(...starts),
      endTensor,
      axes && int64(...axes),
      steps && int64(...steps),
    ]);
    expect(result).toEqual({ dims, values });
  });

  it('takes attributes before opset 10', async () => {
    const attributes = { starts: [1], ends: [3], axes: [1] };
    const [result] = await compute('Slice', [grid], attributes, { opset: 9 });
    expect(result).toEqual({ dims: [2, 2], values: [2, 3, 6, 7] });
  });

  it('keeps int64 beyond 2^53', async () => {
    const shape = hostTensor('int64', [2], BigInt64Array.of(7n, 2n ** 62n + 1n));
    const node = nodeOf('Slice', [shape, int64(1), int64(2)], {});
    const inputs = [shape, int64(1), int64(2)];
    const [result] = await evaluateNode(node, operatorOf('Slice'), inputs, inputs);
    expect(result && elementsOf(result)).toEqual(BigInt64Array.of(2n ** 62n + 1n));
  });

  it('keeps a symbol that it does not cut', () => {
    const known = [undefined, int64(0, 1), int64(2 ** 31 - 1, 3), int64(0, 1)];
    const types = [float('N', 5), ...known.slice(1).map((tensor) => tensor as TensorType)];
    expect(infer('Slice', types, {}, known)).toEqual([['N', 2]]);
  });

  it('refuses a step of 0', async () => {
    const inputs = [grid, int64(0), int64(1), int64(0), int64(0)];
    await expect(compute('Slice', inputs)).rejects.toThrow(/step/);
  });
});

describe('Pad', () => {
  const rows = tensorOf([3, 2], [1, 2, 3, 4, 5, 6]);

  test.each([
    ['constant', [0, 2, 0, 0], [3, 4], [0, 0, 1, 2, 0, 0, 3, 4, 0, 0, 5, 6]],
    ['edge', [0, 2, 0, 0], [3, 4], [1, 1, 1, 2, 3, 3, 3, 4, 5, 5, 5, 6]],
    ['reflect', [2, 0, 0, 0], [5, 2], [5, 6, 3, 4, 1, 2, 3, 4, 5, 6]],
    ['wrap', [0, 1, 1, 1], [4, 4], [2, 1, 2, 1, 4, 3, 4, 3, 6, 5, 6, 5, 2, 1, 2, 1]],
    ['constant', [-1, 1, 0, -1], [2, 2], [0, 3, 0, 5]],
    // What cropping leaves is what is extended.
    ['wrap', [-1, 0, 3, 0], [5, 2], [3, 4, 5, 6, 3, 4, 5, 6, 3, 4]],
  ] as const)('%s %j', async (mode, pads, dims, values) => {
    const [result] = await compute('Pad', [rows, int64(...pads)], { mode });
    expect(result).toEqual({ dims, values });
  });

  it.each(['int64', 'uint64'] as const)('fills %s with 0 where no value is given', async (type) => {
    const [result] = await compute('Pad', [tensorOf([2], [7, 8], type), int64(1, 2)]);
    expect(result).toEqual({ dims: [5], values: [0, 7, 8, 0, 0] });
  });

  it('reflects again and again beyond one period', async () => {
    const [result] = await compute('Pad', [tensorOf([3], [1, 2, 3]), int64(5, 4)], {
      mode: 'reflect',
    });
    expect(result?.values).toEqual([2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3]);
  });

  it('takes axes and a value', async () => {
    const inputs = [rows, int64(1, 0), tensorOf([], [9]), int64(-1)];
    const [result] = await compute('Pad', inputs);
    expect(result).toEqual({ dims: [3, 3], values: [9, 1, 2, 9, 3, 4, 9, 5, 6] });
  });

  it.each([
    [1, 'paddings'],
    [2, 'pads'],
  ])('takes attributes in opset %i', async (opset, name) => {
    const attributes = { [name]: [0, 0, 0, 1], value: 0.5 };
    const [result] = await compute('Pad', [rows], attributes, { opset });
    expect(result?.values).toEqual([1, 2, 0.5, 3, 4, 0.5, 5, 6, 0.5]);
  });

  it('cannot extend what is empty', async () => {
    const inputs = [rows, int64(-3, 0, 1, 0)];
    await expect(compute('Pad', inputs, { mode: 'edge' })).rejects.toThrow(/nothing/);
  });
});

describe('Concat, Split, Gather', () => {
  it('concatenates along the second axis by default before opset 4', async () => {
    const parts = [tensorOf([2, 1], [1, 2]), tensorOf([2, 2], [3, 4, 5, 6])];
    const [result] = await compute('Concat', parts, {}, { opset: 3 });
    expect(result).toEqual({ dims: [2, 3], values: [1, 3, 4, 2, 5, 6] });
  });

  it('adds symbols up', () => {
    expect(infer('Concat', [float('N', 3), float('M', 3), float(2, 3)], { axis: 0 })).toEqual([
      ['(N+M+2)', 3],
    ]);
  });

  it('refuses parts that do not fit', () => {
    expect(() => infer('Concat', [float(2, 3), float(2, 4)], { axis: 0 })).toThrow(/fit/);
  });

  it('splits unevenly from opset 18 on, and only then', async () => {
    const x = tensorOf([5], [1, 2, 3, 4, 5]);
    const parts = await compute('Split', [x], {}, { opset: 18, outputs: 2 });
    expect(parts.map(({ values }) => values)).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
    await expect(compute('Split', [x], {}, { opset: 13, outputs: 2 })).rejects.toThrow(/equal/);
  });

  it('gathers by negative indices, with the indices own shape', async () => {
    const x = counting(2, 3);
    const [result] = await compute('Gather', [x, tensorOf([1, 2], [-1, 0], 'int32')], { axis: 1 });
    expect(result).toEqual({ dims: [2, 1, 2], values: [2, 0, 5, 3] });
  });

  it('refuses an index out of range', async () => {
    await expect(compute('Gather', [counting(3), int64(3)])).rejects.toThrow(/outside/);
  });
});

describe('Transpose, Expand, Tile and blocks', () => {
  it('reverses the axes by default', async () => {
    const [result] = await compute('Transpose', [counting(2, 3)]);
    expect(result).toEqual({ dims: [3, 2], values: [0, 3, 1, 4, 2, 5] });
  });

  it('expands both ways', async () => {
    const [result] = await compute('Expand', [tensorOf([3, 1], [1, 2, 3]), int64(2, 1, 2)]);
    expect(result).toEqual({ dims: [2, 3, 2], values: [1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3] });
  });

  it('tiles every axis, or one in opset 1', async () => {
    const x = tensorOf([1, 2], [1, 2]);
    const [both] = await compute('Tile', [x, int64(2, 2)]);
    expect(both).toEqual({ dims: [2, 4], values: [1, 2, 1, 2, 1, 2, 1, 2] });
    const scalar = (value: number) => tensorOf([], [value], 'int64');
    const [one] = await compute('Tile', [x, scalar(2), scalar(1)], {}, { opset: 1 });
    expect(one).toEqual({ dims: [1, 4], values: [1, 2, 1, 2] });
  });

  it('turns depth into space and back', async () => {
    const x = counting(1, 8, 1, 1);
    const [dcr] = await compute('DepthToSpace', [x], { blocksize: 2 });
    expect(dcr).toEqual({ dims: [1, 2, 2, 2], values: [0, 2, 4, 6, 1, 3, 5, 7] });
    const [crd] = await compute('DepthToSpace', [x], { blocksize: 2, mode: 'CRD' });
    expect(crd?.values).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const space = tensorOf([1, 2, 2, 2], dcr?.values ?? []);
    const [back] = await compute('SpaceToDepth', [space], { blocksize: 2 });
    expect(back?.values).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

/** Kernel and word (or shift) of every dispatch that lowering gives. */
function lowered(
  op: string,
  inputs: Inputs,
  layout: Layout,
  attributes: Readonly<Record<string, PlainAttribute>> = {},
  outputs = 1,
): string[] {
  const operator = operatorOf(op);
  const node = nodeOf(op, inputs, attributes, { outputs });
  const constant = (index: number) => (index > 0 ? inputs[index] : undefined);
  const types = operator.infer(inputs, node.attributes, constant);
  const [candidate] = operator.lower(
    {
      inputs: inputs.map(
        (tensor) => tensor && deviceTensor(tensor.type, tensor.dims, layout, compatibilityCaps),
      ),
      outputs: types.map(({ type, dims }) =>
        deviceTensor(type, dims as number[], layout, compatibilityCaps),
      ),
      epilogue: undefined,
      constant,
    },
    node.attributes,
    compatibilityCaps,
  );
  return (candidate?.dispatches ?? []).map(
    ({ kernel, variant }: Dispatch) => `${kernel.name} ${Object.values(variant).join(' ')}`,
  );
}

describe('lowering', () => {
  const image = (channels: number) => counting(2, channels, 3, 3);

  it('moves whole blocks of channels in C4', () => {
    expect(lowered('Concat', [image(8), image(5)], 'c4', { axis: 1 })).toEqual([
      'strided_copy vec4u 2',
      'strided_copy vec4u 2',
    ]);
  });

  it('moves lanes where parts are not whole blocks', () => {
    expect(lowered('Concat', [image(6), image(3), image(2)], 'c4', { axis: 1 })).toEqual([
      'copy_channels u32 0',
      'copy_channels u32 2',
      'copy_channels u32 3',
    ]);
    expect(lowered('Split', [image(8), int64(5, 3)], 'c4', { axis: 1 }, 2)).toEqual([
      'copy_channels u32 0',
      'copy_channels u32 1',
    ]);
  });

  it('joins dimensions and widens words as far as runs allow', () => {
    const perm = [0, 2, 1, 3, 4];
    expect(lowered('Transpose', [counting(1, 2, 3, 4, 4)], 'linear', { perm })).toEqual([
      'strided_copy vec4u 3',
    ]);
    expect(lowered('Transpose', [counting(1, 2, 3, 7, 7)], 'linear', { perm })).toEqual([
      'strided_copy u32 3',
    ]);
  });

  it('dispatches nothing for nothing', () => {
    expect(lowered('Slice', [counting(4), int64(2), int64(2)], 'linear')).toEqual([]);
  });

  it('keeps a channel slice that cuts pixels too out of C4', () => {
    const inputs = [image(8), int64(1, 1), int64(6, 3), int64(1, 2)];
    const operator = operatorOf('Slice');
    const node = nodeOf('Slice', inputs, {});
    const constant = (index: number) => (index > 0 ? inputs[index] : undefined);
    const outputs = operator.infer(inputs, node.attributes, constant);
    const facts = { attributes: node.attributes, inputs, outputs, constant };
    expect(operator.traits.layouts?.(facts).map((choice) => choice.inputs[0])).toEqual(['linear']);
  });
});

test('symbolic dimensions divide', () => {
  expect(divideDims(['N', 4, 2], ['N', 2])).toBe(4);
  expect(divideDims(['N*6', 'M'], [3, 'M'])).toBe('N*2');
  expect(divideDims([7], [2])).toBeUndefined();
  expect(divideDims(['N'], ['M'])).toBe('(N/M)');
  expect(divideDims(['(N+2)*4'], [4])).toBe('(N+2)');
});
