/** Pointwise operators: attributes, inference, traits, walks, and references on the host. */

import { beforeAll, describe, expect, it } from 'vitest';
import type { DataType } from '../../../src/core/dtype.ts';
import { type ReferenceTensor, toReference } from '../../../src/core/reference.ts';
import type { TensorType } from '../../../src/core/shape.ts';
import type { HostTensor } from '../../../src/core/tensor.ts';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { buildNode } from '../../../src/ops/build-node.ts';
import { deviceTensor } from '../../../src/ops/device-tensor.ts';
import { findOperator } from '../../../src/ops/index.ts';
import type { AnyOperator, NodeFacts, ReferenceResult } from '../../../src/ops/operator.ts';
import { attributeValues, type PlainAttribute } from '../../../src/ops/plain-attributes.ts';
import { kernels } from '../../../src/ops/pointwise/kernels.ts';
import { planWalk } from '../../../src/ops/pointwise/walk.ts';
import { tensorOf } from '../../support/random.ts';

type Plain = Readonly<Record<string, PlainAttribute>>;

function operatorOf(op: string): AnyOperator {
  const operator = findOperator(op);
  if (!operator) throw new Error(`no operator ${op}`);
  return operator;
}

function parse(op: string, attributes: Plain = {}, opset = 22, inputCount = 1): unknown {
  const inputs = Array.from({ length: inputCount }, (_, index) => `x${index}`);
  const node = { name: 'n', op, inputs, outputs: ['y'], attributes: attributeValues(attributes) };
  return buildNode({ ...node, opset }).attributes;
}

function infer(op: string, inputs: readonly TensorType[], attributes: Plain = {}, opset = 22) {
  const parsed = parse(op, attributes, opset, inputs.length);
  return operatorOf(op).infer(inputs, parsed, () => undefined)[0];
}

async function evaluate(
  op: string,
  inputs: readonly (HostTensor | ReferenceTensor)[],
  {
    attributes = {},
    opset = 22,
    single = false,
  }: { attributes?: Plain; opset?: number; single?: boolean } = {},
): Promise<ReferenceResult> {
  const tensors = inputs.map((tensor) => ('bytes' in tensor ? toReference(tensor) : tensor));
  const parsed = parse(op, attributes, opset, inputs.length);
  const outputs = operatorOf(op).infer(tensors, parsed, () => undefined) as never;
  const reference = await operatorOf(op).reference();
  const [result] = reference(tensors, parsed, { single, outputs });
  if (!result) throw new Error('no result');
  return result;
}

const f32 = (...dims: (number | string)[]): TensorType => ({ type: 'float32', dims });
const float = (value: number) => ({ kind: 'float', value }) as const;

function factsOf(
  op: string,
  inputs: readonly TensorType[],
  constants: Readonly<Record<number, HostTensor>> = {},
  attributes: Plain = {},
  opset = 22,
): NodeFacts {
  return {
    attributes: parse(op, attributes, opset, inputs.length),
    inputs,
    outputs: [infer(op, inputs, attributes, opset) as TensorType],
    constant: (index) => constants[index],
  };
}

describe('attributes', () => {
  it('takes the defaults of every version', () => {
    expect(parse('LeakyRelu')).toEqual({ function: 'leakyrelu', parameters: [Math.fround(0.01)] });
    expect(parse('HardSigmoid')).toEqual({
      function: 'hardsigmoid',
      parameters: [Math.fround(0.2), 0.5],
    });
    expect(parse('Selu', {}, 1)).toEqual({
      function: 'selu',
      parameters: [Math.fround(1.6732), Math.fround(1.0507)],
    });
    expect(parse('Selu')).toEqual({
      function: 'selu',
      parameters: [1.6732631921768188, 1.0507010221481323],
    });
    expect(parse('Gelu', { approximate: 'tanh' })).toEqual({
      function: 'gelutanh',
      parameters: [],
    });
    expect(parse('Mod', { fmod: 1 }, 22, 2)).toEqual({ function: 'fmod' });
  });

  it('refuses what no version has', () => {
    expect(() => parse('Relu', { alpha: float(1) })).toThrow('no attribute "alpha"');
    expect(() => parse('Gelu', { approximate: 'none so far' })).toThrow('approximate');
    expect(() => parse('BitShift', { direction: 'UP' }, 22, 2)).toThrow('direction');
    expect(() => parse('Clip', { min: float(0) }, 13)).toThrow('no attribute "min"');
    expect(parse('Clip', { min: float(0) }, 6)).toEqual({ min: 0, max: undefined });
  });
});

