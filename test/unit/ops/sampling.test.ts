/** GridSample's and AffineGrid's references: hand-computed values, published cases, onnxruntime. */

import { describe, expect, it } from 'vitest';
import { describePublished } from '../../support/conformance.ts';
import { integers, tensorOf, uniform } from '../../support/random.ts';
import {
  computeNode,
  expectOnnxruntimeComputes,
  type SingleNode,
} from '../../support/single-node.ts';

const sample = (
  inputs: SingleNode['inputs'],
  attributes: SingleNode['attributes'] = {},
  opset = 22,
) => ({
  ...{ op: 'GridSample', opset, inputs, attributes },
});

async function referenceOf(one: SingleNode) {
  const [y] = await computeNode(one);
  return { dims: y?.dims, value: y?.values };
}

/** A row of three pixels 10, 20, 40, sampled at positions that the grid's x names. */
const row = (xs: readonly number[], attributes: SingleNode['attributes'] = {}) =>
  referenceOf(
    sample(
      [
        tensorOf([1, 1, 1, 3], [10, 20, 40]),
        tensorOf(
          [1, 1, xs.length, 2],
          xs.flatMap((x) => [x, 0]),
        ),
      ],
      attributes,
    ),
  );

describe('by hand', () => {
  const corners = { align_corners: 1 };
  const x = [-1, -0.5, 0, 0.5, 1, -1.5];

  it('with align_corners −1, 0 and 1 are the pixels', async () => {
    const { value, dims } = await row(x, corners);
    expect(dims).toEqual([1, 1, 1, 6]);
    // The last lies half a pixel before the first: half of it is zero.
    expect(value).toEqual([10, 15, 20, 30, 40, 5]);
  });

  it('without, −1 is the outer edge of the first pixel', async () => {
    // Positions −0.5, 0.25, 1, 1.75, 2.5, −1.25.
    expect((await row(x)).value).toEqual([5, 12.5, 20, 35, 20, 0]);
  });

  it('border goes on with the last pixel', async () => {
    expect((await row(x, { padding_mode: 'border' })).value).toEqual([10, 12.5, 20, 35, 40, 10]);
  });

  it('reflection at the edges, or at the centres', async () => {
    // −1.25 is 0.25; with align_corners −0.5 is 0.5, 3.5 is 0.5, −3.5 is 0.5.
    const reflected = { padding_mode: 'reflection' };
    expect((await row(x, reflected)).value?.[5]).toBe(12.5);
    const far = await row([-1.5, 2.5, -4.5], { ...reflected, ...corners });
    expect(far.value).toEqual([15, 15, 15]);
  });

  it('nearest: halfway goes to the even pixel', async () => {
    const nearest = { mode: 'nearest', ...corners };
    // Positions 0.5, 1.5, 0.75, −0.5, −0.75.
    const { value } = await row([-0.5, 0.5, -0.25, -1.5, -1.75], nearest);
    expect(value).toEqual([10, 40, 20, 10, 0]);
  });

  it('cubic: −0.09375, 0.59375, 0.59375, −0.09375 in the middle', async () => {
    const { value } = await row([0.5], { mode: 'cubic', padding_mode: 'border', ...corners });
    expect(value).toEqual([-0.9375 + 20 * 0.59375 + 40 * 0.59375 - 3.75]);
  });

  it('the grid names x first', async () => {
    const image = tensorOf([1, 1, 2, 2], [1, 2, 3, 4]);
    const grid = tensorOf([1, 1, 1, 2], [1, -1]);
    expect((await referenceOf(sample([image, grid], corners))).value).toEqual([2]);
  });

  it('an infinite position is outside; NaN gives NaN', async () => {
    const { value } = await row([Number.POSITIVE_INFINITY, Number.NaN], { padding_mode: 'border' });
    expect(value).toEqual([40, Number.NaN]);
    const zeros = await row([Number.NEGATIVE_INFINITY, Number.NaN], { mode: 'nearest' });
    expect(zeros.value).toEqual([0, 0]);
  });

  it('AffineGrid of the identity is the pixels themselves', async () => {
    const theta = tensorOf([1, 2, 3], [1, 0, 0, 0, 1, 0]);
    const size = tensorOf([4], [1, 1, 2, 3], 'int64');
    const edges = await referenceOf({ op: 'AffineGrid', inputs: [theta, size] });
    const third = Math.fround(2 / 3);
    expect(edges.dims).toEqual([1, 2, 3, 2]);
    expect(edges.value).toEqual(
      [-0.5, 0.5].flatMap((y) => [-third, 0, third].flatMap((x) => [x, y])),
    );
    const corner = await referenceOf({
      ...{ op: 'AffineGrid', inputs: [theta, tensorOf([4], [1, 1, 1, 3], 'int64')] },
      attributes: { align_corners: 1 },
    });
    expect(corner.value).toEqual([-1, 0, 0, 0, 1, 0]);
  });

  it('AffineGrid moves, turns and scales', async () => {
    const theta = tensorOf([1, 2, 3], [0, -2, 0.5, 3, 0, 1]);
    const size = tensorOf([4], [1, 1, 2, 2], 'int64');
    const { value } = await referenceOf({
      ...{ op: 'AffineGrid', inputs: [theta, size], attributes: { align_corners: 1 } },
    });
    // x' = −2y + 0.5, y' = 3x + 1 at (±1, ±1).
    expect(value).toEqual([2.5, -2, 2.5, 4, -1.5, -2, -1.5, 4]);
  });
});

