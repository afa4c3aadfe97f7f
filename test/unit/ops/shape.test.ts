/** Views, constants, shapes and casts by their definitions. */

import { describe, expect, it, test } from 'vitest';
import { numberToFloat16 } from '../../../src/core/dtype.ts';
import type { Dim, TensorType } from '../../../src/core/shape.ts';
import { elementsOf, type HostTensor, hostTensor } from '../../../src/core/tensor.ts';
import { buildNode } from '../../../src/ops/build-node.ts';
import { findOperator } from '../../../src/ops/index.ts';
import type { AnyOperator } from '../../../src/ops/operator.ts';
import { attributeValues, type PlainAttribute } from '../../../src/ops/plain-attributes.ts';
import { evaluateNode } from '../../../src/passes/evaluate-node.ts';
import { tensorOf } from '../../support/random.ts';

type Attributes = Readonly<Record<string, PlainAttribute>>;

function operatorOf(op: string): AnyOperator {
  const operator = findOperator(op);
  if (!operator) throw new Error(`no operator ${op}`);
  return operator;
}

function nodeOf(op: string, inputs: number, attributes: Attributes, opset: number, outputs = 1) {
  return buildNode({
    name: 'node',
    op,
    inputs: Array.from({ length: inputs }, (_, index) => `x${index}`),
    outputs: Array.from({ length: outputs }, (_, index) => `y${index}`),
    attributes: attributeValues(attributes),
    opset,
  });
}

async function compute(
  op: string,
  inputs: readonly HostTensor[],
  attributes: Attributes = {},
  opset = 21,
  outputs = 1,
): Promise<readonly HostTensor[]> {
  const node = nodeOf(op, inputs.length, attributes, opset, outputs);
  return evaluateNode(node, operatorOf(op), inputs, inputs);
}

/** Dims of output 0; `known` are inputs from 1 on that are constants. */
function inferDims(
  op: string,
  dims: readonly Dim[],
  attributes: Attributes = {},
  known: readonly (HostTensor | TensorType)[] = [],
  opset = 21,
): readonly Dim[] | undefined {
  const node = nodeOf(op, 1 + known.length, attributes, opset);
  const constant = (index: number) => {
    const value = known[index - 1];
    return value && 'bytes' in value ? value : undefined;
  };
  const types = [{ type: 'float32' as const, dims }, ...known];
  return operatorOf(op).infer(types, node.attributes, constant)[0]?.dims;
}

const int64 = (...values: number[]) => tensorOf([values.length], values, 'int64');

describe('Reshape', () => {
  test.each<[string, readonly Dim[], number[], readonly Dim[]]>([
    ['copies 0 and finds -1', [2, 3, 4], [0, -1], [2, 12]],
    ['keeps a symbol', ['N', 3, 4], [0, 12], ['N', 12]],
    ['cancels a symbol', ['N', 512, 1, 1], [0, -1], ['N', 512]],
    ['multiplies symbols', ['N', 'H', 4], [-1, 2], ['N*H*2', 2]],
    ['splits by a number', ['N', 12], [-1, 3, 2, 2], ['N', 3, 2, 2]],
    ['makes a scalar', [1, 1], [], []],
  ])('%s', (_, dims, shape, expected) => {
    expect(inferDims('Reshape', dims, {}, [int64(...shape)])).toEqual(expected);
    expect(inferDims('Reshape', dims, { shape }, [], 4)).toEqual(expected);
  });

  it('has a zero dimension with allowzero', () => {
    expect(inferDims('Reshape', [0, 3], { allowzero: 1 }, [int64(3, 0)])).toEqual([3, 0]);
    expect(() => inferDims('Reshape', [0, 3], { allowzero: 1 }, [int64(-1, 0)])).toThrow(/reshape/);
  });

  it('names dimensions that it cannot know', () => {
    const shape: TensorType = { type: 'int64', dims: [2] };
    const dims = inferDims('Reshape', ['N', 4], {}, [shape]);
    expect(dims).toHaveLength(2);
    expect(dims?.every((dim) => typeof dim === 'string')).toBe(true);
  });

  it.each([[[5, -1]], [[7]], [[-1, -1]], [[2, -3]]])('refuses %j for [2,3]', (shape) => {
    expect(() => inferDims('Reshape', [2, 3], {}, [int64(...shape)])).toThrow(/reshape/);
  });
});

describe('other views', () => {
  test.each<[string, readonly Dim[], Attributes, number[] | undefined, readonly Dim[]]>([
    ['Flatten', [2, 3, 4], {}, undefined, [2, 12]],
    ['Flatten', [2, 3, 4], { axis: 0 }, undefined, [1, 24]],
    ['Flatten', [2, 3, 4], { axis: 3 }, undefined, [24, 1]],
    ['Flatten', ['N', 3, 4], { axis: -2 }, undefined, ['N', 12]],
    ['Squeeze', [1, 3, 1], {}, undefined, [3]],
    ['Squeeze', ['N', 3, 1], {}, [-1], ['N', 3]],
    ['Unsqueeze', [3, 4], {}, [4, 0, -2], [1, 3, 4, 1, 1]],
    ['Identity', ['N', 2], {}, undefined, ['N', 2]],
    ['Dropout', ['N', 2], {}, undefined, ['N', 2]],
  ])('%s of %j %j', (op, dims, attributes, axes, expected) => {
    expect(inferDims(op, dims, attributes, axes ? [int64(...axes)] : [])).toEqual(expected);
    if (axes) expect(inferDims(op, dims, { axes }, [], 11)).toEqual(expected);
  });

  it('cannot squeeze a dimension of 3', () => {
    expect(() => inferDims('Squeeze', [3], {}, [int64(0)])).toThrow(/squeezed/);
  });

  it('drops nothing, and says so in the mask', async () => {
    const x = tensorOf([2], [1, -2]);
    const [y, mask] = await compute('Dropout', [x], {}, 13, 2);
    expect(y && elementsOf(y)).toEqual(Float32Array.of(1, -2));
    expect(mask?.type).toBe('bool');
    expect(mask && elementsOf(mask)).toEqual(Uint8Array.of(1, 1));
  });

  it('refuses to train', async () => {
    const inputs = [tensorOf([1], [1]), tensorOf([], [0.5]), tensorOf([], [1], 'bool')];
    await expect(compute('Dropout', inputs, {}, 13)).rejects.toThrow(/training/);
  });
});

