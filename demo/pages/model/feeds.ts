/** What a model is fed: which of its inputs can be pictures, and numbers for the others. */

import {
  allocate,
  type DataType,
  isBigInt,
  isFloat,
  numberToFloat16,
} from '../../../src/core/dtype.ts';
import { sizeOf } from '../../../src/core/shape.ts';
import { Tensor, type ValueInfo } from '../../../src/index.ts';
import { isColours } from './open-model.ts';

export type Filling = 'picture' | 'random' | 'zeros' | 'ones';

export interface PictureShape {
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: number;
  readonly width: number;
  readonly height: number;
}

/** How a picture fits into an input of this shape; undefined where none does. */
export function pictureShapeOf(type: DataType, dims: readonly number[]): PictureShape | undefined {
  if (type !== 'float32' || dims.length !== 4 || dims[0] !== 1) return undefined;
  const [, a = 0, b = 0, c = 0] = dims;
  if (isColours(a)) return { layout: 'NCHW', channels: a, height: b, width: c };
  if (isColours(c)) return { layout: 'NHWC', channels: c, height: a, width: b };
  return undefined;
}

export const fillingsOf = (picture: PictureShape | undefined): readonly Filling[] =>
  picture ? ['picture', 'random', 'zeros', 'ones'] : ['random', 'zeros', 'ones'];

/**
 * Numbers for an input, the same every time. Random ones lie in [0, 1) where the type has fractions;
 * whole numbers are 0 or 1, which most indices allow.
 */
export function filled(
  { type }: Pick<ValueInfo, 'type'>,
  dims: readonly number[],
  filling: Exclude<Filling, 'picture'>,
): Tensor {
  const count = sizeOf(dims);
  const data = allocate(type, count) as { [index: number]: number | bigint };
  const next = randomOf(1);
  for (let at = 0; at < count; at++) {
    const value = filling === 'random' ? next() : Number(filling === 'ones');
    if (isBigInt(type)) data[at] = BigInt(Math.round(value));
    else if (type === 'float16') data[at] = numberToFloat16(value);
    else data[at] = isFloat(type) ? value : Math.round(value);
  }
  return new Tensor(type, data as unknown as Float32Array, dims);
}

/** xorshift32: https://www.jstatsoft.org/article/view/v008i14 */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
