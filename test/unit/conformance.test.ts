/** The judge of `npm run conformance`, on a model that anybody can compute, and its page. */

import { describe, expect, it } from 'vitest';
import type { PublishedCase } from '../../bench/conformance/cases.ts';
import { judgeAnswer } from '../../bench/conformance/judge.ts';
import { markdown } from '../../bench/conformance/report.ts';
import type { ConformanceResult } from '../../bench/conformance/result.ts';
import type { NamedTensor } from '../../src/cli/engine.ts';
import type { DataType } from '../../src/core/dtype.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { tensorOf } from '../support/random.ts';

const named = (
  name: string,
  values: readonly number[],
  type: DataType = 'float32',
): NamedTensor => ({
  name,
  ...tensorOf([values.length], values, type),
});

/** y = 2^x of [1, 2, 3], and what is said to be published. */
function powers(published: readonly number[], type: DataType = 'float32'): PublishedCase {
  return {
    ...{ name: 'powers', family: 'Powers', what: 'Pow of [3]', contested: false },
    model: encodeModel({
      nodes: [{ op: 'Pow', inputs: ['two', 'x'], outputs: ['y'] }],
      inputs: [{ name: 'x', type, dims: [3] }],
      outputs: ['y'],
      initializers: { two: tensorOf([], [2], type) },
    }),
    sets: [{ inputs: [named('x', [1, 2, 3], type)], outputs: [named('y', published, type)] }],
  };
}

describe('the judge', () => {
  it('allows what ONNX’s own runner allows', async () => {
    const answer = { outputs: [[named('y', [2, 4.003, 8])]], ranOn: 'gpu' };
    expect(await judgeAnswer(powers([2, 4, 8]), answer)).toEqual({ status: 'pass', ranOn: 'gpu' });
  });

  it('shows what is wrong, and where', async () => {
    const result = await judgeAnswer(powers([2, 4, 8]), { outputs: [[named('y', [2, 4.1, 8])]] });
    expect(result.status).toBe('wrong');
    expect(result.reason).toMatch(/1 of 3 differ; at \[1\] 4\.1/);
  });

  it('lets the reference decide where what is published is wrong', async () => {
    const right = await judgeAnswer(powers([2, 5, 8]), { outputs: [[named('y', [2, 4, 8])]] });
    expect(right).toMatchObject({ status: 'pass', referenceDecided: true });
    const contested = { ...powers([2, 5, 8]), contested: true };
    const asPublished = await judgeAnswer(contested, { outputs: [[named('y', [2, 5, 8])]] });
    expect(asPublished).toMatchObject({ status: 'wrong', referenceDecided: true });
  });

  it('reads numbers of an engine’s own types as the published type', async () => {
    const answer = { outputs: [[named('y', [2, 4, 8], 'int32')]] };
    expect((await judgeAnswer(powers([2, 4, 8], 'int64'), answer)).status).toBe('wrong');
    const own = { ...answer, ownTypes: true };
    expect((await judgeAnswer(powers([2, 4, 8], 'int64'), own)).status).toBe('pass');
  });

  it.each([
    ['Could not find an implementation for Max(13) node', 'unsupported'],
    ['Provider type for CumSum node with name "" is not set.', 'unsupported'],
    ['the page crashed', 'error'],
    ['nothing after 30 s', 'error'],
  ])('%s', async (error, status) => {
    expect((await judgeAnswer(powers([2, 4, 8]), { error })).status).toBe(status);
  });
});

it('the page counts families and lists wrong values, its own among them', () => {
  const result: ConformanceResult = {
    engines: [],
    cases: [
      {
        ...{ name: 'one', family: 'Conv', what: 'Conv of [1,1,2,2]' },
        results: {
          'wgconv webgpu': { status: 'wrong', reason: 'at [0] 1, not 2' },
          'onnxruntime-web wasm': { status: 'pass' },
        },
      },
      {
        ...{ name: 'two', family: 'Conv', what: 'Conv of [1,1,3,3]' },
        results: {
          'wgconv webgpu': { status: 'pass' },
          'onnxruntime-web wasm': { status: 'error' },
        },
      },
    ],
  };
  const page = markdown(result);
  expect(page).toContain('| family | cases | wgconv webgpu | onnxruntime-web wasm |');
  expect(page).toContain('| Conv | 2 | 1 (**1 w**) | 1 (1 e) |');
  expect(page).toContain('| one | wgconv webgpu | wrong | Conv of [1,1,2,2] | at [0] 1, not 2 |');
});
