/** DeformConv on the GPU against its reference. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DataType } from '../../src/core/dtype.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import { checkOperator, type OperatorCase } from '../support/operator-case.ts';
import { integers, uniform } from '../support/random.ts';

let context: GpuContext;

beforeAll(async () => {
  context = await GpuContext.create({ ceiling: 'assume' });
});

afterAll(() => context.dispose());

interface Sizes {
  readonly x: readonly number[];
  readonly w: readonly number[];
  /** Spatial sizes of the result. */
  readonly out: readonly number[];
  readonly attributes?: NonNullable<OperatorCase['attributes']>;
  readonly bias?: boolean;
  readonly mask?: boolean;
  readonly scale?: number;
  readonly type?: DataType;
}

function caseOf({ x, w, out, attributes = {}, bias, mask, scale = 2, type = 'float32' }: Sizes) {
  const groups = Number(attributes.offset_group ?? 1);
  const taps = w.slice(2).reduce((product, size) => product * size, groups);
  const [batch = 1] = x;
  const inputs = [
    uniform(x, 1, { type }),
    uniform(w, 2, { type }),
    uniform([batch, taps * out.length, ...out], 3, { scale, type }),
    bias ? uniform([w[0] as number], 4, { type }) : undefined,
    mask ? uniform([batch, taps, ...out], 5, { type }) : undefined,
  ];
  return { op: 'DeformConv', attributes, inputs };
}

test.each<[string, Sizes]>([
  [
    '3 × 3, mask and bias',
    {
      x: [2, 5, 7, 6],
      w: [11, 5, 3, 3],
      out: [7, 6],
      attributes: { pads: [1, 1, 1, 1] },
      bias: true,
      mask: true,
    },
  ],
  [
    'strides, dilations, pads',
    {
      x: [1, 3, 9, 8],
      w: [2, 3, 3, 2],
      out: [5, 6],
      attributes: { strides: [2, 1], dilations: [1, 3], pads: [2, 1, 1, 0] },
    },
  ],
  [
    'groups and offset groups',
    {
      x: [2, 12, 6, 5],
      w: [18, 6, 3, 3],
      out: [4, 3],
      attributes: { group: 2, offset_group: 3 },
      mask: true,
    },
  ],
  [
    'as many groups as channels',
    {
      x: [1, 6, 5, 5],
      w: [6, 1, 3, 3],
      out: [3, 3],
      attributes: { group: 6, offset_group: 6 },
      bias: true,
    },
  ],
  ['far moves', { x: [1, 3, 6, 7], w: [4, 3, 1, 1], out: [6, 7], scale: 1e6 }],
  [
    'one axis',
    {
      x: [2, 4, 11],
      w: [3, 4, 3],
      out: [5],
      attributes: { pads: [1, 0], strides: [2] },
      mask: true,
    },
  ],
  [
    'three axes',
    {
      x: [1, 3, 4, 5, 3],
      w: [5, 3, 2, 3, 2],
      out: [4, 3, 3],
      attributes: { pads: [1, 0, 0, 0, 0, 1] },
      bias: true,
      mask: true,
    },
  ],
  [
    'float16',
    { x: [1, 5, 6, 6], w: [9, 5, 3, 3], out: [4, 4], type: 'float16', bias: true, mask: true },
  ],
  ['no images', { x: [0, 3, 5, 5], w: [2, 3, 3, 3], out: [3, 3] }],
])('%s', async (_, sizes) => {
  expect((await checkOperator(context, caseOf(sizes))).length).toBe(1);
});

test('whole moves of integers are exact', async () => {
  const inputs = [
    ...[integers([1, 4, 6, 5], 6), integers([9, 4, 3, 3], 7), integers([1, 18, 6, 5], 8)],
    ...[integers([9], 9), integers([1, 9, 6, 5], 10)],
  ];
  const attributes = { pads: [1, 1, 1, 1] };
  await checkOperator(context, { op: 'DeformConv', attributes, inputs, exact: true });
});

test('more channels than some adapters let a loop turn', async () => {
  const channels = 2600;
  const inputs = [
    ...[integers([1, channels, 4, 4], 11), integers([3, channels, 3, 3], 12)],
    ...[integers([1, 18, 2, 2], 13, { low: -1, high: 1 }), integers([3], 14)],
  ];
  await checkOperator(context, { op: 'DeformConv', inputs, exact: true });
});
