/** The oracle of MaxUnpool: y is zero but for y[I[i]] = x[i], indices counting in all of y. */

import { WgconvError } from '../../core/errors.ts';
import { allocateLike } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import { checkPlace } from '../indices.ts';
import type { Reference } from '../operator.ts';

export const maxUnpoolReference: Reference<unknown> = ([x, indices], _, { outputs: [y] }) => {
  if (!x || !indices || !y) throw new WgconvError('missing-input', 'MaxUnpool needs X and I');
  const size = sizeOf(y.dims);
  const value = allocateLike(x.value, size);
  x.value.forEach((own: number | bigint, index: number) => {
    const at = Number(indices.value[index]);
    checkPlace(at, size);
    value[at] = own as number & bigint;
  });
  return [{ value }];
};
