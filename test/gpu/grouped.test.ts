/** Convolutions of several groups: every candidate, equal on small integers, lanes past the end zero. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { elementsOf, type HostTensor } from '../../src/core/tensor.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { hardwareContext } from '../support/hardware-caps.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, tensorOf, uniform } from '../support/random.ts';

let context: GpuContext;
/** Plans as for a real GPU: other widths of strips, cut into more of them. */
let hardware: GpuContext;

beforeAll(async () => {
  context = await GpuContext.create({ ceiling: 'assume' });
  hardware = await hardwareContext();
});

afterAll(() => {
  context.dispose();
  hardware.dispose();
});

type Attributes = NonNullable<OperatorCase['attributes']>;

interface Sizes {
  readonly x: readonly number[];
  readonly outChannels: number;
  readonly group: number;
  readonly kernel: readonly number[];
}

/** A Conv with a bias, small integers, and the algorithms that must be among its candidates. */
async function check(
  { x, outChannels, group, kernel }: Sizes,
  attributes: Attributes,
  algorithms: readonly string[],
  more: Partial<OperatorCase> = {},
  make: (dims: readonly number[], seed: number) => HostTensor = integers,
  on = context,
) {
  const weight = [outChannels, (x[1] as number) / group, ...kernel];
  const runs = await checkOperator(on, {
    op: 'Conv',
    attributes: { ...attributes, group },
    inputs: [make(x, 1), make(weight, 2), make([outChannels], 3)],
    constants: [1, 2],
    exact: true,
    ...more,
  });
  // `depthwise` stands for all of its strips, `depthwise.4`, …
  const families = new Set(runs.map(({ algorithm }) => algorithm.split('.')[0]));
  expect([...families].sort()).toEqual([...algorithms].sort());
  return runs;
}

const onlyDepthwise = ['depthwise'];

test.each([
  [3, 1],
  [3, 2],
  [5, 1],
  [5, 2],
  [3, 3],
  [7, 1],
  [2, 1],
  [1, 1],
])(
  'depthwise of size %i at stride %i, four different pads, odd and even maps',
  async (size, stride) => {
    for (const [x, pads] of [
      [
        [2, 6, 13, 10],
        [1, 0, 2, 1],
      ],
      [
        [2, 8, 7, 7],
        [0, 1, 1, 2],
      ],
      // So many planes that strips are as high as the map, and several of them wide.
      [
        [11, 22, 9, 34],
        [2, 1, 0, 2],
      ],
    ] as const) {
      const channels = x[1];
      const sizes = { x, outChannels: channels, group: channels, kernel: [size, size] };
      const attributes = { strides: [stride, stride], pads: [...pads] };
      for (const on of [context, hardware]) {
        await check(sizes, attributes, onlyDepthwise, {}, integers, on);
      }
    }
  },
);

test.each([2, 3, 4, 5, 8])('depthwise with a channel multiplier of %i', async (multiplier) => {
  for (const channels of [3, 4, 6]) {
    const sizes = { x: [1, channels, 9, 8], outChannels: channels * multiplier, group: channels };
    for (const on of [context, hardware]) {
      const pads = { pads: [1, 1, 1, 1] };
      await check({ ...sizes, kernel: [3, 3] }, pads, onlyDepthwise, {}, integers, on);
      await check({ ...sizes, kernel: [2, 2] }, pads, onlyDepthwise, {}, integers, on);
    }
  }
});

test('depthwise with dilations, unequal strides, flat kernels and one axis', async () => {
  const sizes = { outChannels: 8, group: 8 };
  const x = [1, 8, 11, 12];
  const three = [3, 3];
  await check(
    { ...sizes, x, kernel: three },
    { dilations: [2, 3], pads: [2, 3, 2, 3] },
    onlyDepthwise,
  );
  await check(
    { ...sizes, x, kernel: three },
    { dilations: [1, 2], pads: [1, 2, 1, 2] },
    onlyDepthwise,
  );
  await check(
    { outChannels: 90, group: 90, x: [6, 90, 15, 36], kernel: three },
    { dilations: [2, 3], strides: [2, 2], pads: [2, 3, 2, 3] },
    onlyDepthwise,
  );
  await check(
    { ...sizes, x, kernel: three },
    { strides: [1, 2], pads: [1, 1, 1, 1] },
    onlyDepthwise,
  );
  await check({ ...sizes, x, kernel: [1, 3] }, { pads: [0, 1, 0, 1] }, onlyDepthwise);
  await check(
    { ...sizes, x: [2, 8, 40], kernel: [5] },
    { strides: [2], pads: [2, 1] },
    onlyDepthwise,
  );
  // Pads that a map smaller than the kernel needs.
  await check({ ...sizes, x: [1, 8, 1, 2], kernel: [5, 5] }, { pads: [2, 2, 2, 2] }, onlyDepthwise);
});

test('groups of four channels', async () => {
  for (const [x, size, stride, dilation] of [
    [[2, 8, 13, 10], 3, 1, 1],
    [[7, 92, 9, 11], 3, 1, 1],
    [[7, 92, 9, 16], 3, 2, 1],
    [[1, 8, 12, 11], 3, 1, 2],
    [[1, 12, 9, 8], 2, 1, 1],
    [[1, 12, 9, 8], 1, 1, 1],
    [[2, 8, 9, 9], 5, 3, 1],
  ] as const) {
    const channels = x[1];
    const sizes = { x, outChannels: channels, group: channels / 4, kernel: [size, size] };
    const attributes = {
      strides: [stride, stride],
      dilations: [dilation, dilation],
      pads: [1, 0, 2, 1],
    };
    const algorithms = ['conv_grouped', 'grouped_strips'];
    for (const on of [context, hardware]) {
      await check(sizes, attributes, algorithms, {}, integers, on);
      await check(
        ...([sizes, attributes, algorithms] as const),
        { activation: { op: 'Clip', inputs: [tensorOf([], [1]), tensorOf([], [60])] } },
        ...([integers, on] as const),
      );
    }
  }
  const x = [2, 8, 9, 10];
  await check(
    { x, outChannels: 8, group: 2, kernel: [3, 3] },
    { pads: [1, 1, 1, 1] },
    ['conv_grouped', 'grouped_strips'],
    { residual: integers(x, 4) },
  );
});

