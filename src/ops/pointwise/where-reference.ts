/** Oracle of Where. */

import { internal } from '../../core/errors.ts';
import type { ReferenceArray, ReferenceTensor } from '../../core/reference.ts';
import type { Reference } from '../operator.ts';
import { broadcastIndices } from './indices.ts';

export const whereReference: Reference<null> = ([condition, a, b], _, { outputs }) => {
  const [output] = outputs;
  if (!condition || !a || !b || !output) throw internal('Where lacks an input');
  const [atCondition, atA, atB] = [condition, a, b].map(({ dims }) =>
    broadcastIndices(dims, output.dims),
  ) as [Uint32Array, Uint32Array, Uint32Array];
  const length = atA.length;
  const takesA = (index: number): boolean =>
    Number(condition.value[atCondition[index] as number]) !== 0;
  const pick = (of: (tensor: ReferenceTensor) => ReferenceArray, index: number): number | bigint =>
    (takesA(index) ? of(a)[atA[index] as number] : of(b)[atB[index] as number]) as number | bigint;
  const values = (tensor: ReferenceTensor): ReferenceArray => tensor.value;
  if (a.value instanceof Float64Array) {
    return [
      { value: Float64Array.from({ length }, (_element, index) => pick(values, index) as number) },
    ];
  }
  const value =
    a.value instanceof BigUint64Array ? new BigUint64Array(length) : new BigInt64Array(length);
  for (let index = 0; index < length; index++) value[index] = pick(values, index) as bigint;
  return [{ value }];
};