describe('constants and shapes', () => {
  it.each<[Attributes, HostTensor]>([
    [{ value_float: { kind: 'float', value: 2 } }, tensorOf([], [2])],
    [{ value_int: 3 }, tensorOf([], [3], 'int64')],
    [{ value_ints: [3, 4] }, tensorOf([2], [3, 4], 'int64')],
  ])('Constant %j', async (attributes, expected) => {
    expect(await compute('Constant', [], attributes)).toEqual([expected]);
  });

  it('refuses strings', async () => {
    await expect(compute('Constant', [], { value_string: 'a' })).rejects.toThrow(/value_string/);
  });

  it('fills a shape, with float zeros by default', async () => {
    const [zeros] = await compute('ConstantOfShape', [int64(2, 1)]);
    expect(zeros).toEqual(tensorOf([2, 1], [0, 0]));
    const [scalar] = await compute('ConstantOfShape', [int64()]);
    expect(scalar?.dims).toEqual([]);
  });

  it('counts in its own type', async () => {
    const scalar = (value: number, type: 'int64' | 'float32') => tensorOf([], [value], type);
    const down = [10, 3, -3].map((value) => scalar(value, 'int64'));
    const [integers] = await compute('Range', down);
    expect(integers && elementsOf(integers)).toEqual(BigInt64Array.of(10n, 7n, 4n));
    const [floats] = await compute(
      'Range',
      [1, 2, 0.4].map((value) => scalar(value, 'float32')),
    );
    expect(floats?.dims).toEqual([3]);
  });

  it.each<[Attributes, bigint[]]>([
    [{}, [2n, 3n, 4n]],
    [{ start: 1 }, [3n, 4n]],
    [{ start: -2, end: -1 }, [3n]],
    [{ start: 2, end: 1 }, []],
    [{ end: 100 }, [2n, 3n, 4n]],
  ])('Shape %j', async (attributes, expected) => {
    const x = tensorOf([2, 3, 4], new Array(24).fill(0));
    const [shape] = await compute('Shape', [x], attributes);
    expect(shape && elementsOf(shape)).toEqual(BigInt64Array.from(expected));
  });
});

describe('Cast', () => {
  const cast = async (tensor: HostTensor, to: number) => {
    const [result] = await compute('Cast', [tensor], { to });
    return result && elementsOf(result);
  };

  it('cuts floats towards zero and saturates', async () => {
    const x = tensorOf([7], [1.9, -1.9, 300, -300, Number.NaN, 3e9, -0.5]);
    expect(await cast(x, 3)).toEqual(Int8Array.of(1, -1, 127, -128, 0, 127, 0));
    expect(await cast(x, 6)).toEqual(Int32Array.of(1, -1, 300, -300, 0, 2147483647, 0));
    expect(await cast(x, 13)).toEqual(BigUint64Array.of(1n, 0n, 300n, 0n, 0n, 3000000000n, 0n));
  });

  it('wraps integers', async () => {
    // The specification's example: 200 as int16 becomes -56 as int8.
    expect(await cast(tensorOf([2], [200, -1], 'int16'), 3)).toEqual(Int8Array.of(-56, -1));
    expect(await cast(tensorOf([1], [-1], 'int32'), 12)).toEqual(Uint32Array.of(2 ** 32 - 1));
    const large = hostTensor('int64', [1], BigInt64Array.of(2n ** 40n + 5n));
    expect(await cast(large, 6)).toEqual(Int32Array.of(5));
  });

  it('makes bool of what is not zero', async () => {
    const x = tensorOf([4], [0, -0, Number.NaN, 0.25]);
    expect(await cast(x, 9)).toEqual(Uint8Array.of(0, 0, 1, 1));
  });

  it('rounds to float16, ties to even, to infinity from 65520', async () => {
    const x = tensorOf([4], [2049, 2051, 65519, 65520]);
    const halves = [2048, 2052, 65504, Number.POSITIVE_INFINITY].map(numberToFloat16);
    expect(await cast(x, 10)).toEqual(Uint16Array.from(halves));
  });

  it('takes a name before opset 6, and the type of another tensor', async () => {
    const x = tensorOf([1], [2.5]);
    const [named] = await compute('Cast', [x], { to: 'INT32' }, 5);
    expect(named).toEqual(tensorOf([1], [2], 'int32'));
    const [like] = await compute('CastLike', [x, tensorOf([0], [], 'int64')]);
    expect(like).toEqual(tensorOf([1], [2], 'int64'));
  });

  it('names element types that it does not have', async () => {
    await expect(cast(tensorOf([1], [1]), 17)).rejects.toThrow(/element type 17/);
  });
});
