/** RoiAlign's and MaxRoiPool's references: hand-computed values, published cases, onnxruntime. */

import { describe, expect, it } from 'vitest';
import { describePublished } from '../../support/conformance.ts';
import { tensorOf, uniform } from '../../support/random.ts';
import {
  computeNode,
  expectOnnxruntimeComputes,
  numbers,
  type SingleNode,
  valuesOf,
} from '../../support/single-node.ts';

const align = (
  x: ReturnType<typeof tensorOf>,
  rois: readonly number[],
  attributes: NonNullable<SingleNode['attributes']> = {},
  { images = rois.slice(0, rois.length / 4).map(() => 0), opset = 22 } = {},
): SingleNode => ({
  ...{ op: 'RoiAlign', opset, attributes },
  inputs: [x, tensorOf([rois.length / 4, 4], rois), tensorOf([images.length], images, 'int64')],
});

const pool = (
  x: ReturnType<typeof tensorOf>,
  rois: readonly number[],
  attributes: NonNullable<SingleNode['attributes']>,
): SingleNode => ({
  ...{ op: 'MaxRoiPool', attributes },
  inputs: [x, tensorOf([rois.length / 5, 5], rois)],
});

/** 0 … 15 in rows of four. */
const ramp = tensorOf(
  [1, 1, 4, 4],
  Array.from({ length: 16 }, (_, at) => at),
);

describe('RoiAlign by hand', () => {
  it.each([3e9, Number.POSITIVE_INFINITY])(
    'refuses a region up to %d, of which it would take billions of samples',
    async (far) => {
      await expect(computeNode(align(ramp, [0, 0, far, far]))).rejects.toThrow(
        /region 0 takes .* samples a bin; the cpu backend takes 1048576 at most/,
      );
    },
  );

  const one = { sampling_ratio: 1 };

  it('reads the centre of a bin; pixel centres lie at halves', async () => {
    // The centre of [1, 3] × [1, 3] is (2, 2), which is position (1.5, 1.5).
    expect(await valuesOf(align(ramp, [1, 1, 3, 3], one))).toEqual([7.5]);
    // Before opset 16 it is position (2, 2).
    expect(await valuesOf(align(ramp, [1, 1, 3, 3], one, { opset: 10 }))).toEqual([10]);
  });

  it('has a sample for each pixel of the region', async () => {
    // [0, 4] × [1, 2]: columns at 0, 1, 2, 3, rows at 1: the mean of 4 … 7.
    expect(await valuesOf(align(ramp, [0, 1, 4, 2]))).toEqual([5.5]);
    const attributes = { output_width: 2 };
    expect(await valuesOf(align(ramp, [0, 1, 4, 2], attributes))).toEqual([4.5, 6.5]);
  });

  it('goes on with the border for a pixel, then there is zero', async () => {
    // Samples of [-2, 2]: positions −2, −1, 0, 1: the first is outside, the second is the border.
    expect(await valuesOf(align(ramp, [-2, 0, 2, 1]))).toEqual([(0 + 0 + 0 + 1) / 4]);
    expect(await valuesOf(align(ramp, [2, 3, 6, 4]))).toEqual([(14 + 15 + 15 + 0) / 4]);
  });

  it('a region of no size has no samples with half_pixel, and is 1 × 1 before', async () => {
    expect(await valuesOf(align(ramp, [2, 2, 2, 2]))).toEqual([0]);
    // Position (2.5, 2.5).
    expect(await valuesOf(align(ramp, [2, 2, 2, 2], {}, { opset: 10 }))).toEqual([12.5]);
  });

  it('the maximum is that of weighed pixels', async () => {
    // Position (1.5, 1.5): a quarter of each of 5, 6, 9, 10.
    expect(await valuesOf(align(ramp, [1, 1, 3, 3], { ...one, mode: 'max' }))).toEqual([2.5]);
  });

  it('scales regions and takes the image of each', async () => {
    const two = tensorOf([2, 1, 1, 1], [3, 5]);
    const attributes = { spatial_scale: 0.25 };
    const rois = [0, 0, 4, 4, 0, 0, 4, 4];
    expect(await valuesOf(align(two, rois, attributes, { images: [1, 0] }))).toEqual([5, 3]);
  });
});

