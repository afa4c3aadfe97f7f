/**
 * The oracle of Col2Im, as it is defined: every element of every column adds itself to the image at
 * column · stride + tap · dilation − pad along each axis; what falls outside is dropped.
 */

import { WgconvError } from '../../core/errors.ts';
import { asNumbers, numbersOf } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import { type Col2ImAttributes, columnGeometry } from './geometry.ts';

/** Coordinates of a flat row-major index. */
function coordinatesOf(index: number, dims: readonly number[]): number[] {
  let rest = index;
  return dims
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .reverse();
}

export const col2imReference: Reference<Col2ImAttributes> = (
  [x, , blockShape],
  attributes,
  { single, outputs: [y] },
) => {
  if (!x || !blockShape || !y) {
    throw new WgconvError('missing-input', 'Col2Im needs input, image_shape and block_shape');
  }
  const image = y.dims.slice(2);
  const block = asNumbers(blockShape);
  const { columns, strides, dilations, padBegin } = columnGeometry(image, block, attributes);
  const source = numbersOf(x);
  const taps = sizeOf(block);
  const columnCount = sizeOf(columns);
  const value = new Float64Array(sizeOf(y.dims));
  const magnitude = new Float64Array(value.length);
  const round = single ? Math.fround : (sum: number) => sum;
  source.forEach((own, index) => {
    const column = coordinatesOf(index % columnCount, columns);
    const tap = coordinatesOf(Math.floor(index / columnCount) % taps, block);
    const plane = Math.floor(index / columnCount / taps);
    const place = image.map(
      (_, axis) =>
        (column[axis] as number) * (strides[axis] as number) +
        (tap[axis] as number) * (dilations[axis] as number) -
        (padBegin[axis] as number),
    );
    if (place.some((at, axis) => at < 0 || at >= (image[axis] as number))) return;
    const at = place.reduce((sum, next, axis) => sum * (image[axis] as number) + next, plane);
    value[at] = round((value[at] as number) + own);
    magnitude[at] = (magnitude[at] as number) + Math.abs(own);
  });
  return [{ value, magnitude, terms: taps }];
};
