/** The tolerance of published results, and what the reference says against them. */
import { describe, expect, test } from 'vitest';
import { describeCase, judgeCase, summarise } from '../../../src/cli/commands/check.ts';
import { compareToPublished } from '../../../src/cli/published.ts';
import { type HostTensor, hostTensor } from '../../../src/core/tensor.ts';
import { encodeModel } from '../../support/onnx-writer.ts';

const floats = (...values: number[]) =>
  hostTensor('float32', [values.length], Float32Array.from(values));

describe('compareToPublished', () => {
  test('floats may differ by 1e-7 and a thousandth of the published value', () => {
    expect(compareToPublished(floats(1.0009), floats(1)).ok).toBe(true);
    expect(compareToPublished(floats(1.0011), floats(1)).ok).toBe(false);
    expect(compareToPublished(floats(0.9e-7), floats(0)).ok).toBe(true);
    expect(compareToPublished(floats(1.1e-7), floats(0)).ok).toBe(false);
  });

  test('says how many differ, and where the worst is', () => {
    const got = hostTensor('float32', [2, 2], Float32Array.from([1, 2.75, 3, 5]));
    const want = hostTensor('float32', [2, 2], Float32Array.from([1, 2, 3, 4]));
    const result = compareToPublished(got, want);
    expect(result).toMatchObject({ ok: false, maxError: 1 });
    expect(result.reason).toBe('2 of 4 differ; at [0,1] 2.75, not 2');
    expect(result.bound).toBeCloseTo(0.002, 6);
  });

  test('NaN is NaN, an infinity only itself', () => {
    const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
    expect(compareToPublished(floats(nan, inf), floats(nan, inf)).ok).toBe(true);
    for (const [got, want] of [
      [1, nan],
      [nan, 1],
      [-inf, inf],
      [1, inf],
      [inf, 1],
    ] as const) {
      expect(compareToPublished(floats(got), floats(want)).ok, `${got} for ${want}`).toBe(false);
    }
  });

  test('integers and truth values are equal or wrong', () => {
    const ints = (value: bigint) => hostTensor('int64', [1], BigInt64Array.from([value]));
    expect(compareToPublished(ints(1n << 60n), ints(1n << 60n)).ok).toBe(true);
    const off = compareToPublished(ints((1n << 60n) + 1n), ints(1n << 60n));
    expect(off).toMatchObject({ ok: false, maxError: 1, bound: 0 });
  });

  test('another type or shape is wrong whatever the values', () => {
    const doubles = hostTensor('float64', [1], Float64Array.from([1]));
    expect(compareToPublished(doubles, floats(1)).reason).toBe('the type is float64, not float32');
    const column = hostTensor('float32', [1, 1], Float32Array.from([1]));
    expect(compareToPublished(column, floats(1)).reason).toBe('the shape is [1,1], not [1]');
  });

  test('empty tensors are equal', () => {
    expect(compareToPublished(floats(), floats())).toMatchObject({ ok: true, maxError: 0 });
  });
});

describe('judgeCase', () => {
  const model = encodeModel({
    nodes: [{ op: 'Transpose', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', dims: [2] }],
    outputs: ['y'],
  });
  const judge = (published: HostTensor, got: HostTensor) => {
    const named = (name: string, tensor: HostTensor) => [{ name, ...tensor }];
    const set = { inputs: named('x', floats(1, 2)), outputs: named('y', published) };
    return judgeCase({ bytes: model, externalData: [] }, [set], { outputs: [named('y', got)] });
  };

  test('the published value decides where the reference agrees with it', async () => {
    expect(await judge(floats(1, 2), floats(1, 2))).toMatchObject({ status: 'pass', reason: '' });
    expect(await judge(floats(1, 2), floats(1, 3))).toMatchObject({ status: 'fail', maxError: 1 });
  });

  test('the reference decides where the published value contradicts it', async () => {
    const judgement = await judge(floats(1, 5), floats(1, 2));
    expect(judgement).toMatchObject({ status: 'pass', referenceDecided: true });
    expect(judgement.reason).toContain('published value lies outside');
  });

  test('a result that fits neither is wrong', async () => {
    expect(await judge(floats(1, 5), floats(1, 3))).toMatchObject({ status: 'fail' });
  });

  test('too few outputs are wrong', async () => {
    const set = { inputs: [], outputs: [{ name: 'y', ...floats(1) }] };
    expect(await judgeCase({ bytes: model, externalData: [] }, [set], { outputs: [[]] })).toEqual({
      status: 'fail',
      reason: 'the model gives 0 outputs, 1 are published',
    });
  });
});

test('a case is one line, whatever an error says', () => {
  const report = { name: 'test_x', status: 'error', reason: 'one\n  two' } as const;
  expect(describeCase(report, 8)).toBe('error        test_x              one two');
  const passed = { name: 'a', status: 'pass', reason: '', maxError: 0, bound: 1, ranOn: 'gpu' };
  expect(describeCase({ ...passed, status: 'pass', ranOn: 'host' }, 1)).toBe(
    'pass         a  host      max error 0',
  );
  expect(summarise([report])).toEqual({ pass: 0, fail: 0, unsupported: 0, error: 1 });
});
