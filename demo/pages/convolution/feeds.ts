/** The feeds of the page's graphs as tensors. */

import { Tensor } from '../../../src/index.ts';
import { type Setting, takesValue } from './setting.ts';

export function floats(values: ArrayLike<number>, dims: readonly number[]): Tensor {
  return new Tensor('float32', Float32Array.from(values), dims);
}

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

/** What a session depends on, as a key. */
export function shapeKey(shape: object): string {
  return JSON.stringify(Object.entries(shape).sort(([a], [b]) => (a < b ? -1 : 1)));
}
