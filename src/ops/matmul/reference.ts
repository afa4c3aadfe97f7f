/** The oracle of MatMul. */

import { isFloat } from '../../core/dtype.ts';
import { referenceArray } from '../../core/reference.ts';
import { broadcastStrides, sizeOf, stridesOf } from '../../core/shape.ts';
import { dot, integerDot, storeInteger, withSlack } from '../gemm/reference.ts';
import type { Reference } from '../operator.ts';
import { type MatMulAttributes, matMulSizes } from './sizes.ts';

export const matMulReference: Reference<MatMulAttributes> = ([a, b], _, context) => {
  if (!a || !b) throw new TypeError('MatMul takes A and B');
  const sizes = matMulSizes(a.dims, b.dims);
  const batch = sizes.batch.map(Number);
  const [rows, columns, depth] = [sizes.rows, sizes.columns, sizes.depth].map(Number) as [
    number,
    number,
    number,
  ];
  const aBatch = broadcastStrides(sizes.left.slice(0, -2).map(Number), batch);
  const bBatch = broadcastStrides(sizes.right.slice(0, -2).map(Number), batch);
  const batchStrides = stridesOf(batch);

  const size = sizeOf(batch) * rows * columns;
  const value = referenceArray(a.type, size);
  const magnitude = new Float64Array(size);
  const slack = new Float64Array(size);
  for (let element = 0; element < sizeOf(batch); element++) {
    let [aMatrix, bMatrix] = [0, 0];
    batch.forEach((length, axis) => {
      const at = Math.floor(element / (batchStrides[axis] as number)) % length;
      aMatrix += at * (aBatch[axis] as number);
      bMatrix += at * (bBatch[axis] as number);
    });
    for (let row = 0; row < rows; row++) {
      const aLine = { first: (aMatrix * rows + row) * depth, step: 1 };
      for (let column = 0; column < columns; column++) {
        const bLine = { first: bMatrix * depth * columns + column, step: columns };
        const index = (element * rows + row) * columns + column;
        if (!isFloat(a.type)) {
          storeInteger(value, index, integerDot(a.value, aLine, b.value, bLine, depth), a.type);
          continue;
        }
        const sum = dot(a, aLine, b, bLine, depth, context.single);
        value[index] = sum.value;
        magnitude[index] = sum.magnitude;
        slack[index] = sum.slack;
      }
    }
  }
  if (!isFloat(a.type)) return [{ value }];
  return [withSlack({ value, magnitude, terms: depth + (a.terms ?? 0) + (b.terms ?? 0) }, slack)];
};
