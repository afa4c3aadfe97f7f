/** Raw device bytes as dense host tensors, and the check that C4's unused lanes are zero. */

import { channelBlocks } from '../../shaders/lib/layout.ts';
import { sizeOf } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';
import { elementBytes } from '../ops/device-tensor.ts';
import type { PlannedValue } from '../plan/plan.ts';
import { fromDeviceBytes } from './words.ts';

export interface RawTensor {
  readonly tensor: HostTensor;
  /** Unused lanes of the last channel block that are not zero. */
  readonly dirtyLanes: number;
}

/**
 * The value as it lies on the device: float16 is float32 where the device has no `shader-f16`, and
 * is not rounded between nodes.
 */
export function asStored(value: PlannedValue): PlannedValue {
  return value.type === 'float16' && value.element === 'f32'
    ? { ...value, type: 'float32' }
    : value;
}

/** A captured buffer of a planned value in the model's own dense order. */
export function rawTensor(value: PlannedValue, bytes: Uint8Array): RawTensor {
  const size = sizeOf(value.dims);
  if (value.layout === 'linear') {
    return {
      tensor: fromDeviceBytes(bytes, value.element, value.type, value.dims, size),
      dirtyLanes: 0,
    };
  }
  const width = elementBytes(value.element);
  const [batch = 1, channels = 1, ...spatial] = value.dims;
  const pixels = sizeOf(spatial);
  const blocks = channelBlocks(channels);
  const source = width === 2 ? new Uint16Array(bytes.buffer) : new Uint32Array(bytes.buffer);
  const dense = width === 2 ? new Uint16Array(size) : new Uint32Array(size);
  let dirtyLanes = 0;
  for (let image = 0; image < batch; image++) {
    for (let channel = 0; channel < blocks * 4; channel++) {
      const from = (image * blocks + (channel >> 2)) * pixels * 4 + (channel & 3);
      if (channel >= channels) {
        // -0 is zero, too.
        const sign = width === 2 ? 0x7fff : 0x7fffffff;
        for (let pixel = 0; pixel < pixels; pixel++) {
          if (((source[from + pixel * 4] as number) & sign) !== 0) dirtyLanes++;
        }
        continue;
      }
      const to = (image * channels + channel) * pixels;
      for (let pixel = 0; pixel < pixels; pixel++) {
        dense[to + pixel] = source[from + pixel * 4] as number;
      }
    }
  }
  return {
    tensor: fromDeviceBytes(
      new Uint8Array(dense.buffer),
      value.element,
      value.type,
      value.dims,
      size,
    ),
    dirtyLanes,
  };
}
