/** Attributes that an operator of this folder and its reference share. */

import type { HostTensor } from '../../core/tensor.ts';

export interface ConstantAttributes {
  readonly value: HostTensor;
}
