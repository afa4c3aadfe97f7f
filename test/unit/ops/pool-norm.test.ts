/** Pooling, softmax, normalisation and reductions by hand-computed examples. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import type { DataType } from '../../../src/core/dtype.ts';
import { toReference } from '../../../src/core/reference.ts';
import type { StaticTensorType, TensorType } from '../../../src/core/shape.ts';
import type { HostTensor } from '../../../src/core/tensor.ts';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { buildNode } from '../../../src/ops/build-node.ts';
import { deviceTensor } from '../../../src/ops/device-tensor.ts';
import { findOperator } from '../../../src/ops/index.ts';
import type { LoweringIO, ReferenceResult } from '../../../src/ops/operator.ts';
import { attributeValues, type PlainAttribute } from '../../../src/ops/plain-attributes.ts';
import { tensorOf } from '../../support/random.ts';

interface Example {
  readonly opset?: number;
  readonly attributes?: Readonly<Record<string, PlainAttribute>>;
  readonly outputCount?: number;
  readonly single?: boolean;
}

function prepare(op: string, inputs: readonly HostTensor[], example: Example = {}) {
  const { opset, attributes = {}, outputCount = 1 } = example;
  const operator = findOperator(op);
  if (!operator) throw new Error(`no operator ${op}`);
  const node = buildNode({
    ...{ name: 'n', op },
    inputs: inputs.map((_, index) => `x${index}`),
    outputs: Array.from({ length: outputCount }, (_, index) => `y${index}`),
    attributes: attributeValues(attributes),
    ...(opset !== undefined && { opset }),
  });
  const outputs = operator.infer(inputs, node.attributes, (index) => inputs[index]);
  return { operator, node, outputs: outputs as readonly StaticTensorType[] };
}

async function compute(
  op: string,
  inputs: readonly HostTensor[],
  example: Example = {},
): Promise<readonly (ReferenceResult & { dims: readonly number[] })[]> {
  const { operator, node, outputs } = prepare(op, inputs, example);
  const reference = await operator.reference();
  const { single = false } = example;
  const results = reference(inputs.map(toReference), node.attributes, { single, outputs });
  return results.map((result, index) => ({ ...result, dims: outputs[index]?.dims ?? [] }));
}

const valuesOf = (result: ReferenceResult | undefined) => Array.from(result?.value ?? [], Number);

const range = (dims: readonly number[], type?: DataType) =>
  tensorOf(
    dims,
    Array.from({ length: dims.reduce((size, dim) => size * dim, 1) }, (_, index) => index),
    type,
  );

describe('pooling', () => {
  test('a last window must start in the input or in the padding before it', async () => {
    // 6 + 2 pads, kernel 3, stride 3: positions 0, 3, 6 start before 7; 5 + 2: 0, 3, and 6 does not.
    const [y] = await compute('MaxPool', [range([1, 1, 6, 5])], {
      attributes: { kernel_shape: [3, 3], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1 },
    });
    expect(y?.dims).toEqual([1, 1, 3, 2]);
    expect(valuesOf(y)).toEqual([6, 9, 21, 24, 26, 29]);
  });

  test('a window larger than its input is refused, but where ceil_mode lets it run past the end', () => {
    const example = (ceil_mode: number) => ({
      attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode },
    });
    expect(() => prepare('MaxPool', [range([1, 1, 2, 5])], example(0))).toThrow(
      'the kernel covers 3 elements of spatial axis 0, but the input has 2 there',
    );
    const { outputs } = prepare('MaxPool', [range([1, 1, 2, 5])], example(1));
    expect(outputs[0]?.dims).toEqual([1, 1, 1, 2]);
  });

  test('auto_pad VALID has nothing to round up', () => {
    const { outputs } = prepare('MaxPool', [range([1, 1, 6, 6])], {
      attributes: { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'VALID', ceil_mode: 1 },
    });
    expect(outputs[0]?.dims).toEqual([1, 1, 2, 2]);
  });

  test('symbolic sizes stay symbolic, and those that do not change keep their name', () => {
    const operator = findOperator('MaxPool');
    const x: TensorType = { type: 'float32', dims: ['N', 3, 'H', 'W'] };
    const node = (strides: number[]) =>
      buildNode({
        ...{ name: 'n', op: 'MaxPool', inputs: ['x'], outputs: ['y'] },
        attributes: attributeValues({ kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides }),
      });
    const same = operator?.infer([x], node([1, 1]).attributes, () => undefined);
    expect(same?.[0]?.dims).toEqual(['N', 3, 'H', 'W']);
    const halved = operator?.infer([x], node([2, 2]).attributes, () => undefined);
    expect(halved?.[0]?.dims.slice(0, 2)).toEqual(['N', 3]);
    expect(halved?.[0]?.dims[2]).toEqual(expect.stringContaining('H'));
  });

  test('an average counts its taps in the input, or those in the padding too', async () => {
    const x = tensorOf([1, 1, 1, 3], [1, 2, 3]);
    const attributes = { kernel_shape: [1, 3], pads: [0, 1, 0, 1] };
    const [without] = await compute('AveragePool', [x], { attributes });
    expect(valuesOf(without)).toEqual([1.5, 2, 2.5]);
    const [counted] = await compute('AveragePool', [x], {
      attributes: { ...attributes, count_include_pad: 1 },
    });
    expect(valuesOf(counted)).toEqual([1, 2, 5 / 3]);
    // |1| + |2| over 3 cells, three taps and the division's roundings.
    expect(counted?.magnitude?.[0]).toBe(1);
    expect(counted?.terms).toBeGreaterThanOrEqual(4);
  });

  test('indices are flat positions, down the columns with storage_order 1', async () => {
    const x = tensorOf([1, 2, 2, 3], [1, 9, 2, 3, 4, 5, 7, 7, 7, 7, 7, 8]);
    const example = { attributes: { kernel_shape: [2, 2] }, outputCount: 2 };
    const [, rows] = await compute('MaxPool', [x], example);
    // The first maximum counts; the second channel starts at 6.
    expect(valuesOf(rows)).toEqual([1, 1, 6, 11]);
    const [, columns] = await compute('MaxPool', [x], {
      ...example,
      attributes: { kernel_shape: [2, 2], storage_order: 1 },
    });
    // (row 0, column 1) is 1 * 2 + 0; (row 1, column 2) is 2 * 2 + 1.
    expect(valuesOf(columns)).toEqual([2, 2, 6, 11]);
  });

  test('minimum, norm and a window without a tap', async () => {
    const x = tensorOf([1, 1, 4], [3, -4, 1, 2]);
    const [least] = await compute('wgconv.MinPool', [x], { attributes: { kernel_shape: [2] } });
    expect(valuesOf(least)).toEqual([-4, -4, 1]);
    const [norm] = await compute('LpPool', [x], { attributes: { kernel_shape: [2] } });
    expect(valuesOf(norm)[0]).toBe(5);
    const nothing = { attributes: { kernel_shape: [2], dilations: [6], pads: [3, 3] } };
    const [average] = await compute('AveragePool', [tensorOf([1, 1, 1], [7])], nothing);
    expect(valuesOf(average)).toEqual([0]);
    const [maximum] = await compute('MaxPool', [tensorOf([1, 1, 1], [7])], nothing);
    expect(valuesOf(maximum)).toEqual([Number.NEGATIVE_INFINITY]);
  });

  test('a big map is averaged by several invocations or a workgroup for each block', () => {
    const { operator, node } = prepare('GlobalAveragePool', [tensorOf([1, 0, 1, 1], [])]);
    const lower = (channels: number, side: number) =>
      operator.lower(
        {
          inputs: [deviceTensor('float32', [1, channels, side, side], 'c4', compatibilityCaps)],
          outputs: [deviceTensor('float32', [1, channels, 1, 1], 'linear', compatibilityCaps)],
          epilogue: undefined,
          constant: () => undefined,
        },
        node.attributes,
        compatibilityCaps,
      );
    const candidates = lower(1280, 7);
    expect(candidates.map(({ algorithm }) => algorithm)).toContain('reduce_workgroup');
    for (const { dispatches, cost } of candidates) {
      expect(dispatches[0]?.uniforms).toMatchObject({ outputs: channelBlocks(1280), reduced: 49 });
      expect(cost.barriers).toBe(dispatches[0]?.variant.phase === 'workgroup');
    }
    expect(lower(3, 512).map(({ algorithm }) => algorithm)).toContain('reduce_split');
  });

  test.each([
    [[7, 7], undefined, true],
    [[7, 7], [1, 1, 1, 1], false],
    [[3, 7], undefined, false],
  ])('windows of %j with pads %j are reductions of planes: %s', async (size, pads, whole) => {
    const x = tensorOf([1, 8, 7, 7], Array(392).fill(1));
    const { operator, node, outputs } = prepare('AveragePool', [x], {
      attributes: { kernel_shape: size, ...(pads && { pads }) },
    });
    const tensors = (types: readonly StaticTensorType[]) =>
      types.map(({ type, dims }) => deviceTensor(type, dims, 'c4', compatibilityCaps));
    const io: LoweringIO = {
      inputs: tensors([x]),
      outputs: tensors(outputs),
      epilogue: undefined,
      constant: () => undefined,
    };
    await operator.load?.(io, node.attributes, compatibilityCaps);
    const algorithms = operator.lower(io, node.attributes, compatibilityCaps);
    expect(algorithms.length).toBeGreaterThan(0);
    expect(algorithms.every(({ algorithm }) => algorithm.startsWith('reduce_'))).toBe(whole);
  });
});

describe('softmax', () => {
  const x = range([2, 2, 2]);

  test('before opset 13 the tensor is flattened at axis 1', async () => {
    const [y] = await compute('Softmax', [x], { opset: 11 });
    const sum = 1 + Math.E + Math.E ** 2 + Math.E ** 3;
    expect(valuesOf(y)[3]).toBeCloseTo(Math.E ** 3 / sum, 14);
    expect(valuesOf(y)[0]).toBeCloseTo(1 / sum, 14);
  });

  test('since opset 13 it runs along the last axis', async () => {
    const [y] = await compute('LogSoftmax', [x], { opset: 13 });
    expect(valuesOf(y)[0]).toBeCloseTo(-Math.log(1 + Math.E), 14);
    expect(valuesOf(y)[1]).toBeCloseTo(1 - Math.log(1 + Math.E), 14);
  });

  test('Hardmax marks the first maximum', async () => {
    const [y] = await compute('Hardmax', [tensorOf([2, 3], [1, 5, 5, Number.NaN, 9, 0])]);
    expect(valuesOf(y)).toEqual([0, 1, 0, 1, 0, 0]);
  });

  test('the bound grows with the distance from the maximum and the length of the row', async () => {
    const bounds = async (values: readonly number[]) => {
      const [y] = await compute('LogSoftmax', [tensorOf([1, values.length], values)]);
      return Array.from(y?.slack ?? []);
    };
    const [near, far] = (await bounds([0, -30])) as [number, number];
    expect(far).toBeGreaterThan(near);
    const [short] = (await bounds([0, 0])) as [number];
    const [long] = (await bounds(Array(1000).fill(0))) as [number];
    expect(long).toBeGreaterThan(short);
    expect(long).toBeLessThan(1e-3);
  });
});

describe('BatchNormalization', () => {
  const vectors = [
    tensorOf([2], [2, 3]),
    tensorOf([2], [10, 20]),
    tensorOf([2], [1, 2]),
    tensorOf([2], [4, 0.25]),
  ];
  const x = tensorOf([1, 2, 1, 2], [3, 5, 2, 3]);
  const noEpsilon = { epsilon: { kind: 'float', value: 0 } } as const;

  test('normalises by the given statistics', async () => {
    const [y] = await compute('BatchNormalization', [x, ...vectors], { attributes: noEpsilon });
    // (3 - 1) / 2 * 2 + 10, (5 - 1) / 2 * 2 + 10, (2 - 2) / 0.5 * 3 + 20, (3 - 2) / 0.5 * 3 + 20
    expect(valuesOf(y)).toEqual([12, 14, 20, 26]);
    expect(Array.from(y?.magnitude ?? [])).toEqual([14, 16, 44, 50]);
  });

  test('is a factor and a summand for each channel', () => {
    const { operator, node, outputs } = prepare('BatchNormalization', [x, ...vectors], {
      attributes: noEpsilon,
    });
    const constants = [undefined, ...vectors];
    const facts = {
      attributes: node.attributes,
      inputs: [x, ...vectors],
      outputs,
      constant: (index: number) => constants[index],
    };
    const affine = operator.traits.affine?.(facts);
    expect(Array.from(affine?.scale ?? [])).toEqual([1, 6]);
    expect(Array.from(affine?.shift ?? [])).toEqual([9, 8]);
    const unknown = { ...facts, constant: () => undefined };
    expect(operator.traits.affine?.(unknown)).toBeUndefined();
  });

  test('a training batch is normalised by its own statistics', async () => {
    const [y, mean, variance] = await compute('BatchNormalization', [x, ...vectors], {
      attributes: { ...noEpsilon, training_mode: 1, momentum: 0.5 },
      outputCount: 3,
    });
    // Means 4 and 2.5, deviations 1 and 0.5.
    expect(valuesOf(y)).toEqual([8, 12, 17, 23]);
    expect(valuesOf(mean)).toEqual([2.5, 2.25]);
    expect(valuesOf(variance)).toEqual([2.5, 0.25]);
  });

  test('training mode before opset 14 is refused with a way out', () => {
    expect(() =>
      prepare('BatchNormalization', [x, ...vectors], { opset: 9, outputCount: 5 }),
    ).toThrow(/export the model for inference/);
    expect(() =>
      prepare('BatchNormalization', [x, ...vectors], { opset: 6, attributes: { is_test: 0 } }),
    ).not.toThrow();
  });
});

test('LRN divides by the squares of the neighbours', async () => {
  const float = (value: number) => ({ kind: 'float', value }) as const;
  const [y] = await compute('LRN', [tensorOf([1, 3, 1, 1], [1, 2, 3])], {
    attributes: { size: 3, alpha: float(3), beta: float(1), bias: float(1) },
  });
  // 1 / (1 + 1 + 4), 2 / (1 + 1 + 4 + 9), 3 / (1 + 4 + 9)
  expect(valuesOf(y)).toEqual([1 / 6, 2 / 15, 3 / 14]);
});

describe('reductions', () => {
  const x = tensorOf([2, 2], [1, 2, 3, 4]);
  const axes = (...values: number[]) => tensorOf([values.length], values, 'int64');

  test('axes are an attribute, later an input', async () => {
    const [old] = await compute('ReduceSum', [x], { opset: 11, attributes: { axes: [0] } });
    expect(old?.dims).toEqual([1, 2]);
    expect(valuesOf(old)).toEqual([4, 6]);
    const [since] = await compute('ReduceSum', [x, axes(-1)], { attributes: { keepdims: 0 } });
    expect(since?.dims).toEqual([2]);
    expect(valuesOf(since)).toEqual([3, 7]);
  });

  test('no axes are all of them, or none', async () => {
    const [all] = await compute('ReduceSumSquare', [x, axes()]);
    expect(all?.dims).toEqual([1, 1]);
    expect(valuesOf(all)).toEqual([30]);
    const [none] = await compute('ReduceSumSquare', [x], {
      attributes: { noop_with_empty_axes: 1 },
    });
    expect(none?.dims).toEqual([2, 2]);
    expect(valuesOf(none)).toEqual([1, 4, 9, 16]);
  });

  test('integers wrap, quotients are truncated', async () => {
    const big = tensorOf([2], [2 ** 30, 2 ** 30], 'int32');
    expect(valuesOf((await compute('ReduceSum', [big]))[0])).toEqual([-(2 ** 31)]);
    const odd = tensorOf([2], [-2, -1], 'int32');
    expect(valuesOf((await compute('ReduceMean', [odd]))[0])).toEqual([-1]);
    const wide = tensorOf([3], [3, 5, 7], 'int64');
    expect((await compute('ReduceProd', [wide]))[0]?.value).toEqual(BigInt64Array.of(105n));
  });

  test('a sequential float32 sum rounds after every addition', async () => {
    const thirds = tensorOf([3], [1, 2 ** -24, 2 ** -24]);
    expect(valuesOf((await compute('ReduceSum', [thirds], { single: true }))[0])).toEqual([1]);
    expect(valuesOf((await compute('ReduceSum', [thirds]))[0])).toEqual([1 + 2 ** -23]);
  });

  test('height and width of an image may be reduced in C4', () => {
    const operator = findOperator('ReduceMean');
    const choices = (reduced: readonly number[], keepdims: number) => {
      const image: TensorType = { type: 'float32', dims: [1, 8, 7, 7] };
      const { node } = prepare('ReduceMean', [x, axes(0)], { attributes: { keepdims } });
      return operator?.traits
        .layouts?.({
          attributes: node.attributes,
          inputs: [image, { type: 'int64', dims: [reduced.length] }],
          outputs: [{ type: 'float32', dims: [] }],
          constant: () => axes(...reduced),
        })
        .map(({ inputs, outputs }) => `${inputs[0]} ${outputs[0]}`);
    };
    expect(choices([2, 3], 1)).toEqual(['c4 c4', 'c4 linear', 'linear linear']);
    expect(choices([-1, -2], 0)).toEqual(['c4 linear', 'linear linear']);
    expect(choices([1], 1)).toEqual(['linear linear']);
  });
});

interface SharedTensor {
  readonly shape: readonly number[];
  readonly data: readonly (number | 'NaN')[];
  readonly type?: DataType;
}
interface SharedCase {
  readonly name: string;
  readonly op: string;
  readonly opset: number;
  readonly attributes: Record<string, PlainAttribute>;
  readonly inputs: Record<string, SharedTensor>;
  readonly outputs: Record<string, SharedTensor>;
}

const file = join(import.meta.dirname, '../../../../shared/cases/cases.json');
const shared = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: SharedCase[] }).cases.filter(({ op }) =>
      ['MaxPool', 'AveragePool', 'Softmax'].includes(op),
    )
  : [];

describe.skipIf(shared.length === 0)('inputs on which engines go wrong (../shared)', () => {
  test.each(shared)('$name', async ({ op, opset, attributes, inputs, outputs }) => {
    const given = Object.values(inputs).map(({ shape, data, type }) =>
      tensorOf(shape, data.map(Number), type),
    );
    const wanted = Object.values(outputs);
    const results = await compute(op, given, { opset, attributes, outputCount: wanted.length });
    wanted.forEach(({ shape, data }, index) => {
      expect(results[index]?.dims).toEqual(shape);
      const values = valuesOf(results[index]);
      expect(values).toHaveLength(data.length);
      data.forEach((value, at) => {
        const want = Number(value);
        if (Number.isNaN(want)) expect(values[at]).toBeNaN();
        else
          expect(Math.abs(Number(values[at]) - want)).toBeLessThanOrEqual(
            1e-7 * (1 + Math.abs(want)),
          );
      });
    });
  });
});
