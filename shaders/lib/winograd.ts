/**
 * Winograd's minimal filtering F(m×m, 3×3): Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A over tiles of (m + 2)².
 * Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015; the matrices follow
 * from the points of interpolation by Cook and Toom's construction.
 *
 * Points come in pairs ±p, so that even and odd parts are computed once for both. Those of F(4, 3)
 * are not the usual 0, ±1, ±2: with ±5/8 and ±3/2 the error is half of that (see Barabasz and
 * others, "Error Analysis and Improving the Accuracy of Winograd Convolution", 2020), and every
 * entry of A and B is still a short binary fraction.
 */

import { lines, range } from './unroll.ts';

/** Output pixels of a tile along one axis. */
export type WinogradSize = 2 | 4;

export const winogradSizes: readonly WinogradSize[] = [2, 4];

const pairs: Readonly<Record<WinogradSize, readonly number[]>> = { 2: [1], 4: [5 / 8, 3 / 2] };

type Matrix = readonly (readonly number[])[];

export interface WinogradMatrices {
  /** Bᵀ, (m + 2) × (m + 2). */
  readonly input: Matrix;
  /** G, (m + 2) × 3. */
  readonly weight: Matrix;
  /** Aᵀ, m × (m + 2). */
  readonly output: Matrix;
}

/** Coefficients of Π (x − root), lowest power first. */
function polynomial(roots: readonly number[]): number[] {
  let product = [1];
  for (const root of roots) {
    const shifted = [0, ...product];
    product = shifted.map((c, power) => c - root * (product[power] ?? 0));
  }
  return product;
}

/** Rows of Bᵀ and G: the point 0, then p and −p of each pair, then infinity. */
export function winogradMatrices(size: WinogradSize): WinogradMatrices {
  const points = [0, ...pairs[size].flatMap((p) => [p, -p])];
  const others = (point: number) => points.filter((other) => other !== point);
  const powers = (point: number, count: number) => range(count).map((power) => point ** power);
  return {
    input: [...points.map((point) => [...polynomial(others(point)), 0]), polynomial(points)],
    weight: [
      ...points.map((point) => {
        const scale = others(point).reduce((product, other) => product * (point - other), 1);
        return powers(point, 3).map((power) => power / scale);
      }),
      [0, 0, 1],
    ],
    output: range(size).map((row) => [
      ...points.map((point) => point ** row),
      row === size - 1 ? 1 : 0,
    ]),
  };
}

/** WGSL: Σ coefficients[i] · names[i], parenthesised; zero terms are left out. */
function combination(coefficients: readonly number[], names: readonly string[]): string {
  const terms = coefficients.flatMap((c, i) => {
    if (c === 0) return [];
    return [c === 1 ? `${names[i]}` : `${literal(c)} * ${names[i]}`];
  });
  return `(${terms.join(' + ') || 'vec4<f32>(0.0)'})`;
}

const literal = (value: number): string =>
  Number.isInteger(value) ? value.toFixed(1) : `${value}`;

const masked = (row: readonly number[], parity: number): number[] =>
  row.map((c, i) => (i % 2 === parity ? c : 0));

/**
 * WGSL statements `let ${to(i)} = …` of a matrix whose rows 1 … 2k are pairs that differ in the
 * sign of their odd entries (Bᵀ and G), for the vectors `from`. In a block of their own where the
 * names of two calls would meet.
 */
export function pairedRows(
  matrix: Matrix,
  from: readonly string[],
  to: (row: number) => string,
): string {
  const last = matrix.length - 1;
  const row = (i: number) => matrix[i] as readonly number[];
  return lines(
    range(matrix.length).map((i) => {
      if (i === 0 || i === last) return `let ${to(i)} = ${combination(row(i), from)};`;
      if (i % 2 === 0) return '';
      return lines([
        `let ${to(i)}even = ${combination(masked(row(i), 0), from)};`,
        `let ${to(i)}odd = ${combination(masked(row(i), 1), from)};`,
        `let ${to(i)} = ${to(i)}even + ${to(i)}odd;`,
        `let ${to(i + 1)} = ${to(i)}even - ${to(i)}odd;`,
      ]);
    }),
  );
}

/** WGSL statements for Aᵀ, whose columns 1 … 2k are such pairs: sums and differences come first. */
export function pairedColumns(
  matrix: Matrix,
  from: readonly string[],
  to: (row: number) => string,
): string {
  const points = range((from.length - 2) / 2).map((pair) => 2 * pair + 1);
  const name = to(0);
  const ends = [from[0] as string, from.at(-1) as string];
  return lines([
    ...points.map((i) => `let ${name}sum${i} = ${from[i]} + ${from[i + 1]};`),
    ...points.map((i) => `let ${name}difference${i} = ${from[i]} - ${from[i + 1]};`),
    ...matrix.map((row, i) => {
      const part = i % 2 === 0 ? 'sum' : 'difference';
      const coefficients = [row[0] ?? 0, row.at(-1) ?? 0, ...points.map((at) => row[at] ?? 0)];
      const names = [...ends, ...points.map((at) => `${name}${part}${at}`)];
      return `let ${to(i)} = ${combination(coefficients, names)};`;
    }),
  ]);
}

/** Uniforms of the tiles that one round computes. */
export const winogradUniforms = {
  /** Tiles of one image along x and y. */
  tilesX: 'u32',
  tilesY: 'u32',
  /** Tiles of all images. */
  allTiles: 'u32',
  /** The first tile of this round, and how many it has; the last ones may lie past the end. */
  firstTile: 'u32',
  tiles: 'u32',
} as const;

/** WGSL `tileAt(tile)`: (tile column, tile row, image) of a tile of this round. */
export const tileAt = `
fn tileAt(tile: u32) -> vec3<u32> {
  let index = u.firstTile + tile;
  let row = index / u.tilesX;
  return vec3<u32>(index % u.tilesX, row % u.tilesY, row / u.tilesY);
}
`;

/** Invocations of a workgroup. */
export const winogradLanes = { hardware: 64, software: 8 } as const;
