/** Every way to move elements on a device, in both layouts and several types, equals its reference. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DataType } from '../../src/core/dtype.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import type { PlainAttribute } from '../../src/ops/plain-attributes.ts';
import { checkOperator } from '../support/operator-case.ts';
import { integers, tensorOf } from '../support/random.ts';

let context: GpuContext;
beforeAll(async () => {
  context = await GpuContext.create({ ceiling: 'assume' });
});
afterAll(() => context.dispose());

const types: readonly DataType[] = ['float32', 'float16', 'int32', 'uint8'];
const int64 = (values: readonly number[], dims = [values.length]) =>
  tensorOf(dims, values, 'int64');

interface Movement {
  readonly op: string;
  readonly attributes?: Readonly<Record<string, PlainAttribute>>;
  /** Dims of the data inputs. */
  readonly data: readonly (readonly number[])[];
  /** Constant inputs after them. */
  readonly constants?: readonly (HostTensor | undefined)[];
  readonly opset?: number;
  readonly outputs?: number;
  /** It is a view. */
  readonly offGpu?: boolean;
}

/** Runs the case for every type; the layouts of the runs for float32. */
async function layoutsOf(movement: Movement, only = types): Promise<string[]> {
  const { op, attributes = {}, data, constants = [], opset = 21, outputs = 1 } = movement;
  const { offGpu = false } = movement;
  let layouts: string[] = [];
  for (const type of only) {
    const runs = await checkOperator(context, {
      op,
      opset,
      attributes,
      inputs: [
        ...data.map((dims, index) => integers(dims, index + 1, { low: 1, high: 99, type })),
        ...constants,
      ],
      constants: constants.map((_, index) => data.length + index),
      outputCount: outputs,
      exact: true,
      offGpu,
    });
    if (type === 'float32') layouts = runs.map(({ layout }) => layout.split(' ').at(-1) ?? '');
  }
  return layouts;
}

const both = ['c4', 'linear'];
const linear = ['linear'];

test.each<[readonly number[], readonly number[] | undefined, readonly string[]]>([
  [
    [2, 3, 4, 5],
    [0, 2, 3, 1],
    ['linear', 'c4', 'linear'],
  ],
  [[2, 3, 4, 5], undefined, ['c4', 'linear', 'c4', 'linear']],
  [
    [1, 4, 6, 8],
    [0, 2, 1, 3],
    ['c4', 'linear', 'c4', 'linear'],
  ],
  [[1, 2, 3, 7, 7], [0, 2, 1, 3, 4], linear],
  [[2, 3, 2, 2, 3, 2, 2], [6, 4, 2, 0, 1, 3, 5], linear],
])('Transpose %j by %j', async (dims, perm, layouts) => {
  const attributes = perm ? { perm } : {};
  const runs = await layoutsOf({ op: 'Transpose', attributes, data: [dims] });
  expect(new Set(runs)).toEqual(new Set(layouts));
});

test.each<[string, readonly number[], readonly number[], readonly number[], readonly number[]]>([
  ['a channel shuffle', [2, 15, 4, 5], [2, 3, 5, 4, 5], [0, 2, 1, 3, 4], [2, 15, 4, 5]],
  ['one of one pixel', [1, 24, 1, 1], [1, 2, 12, 1, 1], [0, 2, 1, 3, 4], [1, 24, 1, 1]],
  ['NCHW to rows', [1, 6, 5, 7], [1, 6, 5, 7], [0, 2, 3, 1], [1, 105, 2]],
  ['rows to NCHW', [1, 35, 6], [1, 5, 7, 6], [0, 3, 1, 2], [1, 6, 5, 7]],
  ['windows', [1, 4, 6, 9], [1, 4, 3, 2, 3, 3], [0, 2, 4, 3, 5, 1], [9, 6, 4]],
  ['many images', [9, 5, 2, 3], [3, 3, 5, 2, 3], [1, 0, 2, 4, 3], [9, 5, 3, 2]],
])('wgconv.Permute: %s', async (_, from, sizes, perm, dims) => {
  const attributes = { sizes, perm, dims };
  const runs = await layoutsOf({ op: 'wgconv.Permute', attributes, data: [from] });
  expect(runs.length).toBeGreaterThan(1);
});

