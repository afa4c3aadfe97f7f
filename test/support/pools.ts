/** A network whose answer is known without computing it, of as many nodes as a test wants. */

import { Tensor } from '../../src/index.ts';
import { encodeModel } from './onnx-writer.ts';

/** y is the greatest x within `count` pixels, by as many nodes that fuse with nothing. */
export function pools(count: number, side: number | string = 16): Uint8Array {
  return encodeModel({
    nodes: Array.from({ length: count }, (_, at) => ({
      ...{ op: 'MaxPool', inputs: [at === 0 ? 'x' : `v${at}`] },
      outputs: [at === count - 1 ? 'y' : `v${at + 1}`],
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    })),
    inputs: [{ name: 'x', dims: [1, 1, side, side] }],
    outputs: ['y'],
  });
}

/** A picture that is dark but for a square of this size in its corner. */
export function corner(value: number, size: number, side = 16): Tensor {
  const isIn = (at: number) => at % side < size && at < side * size;
  const data = Float32Array.from({ length: side ** 2 }, (_, at) => (isIn(at) ? value : 0));
  return new Tensor('float32', data, [1, 1, side, side]);
}

/** For `ceiling`: so slow a device that every node is a submission of its own. */
export const slowCeiling = { gflops: 1e-6, gbps: 1e-6, dispatchSeconds: 1, parallelism: 1 };
