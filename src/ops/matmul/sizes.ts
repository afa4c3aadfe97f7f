/** The sizes of MatMul's products. */

import { WgconvError } from '../../core/errors.ts';
import { broadcastDims, type Dim, formatDims } from '../../core/shape.ts';

/** The operands as batches of matrices, and the result's own dims. */
export interface MatMulSizes {
  /** Vectors got their missing axis. */
  readonly left: readonly Dim[];
  readonly right: readonly Dim[];
  readonly batch: readonly Dim[];
  readonly rows: Dim;
  readonly columns: Dim;
  readonly depth: Dim;
  /** Without the axes that vectors got. */
  readonly result: readonly Dim[];
}

export function matMulSizes(a: readonly Dim[], b: readonly Dim[]): MatMulSizes {
  if (a.length === 0 || b.length === 0) {
    throw new WgconvError(
      'invalid-shape',
      `MatMul takes tensors of rank 1 or more, not ${formatDims(a)} and ${formatDims(b)}`,
    );
  }
  const left = a.length === 1 ? [1, ...a] : a;
  const right = b.length === 1 ? [...b, 1] : b;
  const rows = left[left.length - 2] as Dim;
  const depth = left[left.length - 1] as Dim;
  const rightDepth = right[right.length - 2] as Dim;
  const columns = right[right.length - 1] as Dim;
  if (typeof depth === 'number' && typeof rightDepth === 'number' && depth !== rightDepth) {
    throw new WgconvError(
      'invalid-shape',
      `${formatDims(a)} and ${formatDims(b)} do not multiply: ${depth} columns meet ${rightDepth} rows`,
    );
  }
  const batch = broadcastDims(left.slice(0, -2), right.slice(0, -2));
  return {
    left,
    right,
    batch,
    rows,
    columns,
    depth: typeof depth === 'number' ? depth : rightDepth,
    result: [...batch, ...(a.length === 1 ? [] : [rows]), ...(b.length === 1 ? [] : [columns])],
  };
}

export type MatMulAttributes = Readonly<Record<string, never>>;