describe('Concat', () => {
  test.each<[number, readonly (readonly number[])[], readonly string[]]>([
    // Whole blocks, parts of blocks, parts within one block, an empty part.
    [
      1,
      [
        [1, 8, 3, 3],
        [1, 4, 3, 3],
      ],
      both,
    ],
    [
      1,
      [
        [2, 6, 3, 3],
        [2, 5, 3, 3],
        [2, 4, 3, 3],
        [2, 3, 3, 3],
      ],
      both,
    ],
    [
      1,
      [
        [1, 1, 4, 4],
        [1, 1, 4, 4],
        [1, 1, 4, 4],
      ],
      both,
    ],
    [
      1,
      [
        [1, 0, 2, 2],
        [1, 5, 2, 2],
        [1, 7, 2, 2],
      ],
      both,
    ],
    [
      0,
      [
        [1, 5, 2, 3],
        [2, 5, 2, 3],
      ],
      both,
    ],
    [
      2,
      [
        [1, 5, 2, 3],
        [1, 5, 4, 3],
      ],
      both,
    ],
    [
      -1,
      [
        [1, 5, 2, 3],
        [1, 5, 2, 1],
      ],
      both,
    ],
    [0, [[3], [0], [2]], linear],
  ])('along %i: %j', async (axis, data, layouts) => {
    expect(await layoutsOf({ op: 'Concat', attributes: { axis }, data })).toEqual(layouts);
  });
});

describe('Split', () => {
  test.each<[number, readonly number[], readonly number[], readonly string[]]>([
    [1, [1, 12, 3, 3], [4, 8], both],
    [1, [2, 12, 3, 3], [3, 6, 2, 1], both],
    [1, [2, 6, 2, 2], [6, 0], both],
    [3, [2, 5, 2, 4], [1, 3], both],
    [1, [2, 7], [3, 3, 1], linear],
  ])('along %i of %j into %j', async (axis, dims, sizes, layouts) => {
    const movement = { op: 'Split', attributes: { axis }, data: [dims], outputs: sizes.length };
    expect(await layoutsOf({ ...movement, constants: [int64(sizes)] })).toEqual(layouts);
  });
});

describe('Slice', () => {
  test.each<[readonly number[], number[], number[], number[], number[], readonly string[]]>([
    [[1, 12, 5, 5], [0, 1], [99, 4], [1, 2], [1, 1], both],
    [[2, 12, 5, 5], [4], [12], [1], [1], both],
    [[2, 11, 5, 5], [3], [9], [1], [1], both],
    [[2, 11, 5, 5], [4], [11], [1], [1], both],
    [[2, 9, 4, 5], [-1, 3], [-100, 0], [2, 3], [-1, -2], both],
    [[2, 11, 5, 5], [2, 1], [9, 3], [1, 2], [1, 2], linear],
    [[2, 11, 5, 5], [-1], [-100], [1], [-2], linear],
    [[20], [17], [-21], [0], [-3], linear],
  ])('%j from %j to %j on %j by %j', async (dims, starts, ends, axes, steps, layouts) => {
    const constants = [starts, ends, axes, steps].map((values) => int64(values));
    expect(await layoutsOf({ op: 'Slice', data: [dims], constants })).toEqual(layouts);
  });
});

describe('Pad', () => {
  test.each<[readonly number[], number[], readonly string[]]>([
    [[1, 5, 4, 4], [0, 0, 1, 2, 0, 0, 3, 0], both],
    [[1, 5, 3, 4], [0, 0, -1, 2, 0, 0, 3, -2], both],
    [[2, 3, 4, 4], [0, 1, 0, 0, 0, 2, 0, 0], linear],
    [[2, 3, 4], [1, 1, 2, 3, 1, 7], linear],
    [[5], [-2, 9], linear],
  ])('%j by %j', async (dims, pads, layouts) => {
    for (const mode of ['constant', 'edge', 'reflect', 'wrap']) {
      const movement = { op: 'Pad', attributes: { mode }, data: [dims] };
      expect(await layoutsOf({ ...movement, constants: [int64(pads)] })).toEqual(layouts);
    }
  });

  test.each<[number, readonly string[]]>([
    [8, both],
    // A value other than zero would fill the unused lanes.
    [5, linear],
  ])('%i channels with a value', async (channels, layouts) => {
    for (const type of types) {
      const constants = [int64([0, 0, 1, 1, 0, 0, 1, 1]), tensorOf([], [7], type)];
      const found = await layoutsOf({ op: 'Pad', data: [[1, channels, 3, 3]], constants }, [type]);
      if (type === 'float32') expect(found).toEqual(layouts);
    }
  });
});