// How groups lie in blocks of four channels: on both sides at multiples, on one, on none.
test.each([
  [16, 16, 2],
  [16, 24, 4],
  [32, 32, 2],
  [6, 8, 2],
  [10, 8, 2],
  [6, 9, 3],
  [4, 6, 2],
  [12, 3, 3],
  [8, 10, 2],
  [20, 5, 5],
])('%i channels to %i in %i groups', async (channels, outChannels, group) => {
  const sizes = { x: [2, channels, 9, 7], outChannels, group };
  const algorithms = ['conv_grouped'];
  for (const stride of [1, 2]) {
    const attributes = { strides: [stride, stride], pads: [1, 0, 2, 1] };
    await check({ ...sizes, kernel: [3, 3] }, attributes, algorithms);
  }
  await check({ ...sizes, kernel: [1, 1] }, {}, algorithms);
  await check({ ...sizes, kernel: [2, 4] }, { dilations: [2, 1], pads: [1, 2, 1, 2] }, algorithms);
});

test('groups in one and in three dimensions', async () => {
  for (const [channels, outChannels, group] of [
    [16, 16, 2],
    [6, 9, 3],
    [8, 8, 8],
  ] as const) {
    const space = { x: [1, channels, 5, 6, 7], outChannels, group, kernel: [3, 2, 3] };
    const attributes = { strides: [2, 1, 1], pads: [1, 0, 1, 1, 1, 0] };
    await check(space, attributes, ['conv_grouped']);
    const line = { x: [2, channels, 33], outChannels, group, kernel: [3] };
    await check(line, { pads: [1, 1] }, group === channels ? onlyDepthwise : ['conv_grouped']);
  }
});

test('the epilogue: a residual, an activation that moves zero, channels past the end', async () => {
  for (const [channels, outChannels, group] of [
    [6, 6, 6],
    [3, 6, 3],
    [16, 16, 2],
    [6, 9, 3],
    [6, 8, 2],
  ] as const) {
    const sizes = { x: [1, channels, 8, 9], outChannels, group, kernel: [3, 3] };
    const depthwise = channels === group;
    await check(sizes, { pads: [1, 1, 1, 1] }, depthwise ? onlyDepthwise : ['conv_grouped'], {
      residual: integers([1, outChannels, 8, 9], 4),
      activation: { op: 'Clip', inputs: [tensorOf([], [1]), tensorOf([], [6])] },
    });
  }
});

test('NaN stays in its group', async () => {
  const x = integers([1, 6, 4, 4], 1);
  (elementsOf(x) as Float32Array).fill(Number.NaN, 16, 32);
  for (const [outChannels, group] of [
    [6, 6],
    [12, 6],
    [8, 2],
    [9, 3],
  ] as const) {
    const weight = integers([outChannels, 6 / group, 3, 3], 2);
    const runs = await checkOperator(context, {
      op: 'Conv',
      attributes: { group, pads: [1, 1, 1, 1] },
      inputs: [x, weight],
      constants: [1],
    });
    for (const { outputs } of runs) {
      const places = [...(outputs[0]?.data ?? [])].map(Number).map(Number.isNaN);
      expect(places).toContain(true);
      // Channel 1 is not in the last group.
      expect(places.slice((-16 * outChannels) / group)).not.toContain(true);
    }
  }
});

test('zero-mean data stays within the bounds of a sum', async () => {
  const attributes = { pads: [1, 1, 1, 1] };
  const map = [14, 14];
  const kernel = [3, 3];
  const inexact = { exact: false };
  const depthwise = { x: [1, 24, ...map], outChannels: 24, group: 24, kernel };
  await check(depthwise, attributes, onlyDepthwise, inexact, uniform);
  const grouped = { x: [1, 64, ...map], outChannels: 32, group: 2, kernel };
  await check(grouped, attributes, ['conv_grouped'], inexact, uniform);
});

test('float16', async () => {
  const make = (dims: readonly number[], seed: number) =>
    integers(dims, seed, { low: -2, high: 2, type: 'float16' });
  for (const [channels, outChannels, group] of [
    [6, 6, 6],
    [8, 8, 2],
    [16, 16, 2],
    [6, 9, 3],
  ] as const) {
    const sizes = { x: [1, channels, 8, 9], outChannels, group, kernel: [3, 3] };
    const inFours = channels === 8 ? ['conv_grouped', 'grouped_strips'] : ['conv_grouped'];
    const algorithms = group === channels ? onlyDepthwise : inFours;
    await check(sizes, { pads: [1, 1, 1, 1] }, algorithms, {}, make);
  }
});

test('an empty batch, and more planes than one dimension of a dispatch takes', async () => {
  const sizes = { outChannels: 4, group: 4, kernel: [1, 1] };
  // An empty result needs no algorithm.
  await check({ ...sizes, x: [0, 4, 3, 3] }, {}, ['']);
  await check({ ...sizes, x: [70_000, 4, 1, 1] }, {}, onlyDepthwise);
});