describe('inference', () => {
  it('broadcasts, with symbols', () => {
    expect(infer('Add', [f32('N', 3, 8, 8), f32(3, 1, 1)])).toEqual(f32('N', 3, 8, 8));
    expect(infer('Less', [f32(2, 1), f32(3)])).toEqual({ type: 'bool', dims: [2, 3] });
    expect(infer('Max', [f32(2, 1), f32(1, 4), f32(3, 1, 1)])).toEqual(f32(3, 2, 4));
    expect(() => infer('Mul', [f32(2), f32(3)])).toThrow('do not broadcast');
  });

  it('aligns at an axis before opset 7', () => {
    const shapes = [f32(2, 3, 4, 5), f32(3, 4)];
    expect(infer('Add', shapes, { broadcast: 1, axis: 1 }, 6)).toEqual(f32(2, 3, 4, 5));
    expect(() => infer('Add', shapes, { broadcast: 1, axis: 3 }, 6)).toThrow('does not fit');
    expect(() => infer('Add', shapes, {}, 7)).toThrow('do not broadcast');
  });

  it('names types that an operator does not take', () => {
    const of = (type: DataType): TensorType => ({ type, dims: [2] });
    expect(() => infer('Sigmoid', [of('int32')])).toThrow('Sigmoid takes no int32');
    expect(() => infer('Relu', [of('bool')])).toThrow('Relu takes no bool');
    expect(() => infer('Mod', [of('float32'), of('float32')])).toThrow('fmod = 1');
    expect(() => infer('And', [of('int32'), of('int32')])).toThrow('And takes no int32');
    expect(() => infer('Add', [of('int32'), of('float32')])).toThrow('one type');
    expect(infer('Pow', [of('int32'), of('float32')])).toEqual(of('int32'));
  });
});

describe('references', () => {
  it('computes 64-bit integers exactly and wraps them', async () => {
    const a: HostTensor = { ...tensorOf([2], [0, 0], 'int64') };
    const big = toReference(a);
    (big.value as BigInt64Array).set([2n ** 62n + 1n, -(2n ** 63n)]);
    const three = tensorOf([], [3], 'int64');
    const product = await evaluate('Mul', [big, three]);
    expect(product.value).toEqual(BigInt64Array.of(-(2n ** 62n) + 3n, -(2n ** 63n)));
    const remainder = await evaluate('Mod', [big, tensorOf([], [-7], 'int64')]);
    expect([...remainder.value].map(Number).every((value) => value <= 0 && value > -7)).toBe(true);
    expect((await evaluate('Abs', [big])).value[1]).toBe(-(2n ** 63n));
  });

  it('wraps narrow integers and truncates quotients', async () => {
    const sum = await evaluate('Add', [
      tensorOf([2], [127, -128], 'int8'),
      tensorOf([2], [1, -1], 'int8'),
    ]);
    expect([...sum.value]).toEqual([-128, 127]);
    const product = await evaluate('Mul', [
      tensorOf([1], [200], 'uint8'),
      tensorOf([1], [3], 'uint8'),
    ]);
    expect([...product.value]).toEqual([88]);
    const shifted = await evaluate(
      'BitShift',
      [tensorOf([1], [129], 'uint8'), tensorOf([1], [1], 'uint8')],
      { attributes: { direction: 'LEFT' } },
    );
    expect([...shifted.value]).toEqual([2]);
  });

  it('carries magnitude, terms and slack of a fused input', async () => {
    const sum: ReferenceTensor = {
      ...{ type: 'float32', dims: [2], value: Float64Array.of(1, -2) },
      ...{ magnitude: Float64Array.of(10, 20), terms: 9, slack: Float64Array.of(0.5, 0.25) },
    };
    const relu = await evaluate('Relu', [sum]);
    expect(relu).toMatchObject({ terms: 9, magnitude: Float64Array.of(10, 20) });
    expect(relu.slack).toEqual(Float64Array.of(0.5, 0.25));
    const sigmoid = await evaluate('Sigmoid', [sum]);
    expect(sigmoid.magnitude).toEqual(Float64Array.of(2.5, 5));
    expect(sigmoid.slack?.[0]).toBeGreaterThan(0.125);
    expect(sigmoid.slack?.[0]).toBeLessThan(0.1251);
    const added = await evaluate('Add', [sum, tensorOf([1], [3])]);
    expect(added).toMatchObject({ terms: 10, magnitude: Float64Array.of(13, 23) });
    const scaled = await evaluate('Mul', [sum, tensorOf([1], [-3])]);
    expect(scaled).toMatchObject({ magnitude: Float64Array.of(30, 60) });
    expect(scaled.slack).toEqual(Float64Array.of(1.5, 0.75));
  });

  it('rounds after every addition where it is asked for the sequential sum', async () => {
    const parts = [[16777216], [1], [1]].map((values) => tensorOf([1], values));
    expect((await evaluate('Sum', parts, { single: true })).value[0]).toBe(16777216);
    expect((await evaluate('Sum', parts)).value[0]).toBe(16777218);
    expect((await evaluate('Mean', parts)).value[0]).toBe(16777218 / 3);
  });

  it('marks remainders next to a multiple as ambiguous', async () => {
    const result = await evaluate(
      'Mod',
      [tensorOf([3], [0.3, 5.5, 1]), tensorOf([3], [0.1, 2, 3])],
      { attributes: { fmod: 1 } },
    );
    expect([...(result.ambiguous ?? [])]).toEqual([1, 0, 0]);
  });

  it('gives one slope to each channel before opset 7', async () => {
    const x = tensorOf([1, 2, 1, 2], [-1, 2, -3, -4]);
    const { value } = await evaluate('PRelu', [x, tensorOf([2], [10, 100])], { opset: 6 });
    expect([...value]).toEqual([-10, 2, -300, -400]);
  });
});

