/** The oracles of Trilu and EyeLike. */

import { isBigInt } from '../../core/dtype.ts';
import { referenceArray } from '../../core/reference.ts';
import type { Reference } from '../operator.ts';
import type { EyeLikeAttributes, TriluAttributes } from './attributes.ts';

export const triluReference: Reference<TriluAttributes> = ([x, k], { upper }) => {
  if (!x) throw new TypeError('Trilu takes matrices');
  const [rows = 1, columns = 1] = x.dims.slice(-2);
  const diagonal = Number(k?.value[0] ?? 0);
  const value = x.value.slice();
  for (let index = 0; index < value.length; index++) {
    const right = (index % columns) - (Math.floor(index / columns) % rows);
    const stays = upper ? right >= diagonal : right <= diagonal;
    if (!stays) value[index] = isBigInt(x.type) ? 0n : 0;
  }
  return [{ value }];
};

export const eyeLikeReference: Reference<EyeLikeAttributes> = (_, { diagonal }, { outputs }) => {
  const [output] = outputs;
  if (!output) throw new TypeError('EyeLike makes an output');
  const [rows = 0, columns = 0] = output.dims;
  const value = referenceArray(output.type, rows * columns);
  for (let row = 0; row < rows; row++) {
    const column = row + diagonal;
    if (column >= 0 && column < columns) {
      value[row * columns + column] = isBigInt(output.type) ? 1n : 1;
    }
  }
  return [{ value }];
};
