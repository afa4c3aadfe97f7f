/** The oracle of TopK: rows sorted, the lower index first among equals. */

import { allocateLike, type ReferenceTensor } from '../../core/reference.ts';
import { normaliseAxis, sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';
import type { TopKAttributes } from './attributes.ts';

export const topKReference: Reference<TopKAttributes> = ([x], attributes, { outputs }) => {
  const { value, dims } = x as ReferenceTensor;
  const axis = normaliseAxis(attributes.axis, dims.length);
  const size = dims[axis] as number;
  const k = outputs[0]?.dims[axis] as number;
  const inner = sizeOf(dims.slice(axis + 1));
  const outer = sizeOf(dims.slice(0, axis));
  const values = allocateLike(value, outer * k * inner);
  const indices = new BigInt64Array(values.length);
  for (let row = 0; row < outer * inner; row++) {
    const [o, i] = [Math.floor(row / inner), row % inner];
    const at = (index: number) => value[(o * size + index) * inner + i] as number | bigint;
    const order = Array.from({ length: size }, (_, index) => index).sort((a, b) => {
      const compared = compare(at(a), at(b));
      return (attributes.largest ? -compared : compared) || a - b;
    });
    for (let place = 0; place < k; place++) {
      const to = (o * k + place) * inner + i;
      values[to] = at(order[place] as number) as number & bigint;
      indices[to] = BigInt(order[place] as number);
    }
  }
  return outputs.length > 1 ? [{ value: values }, { value: indices }] : [{ value: values }];
};

/** NaN is greater than every number. */
function compare(a: number | bigint, b: number | bigint): number {
  const [nanA, nanB] = [Number.isNaN(a), Number.isNaN(b)];
  if (nanA || nanB) return Number(nanA) - Number(nanB);
  return a < b ? -1 : a > b ? 1 : 0;
}