describe('traits', () => {
  it('an activation is a step of its producer, a Clip with known bounds too', () => {
    const image = f32(1, 8, 4, 4);
    const step = (op: string, facts: NodeFacts) => operatorOf(op).traits.asEpilogue?.(facts);
    expect(step('LeakyRelu', factsOf('LeakyRelu', [image]))).toEqual({
      kind: 'activation',
      input: 0,
      activation: { name: 'leakyrelu', parameters: [Math.fround(0.01)] },
    });
    expect(step('Softplus', factsOf('Softplus', [image]))).toBeUndefined();
    expect(step('Relu', factsOf('Relu', [{ type: 'int32', dims: [1, 8, 4, 4] }]))).toBeUndefined();
    const bounds = { 1: tensorOf([], [0]), 2: tensorOf([], [6]) };
    expect(step('Clip', factsOf('Clip', [image, f32(), f32()], bounds))).toMatchObject({
      activation: { name: 'clip', parameters: [0, 6] },
    });
    expect(
      step('Clip', factsOf('Clip', [image, f32(), f32()], { 1: tensorOf([], [0]) })),
    ).toBeUndefined();
    expect(step('Add', factsOf('Add', [image, image]))).toEqual({ kind: 'residual' });
    expect(step('Add', factsOf('Add', [image, f32(8, 1, 1)]))).toBeUndefined();
  });

  it('arithmetic with a constant by channel is an affine map', () => {
    const image = f32('N', 2, 4, 4);
    const affine = (op: string, constant: HostTensor, side: 0 | 1) => {
      const type: TensorType = { type: constant.type, dims: constant.dims };
      const inputs = side === 1 ? [image, type] : [type, image];
      return operatorOf(op).traits.affine?.(factsOf(op, inputs, { [side]: constant }));
    };
    const c = tensorOf([2, 1, 1], [2, 4]);
    const of = (input: number, scale: number[], shift: number[]) => ({
      input,
      scale: Float64Array.from(scale),
      shift: Float64Array.from(shift),
    });
    expect(affine('Mul', c, 1)).toEqual(of(0, [2, 4], [0, 0]));
    expect(affine('Add', c, 0)).toEqual(of(1, [1, 1], [2, 4]));
    expect(affine('Sub', c, 1)).toEqual(of(0, [1, 1], [-2, -4]));
    expect(affine('Sub', c, 0)).toEqual(of(1, [-1, -1], [2, 4]));
    expect(affine('Div', c, 1)).toEqual(of(0, [0.5, 0.25], [0, 0]));
    expect(affine('Div', c, 0)).toBeUndefined();
    expect(affine('Mul', tensorOf([], [3]), 1)).toEqual(of(0, [3, 3], [0, 0]));
    expect(affine('Mul', tensorOf([4], [1, 2, 3, 4]), 1)).toBeUndefined();
    expect(affine('Pow', c, 1)).toBeUndefined();
  });

  it('offers C4 with every layout in which an operand can be read', () => {
    const layouts = (op: string, ...inputs: TensorType[]) =>
      operatorOf(op)
        .traits.layouts?.(factsOf(op, inputs))
        .map(({ inputs: list, outputs }) => [...list, ...outputs].join(' '));
    const image = f32(2, 6, 4, 4);
    const linear = 'linear linear linear';
    expect(layouts('Add', image, image)).toEqual(['c4 c4 c4', linear]);
    expect(layouts('Add', image, f32(6, 1, 1))).toEqual(['c4 linear c4', linear]);
    expect(layouts('Mul', image, f32(2, 1, 4, 4))).toEqual(['c4 c4 c4', 'c4 linear c4', linear]);
    // Six values in each pixel of a rank-3 tensor have no C4 form.
    expect(layouts('Mul', image, f32(6, 4, 4))).toEqual([linear]);
    expect(layouts('Less', image, image)).toEqual([linear]);
    expect(layouts('Relu', f32(2, 6))).toEqual(['linear linear']);
  });
});

