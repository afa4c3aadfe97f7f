/** Normalisations of rows on the GPU: every layout and algorithm of every case against the reference. */

import { expect, test } from 'vitest';
import { elementsOf, type Tensor } from '../../src/core/tensor.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { normalizationCases } from '../support/cases/normalization.ts';
import { checkOperator } from '../support/operator-case.ts';
import { tensorOf } from '../support/random.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

test.each(normalizationCases)('$name', async ({ algorithms = [], ...testCase }) => {
  const runs = await checkOperator(context, testCase);
  expect(runs.map(({ algorithm }) => algorithm)).toEqual(expect.arrayContaining([...algorithms]));
});

// E[x²] - E[x]² would be a difference of numbers of 2³², whose last digit is 256; means near 65536
// themselves have steps of 0.008. A fused activation is not held against the sequential float32
// sum, which happens to be exact here.
test.each([
  [1, 1, 510],
  [1, 3, 17, 30],
  [1, 2, 516],
])('means of 65536 leave a deviation near 1, [%i,%i,%i,%i]', async (...dims) => {
  const pattern = [-1.5, 0.5, 1];
  const shape = dims.filter((dim) => dim !== undefined);
  const size = shape.reduce((product, dim) => product * dim, 1);
  const x = Array.from({ length: size }, (_, index) => 65536 + Number(pattern[index % 3]));
  const channels = tensorOf([shape[1] as number], new Array<number>(size).fill(3));
  const runs = await checkOperator(context, {
    op: 'InstanceNormalization',
    inputs: [tensorOf(shape, x), channels, channels],
    activation: { op: 'Relu' },
  });
  // Mean 0 and variance (2.25 + 0.25 + 1) / 3 of the pattern.
  const wanted = pattern.map((value) => Math.max(0, 3 + (3 * value) / Math.sqrt(3.5 / 3)));
  for (const { outputs, algorithm, layout } of runs) {
    [...elementsOf(outputs[0] as Tensor)].forEach((value, index) => {
      const error = Math.abs(Number(value) - Number(wanted[index % 3]));
      expect(error, `${algorithm} ${layout} [${index}]`).toBeLessThan(0.04);
    });
  }
});
