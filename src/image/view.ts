/** A tensor seen as an image: where the values of a channel, a row and a column lie. */

import { WgconvError } from '../core/errors.ts';
import { formatDims } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';

/** Order of the axes: batch, channels, height, width. Fewer axes leave out the first ones. */
export type ImageLayout = 'NCHW' | 'NHWC';

/** One image of a tensor; places in elements. */
export interface ImageView {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly start: number;
  readonly channelStride: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/**
 * Four axes are a batch of images and three are one image, in the order of `layout`; two are a batch
 * of vectors and one is a vector, whose elements are channels of one pixel.
 *
 * @throws WgconvError `wrong-shape` where it has other axes, or none of its images is that one
 */
export function viewImage(
  { dims }: Pick<Tensor, 'dims'>,
  layout: ImageLayout = 'NCHW',
  batch = 0,
): ImageView {
  if (layout !== 'NCHW' && layout !== 'NHWC') {
    throw new WgconvError(
      'invalid-argument',
      `there is no layout ${JSON.stringify(layout)}; use 'NCHW' or 'NHWC'`,
    );
  }
  const rank = dims.length;
  if (rank < 1 || rank > 4) {
    throw new WgconvError(
      'wrong-shape',
      `a tensor of the shape ${formatDims(dims)} is no image: it takes four axes (${layout}), ` +
        `three (${layout.slice(1)}), two (NC) or one (C)`,
    );
  }
  const images = rank % 2 === 0 ? (dims[0] as number) : 1;
  const image = rank % 2 === 0 ? dims.slice(1) : dims;
  const [a, b = 1, c = 1] = image as [number, number?, number?];
  // A vector is one pixel in either layout.
  const [channels, height, width] = layout === 'NCHW' || image.length === 1 ? [a, b, c] : [c, a, b];
  const size = channels * height * width;
  if (size === 0 || images === 0) {
    throw new WgconvError('wrong-shape', `a tensor of the shape ${formatDims(dims)} is empty`);
  }
  if (!Number.isInteger(batch) || batch < 0 || batch >= images) {
    throw new WgconvError(
      'wrong-shape',
      `a tensor of the shape ${formatDims(dims)} has no image ${batch} in its batch of ${images}`,
    );
  }
  const sizes = { channels, height, width, start: batch * size };
  if (layout === 'NCHW') {
    return { ...sizes, channelStride: height * width, rowStride: width, columnStride: 1 };
  }
  return { ...sizes, channelStride: 1, rowStride: width * channels, columnStride: channels };
}