describe('walks', () => {
  const linear = (...dims: number[]) => ({ dims, layout: 'linear' as const });
  const c4 = (...dims: number[]) => ({ dims, layout: 'c4' as const });

  it('merges axes and takes four at a time where they lie together', () => {
    expect(planWalk(linear(2, 3, 4), [linear(2, 3, 4), linear(2, 3, 4)])?.mode).toBe('flat');
    const rows = planWalk(linear(2, 3, 8), [linear(2, 3, 8), linear(8)]);
    expect(rows).toMatchObject({
      mode: 'blocks',
      shape: { count: 12, rank: 2, sizesInner: [2, 6, 0, 0] },
      operands: [
        { inner: [4, 8, 0, 0], splat: 0 },
        { inner: [4, 0, 0, 0], splat: 0 },
      ],
    });
    const scalar = planWalk(linear(3, 5), [linear(3, 5), linear()]);
    expect(scalar).toMatchObject({
      mode: 'blocks',
      shape: { count: 4, rank: 1 },
      operands: [{ splat: 0 }, { inner: [0, 0, 0, 0], splat: 1 }],
    });
    expect(planWalk(linear(3, 5), [linear(3, 5), linear(5)])).toMatchObject({
      mode: 'elements',
      shape: { count: 15, rank: 2 },
    });
  });

  it('walks C4 by blocks, and values by channel in linear layout beside it', () => {
    const walk = planWalk(c4(2, 6, 3, 3), [c4(2, 6, 3, 3), linear(6, 1, 1)]);
    expect(walk).toMatchObject({
      mode: 'blocks',
      shape: { count: 36, rank: 3, sizesInner: [9, 2, 2, 0] },
      operands: [
        { inner: [4, 36, 72, 0], splat: 0 },
        { inner: [0, 4, 0, 0], splat: 0 },
      ],
    });
  });

  it('gives up beyond eight axes', () => {
    const ones = Array.from({ length: 10 }, (_, axis) => (axis % 2 ? 1 : 2));
    const twos = ones.map(() => 2);
    const other = ones.map((dim) => 3 - dim);
    expect(planWalk(linear(...twos), [linear(...ones), linear(...other)])).toBeUndefined();
  });
});

describe('lowering', () => {
  beforeAll(() => kernels.load());

  it('masks unused lanes only where zeros do not stay zero', () => {
    const image = deviceTensor('float32', [1, 5, 2, 2], 'c4', compatibilityCaps);
    const masked = (op: string, attributes: Plain = {}) => {
      const io = {
        inputs: [image],
        outputs: [image],
        epilogue: undefined,
        constant: () => undefined,
      };
      const [candidate] = operatorOf(op).lower(io, parse(op, attributes), compatibilityCaps);
      return candidate?.dispatches[0]?.variant.mask;
    };
    expect(['Relu', 'Tanh', 'Abs'].map((op) => masked(op))).toEqual([false, false, false]);
    expect(['Sigmoid', 'Cos', 'Exp'].map((op) => masked(op))).toEqual([true, true, true]);
    // Whether this one keeps zeros depends on its parameters.
    expect(masked('HardSigmoid', { beta: float(0) })).toBe(true);
  });

  it('chains operands through two scratch buffers', () => {
    const operand = deviceTensor('float32', [8], 'linear', compatibilityCaps);
    const io = {
      inputs: [operand, operand, operand, operand],
      outputs: [operand],
      epilogue: undefined,
      constant: () => undefined,
    };
    const [candidate] = operatorOf('Mean').lower(io, parse('Mean', {}, 22, 4), compatibilityCaps);
    expect(candidate?.scratch).toEqual([32, 32]);
    expect(candidate?.dispatches.map(({ variant }) => variant.function)).toEqual([
      'add',
      'add',
      'mean',
    ]);
    expect(candidate?.dispatches[2]?.uniforms.divisor).toBe(4);
  });

  it('needs no dispatch for a tensor without elements', () => {
    const empty = deviceTensor('float32', [0, 3], 'linear', compatibilityCaps);
    const io = {
      inputs: [empty, empty],
      outputs: [empty],
      epilogue: undefined,
      constant: () => undefined,
    };
    expect(
      operatorOf('Add').lower(io, parse('Add', {}, 22, 2), compatibilityCaps)[0]?.dispatches,
    ).toEqual([]);
  });
});
