/** How a tensor is best shown, and what is to be said of its values. */

import type { ImageLayout } from '../../../src/image/index.ts';
import { numbersOf } from '../../../src/image/numbers.ts';
import { Tensor } from '../../../src/index.ts';

export type Showing = 'classes' | 'maps' | 'picture' | 'numbers';

/** More channels than this are shown only on demand. */
export const mostMaps = 64;

export interface Statistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Share of exact zeros. */
  readonly zeros: number;
  /** NaN and infinities. */
  readonly broken: number;
}

/** Every way to show it, the best first. Inside a model three channels are hardly ever colours. */
export function showingsOf(
  { dims }: Pick<Tensor, 'dims'>,
  { layout, inside }: { layout: ImageLayout; inside: boolean },
): readonly Showing[] {
  const large = dims.filter((dim) => dim !== 1);
  const size = dims.reduce((product, dim) => product * dim, 1);
  if (size === 0 || large.length === 0 || dims.length > 4) return ['numbers'];
  if (large.length === 1) return ['classes', 'maps', 'numbers'];
  const [a = 1, b = 1, c = 1] = dims.length === 2 ? [1, ...dims] : dims.slice(-3);
  const [channels, height, width] = layout === 'NCHW' ? [a, b, c] : [c, a, b];
  // A long list of boxes is no picture.
  const proportion = Math.max(height / width, width / height);
  if (proportion > 16) return ['numbers', 'maps'];
  const isPicture =
    dims.length > 2 && (channels === 3 || channels === 1) && Math.min(height, width) >= 8;
  if (!isPicture) return ['maps', 'numbers'];
  return inside ? ['maps', 'picture', 'numbers'] : ['picture', 'maps', 'numbers'];
}

/** A vector has one axis, whichever it was; a matrix is one map; others are images as they are. */
export function asImage(tensor: Tensor): Tensor {
  const { type, dims, data, size } = tensor;
  if (dims.filter((dim) => dim !== 1).length === 1) return new Tensor(type, data, [size]);
  return dims.length === 2 ? new Tensor(type, data, [1, 1, ...dims]) : tensor;
}

/** Order of a tensor's axes by its shape: behind height and width there are only colours. */
export function layoutOf({ dims }: Pick<Tensor, 'dims'>): ImageLayout {
  const [a = 1, b = 1, c] = dims.slice(-3);
  const colours = (dim: number | undefined) => dim === 1 || dim === 3 || dim === 4;
  const isImage = Math.min(a, b) >= 8 && Math.max(a / b, b / a) <= 16;
  return dims.length >= 3 && isImage && colours(c) && !colours(a) ? 'NHWC' : 'NCHW';
}

/** Values from black to white in a picture: the range that they seem to be made for. */
export function pictureRange({ min, max }: Statistics): readonly [number, number] {
  if (min >= -0.5 && max <= 1.5) return [0, 1];
  if (min >= -1.5 && max <= 1.5) return [-1, 1];
  return min >= -32 && max <= 288 ? [0, 255] : [min, max];
}

/** The elements of a tensor on the CPU as numbers. */
export const numbersIn = ({ type, data }: Tensor): ArrayLike<number> => numbersOf(type, data);

export function statisticsOf(tensor: Tensor): Statistics {
  const values = numbersIn(tensor);
  let [min, max, sum, zeros, broken] = [Infinity, -Infinity, 0, 0, 0];
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    if (!Number.isFinite(value)) {
      broken++;
      continue;
    }
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    zeros += Number(value === 0);
  }
  const finite = values.length - broken;
  const count = Math.max(values.length, 1);
  return { min, max, mean: finite ? sum / finite : Number.NaN, zeros: zeros / count, broken };
}

export interface ClassScore {
  readonly index: number;
  readonly value: number;
  /** Its share by softmax, or the value itself where they are shares already. */
  readonly share: number;
}

/** The greatest values of a vector, and their shares. NaN comes last. */
export function topClasses(tensor: Tensor, count = 5): readonly ClassScore[] {
  const values = Array.from(numbersIn(tensor));
  const isShares = values.every((value) => value >= 0) && Math.abs(sum(values) - 1) < 1e-2;
  const greatest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const exponentials = isShares ? values : values.map((value) => Math.exp(value - greatest));
  const total = isShares ? 1 : sum(exponentials);
  return values
    .map((value, index) => ({ index, value, share: (exponentials[index] ?? 0) / total }))
    .sort((a, b) => (Number.isNaN(b.value) ? -1 : Number.isNaN(a.value) ? 1 : b.value - a.value))
    .slice(0, count);
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
