/** Attributes of the operators over regions of interest, and the images that regions lie in. */

import { WgconvError } from '../../core/errors.ts';

export interface MaxRoiPoolAttributes {
  /** Height and width of the result. */
  readonly bins: readonly [number, number];
  /** Pixels of the input for each unit of the regions. */
  readonly scale: number;
}

export interface RoiAlignAttributes extends MaxRoiPoolAttributes {
  readonly pooling: 'average' | 'greatest';
  /** Samples of a bin along each axis; 0: as many as it has pixels. */
  readonly samples: number;
  /** 0.5: positions count from pixel centres. 0: as before opset 16, with regions of 1 × 1 at least. */
  readonly shift: 0 | 0.5;
}

/** Images of regions do not count from the end. */
export function checkImage(image: number, count: number): void {
  if (image >= 0 && image < count) return;
  throw new WgconvError(
    'invalid-argument',
    `a region is in image ${image}, but the batch has ${count}, counted from 0`,
    { data: { image, count } },
  );
}
