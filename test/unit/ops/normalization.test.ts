/** Normalisations of rows: values by hand, published cases, onnxruntime. */

import { describe, expect, it } from 'vitest';
import { compatibilityCaps } from '../../../src/gpu/caps.ts';
import { buildNode } from '../../../src/ops/build-node.ts';
import { deviceTensor } from '../../../src/ops/device-tensor.ts';
import { findOperator } from '../../../src/ops/index.ts';
import { attributeValues, type PlainAttribute } from '../../../src/ops/plain-attributes.ts';
import { describePublished } from '../../support/conformance.ts';
import { integers, tensorOf, uniform } from '../../support/random.ts';
import {
  computeNode,
  expectOnnxruntimeComputes,
  type SingleNode,
  valuesOf,
} from '../../support/single-node.ts';

const noEpsilon = { epsilon: { float: 0 } };

function expectClose(values: readonly number[] = [], wanted: readonly number[]): void {
  expect(values).toHaveLength(wanted.length);
  values.forEach((value, index) => {
    expect(value, `[${index}]`).toBeCloseTo(wanted[index] as number, 5);
  });
}

describe('LayerNormalization', () => {
  it('has mean 0 and variance 1 before scale and bias', async () => {
    // Mean 3, deviations -2, 0, 2: variance 8/3.
    const root = Math.sqrt(8 / 3 + 1e-5);
    const outputs = await computeNode({
      op: 'LayerNormalization',
      inputs: [
        tensorOf([2, 3], [1, 3, 5, 4, 4, 4]),
        tensorOf([3], [1, 2, 3]),
        tensorOf([3], [0, 1, -1]),
      ],
      outputCount: 3,
    });
    expectClose(outputs[0]?.values, [-2 / root, 1, 6 / root - 1, 0, 1, -1]);
    expect(outputs.map(({ dims }) => dims)).toEqual([
      [2, 3],
      [2, 1],
      [2, 1],
    ]);
    expectClose(outputs[1]?.values, [3, 4]);
    // The second row has only its epsilon.
    expect(outputs[2]?.values[0]).toBeCloseTo(1 / root, 5);
    expect(outputs[2]?.values[1]).toBeCloseTo(1 / Math.sqrt(1e-5), 2);
  });

  it('keeps float32 statistics of float16 values', async () => {
    const outputs = await computeNode({
      op: 'LayerNormalization',
      inputs: [tensorOf([1, 2], [1, 2], 'float16'), tensorOf([2], [1, 1], 'float16')],
      outputCount: 2,
    });
    expect(outputs.map(({ type }) => type)).toEqual(['float16', 'float32']);
    expect(outputs[1]?.values).toEqual([1.5]);
  });

  it('refuses a scale that does not broadcast, and outputs of bfloat16', async () => {
    const x = tensorOf([2, 3], [1, 2, 3, 4, 5, 6]);
    const two = tensorOf([2], [1, 1]);
    await expect(computeNode({ op: 'LayerNormalization', inputs: [x, two] })).rejects.toThrow(
      /\[2\] does not broadcast to X \[2,3\]/,
    );
    const inputs = [x, tensorOf([3], [1, 1, 1])];
    const attributes = { stash_type: 16 };
    await expect(
      computeNode({ op: 'LayerNormalization', inputs, attributes, outputCount: 2 }),
    ).rejects.toThrow(/Mean and InvStdDev of stash_type 16 are not supported/);
    await expect(
      computeNode({ op: 'LayerNormalization', inputs, attributes }),
    ).resolves.toHaveLength(1);
  });

  it('bounds an error by the size of what is summed, in units of the deviation', async () => {
    const bound = async (mean: number) => {
      const operator = findOperator('LayerNormalization');
      const reference = await operator?.reference();
      const node = buildNode({
        ...{ name: 'n', op: 'LayerNormalization', inputs: ['x', 's'], outputs: ['y'] },
      });
      const values = Float64Array.of(mean - 1, mean + 1);
      const x = { type: 'float32', dims: [1, 2], value: values } as const;
      const scale = { type: 'float32', dims: [1], value: Float64Array.of(1) } as const;
      const outputs = [{ type: 'float32', dims: [1, 2] }] as const;
      const [y] = reference?.([x, scale], node.attributes, { single: false, outputs }) ?? [];
      return y?.magnitude?.[0] as number;
    };
    // The deviation is 1: |x| + mean|x|, and half of |d| (|x| + mean|x|) through the variance.
    expect(await bound(1000)).toBeCloseTo(1999 + (999 + 1000 + 1001 + 1000) / 4, -1);
    expect((await bound(1000)) / (await bound(100))).toBeCloseTo(10, 0);
  });
});

