/** How a tensor is stored on the device: element, bytes. */

import type { Element } from '../../shaders/lib/kernel.ts';
import { c4Elements } from '../../shaders/lib/layout.ts';
import { type DataType, kindOf } from '../core/dtype.ts';
import { sizeOf } from '../core/shape.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import type { Layout } from '../graph/graph.ts';
import type { DeviceTensor } from './operator.ts';

/**
 * The element that stores a type on a device: narrow integers are widened (kernels wrap them),
 * bool is 0/1, int64 exists only as an index, float16 without `shader-f16` is float32.
 */
export function elementFor(type: DataType, caps: Pick<DeviceCaps, 'f16'>): Element {
  if (type === 'float16') return caps.f16 ? 'f16' : 'f32';
  switch (kindOf(type)) {
    case 'float':
      return 'f32';
    case 'int':
      return 'i32';
    default:
      return 'u32';
  }
}

export function elementBytes(element: Element): number {
  return element === 'f16' ? 2 : 4;
}

/** Bytes of a buffer of at least so many, in whole vec4 of 32 bits. */
export function align16(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16);
}

/** Bytes of a tensor in GPU memory, padding lanes included. */
export function deviceBytes(tensor: {
  readonly dims: readonly number[];
  readonly layout: Layout;
  readonly element: Element;
}): number {
  const elements = tensor.layout === 'c4' ? c4Elements(tensor.dims) : sizeOf(tensor.dims);
  return align16(elements * elementBytes(tensor.element));
}

/** Bytes of tensors read or written once. */
export function tensorBytes(...tensors: readonly (DeviceTensor | undefined)[]): number {
  return tensors.reduce((sum, tensor) => sum + (tensor ? deviceBytes(tensor) : 0), 0);
}

/** WGSL scalar with which an element is computed: sums of f16 are f32. */
export function computeType(element: Element): 'f32' | 'i32' | 'u32' {
  return element === 'f16' ? 'f32' : element;
}

export function deviceTensor(
  type: DataType,
  dims: readonly number[],
  layout: Layout,
  caps: Pick<DeviceCaps, 'f16'>,
): DeviceTensor {
  return { type, dims, layout, element: elementFor(type, caps) };
}
