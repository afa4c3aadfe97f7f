/**
 * Broadcasting as ONNX has it: numpy's rule, and before opset 7 the second operand aligned at an
 * `axis` of the first (PRelu: a slope for each channel).
 */

import { WgconvError } from '../../core/errors.ts';
import {
  broadcastDims,
  type Dim,
  formatDims,
  normaliseAxis,
  type TensorType,
} from '../../core/shape.ts';
import type { AttributeReader, DeviceTensor } from '../operator.ts';
import type { Broadcasting } from './attributes.ts';

/** Reads the attributes of opsets 1 to 6. */
export function parseBroadcasting(source: AttributeReader, opset: number): Broadcasting {
  source.has('consumed_inputs'); // of opset 1, without meaning
  if (opset >= 7) return {};
  const broadcast = source.int('broadcast', 0) !== 0;
  // Without an axis, operand 1 matches the last axes of operand 0: numpy's rule.
  const axis = source.has('axis') ? source.int('axis') : undefined;
  return { axis: broadcast ? axis : undefined };
}

/** Dims of operand `index` as numpy's rule needs them: ones appended after an axis' operand. */
export function operandDims<D extends Dim>(
  operands: readonly { readonly dims: readonly D[] }[],
  index: number,
  { axis }: Broadcasting,
): readonly (D | 1)[] {
  const dims = operands[index]?.dims ?? [];
  const rank = operands[0]?.dims.length ?? 0;
  if (axis === undefined || index !== 1 || dims.length >= rank) return dims;
  const after = rank - normaliseAxis(axis, rank) - dims.length;
  if (after < 0) {
    throw new WgconvError(
      'invalid-shape',
      `shape ${formatDims(dims)} does not fit into rank ${rank} from axis ${axis}`,
    );
  }
  return [...dims, ...new Array<1>(after).fill(1)];
}

/** Result dims of all operands. */
export function resultDims(operands: readonly TensorType[], broadcasting: Broadcasting): Dim[] {
  return broadcastDims(...operands.map((_, index) => operandDims(operands, index, broadcasting)));
}

/** Operands with the dims under which numpy's rule applies. */
export function alignedOperands(
  operands: readonly DeviceTensor[],
  broadcasting: Broadcasting,
): DeviceTensor[] {
  return operands.map((tensor, index) => ({
    ...tensor,
    dims: operandDims(operands, index, broadcasting),
  }));
}
