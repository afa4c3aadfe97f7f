/** The oracle of CenterCropPad: it copies the centre of the input to the centre of zeros. */

import { WgconvError } from '../../core/errors.ts';
import { allocateLike } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Reference } from '../operator.ts';

export const centerCropPadReference: Reference<unknown> = ([x], _, { outputs: [y] }) => {
  if (!x || !y) throw new WgconvError('missing-input', 'CenterCropPad needs input_data');
  const value = allocateLike(x.value, sizeOf(y.dims));
  for (let index = 0; index < value.length; index++) {
    let rest = index;
    let from = 0;
    let stride = 1;
    let isInside = true;
    for (let axis = y.dims.length - 1; axis >= 0; axis--) {
      const [own, wanted] = [x.dims[axis] as number, y.dims[axis] as number];
      const at = rest % wanted;
      rest = Math.floor(rest / wanted);
      // Half of what is too much is cut in front, or half of what is missing stays zero there.
      const shifted =
        own >= wanted ? at + Math.floor((own - wanted) / 2) : at - Math.floor((wanted - own) / 2);
      isInside &&= shifted >= 0 && shifted < own;
      from += shifted * stride;
      stride *= own;
    }
    if (isInside) value[index] = x.value[from] as number & bigint;
  }
  return [{ value }];
};
