/** Conv on a device: the problem as numbers, and the candidates of every algorithm. */

import type { DeviceCaps } from '../../gpu/caps.ts';
import { type LazyModule, lazyModule } from '../lazy.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { type ConvAttributes, convGeometry } from './geometry.ts';
import { lowerDirect } from './lower-direct.ts';
import { isPlainProduct, lowerPointwise } from './lower-product.ts';
import {
  type ConvProblem,
  hasWholeBlocks,
  isDepthwise,
  isInFours,
  isWinograd,
  problemOf,
} from './problem.ts';

export function convProblem(io: LoweringIO, attributes: ConvAttributes): ConvProblem | undefined {
  return problemOf(io, (...dims) => convGeometry(...dims, attributes));
}

/** An algorithm, fetched with the first convolution that it can compute. */
interface Algorithm {
  applies(problem: ConvProblem, caps: DeviceCaps): boolean;
  readonly module: LazyModule<
    (problem: ConvProblem, caps: DeviceCaps, io: LoweringIO) => Candidate[]
  >;
}

/** Algorithms that not every network needs. */
export const lazyAlgorithms: readonly Algorithm[] = [
  {
    applies: isWinograd,
    module: lazyModule(() => import('./lower-winograd.ts').then((m) => m.lowerWinograd)),
  },
  {
    // A few channels, which lie as the model stores them, would fill blocks of four with zeros.
    applies: (p) => p.group === 1 && hasWholeBlocks(p) && !isPlainProduct(p),
    module: lazyModule(() => import('./lower-patches.ts').then((m) => m.lowerPatches)),
  },
  {
    applies: (p, { subgroupMatrix }) =>
      p.group === 1 && hasWholeBlocks(p) && subgroupMatrix.includes(p.element),
    module: lazyModule(() =>
      import('./lower-subgroup-matrix.ts').then((m) => m.lowerSubgroupMatrix),
    ),
  },
  {
    applies: (p) => isDepthwise(p) || isInFours(p),
    module: lazyModule(() => import('./lower-depthwise.ts').then((m) => m.lowerDepthwise)),
  },
  {
    applies: (p) => p.group > 1 && p.sourceLayout === 'c4' && !isDepthwise(p),
    module: lazyModule(() => import('./lower-grouped.ts').then((m) => m.lowerGrouped)),
  },
];

export function loadConv(
  io: LoweringIO,
  attributes: ConvAttributes,
  caps: DeviceCaps,
): Promise<unknown> | undefined {
  const problem = convProblem(io, attributes);
  if (!problem) return undefined;
  const needed = lazyAlgorithms.filter(({ applies }) => applies(problem, caps));
  return Promise.all(needed.map(({ module }) => module.load()));
}

export function lowerConv(
  io: LoweringIO,
  attributes: ConvAttributes,
  caps: DeviceCaps,
): readonly Candidate[] {
  const problem = convProblem(io, attributes);
  if (!problem) return [];
  const common =
    problem.group === 1 ? [...lowerPointwise(problem, caps), ...lowerDirect(problem, caps)] : [];
  const others = lazyAlgorithms.filter(({ applies }) => applies(problem, caps));
  return [...common, ...others.flatMap(({ module }) => module.get()(problem, caps, io))];
}
