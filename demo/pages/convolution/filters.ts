/** The filters to choose from, as squares of weights, and what can be done with such a square. */

export type FilterId =
  | 'identity'
  | 'blur'
  | 'gaussian'
  | 'sharpen'
  | 'sobelX'
  | 'sobelY'
  | 'prewittX'
  | 'prewittY'
  | 'laplacian'
  | 'emboss';

export interface Filter {
  readonly id: FilterId;
  /** Size it is known by. */
  readonly size: number;
  /** Its weights at a size; undefined where it has only its own. */
  readonly at?: ((size: number) => readonly number[]) | undefined;
  /** At its own size. */
  readonly weights: readonly number[];
}

export const filters: readonly Filter[] = [
  { id: 'identity', size: 3, at: identity, weights: identity(3) },
  { id: 'blur', size: 3, at: boxBlur, weights: boxBlur(3) },
  { id: 'gaussian', size: 5, at: gaussian, weights: gaussian(5) },
  { id: 'sharpen', size: 3, weights: [0, -1, 0, -1, 5, -1, 0, -1, 0] },
  { id: 'sobelX', size: 3, weights: [-1, 0, 1, -2, 0, 2, -1, 0, 1] },
  { id: 'sobelY', size: 3, weights: [-1, -2, -1, 0, 0, 0, 1, 2, 1] },
  { id: 'prewittX', size: 3, weights: [-1, 0, 1, -1, 0, 1, -1, 0, 1] },
  { id: 'prewittY', size: 3, weights: [-1, -1, -1, 0, 0, 0, 1, 1, 1] },
  { id: 'laplacian', size: 3, weights: [0, 1, 0, 1, -4, 1, 0, 1, 0] },
  { id: 'emboss', size: 3, weights: [-2, -1, 0, -1, 1, 1, 0, 1, 2] },
];

function identity(size: number): number[] {
  return resizeKernel([1], size);
}

function boxBlur(size: number): number[] {
  return new Array<number>(size * size).fill(1 / (size * size));
}

/** Binomial coefficients, which tend to the bell curve: [1 2 1]ᵀ[1 2 1] / 16 at size 3. */
function gaussian(size: number): number[] {
  const line = [1];
  for (let n = 1; n < size; n++) line.push(((line[n - 1] as number) * (size - n)) / n);
  const sum = 4 ** (size - 1);
  return line.flatMap((down) => line.map((across) => (down * across) / sum));
}

/** The same weights about the same centre in a larger square, or the middle ones in a smaller. */
export function resizeKernel(weights: readonly number[], size: number): number[] {
  const from = Math.sqrt(weights.length);
  // The centre of an even size is the cell before the middle, as `same` padding has it.
  const shift = Math.floor((from - 1) / 2) - Math.floor((size - 1) / 2);
  return Array.from({ length: size * size }, (_, at) => {
    const x = (at % size) + shift;
    const y = Math.floor(at / size) + shift;
    const isInside = x >= 0 && y >= 0 && x < from && y < from;
    return isInside ? (weights[y * from + x] as number) : 0;
  });
}

/**
 * How a map of pixels in 0 to 255 is shown: grey, between the values of black and of white, where the
 * weights have a positive sum, so that the picture keeps its brightness; else by sign.
 */
export function shownRange(weights: readonly number[]): readonly [number, number] | 'signed' {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const size = weights.reduce((total, weight) => total + Math.abs(weight), 0);
  return sum > 0.02 * size ? [0, 255 * sum] : 'signed';
}

/** How the engine draws such a map. */
export function lookOf(weights: readonly number[]) {
  const range = shownRange(weights);
  return range === 'signed'
    ? ({ colorMap: 'diverging', range: 'tensor' } as const)
    : ({ colorMap: 'gray', range } as const);
}
