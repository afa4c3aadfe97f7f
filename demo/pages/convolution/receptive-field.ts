/** What layers stacked on each other see, hold and cost. Strides are one. */

/** Cells along one axis of the input that one cell of the last of so many layers sees. */
export function receptiveField(kernel: number, layers: number): number {
  return layers * (kernel - 1) + 1;
}

/** Size of the map after each layer, the input first; it ends where nothing is left. */
export function shrinkingSizes(size: number, kernel: number, layers: number): number[] {
  const sizes = [size];
  for (let layer = 1; layer <= layers; layer++) {
    const left = size - layer * (kernel - 1);
    if (left < 1) break;
    sizes.push(left);
  }
  return sizes;
}

/** Weights of so many layers that take and give the same number of channels, without biases. */
export function stackWeights(kernel: number, layers: number, channels: number): number {
  return layers * kernel * kernel * channels * channels;
}

/** Multiplications (each with an addition) that such layers do over maps of one size. */
export function stackProducts(
  kernel: number,
  layers: number,
  channels: number,
  pixels: number,
): number {
  return stackWeights(kernel, layers, channels) * pixels;
}

/**
 * The one kernel that does what two do after each other with nothing between: the full convolution
 * of the two, of the size a + b − 1. Networks correlate (they do not flip the kernel), and so do both.
 */
export function composeKernels(
  first: readonly number[],
  second: readonly number[],
): readonly number[] {
  const a = Math.sqrt(first.length);
  const b = Math.sqrt(second.length);
  const size = a + b - 1;
  const composed = new Array<number>(size * size).fill(0);
  for (const [at, outer] of second.entries()) {
    for (const [on, inner] of first.entries()) {
      const x = (at % b) + (on % a);
      const y = Math.floor(at / b) + Math.floor(on / a);
      composed[y * size + x] = (composed[y * size + x] as number) + outer * inner;
    }
  }
  return composed;
}
