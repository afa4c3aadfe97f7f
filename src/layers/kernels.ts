/** Kernels of Keras's layouts as ONNX has them. */

/** [height, width, a, b] */
export type KernelShape = readonly [number, number, number, number];

export interface Kernel {
  readonly shape: KernelShape;
  readonly data: Float32Array;
}

export type Converted = [dims: readonly number[], data: Float32Array];

/** [height, width, a, b] as [b, a, height, width]: Conv's, and ConvTranspose's of [.., out, in]. */
export function kernelFirst({ shape: [height, width, depth, filters], data }: Kernel): Converted {
  const result = new Float32Array(data.length);
  const taps = height * width;
  for (let tap = 0; tap < taps; tap++) {
    for (let channel = 0; channel < depth; channel++) {
      for (let filter = 0; filter < filters; filter++) {
        result[(filter * depth + channel) * taps + tap] = data[
          (tap * depth + channel) * filters + filter
        ] as number;
      }
    }
  }
  return [[filters, depth, height, width], result];
}

/** [height, width, in, multiplier] as [in · multiplier, 1, height, width]. */
export function depthwiseFirst({ shape, data }: Kernel): Converted {
  const [height, width, channels, multiplier] = shape;
  return kernelFirst({ shape: [height, width, 1, channels * multiplier], data });
}

/** The kernel over all channels, zero where a filter is not connected. */
export function spreadConnections(
  data: Float32Array,
  [height, width, seen, filters]: KernelShape,
  connections: readonly (readonly number[])[],
  channels: number,
): Kernel {
  const result = new Float32Array(height * width * channels * filters);
  for (let tap = 0; tap < height * width; tap++) {
    connections.forEach((list, filter) => {
      list.forEach((channel, index) => {
        result[(tap * channels + channel) * filters + filter] = data[
          (tap * seen + index) * filters + filter
        ] as number;
      });
    });
  }
  return { shape: [height, width, channels, filters], data: result };
}

/** [pixels, channels] as [channels, pixels]. */
export function channelsFirst(values: Float32Array, pixels: number, channels: number) {
  return kernelFirst({ shape: [pixels, 1, 1, channels], data: values })[1];
}
