/** NonZero, Compress, Unique and NonMaxSuppression by hand, by published cases and onnxruntime. */

import { describe, expect, it } from 'vitest';
import { conformanceCases, expectPublished, hasConformance } from '../../support/conformance.ts';
import { integers, tensorOf, uniform } from '../../support/random.ts';
import {
  computeNode,
  expectOnnxruntimeComputes,
  inferNodeTypes,
  type SingleNode,
} from '../../support/single-node.ts';

const int64 = (...values: number[]) => tensorOf([values.length], values, 'int64');
const nan = Number.NaN;

describe('NonZero', () => {
  it('gives the coordinates axis by axis; NaN is not zero', async () => {
    const inputs = [tensorOf([2, 3], [0, 1, -0, nan, 0, 2])];
    const [result] = await computeNode({ op: 'NonZero', inputs });
    expect(result).toEqual({ type: 'int64', dims: [2, 3], values: [0, 1, 1, 1, 0, 2] });
  });

  it('finds nothing in nothing, and gives a scalar no axis', async () => {
    const of = async (dims: readonly number[], values: readonly number[]) =>
      (await computeNode({ op: 'NonZero', inputs: [tensorOf(dims, values)] }))[0]?.dims;
    expect(await of([2, 0, 3], [])).toEqual([3, 0]);
    expect(await of([2], [0, 0])).toEqual([1, 0]);
    expect(await of([], [5])).toEqual([0, 1]);
  });

  it('has a symbol for its size until the data is known', () => {
    const [type] = inferNodeTypes({ op: 'NonZero', inputs: [{ type: 'bool', dims: ['N', 3] }] });
    expect(type).toEqual({ type: 'int64', dims: [2, 'nonzero'] });
  });
});

describe('Compress', () => {
  const x = tensorOf([3, 2], [1, 2, 3, 4, 5, 6]);
  const condition = (...values: number[]) => tensorOf([values.length], values, 'bool');

  it('takes slices, or elements of the flattened tensor', async () => {
    const rows = { op: 'Compress', inputs: [x, condition(0, 1, 1)], attributes: { axis: 0 } };
    expect((await computeNode(rows))[0]).toMatchObject({ dims: [2, 2], values: [3, 4, 5, 6] });
    const columns = { op: 'Compress', inputs: [x, condition(0, 1)], attributes: { axis: -1 } };
    expect((await computeNode(columns))[0]).toMatchObject({ dims: [3, 1], values: [2, 4, 6] });
    const flat = { op: 'Compress', inputs: [x, condition(1, 0, 0, 1)] };
    expect((await computeNode(flat))[0]).toMatchObject({ dims: [2], values: [1, 4] });
  });

  it('refuses a condition that picks what is not there', async () => {
    const single = { op: 'Compress', inputs: [x, condition(0, 0, 1)], attributes: { axis: 1 } };
    await expect(computeNode(single)).rejects.toThrow(
      /condition is true at 2, but there are only 2 elements/,
    );
  });
});

describe('Unique', () => {
  const all = async (single: Omit<SingleNode, 'op'>) =>
    (await computeNode({ op: 'Unique', outputCount: 4, ...single })).map(({ values }) => values);

  it('sorts, or keeps the order in which elements first occur', async () => {
    const x = tensorOf([6], [2, 1, 1, 3, 4, 3]);
    expect(await all({ inputs: [x] })).toEqual([
      [1, 2, 3, 4],
      [1, 0, 3, 4],
      [1, 0, 0, 2, 3, 2],
      [2, 1, 2, 1],
    ]);
    expect(await all({ inputs: [x], attributes: { sorted: 0 } })).toEqual([
      [2, 1, 3, 4],
      [0, 1, 3, 4],
      [0, 1, 1, 2, 3, 2],
      [1, 2, 2, 1],
    ]);
  });

  it('compares slices along an axis', async () => {
    const x = tensorOf([2, 4], [1, 0, 1, 1, 0, 2, 0, -1]);
    const [values, , inverse] = await all({ inputs: [x], attributes: { axis: 1 } });
    expect(values).toEqual([0, 1, 1, 2, -1, 0]);
    expect(inverse).toEqual([2, 0, 2, 1]);
  });

  it('has one NaN, at the end', async () => {
    const x = tensorOf([4], [nan, 1, nan, 0]);
    expect((await all({ inputs: [x] }))[0]).toEqual([0, 1, nan]);
  });
});

describe('NonMaxSuppression', () => {
  const boxes = tensorOf([1, 3, 4], [0, 0, 2, 2, 0, 0, 2, 1, 5, 5, 6, 6]);
  const scores = tensorOf([1, 2, 3], [0.5, 0.5, 0.1, 0.1, 0.9, 0.8]);
  const nms = async (...rest: (typeof boxes | undefined)[]) =>
    (await computeNode({ op: 'NonMaxSuppression', inputs: [boxes, scores, ...rest] }))[0];

  it('keeps equal overlaps, drops greater ones, and takes the lower index first', async () => {
    // The first two boxes overlap by exactly a half.
    const kept = await nms(int64(9), tensorOf([1], [0.5]));
    expect(kept?.values).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 2, 0, 1, 1, 0, 1, 2, 0, 1, 0]);
    const dropped = await nms(int64(9), tensorOf([1], [0.49]));
    expect(dropped?.values).toEqual([0, 0, 0, 0, 0, 2, 0, 1, 1, 0, 1, 2]);
  });

  it('takes only scores above the threshold, and as many as are asked for', async () => {
    const few = await nms(int64(1), undefined, tensorOf([1], [0.8]));
    expect(few?.values).toEqual([0, 1, 1]);
    const none = await nms(int64(9), undefined, tensorOf([1], [0.9]));
    expect(none).toEqual({ type: 'int64', dims: [0, 3], values: [] });
    expect((await nms())?.dims).toEqual([0, 3]);
  });

  it('refuses boxes and scores that do not fit together', async () => {
    const inputs = [boxes, tensorOf([1, 1, 2], [0, 1])];
    await expect(computeNode({ op: 'NonMaxSuppression', inputs })).rejects.toThrow(/do not fit/);
  });
});

const operators = ['NonZero', 'NonMaxSuppression'];

describe.skipIf(!hasConformance)('published ONNX cases (skipped without ../shared)', () => {
  const cases = conformanceCases(operators);
  it.each(cases)('%s', expectPublished);
  it('has some', () => expect(cases.length).toBeGreaterThan(9));
});

describe('onnxruntime', () => {
  it.each<SingleNode>([
    { op: 'NonZero', inputs: [integers([3, 4, 5], 1, { low: -1, high: 1 })] },
    {
      op: 'Compress',
      attributes: { axis: 1 },
      inputs: [uniform([3, 5, 2], 2), tensorOf([4], [1, 0, 0, 1], 'bool')],
    },
    {
      op: 'Unique',
      attributes: { axis: 0 },
      inputs: [integers([20, 2], 3, { low: 0, high: 2 })],
      outputCount: 4,
    },
    ...[0, 1].map(
      (center): SingleNode => ({
        op: 'NonMaxSuppression',
        attributes: { center_point_box: center },
        inputs: [
          // Sizes are positive where boxes have a centre.
          center ? integers([2, 40, 4], 4, { low: 1, high: 9 }) : uniform([2, 40, 4], 4),
          uniform([2, 3, 40], 5),
          int64(7),
          tensorOf([1], [0.2]),
          tensorOf([1], [-0.5]),
        ],
      }),
    ),
  ])('agrees on $op, $attributes', async (single) => {
    await expectOnnxruntimeComputes(single);
  });
});
