/** Convolutions over one axis: tiles lie along y, so a row becomes a column. */

import type { ConvProblem } from './problem.ts';

/** Swaps x and y of a problem whose tensors have height 1: their bytes are the same. */
export function asColumn(p: ConvProblem): ConvProblem {
  const flat = p.inHeight === 1 && p.outHeight === 1 && p.kernelHeight === 1;
  if (!flat || p.padTop !== 0) return p;
  return {
    ...p,
    ...{ inHeight: p.inWidth, outHeight: p.outWidth, kernelHeight: p.kernelWidth },
    ...{ strideY: p.strideX, dilationY: p.dilationX, padTop: p.padLeft, padBottom: p.padRight },
    ...{ inWidth: 1, outWidth: 1, kernelWidth: 1, strideX: 1, dilationX: 1 },
    ...{ padLeft: 0, padRight: 0 },
  };
}
