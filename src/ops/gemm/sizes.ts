/** Attributes of Gemm and the sizes of its product. */

import { WgconvError } from '../../core/errors.ts';
import { type Dim, formatDims, type TensorType } from '../../core/shape.ts';

export interface GemmAttributes {
  readonly alpha: number;
  readonly beta: number;
  readonly transA: boolean;
  readonly transB: boolean;
}

/** Sizes of a product; symbolic dimensions allowed. */
export function gemmSizes(
  a: readonly Dim[],
  b: readonly Dim[],
  { transA, transB }: GemmAttributes,
): { readonly rows: Dim; readonly columns: Dim; readonly depth: Dim } {
  const [a0, a1] = a;
  const [b0, b1] = b;
  if (a0 === undefined || a1 === undefined || b0 === undefined || b1 === undefined) {
    throw new WgconvError(
      'invalid-shape',
      `Gemm takes matrices, not ${formatDims(a)}, ${formatDims(b)}`,
    );
  }
  const [rows, depth] = transA ? [a1, a0] : [a0, a1];
  const [bDepth, columns] = transB ? [b1, b0] : [b0, b1];
  if (typeof depth === 'number' && typeof bDepth === 'number' && depth !== bDepth) {
    throw new WgconvError(
      'invalid-shape',
      `A ${formatDims(a)}${transA ? ' transposed' : ''} and B ${formatDims(b)}${transB ? ' transposed' : ''} do not multiply: ${depth} columns meet ${bDepth} rows`,
    );
  }
  return { rows, columns, depth: typeof depth === 'number' ? depth : bDepth };
}

const narrow = ['int8', 'uint8', 'int16', 'uint16', 'bool'];

/** Throws where the operands differ in type, or are of one that ONNX multiplies no matrices of. */
export function checkOperandTypes(operands: readonly (TensorType | undefined)[]): void {
  const types = operands.flatMap((operand) => (operand ? [operand.type] : []));
  if (new Set(types).size > 1 || types.some((type) => narrow.includes(type))) {
    throw new WgconvError(
      'wrong-type',
      `matrix products take floats or integers of 32 or 64 bits, all of one type, not ${types.join(', ')}`,
    );
  }
}
