/** TopK on the GPU: rows that are counted, rows that are merged, ties and NaN. */

import { expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, tensorOf, uniform } from '../support/random.ts';

const context = await GpuContext.create({ ceiling: 'assume' });
const nan = Number.NaN;
const infinity = Number.POSITIVE_INFINITY;

const topK = (
  x: OperatorCase['inputs'][number],
  k: number,
  attributes: OperatorCase['attributes'] = {},
): OperatorCase => ({
  op: 'TopK',
  attributes,
  inputs: [x, tensorOf([1], [k], 'int64')],
  constants: [1],
  outputCount: 2,
  exact: true,
});

const limits = [1, nan, -infinity, infinity, -0, 0, -1, nan, 2, -nan, 1e-42, -1e-42];

test.each<OperatorCase>([
  topK(uniform([3, 7], 1), 3),
  topK(uniform([2, 7, 5], 2), 7, { axis: 1, largest: 0 }),
  topK(uniform([13], 3), 1, { axis: 0 }),
  topK(integers([4, 300], 4), 300),
  topK(integers([1, 1000], 5, { low: -2, high: 2 }), 5),
  // Several runs, an odd one over, k shorter and longer than a run.
  topK(integers([2, 2500, 3], 6, { low: -40, high: 40 }), 17, { axis: 1 }),
  topK(uniform([5003], 7), 5003, { largest: 0 }),
  topK(uniform([2, 1025], 8), 700),
  topK(uniform([70_001], 9), 100),
  topK(tensorOf([12], limits), 12),
  topK(tensorOf([12], limits), 12, { largest: 0 }),
  topK(uniform([3, 50], 10, { type: 'float16' }), 9),
  topK(integers([3, 50], 11, { type: 'int32', low: -99999, high: 99999 }), 9),
  topK(integers([3, 50], 12, { type: 'uint8', low: 0, high: 255 }), 9, { largest: 0 }),
  topK(tensorOf([4], [4294967295, 0, 2147483648, 7], 'uint32'), 4),
  topK(uniform([3, 5], 13), 0),
  topK(uniform([0, 5], 14), 2),
  { ...topK(uniform([3, 1500], 15), 4), outputCount: 1 },
  {
    ...topK(uniform([3, 5], 16), 2),
    opset: 1,
    inputs: [uniform([3, 5], 16)],
    constants: [],
    attributes: { k: 2 },
  },
])('TopK (%#)', async (testCase) => {
  const runs = await checkOperator(context, testCase);
  for (const { algorithm } of runs) expect(algorithm).toMatch(/^(top_k|)$/);
});