describe('what is wrong is said in words', () => {
  const image = uniform([1, 1, 4, 4], 1);
  const grid = uniform([1, 3, 3, 2], 1);
  it.each<[SingleNode, RegExp]>([
    [sample([image, grid], { mode: 'lanczos' }), /mode "lanczos" is none of nearest/],
    [sample([image, grid], { padding_mode: 'wrap' }), /padding_mode "wrap" is none of zeros/],
    [sample([image, uniform([1, 3, 3, 3], 1)]), /X \[1,1,4,4\] and grid \[1,3,3,3\] do not fit/],
    [sample([image, uniform([2, 3, 3, 2], 1)]), /do not fit together/],
    [sample([uniform([1, 1, 0, 4], 1), grid]), /nothing to sample/],
    [sample([integers([1, 1, 4, 4], 1, { type: 'int32' }), grid]), /mode "nearest" takes any/],
    [
      { op: 'AffineGrid', inputs: [uniform([1, 3, 4], 1), tensorOf([4], [1, 1, 2, 2], 'int64')] },
      /theta \[1,3,4\] does not fit size \[1,1,2,2\]/,
    ],
  ])('%#', async (node, message) => {
    await expect(computeNode(node)).rejects.toThrow(message);
  });
});

describePublished(['GridSample', 'AffineGrid']);

describe('onnxruntime computes the same', () => {
  const modes = ['linear', 'nearest', 'cubic'];
  const cases = modes.flatMap((mode) =>
    ['zeros', 'border', 'reflection'].flatMap((padding_mode) =>
      [0, 1].map((align_corners) => ({ mode, padding_mode, align_corners })),
    ),
  );

  it.each(cases)('$mode, $padding_mode, align_corners $align_corners', async (attributes) => {
    const inputs = [uniform([2, 3, 5, 4], 1), uniform([2, 6, 3, 2], 2, { scale: 2.5 })];
    await expectOnnxruntimeComputes(sample(inputs, attributes));
    if (attributes.mode === 'cubic') return;
    const volume = [uniform([1, 2, 3, 4, 5], 3), uniform([1, 4, 3, 2, 3], 4, { scale: 1.8 })];
    await expectOnnxruntimeComputes(sample(volume, attributes));
  });

  it("opset 16's names", async () => {
    const inputs = [uniform([1, 2, 5, 4], 1), uniform([1, 6, 3, 2], 2)];
    for (const mode of ['bilinear', 'bicubic']) {
      await expectOnnxruntimeComputes(sample(inputs, { mode }, 16));
    }
  });

  it.each([0, 1])('AffineGrid, align_corners %i', async (align_corners) => {
    const attributes = { align_corners };
    for (const size of [
      [2, 3, 5, 4],
      [1, 2, 3, 4, 5],
    ]) {
      const axes = size.length - 2;
      const theta = uniform([size[0] as number, axes, axes + 1], 5, { scale: 2 });
      const inputs = [theta, tensorOf([size.length], size, 'int64')];
      await expectOnnxruntimeComputes({ op: 'AffineGrid', opset: 20, inputs, attributes });
    }
  });
});
