/** `imageToTensor`: pictures of a page as a model's input, on the GPU without passing the CPU. */

import { WgconvError } from '../core/errors.ts';
import { Tensor } from '../core/tensor.ts';
import { boundBuffer, deviceOf, type ImageDevice } from './gpu.ts';
import type { Placement } from './placement.ts';
import { normalise } from './preprocessing.ts';
import { type Picture, resample } from './resample.ts';
import { fitsSampling, sampleOnGpu } from './sample-gpu.ts';
import { checkNames, type ImageToTensorOptions, type Sampling, samplingOf } from './sampling.ts';
import { type ImageSource, type OpenSource, openSource, readPixels } from './source.ts';

export interface ImageTensor {
  /**
   * float32, a batch of one; on the GPU where a device was given, and then the caller's to dispose. It
   * is `into` where that was given.
   */
  readonly tensor: Tensor;
  /** Which part of the picture is where; `toPicture(placement, box)` takes boxes back. */
  readonly placement: Placement;
}

/**
 * A picture as a tensor of numbers. Resampling is bilinear with half-pixel centres; where it shrinks,
 * every pixel is the mean of all that it covers, weighted by a triangle (antialiased).
 *
 * With `session` or `device` one kernel does all of it on the GPU and the tensor stays there; without
 * them (or on a session of the `cpu` backend) the CPU makes the same numbers within 2/255 of a colour.
 *
 * ```ts
 * const { tensor } = await imageToTensor(video, { session, width: 224, height: 224, ...presets.imagenet });
 * const { output } = await session.run({ input: tensor });
 * await imageToTensor(video, { session, into: tensor, ...presets.imagenet }); // the next frame
 * ```
 *
 * @throws WgconvError `invalid-image` where there is no picture or the page may not read it,
 * `invalid-argument`, `wrong-shape`, `limit-exceeded`, `out-of-memory`; the reason of `signal`
 */
export async function imageToTensor(
  source: ImageSource,
  options: ImageToTensorOptions = {},
): Promise<ImageTensor> {
  checkNames(options);
  options.signal?.throwIfAborted();
  const found = deviceOf(options);
  const gpu = found instanceof Promise ? await found : found;
  const open = await openSource(source);
  try {
    options.signal?.throwIfAborted();
    const sampling = samplingOf(open, options);
    checkPlace(options.into, gpu ? 'gpu-buffer' : 'cpu');
    const tensor =
      gpu && fitsSampling(gpu.device, open, sampling)
        ? await sampleOnGpu(gpu, open, sampling, options)
        : await onCpu(open, sampling, gpu, options.into);
    return { tensor, placement: sampling.placement };
  } finally {
    open.close();
  }
}

function checkPlace(into: Tensor | undefined, location: Tensor['location']): void {
  if (!into || into.location === location) return;
  throw new WgconvError(
    'invalid-argument',
    location === 'cpu'
      ? 'into lives on the GPU: give { session } or { device }, too'
      : 'into lives on the CPU, and the tensor is to be on the GPU: make the first one without into',
  );
}

async function onCpu(
  open: OpenSource,
  sampling: Sampling,
  gpu: ImageDevice | undefined,
  into: Tensor | undefined,
): Promise<Tensor> {
  const picture = arrange(readPixels(open, sampling.background), sampling);
  const values = Float32Array.from(normalise(picture, sampling, sampling.channelsLast));
  if (gpu) {
    return gpu.watch('the numbers of the picture cannot be written to the GPU', () => {
      const buffer = into ? boundBuffer(into) : gpu.storage(values.byteLength);
      gpu.device.queue.writeBuffer(buffer, 0, values);
      return into ?? gpu.tensor(buffer, sampling.dims);
    });
  }
  if (!into) return new Tensor('float32', values, sampling.dims);
  (into.data as Float32Array).set(values);
  return into;
}

/** The picture's part at its place, the rest filled. */
function arrange(picture: Picture, { placement, size, fill }: Sampling): Picture {
  const { source, target } = placement;
  const part = resample(picture, source, target.width, target.height);
  if (target.width === size.width && target.height === size.height) return part;
  const pixels = new Float32Array(size.width * size.height * 3);
  for (let at = 0; at < pixels.length; at++) pixels[at] = fill[at % 3] as number;
  for (let y = 0; y < target.height; y++) {
    const row = part.pixels.subarray(y * target.width * 3, (y + 1) * target.width * 3);
    pixels.set(row, ((target.top + y) * size.width + target.left) * 3);
  }
  return { ...size, pixels };
}
