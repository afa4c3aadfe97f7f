/** Published ONNX cases of pooling, softmax, batch normalisation, LRN and reductions. */

import { describe, expect, it } from 'vitest';
import { toReference } from '../../../src/core/reference.ts';
import { conformanceCases, hasConformance, runConformanceCase } from '../../support/conformance.ts';

const operators = [
  'AveragePool',
  'BatchNormalization',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'Hardmax',
  'LRN',
  'LogSoftmax',
  'LpPool',
  'MaxPool',
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSum',
  'ReduceSumSquare',
  'Softmax',
];

describe.skipIf(!hasConformance)('published ONNX cases (skipped without ../shared)', () => {
  it('covers each operator', () => {
    for (const operator of operators) {
      expect(conformanceCases([operator]).length, operator).toBeGreaterThan(0);
    }
  });

  it.each(conformanceCases(operators))('%s', async (name) => {
    for (const { expected, actual } of await runConformanceCase(name)) {
      expect(actual.type).toBe(expected.type);
      expect(actual.dims).toEqual(expected.dims);
      const got = toReference(actual).value;
      toReference(expected).value.forEach((wanted, index) => {
        const want = Number(wanted);
        const value = Number(got[index]);
        if (value === want || (Number.isNaN(value) && Number.isNaN(want))) return;
        // The tolerances of ONNX's own test runner.
        expect(Math.abs(value - want), `[${index}]`).toBeLessThanOrEqual(
          1e-7 + 1e-3 * Math.abs(want),
        );
      });
    }
  });
});
