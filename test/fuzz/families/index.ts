/** The generators of random nodes. A new operator gets its line in a family here, or a family. */

import { operatorNames } from '../../../src/ops/index.ts';
import { constants, control } from './control.ts';
import { convolution, transposed } from './convolution.ts';
import {
  binary,
  casts,
  choice,
  comparison,
  integerBinary,
  integerUnary,
  logic,
  unary,
  variadic,
} from './elementwise.ts';
import { type Family, usualOpset } from './family.ts';
import { contraction, making } from './making.ts';
import {
  blocks,
  cropping,
  cutting,
  gathering,
  joining,
  oldScattering,
  repeating,
  scattering,
  sizes,
  transposition,
  views,
} from './movement.ts';
import { normalisation } from './normalisation.ts';
import { globalPooling, pooling } from './pooling.ts';
import { product } from './product.ts';
import { quantisedConvolution, quantisedProduct, quantising } from './quantised.ts';
import { argument, cumulative, reduction, softmax, top, triangular } from './reduction.ts';
import {
  affineGrid,
  columns,
  deformable,
  gridSampling,
  maxRegions,
  regionPooling,
  resizing,
  unpooling,
  upsampling,
} from './resampling.ts';
import { selecting, suppressing } from './selection.ts';

/** Families early in the list are the simpler ones: shrinking prefers them. */
export const families: readonly Family[] = [
  ...[unary, binary, views, transposition, joining, cutting, repeating, blocks],
  ...[convolution, transposed, pooling, globalPooling, normalisation, product, softmax, reduction],
  ...[resizing, choice, variadic, comparison, logic, integerUnary, integerBinary, casts, gathering],
  ...[sizes, argument, cumulative, triangular, top, scattering, cropping],
  ...[affineGrid, gridSampling, regionPooling, making, contraction],
  ...[quantising, quantisedConvolution, quantisedProduct],
  ...[deformable, unpooling, columns, maxRegions],
  ...[constants, control, selecting, suppressing, upsampling, oldScattering],
];

/** Operators of wgconv's own list that no family generates. */
export function withoutGenerator(): string[] {
  const generated = new Set(families.flatMap(({ operators }) => operators));
  return operatorNames.filter((name) => !generated.has(name) && !name.startsWith('wgconv.'));
}

/**
 * The operators of the family that the opset has. One that wgconv lacks is left out when its node is
 * made, so that a seed makes nearly the same graphs when wgconv learns another operator.
 */
export function available({ operators, since, until }: Family, opset: number): readonly string[] {
  return operators.filter(
    (op) => (since?.[op] ?? usualOpset) <= opset && opset <= (until?.[op] ?? Infinity),
  );
}