it('RMSNormalization divides by the root of the mean of squares', async () => {
  const y = await valuesOf({
    op: 'RMSNormalization',
    opset: 23,
    attributes: noEpsilon,
    inputs: [tensorOf([1, 2], [1, 7]), tensorOf([2], [1, 2])],
  });
  // √((1 + 49) / 2) = 5
  expectClose(y, [0.2, 2.8]);
});

describe('InstanceNormalization', () => {
  it('normalises every channel by itself', async () => {
    const y = await valuesOf({
      op: 'InstanceNormalization',
      attributes: noEpsilon,
      inputs: [tensorOf([1, 2, 2], [1, 3, 10, 50]), tensorOf([2], [1, 2]), tensorOf([2], [0, 100])],
    });
    expectClose(y, [-1, 1, 98, 102]);
  });

  it('takes what opset 1 had', async () => {
    const inputs = [tensorOf([1, 1, 2], [1, 3]), tensorOf([1], [1]), tensorOf([1], [0])];
    const attributes = { ...noEpsilon, consumed_inputs: [0] };
    const y = await valuesOf({ op: 'InstanceNormalization', opset: 1, attributes, inputs });
    expectClose(y, [-1, 1]);
    await expect(
      valuesOf({ op: 'InstanceNormalization', opset: 6, attributes, inputs }),
    ).rejects.toThrow(/consumed_inputs/);
  });
});

describe('GroupNormalization', () => {
  const x = tensorOf([1, 4, 1, 1], [1, 3, 10, 50]);
  const attributes = { ...noEpsilon, num_groups: 2 };

  it('scales channels since opset 21, groups before', async () => {
    const channels = [tensorOf([4], [1, 2, 3, 4]), tensorOf([4], [0, 10, 20, 30])];
    expectClose(
      await valuesOf({ op: 'GroupNormalization', attributes, inputs: [x, ...channels] }),
      [-1, 12, 17, 34],
    );
    const groups = [tensorOf([2], [1, 2]), tensorOf([2], [0, 100])];
    expectClose(
      await valuesOf({
        ...{ op: 'GroupNormalization', opset: 18, attributes },
        inputs: [x, ...groups],
      }),
      [-1, 1, 98, 102],
    );
  });

  it('refuses groups that the channels do not fill, and scales of another number', async () => {
    const four = tensorOf([4], [1, 1, 1, 1]);
    const inputs = [x, four, four];
    await expect(
      valuesOf({ op: 'GroupNormalization', attributes: { num_groups: 3 }, inputs }),
    ).rejects.toThrow(/4 channels cannot be shared out among 3 groups/);
    await expect(
      valuesOf({ op: 'GroupNormalization', opset: 18, attributes, inputs }),
    ).rejects.toThrow(/scale and bias of \[2\], not \[4\]/);
  });

  it('stays in C4 where groups are whole channel blocks or single channels', () => {
    const choices = (channels: number, groups: number, opset: number) => {
      const image = { type: 'float32', dims: [1, channels, 4, 4] } as const;
      const vector = { type: 'float32', dims: [channels] } as const;
      const node = buildNode({
        ...{ name: 'n', op: 'GroupNormalization', inputs: ['x', 's', 'b'], outputs: ['y'], opset },
        attributes: attributeValues({ num_groups: groups }),
      });
      const facts = {
        ...{ attributes: node.attributes, inputs: [image, vector, vector], outputs: [image] },
        constant: () => undefined,
      };
      const layouts = findOperator(node.op)?.traits.layouts?.(facts);
      return layouts?.map(({ inputs }) => inputs[0]);
    };
    expect(choices(16, 2, 21)).toEqual(['c4', 'linear']);
    expect(choices(6, 6, 21)).toEqual(['c4', 'linear']);
    expect(choices(6, 3, 21)).toEqual(['linear']);
    expect(choices(16, 2, 18)).toEqual(['linear']);
  });
});

describe('LpNormalization', () => {
  it('divides by the sum of magnitudes or the root of the sum of squares', async () => {
    const inputs = [tensorOf([2, 2], [3, -4, -1, 0])];
    const op = 'LpNormalization';
    expectClose(await valuesOf({ op, inputs }), [0.6, -0.8, -1, 0]);
    expectClose(
      await valuesOf({ op, inputs, attributes: { p: 1, axis: 0 } }),
      [0.75, -1, -0.25, 0],
    );
  });

  it('makes zeros of zeros, and refuses other orders', async () => {
    const inputs = [tensorOf([1, 2], [0, 0])];
    expect(await valuesOf({ op: 'LpNormalization', inputs })).toEqual([0, 0]);
    await expect(valuesOf({ op: 'LpNormalization', inputs, attributes: { p: 3 } })).rejects.toThrow(
      /p must be 1 or 2, not 3/,
    );
  });
});

