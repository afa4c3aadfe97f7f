/** Conversion between the layouts is exact, and what lies past the last channel is zero. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { elementsOf } from '../../src/core/tensor.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator } from '../support/operator-case.ts';
import { integers } from '../support/random.ts';

let context: GpuContext;
beforeAll(async () => {
  context = await GpuContext.create({ ceiling: 'assume' });
});
afterAll(() => context.dispose());

// Planes that are multiples of four go four pixels at a time, others one.
test.each([
  [[1, 3, 5, 7]],
  [[2, 6, 4, 4]],
  [[2, 8, 1, 1]],
  [[2, 5, 2, 2]],
  [[1, 1, 3, 3]],
  [[3, 13, 8, 9]],
  [[2, 3, 0, 4]],
])('there and back: %j', async (dims) => {
  for (const type of ['float32', 'float16'] as const) {
    const x = integers(dims, 1, { low: 1, high: 99, type });
    for (const to of ['c4', 'linear']) {
      const [run] = await checkOperator(context, {
        op: 'wgconv.ConvertLayout',
        attributes: { to },
        inputs: [x],
        exact: true,
        // One pixel and whole blocks: the same bytes.
        offGpu: dims[1] === 8,
      });
      expect(run?.outputs[0]?.data).toEqual(elementsOf(x));
    }
  }
});
