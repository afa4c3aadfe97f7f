/** The feeds of the page's convolutions as tensors. */

import type { Tensor } from '../../../src/index.ts';
import { floats } from '../../lib/small-graph.ts';
import { type Setting, takesValue } from './setting.ts';

export function convolutionFeeds(
  planes: ArrayLike<number>,
  size: { readonly channels: number; readonly width: number; readonly height: number },
  kernels: readonly (readonly number[])[],
  setting: Setting,
): Record<string, Tensor> {
  const { channels, width, height } = size;
  const { kernel, value } = setting;
  const weights = kernels.slice(0, channels).flat();
  return {
    picture: floats(planes, [1, channels, height, width]),
    weights: floats(weights, [1, channels, kernel, kernel]),
    ...(takesValue(setting) && { value: floats([value], []) }),
  };
}