it('MeanVarianceNormalization normalises channels over the batch, unless it is told otherwise', async () => {
  const x = tensorOf([2, 1, 1, 2], [1, 3, 5, 7]);
  const op = 'MeanVarianceNormalization';
  const root = Math.sqrt(5);
  expectClose(await valuesOf({ op, inputs: [x] }), [-3 / root, -1 / root, 1 / root, 3 / root]);
  expectClose(await valuesOf({ op, inputs: [x], attributes: { axes: [-1] } }), [-1, 1, -1, 1]);
  await expect(
    valuesOf({ op, opset: 1, inputs: [x], attributes: { across_channels: 1 } }),
  ).rejects.toThrow(/across_channels/);
});

describe('candidates', () => {
  const candidates = (op: string, dims: number[], attributes: Record<string, PlainAttribute>) => {
    const operator = findOperator(op);
    const node = buildNode({
      ...{ name: 'n', op, inputs: ['x', 's'], outputs: ['y'], opset: 23 },
      attributes: attributeValues(attributes),
    });
    const tensor = (of: number[]) => deviceTensor('float32', of, 'linear', compatibilityCaps);
    const io = {
      inputs: [tensor(dims), tensor(dims.slice(-1))],
      ...{ outputs: [tensor(dims)], epilogue: undefined, constant: () => undefined },
    };
    return operator?.lower(io, node.attributes, compatibilityCaps) ?? [];
  };

  it('short rows take an invocation each, long ones can be shared out', () => {
    const names = (dims: number[]) =>
      candidates('RMSNormalization', dims, {}).map(({ algorithm }) => algorithm);
    expect(names([100, 12])).toEqual(['normalise_serial']);
    expect(names([4, 4096])).toEqual([
      'normalise_serial',
      'normalise_workgroup',
      'normalise_split',
    ]);
  });

  it('rows of any length find one whose loops end in time', () => {
    const turns = candidates('RMSNormalization', [1, 3_000_001], {}).map(({ dispatches }) =>
      Math.max(
        ...dispatches.map(({ kernel, variant, uniforms }) =>
          Number(kernel.iterations?.(variant, uniforms as never)),
        ),
      ),
    );
    expect(Math.max(...turns)).toBeGreaterThan(compatibilityCaps.limits.loopIterations);
    expect(Math.min(...turns)).toBeLessThan(compatibilityCaps.limits.loopIterations);
  });
});

const operators = [
  'LayerNormalization',
  'RMSNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'LpNormalization',
  'MeanVarianceNormalization',
];

describePublished(operators);

describe('onnxruntime computes the same', () => {
  const x = uniform([2, 6, 4, 3], 1, { scale: 3 });
  const six = [uniform([6], 2), uniform([6], 3)];
  const rows = integers([3, 5], 4);
  const cases: readonly SingleNode[] = [
    { op: 'LayerNormalization', inputs: [x, uniform([3], 5), uniform([3], 6)], outputCount: 3 },
    {
      ...{ op: 'LayerNormalization', attributes: { axis: 1, epsilon: 0.1 } },
      inputs: [x, uniform([6, 4, 3], 7)],
    },
    { op: 'InstanceNormalization', opset: 7, inputs: [x, ...six] },
    { op: 'GroupNormalization', attributes: { num_groups: 3 }, inputs: [x, ...six] },
    {
      ...{ op: 'GroupNormalization', opset: 18, attributes: { num_groups: 2 } },
      inputs: [x, uniform([2], 8), uniform([2], 9)],
    },
    { op: 'LpNormalization', opset: 7, attributes: { p: 1, axis: 1 }, inputs: [rows] },
    { op: 'LpNormalization', opset: 7, attributes: { axis: 0 }, inputs: [rows] },
    { op: 'MeanVarianceNormalization', opset: 13, inputs: [x] },
    { op: 'MeanVarianceNormalization', opset: 9, attributes: { axes: [1, 2] }, inputs: [x] },
    { op: 'RMSNormalization', opset: 23, attributes: { axis: 2 }, inputs: [x, uniform([4, 3], 7)] },
  ];

  it.each(cases.map((one, index) => [`${one.op} (${index})`, one] as const))(
    '%s',
    async (_, one) => {
      await expectOnnxruntimeComputes(one);
    },
  );
});
