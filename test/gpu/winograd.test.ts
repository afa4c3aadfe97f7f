/** Winograd's convolutions on the GPU: every size of tile, map and channel remainder, and rounds. */

import { expect, test } from 'vitest';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, tensorOf, uniform } from '../support/random.ts';

const context = await GpuContext.create({ ceiling: 'assume' });

/** A 3×3 convolution with a bias by all Winograd algorithms; both sizes of tile must be among them. */
async function check(
  x: readonly number[],
  outChannels: number,
  pads: readonly number[],
  { make = uniform, ...rest }: Partial<OperatorCase> & { make?: typeof uniform | typeof integers },
) {
  const inputs = [make(x, 1), make([outChannels, x[1] as number, 3, 3], 2), make([outChannels], 3)];
  const runs = await checkOperator(context, {
    ...{ op: 'Conv', attributes: { pads }, inputs, constants: [1, 2], only: /^winograd/, ...rest },
  });
  const families = new Set(runs.map(({ algorithm }) => algorithm.split('.')[0]));
  expect([...families].sort()).toEqual(['winograd_2x2', 'winograd_4x4']);
  return runs;
}

const channels = [1, 3, 5, 17];

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('maps of %i pixels across', async (width) => {
  const x = [1, channels[width % 4] as number, 10 - width, width];
  await check(x, channels[(width + 1) % 4] as number, [1, 1, 1, 1], {});
});

test('unequal pads, a batch, a residual and an activation that moves zero', async () => {
  await check([2, 5, 7, 6], 6, [0, 2, 1, 3], {
    residual: uniform([2, 6, 6, 9], 4),
    activation: { op: 'HardSigmoid' },
  });
});

test('no pads: one output pixel, and one tile more than a multiple', async () => {
  await check([1, 8, 3, 3], 4, [0, 0, 0, 0], {});
  await check([3, 4, 7, 11], 9, [0, 0, 0, 0], { activation: { op: 'Relu' } });
});

test('small integers are exact by F(2×2)', async () => {
  const runs = await check([2, 17, 9, 10], 5, [1, 0, 1, 2], { make: integers, exact: true });
  for (const { algorithm, maxError } of runs) {
    if (algorithm.startsWith('winograd_2x2')) expect(maxError).toBe(0);
    else expect(maxError).toBeLessThan(1e-3);
  }
});

test('several rounds of tiles, the last one smaller and no multiple of four', async () => {
  await check([3, 64, 33, 41], 17, [1, 1, 1, 1], {});
});

test('what is not finite spreads over its tile, and no further', async () => {
  const plane = Array<number>(11 * 11).fill(1);
  plane[0] = Number.NaN;
  plane[plane.length - 1] = Number.POSITIVE_INFINITY;
  const x = tensorOf([1, 4, 11, 11], [plane, plane, plane, plane].flat());
  const w = integers([4, 4, 3, 3], 2);
  const runs = await check([1, 4, 11, 11], 4, [1, 1, 1, 1], { inputs: [x, w], constants: [1] });
  for (const { outputs } of runs) {
    // Between both corners: tiles that hold neither.
    const data = outputs[0]?.data as Float32Array;
    expect(Number.isFinite(data[5 * 11 + 5])).toBe(true);
    expect(Number.isNaN(data[0])).toBe(true);
  }
});

test('float16: transforms and sums are float32', async () => {
  const half = {
    make: ((dims, seed) => uniform(dims, seed, { type: 'float16' })) as typeof uniform,
  };
  await check([1, 17, 9, 7], 6, [1, 1, 1, 1], half);
});
