/** Brings a convolution of one to three spatial axes to three, with numbers for everything. */

import { WgconvError } from '../../core/errors.ts';
import { formatDims } from '../../core/shape.ts';
import { resolveWindow, threeAxes, type Window, type WindowAttributes } from '../window.ts';
import type { ConvGeometry } from './problem.ts';

export interface ConvAttributes extends WindowAttributes {
  readonly group: number;
}

/** `source` [N, C, …], `weight` [O, C / group, …], `result` [N, O, …]. */
export function convGeometry(
  source: readonly number[],
  weight: readonly number[],
  result: readonly number[],
  attributes: ConvAttributes,
): ConvGeometry {
  return spatialGeometry(source, result, attributes.group, (sizes) =>
    resolveWindow(sizes, weight.slice(2), attributes),
  );
}

/**
 * A window over the spatial axes of `source` [N, C, …] that gives `result` [N, O, …]. `windowOf` is
 * handed the spatial sizes once there are one to three of them.
 */
export function spatialGeometry(
  source: readonly number[],
  result: readonly number[],
  group: number,
  windowOf: (sizes: readonly number[]) => Window,
): ConvGeometry {
  const rank = source.length - 2;
  if (rank < 1 || rank > 3) {
    throw new WgconvError(
      'unsupported-operator',
      `convolutions over ${rank} spatial axes are not supported (X is ${formatDims(source)})`,
    );
  }
  const window = windowOf(source.slice(2));
  const [inDepth, inHeight, inWidth] = threeAxes(source.slice(2), 1);
  const [outDepth, outHeight, outWidth] = threeAxes(result.slice(2), 1);
  const [kernelDepth, kernelHeight, kernelWidth] = threeAxes(window.kernel, 1);
  const [strideZ, strideY, strideX] = threeAxes(window.strides, 1);
  const [dilationZ, dilationY, dilationX] = threeAxes(window.dilations, 1);
  const [padFront, padTop, padLeft] = threeAxes(window.padBegin, 0);
  const [padBack, padBottom, padRight] = threeAxes(window.padEnd, 0);
  return {
    batch: source[0] as number,
    group,
    inChannels: source[1] as number,
    outChannels: result[1] as number,
    ...{ inDepth, inHeight, inWidth, outDepth, outHeight, outWidth },
    ...{ kernelDepth, kernelHeight, kernelWidth, strideZ, strideY, strideX },
    ...{ dilationZ, dilationY, dilationX, padFront, padTop, padLeft },
    ...{ padBack, padBottom, padRight },
  };
}
