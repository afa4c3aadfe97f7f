/** The spatial sizes of a kernel, read off its weights. */

import { WgconvError } from '../../core/errors.ts';
import { formatDims, type TensorType } from '../../core/shape.ts';

/** Sizes of the kernel: the weights' own, which must be known. */
export function kernelOf(weight: TensorType): readonly number[] {
  const kernel = weight.dims.slice(2);
  if (!kernel.every((size) => typeof size === 'number')) {
    throw new WgconvError(
      'invalid-shape',
      `the weights' shape ${formatDims(weight.dims)} must be known`,
    );
  }
  return kernel;
}
