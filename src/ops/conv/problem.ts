/**
 * One convolution as lowering sees it: plain numbers, auto_pad resolved, every rank brought to
 * three spatial dimensions (1D has depth and height 1, 2D has depth 1).
 */

import type { EpilogueSteps, FloatElement } from '../../../shaders/lib/epilogue.ts';
import { input } from '../../../shaders/lib/kernel.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Layout } from '../../graph/graph.ts';
import type { LayoutChoice, LoweringIO } from '../operator.ts';

/** Sizes of a convolution; `pad…` may be negative only where the model says so (cropping). */
export interface ConvGeometry {
  readonly batch: number;
  readonly group: number;
  readonly inChannels: number;
  readonly inDepth: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outChannels: number;
  readonly outDepth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelDepth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideZ: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationZ: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly padFront: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly padBack: number;
  readonly padBottom: number;
  readonly padRight: number;
}

/** A geometry with how its tensors are stored and what its epilogue does. */
export interface ConvProblem extends ConvGeometry {
  readonly element: FloatElement;
  /** Layout of input 0; that of the output and the residual is the epilogue's, weights are linear. */
  readonly sourceLayout: Layout;
  /** The weights are known when the plan is made. */
  readonly constantWeight: boolean;
  readonly epilogue: EpilogueSteps;
}

/** Inputs of a Conv node by name. The residual is the last input, found by `epilogue.residual`. */
export const convInputs = { source: 0, weight: 1, bias: 2 } as const;

/**
 * Choices with the source in one layout and the result in any of `results`, C4 first: a result that
 * leaves the graph is stored as it leaves. Weights and bias are linear; a residual lies as the
 * result does.
 */
export function resultLayouts(
  inputCount: number,
  source: Layout,
  results: readonly Layout[] = ['c4', 'linear'],
): readonly LayoutChoice[] {
  return results.map((result) => ({
    inputs: Array.from({ length: inputCount }, (_, index) =>
      index === convInputs.source ? source : index <= convInputs.bias ? 'linear' : result,
    ),
    outputs: [result],
  }));
}

/**
 * The problem of a node with Conv's inputs, or undefined where the tensors are not stored as the
 * kernels need them. `geometryOf` is handed the dims of source, weight and result.
 */
export function problemOf(
  io: LoweringIO,
  geometryOf: (
    source: readonly number[],
    weight: readonly number[],
    result: readonly number[],
  ) => ConvGeometry,
): ConvProblem | undefined {
  const source = io.inputs[convInputs.source];
  const weight = io.inputs[convInputs.weight];
  const [result] = io.outputs;
  if (!source || !weight || !result) return undefined;
  const { element } = source;
  if (element !== 'f32' && element !== 'f16') return undefined;
  if (source.dims.length > 5) return undefined;
  const { residual, activation } = io.epilogue ?? {};
  const hasBias = residual !== convInputs.bias && io.inputs[convInputs.bias] !== undefined;
  return {
    ...geometryOf(source.dims, weight.dims, result.dims),
    element,
    sourceLayout: source.layout,
    constantWeight: io.constant(convInputs.weight) !== undefined,
    epilogue: {
      outChannels: result.dims[1] as number,
      outPixels: sizeOf(result.dims.slice(2)),
      store: result.layout,
      bias: hasBias ? input(convInputs.bias) : undefined,
      residual: residual === undefined ? undefined : input(residual),
      activation,
    },
  };
}

/** Output pixels of one image. */
export function outPixels(problem: ConvGeometry): number {
  return problem.outDepth * problem.outHeight * problem.outWidth;
}

/** Taps of the kernel. */
export function tapsOf(problem: ConvGeometry): number {
  return problem.kernelDepth * problem.kernelHeight * problem.kernelWidth;
}

/** Multiply-adds, by definition: no padding of tiles, taps in the zero padding included. */
export function macsOf(problem: ConvGeometry): number {
  const perOutput = (problem.inChannels / problem.group) * tapsOf(problem);
  return problem.batch * problem.outChannels * outPixels(problem) * perOutput;
}

/** Every group has one input channel, in the layouts and rank that `depthwise` takes. */
export function isDepthwise(p: ConvProblem): boolean {
  return p.group > 1 && p.inChannels === p.group && isFlatInOneLayout(p);
}

/** Every group has four channels on both sides, in the layouts and rank that `depthwise` takes. */
export function isInFours(p: ConvProblem): boolean {
  const fours = p.group * 4;
  const all = p.inChannels === fours && p.outChannels === fours;
  return p.group > 1 && all && isFlatInOneLayout(p);
}

function isFlatInOneLayout(p: ConvProblem): boolean {
  const flat = p.inDepth === 1 && p.kernelDepth === 1 && p.outDepth === 1;
  return flat && p.sourceLayout === p.epilogue.store;
}

/** 3×3 taps at stride 1, undilated, not empty: what Winograd's filtering computes. */
export function isWinograd(p: ConvProblem): boolean {
  const flat = p.inDepth === 1 && p.kernelDepth === 1 && p.outDepth === 1;
  const taps = p.kernelHeight === 3 && p.kernelWidth === 3;
  const steps = p.strideY * p.strideX * p.dilationY * p.dilationX;
  const size = p.batch * p.inChannels * outPixels(p);
  return hasWholeBlocks(p) && p.group === 1 && flat && taps && steps === 1 && size > 0;
}

/** The source can be read four channels at a time. */
export function hasWholeBlocks(p: ConvProblem): boolean {
  return p.sourceLayout === 'c4' || p.inChannels % 4 === 0;
}