test.each<[readonly number[], number[], number[], number]>([
  [[5, 4, 3], [0, -1, 3], [3], 0],
  [[5, 4, 3], [0, -1, 3, 2], [2, 2], 1],
  [[5, 4, 8], [1], [], 1],
  [[5, 4, 3], [0, 2], [1, 2], -1],
  [[3, 2], [], [0], 0],
])('Gather from %j at %j %j along %i', async (dims, values, indexDims, axis) => {
  for (const type of ['int64', 'int32'] as const) {
    const constants = [tensorOf(indexDims, values, type)];
    await layoutsOf({ op: 'Gather', attributes: { axis }, data: [dims], constants });
  }
});

test('Gather takes indices that are fed', async () => {
  const inputs = [integers([4, 6], 1), tensorOf([3], [-1, 0, 2], 'int64')];
  const [run] = await checkOperator(context, { op: 'Gather', inputs, exact: true });
  expect(run?.outputs[0]?.dims).toEqual([3, 6]);
});

test.each<[readonly number[], number[]]>([
  [
    [3, 1],
    [2, 1, 6],
  ],
  [
    [1, 4, 1, 1],
    [2, 4, 3, 8],
  ],
  [[], [2, 2]],
  [
    [5, 1, 1, 1, 2, 1, 3, 1],
    [5, 2, 1, 3, 2, 2, 3, 2],
  ],
])('Expand %j to %j', async (dims, shape) => {
  await layoutsOf({ op: 'Expand', data: [dims], constants: [int64(shape)] });
});

test.each<[readonly number[], number[]]>([
  [
    [2, 3],
    [2, 2],
  ],
  [
    [2, 3, 4],
    [1, 2, 3],
  ],
  [[3], [0]],
  // Eight dimensions, more than the kernel has.
  [
    [2, 3, 4, 2],
    [2, 3, 2, 2],
  ],
])('Tile %j by %j', async (dims, repeats) => {
  await layoutsOf({ op: 'Tile', data: [dims], constants: [int64(repeats)] });
});

test.each(['DCR', 'CRD'])('DepthToSpace %s', async (mode) => {
  const data = [[2, 8, 3, 4]];
  await layoutsOf({ op: 'DepthToSpace', attributes: { mode, blocksize: 2 }, data });
});

test('SpaceToDepth', async () => {
  await layoutsOf({ op: 'SpaceToDepth', attributes: { blocksize: 3 }, data: [[1, 2, 6, 3]] });
});

test('views share memory or copy', async () => {
  const data = [[2, 5, 3, 3]];
  const offGpu = true;
  expect(await layoutsOf({ op: 'Identity', data, offGpu })).toEqual(both);
  await layoutsOf({ op: 'Dropout', data, opset: 13, outputs: 2, offGpu });
  await layoutsOf({ op: 'Dropout', data, opset: 7, outputs: 2, offGpu }, ['float32', 'float16']);
  await layoutsOf({ op: 'Reshape', data, constants: [int64([0, -1])], offGpu });
});

describe('Cast', () => {
  const numbers: Readonly<Partial<Record<DataType, number>>> = {
    float32: 1,
    uint8: 2,
    int8: 3,
    uint16: 4,
    int16: 5,
    int32: 6,
    bool: 9,
    float16: 10,
    uint32: 12,
  };
  const deviceTypes = Object.keys(numbers) as DataType[];
  const floats = [
    0,
    1,
    -1,
    0.5,
    -0.5,
    2.5,
    1e-5,
    6e-8,
    3e-8,
    65504,
    65519,
    65520,
    -1e10,
    127,
    128,
    255.9,
    256,
    -128.5,
    -129,
    2147483520,
    2147483648,
    -3e9,
    4294967040,
    5e9,
    2049,
    2051,
    0.000061,
    Number.NEGATIVE_INFINITY,
  ];
  const whole = [
    0, 1, 127, 128, 255, 256, -1, -129, 32768, 65536, 2147483647, -2147483648, 16777217, 2051,
  ];

  test.each(deviceTypes)('from %s', async (from) => {
    const values = from.startsWith('float') ? floats : from === 'bool' ? [0, 1, 1] : whole;
    for (const to of deviceTypes) {
      await checkOperator(context, {
        op: 'Cast',
        opset: 13,
        attributes: { to: numbers[to] ?? 0 },
        inputs: [tensorOf([values.length], values, from)],
        exact: true,
      });
    }
  });

  test('in both layouts', async () => {
    const movement = { op: 'Cast', attributes: { to: 10 }, data: [[2, 5, 3, 3]] };
    expect(await layoutsOf(movement, ['float32'])).toEqual(both);
  });
});