describe('MaxRoiPool by hand', () => {
  const pooled_shape = [2, 2];

  it('a region has both of its corners; bins share pixels where they must', async () => {
    expect(await valuesOf(pool(ramp, [0, 0, 0, 3, 3], { pooled_shape }))).toEqual([5, 7, 13, 15]);
    // Three pixels in two bins: 0 … 1 and 1 … 2.
    expect(await valuesOf(pool(ramp, [0, 0, 0, 2, 2], { pooled_shape }))).toEqual([5, 6, 9, 10]);
  });

  it('rounds halves away from zero; nothing is zero; negative maxima stay', async () => {
    const low = tensorOf([1, 1, 2, 2], [-4, -3, -2, -1]);
    const attributes = { pooled_shape: [1, 1], spatial_scale: 0.5 };
    // 0.5 → 1: the last pixel alone; [5, 6] lies outside.
    expect(await valuesOf(pool(low, [0, 1, 1, 2, 2], attributes))).toEqual([-1]);
    expect(await valuesOf(pool(low, [0, 10, 0, 12, 2], attributes))).toEqual([0]);
    expect(await valuesOf(pool(low, [0, 0, 0, 0, 0], attributes))).toEqual([-4]);
  });
});

describe('MaxRoiPool of an image without pixels', () => {
  it('is zero, as of a region outside', async () => {
    const attributes = { pooled_shape: [1, 2] };
    const empty = pool(uniform([1, 2, 0, 3], 1), [0, 0, 0, 2, 2], attributes);
    expect(await valuesOf(empty)).toEqual([0, 0, 0, 0]);
  });
});

describe('MaxRoiPool of regions of no sense', () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  it.each([
    ['goes on to the right, one bin across', [0, 2, 1, infinity, 1], [1, 1], [7]],
    ['goes on to the right: the image is in the first bin', [0, 2, 1, 1e30, 1], [1, 2], [7, 0]],
    ['comes from the left: the image is in the last bin', [0, -1e30, 1, 2, 1], [1, 2], [0, 6]],
    ['a corner is NaN', [0, 0, nan, 3, 3], [1, 2], [0, 0]],
  ])('%s', async (_, region, pooled_shape, wanted) => {
    expect(await valuesOf(pool(ramp, region, { pooled_shape }))).toEqual(wanted);
  });
});

describe('what is wrong is said in words', () => {
  it.each<[SingleNode, RegExp]>([
    [align(ramp, [0, 0, 1, 1], { mode: 'sum' }), /mode "sum" is neither avg nor max/],
    [align(ramp, [0, 0, 1, 1], {}, { images: [1] }), /in image 1, but the batch has 1/],
    [align(ramp, [0, 0, 1, 1], {}, { images: [0, 0] }), /do not fit together/],
    [pool(ramp, [1, 0, 0, 1, 1], { pooled_shape: [1, 1] }), /in image 1, but the batch has 1/],
    [pool(ramp, [0, 0, 0, 1, 1], { pooled_shape: [1] }), /two positive sizes/],
    [
      {
        op: 'MaxRoiPool',
        inputs: [ramp, tensorOf([1, 4], [0, 0, 1, 1])],
        attributes: { pooled_shape: [1, 1] },
      },
      /must be \[number,5\]/,
    ],
    [align(uniform([1, 1, 0, 2], 1), [0, 0, 1, 1]), /no pixels to pool/],
  ])('%#', async (one, message) => {
    await expect(computeNode(one)).rejects.toThrow(message);
  });
});

describePublished(['RoiAlign']);

describe('onnxruntime computes the same', () => {
  const x = uniform([2, 3, 9, 7], 1);
  const rois = [0.3, 1.1, 6.2, 8.4, -2, 3, 3, 12, 4, 4, 4.5, 5, 10.5, 2, 30, 7];
  const images = [1, 0, 1, 1];
  const bins = { output_height: 3, output_width: 2 };

  it.each<[string, NonNullable<SingleNode['attributes']>, number]>([
    ['average, adaptive', bins, 16],
    ['average, 2 × 2 samples', { ...bins, sampling_ratio: 2 }, 16],
    ['average, scaled', { ...bins, spatial_scale: 0.7 }, 16],
    [
      'average, output_half_pixel',
      { ...bins, coordinate_transformation_mode: 'output_half_pixel' },
      16,
    ],
    ['average, before opset 16', { ...bins, sampling_ratio: 3 }, 10],
    ['maximum', { ...bins, sampling_ratio: 2, mode: 'max' }, 16],
  ])('RoiAlign: %s', async (_, attributes, opset) => {
    await expectOnnxruntimeComputes(align(x, rois, attributes, { images, opset }));
  });

  it('MaxRoiPool of positive values (its maxima start at the least positive number)', async () => {
    const positive = tensorOf([2, 3, 9, 7], numbers(x).map(Math.abs));
    const regions = [1, 0.3, 1.1, 6.2, 8.4, 0, -2, 3, 3, 12, 1, 4, 4, 4, 5, 0, 10, 2, 30, 7];
    const attributes = { pooled_shape: [3, 2], spatial_scale: { float: 0.8 } };
    await expectOnnxruntimeComputes({ ...pool(positive, regions, attributes), opset: 1 });
  });
});
