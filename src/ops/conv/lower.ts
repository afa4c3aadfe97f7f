/** Conv on a device: the problem as numbers, and the candidates of every algorithm. */

import { input } from '../../../shaders/lib/kernel.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Candidate, LoweringIO } from '../operator.ts';
import { type ConvAttributes, convGeometry } from './geometry.ts';
import { lowerDirect } from './lower-direct.ts';
import { lowerGrouped } from './lower-grouped.ts';
import { lowerIm2col, lowerImplicit, lowerPointwise } from './lower-product.ts';
import { biasRole, type ConvProblem, convInputs } from './problem.ts';

/** The problem, or undefined where the tensors are not stored as the kernels need them. */
export function convProblem(io: LoweringIO, attributes: ConvAttributes): ConvProblem | undefined {
  const source = io.inputs[convInputs.source];
  const weight = io.inputs[convInputs.weight];
  const [result] = io.outputs;
  if (!source || !weight || !result) return undefined;
  const { element } = source;
  if (element !== 'f32' && element !== 'f16') return undefined;
  if (result.layout !== 'c4' || source.dims.length > 5) return undefined;
  const { residual, activation } = io.epilogue ?? {};
  const bias = residual === convInputs.bias ? undefined : io.inputs[convInputs.bias];
  return {
    ...convGeometry(source.dims, weight.dims, result.dims, attributes),
    element,
    sourceLayout: source.layout,
    epilogue: {
      outChannels: result.dims[1] as number,
      bias: biasRole(bias !== undefined),
      residual: residual === undefined ? undefined : input(residual),
      activation,
    },
  };
}

export function lowerConv(
  io: LoweringIO,
  attributes: ConvAttributes,
  caps: DeviceCaps,
): readonly Candidate[] {
  const problem = convProblem(io, attributes);
  if (!problem) return [];
  if (problem.group > 1) return lowerGrouped(problem, io, caps);
  return [
    ...lowerPointwise(problem, caps),
    ...lowerDirect(problem, caps),
    ...lowerImplicit(problem, caps),
    ...lowerIm2col(problem, caps),
  ];
}
