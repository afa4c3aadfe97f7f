/** Conv on a device: the problem as numbers, and the candidates of every algorithm. */

import { input } from '../../../shaders/lib/kernel.ts';
import { sizeOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { type LazyModule, lazyModule } from '../lazy.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { type ConvAttributes, convGeometry } from './geometry.ts';
import { lowerDirect } from './lower-direct.ts';
import { isPlainProduct, lowerPointwise } from './lower-product.ts';
import {
  biasRole,
  type ConvProblem,
  convInputs,
  hasWholeBlocks,
  isDepthwise,
  isInFours,
  isWinograd,
} from './problem.ts';

/** The problem, or undefined where the tensors are not stored as the kernels need them. */
export function convProblem(io: LoweringIO, attributes: ConvAttributes): ConvProblem | undefined {
  const source = io.inputs[convInputs.source];
  const weight = io.inputs[convInputs.weight];
  const [result] = io.outputs;
  if (!source || !weight || !result) return undefined;
  const { element } = source;
  if (element !== 'f32' && element !== 'f16') return undefined;
  if (source.dims.length > 5) return undefined;
  const { residual, activation } = io.epilogue ?? {};
  const bias = residual === convInputs.bias ? undefined : io.inputs[convInputs.bias];
  return {
    ...convGeometry(source.dims, weight.dims, result.dims, attributes),
    element,
    sourceLayout: source.layout,
    epilogue: {
      outChannels: result.dims[1] as number,
      outPixels: sizeOf(result.dims.slice(2)),
      store: result.layout,
      bias: biasRole(bias !== undefined),
      residual: residual === undefined ? undefined : input(residual),
      activation,
    },
  };
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
