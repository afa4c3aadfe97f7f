/**
 * CenterCropPad: each axis is cut or padded with zeros to a wanted size, around its centre; of an
 * odd difference the greater half is at the end.
 * https://onnx.ai/onnx/operators/onnx__CenterCropPad.html — opset version 18.
 */

import { WgconvError } from '../../core/errors.ts';
import { type Dim, formatDims, isStatic, normaliseAxis } from '../../core/shape.ts';
import { integersAt, invalidShape, unknownDims } from '../dims.ts';
import { defineOperator, type HostValues } from '../operator.ts';
import { type AxisPads, padCandidates } from './pad.ts';

export interface CenterCropPadAttributes {
  /** Axes that `shape` speaks of; all where left out. */
  readonly axes: readonly number[] | undefined;
}

/** The output's dims; undefined for axes whose wanted size is not known. */
function wantedDims(
  dims: readonly Dim[],
  { axes }: CenterCropPadAttributes,
  known: HostValues,
): (Dim | undefined)[] {
  const shape = integersAt(known, 1);
  const own = axes?.map((axis) => normaliseAxis(axis, dims.length)) ?? dims.map((_, axis) => axis);
  if (shape && (shape.length !== own.length || shape.some((size) => size < 0))) {
    invalidShape(
      `shape ${formatDims(shape)} of CenterCropPad must be a size for each of ${own.length} axes`,
    );
  }
  return dims.map((dim, axis) => {
    const at = own.indexOf(axis);
    return at < 0 ? dim : shape?.[at];
  });
}

/** Half of what is missing in front, negative where it is cut. */
export function centred(from: readonly number[], to: readonly number[]): AxisPads[] {
  return from.map((size, axis) => {
    const missing = (to[axis] as number) - size;
    const begin = Math.trunc(missing / 2);
    return { begin, end: missing - begin };
  });
}

export const centerCropPad = defineOperator<CenterCropPadAttributes>({
  type: 'CenterCropPad',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes: (source) => ({ axes: source.ints('axes') }),
  infer([x], attributes, known) {
    if (!x) throw new WgconvError('missing-input', 'CenterCropPad needs input_data');
    const unknown = unknownDims(`CenterCropPad${formatDims(x.dims)}`, x.dims.length);
    const dims = wantedDims(x.dims, attributes, known);
    return [{ type: x.type, dims: dims.map((dim, axis) => dim ?? (unknown[axis] as Dim)) }];
  },
  accuracy: 'exact',
  traits: { hostInputs: [1] },
  reference: () => import('./center-crop-pad-reference.ts').then((m) => m.centerCropPadReference),
  lower({ inputs: [x], outputs: [result] }) {
    if (!x || !result || !isStatic(x)) return [];
    return padCandidates(x, result, centred(x.dims, result.dims), 'constant', 0);
  },
});
