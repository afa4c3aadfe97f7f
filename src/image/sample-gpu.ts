/**
 * Pictures become tensors on the GPU, resampled and normalised by one kernel. A video's frame is bound
 * as it is (an external texture); other pictures are copied to a texture.
 */

import type { Kernel } from '../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../shaders/lib/words.ts';
import { sampleImage } from '../../shaders/sample_image.ts';
import { WgconvError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';
import type { CompiledKernel } from '../gpu/pipelines.ts';
import {
  boundBuffer,
  entryOf,
  type ImageDevice,
  type KeptGroup,
  keptGroup,
  uniformBlock,
} from './gpu.ts';
import type { Size } from './placement.ts';
import { ofChannel, shares } from './preprocessing.ts';
import type { ImageToTensorOptions, Sampling } from './sampling.ts';
import { isForbidden, isPixels, isVideo, type OpenSource, readingError, rgbaOf } from './source.ts';

/** Some adapters end loops silently after so many turns. */
const mostIterations = 65535;

/** Whether the picture fits a texture, and shrinks by no more than a kernel's loops may turn. */
export function fitsSampling(device: GPUDevice, picture: Size, sampling: Sampling): boolean {
  const limit = device.limits.maxTextureDimension2D;
  const turns =
    sampleImage.iterations?.({ over: true, external: false }, uniformsOf(sampling)) ?? 0;
  return picture.width <= limit && picture.height <= limit && turns <= mostIterations;
}

/** Into the tensor that is given, or a new one. */
export async function sampleOnGpu(
  gpu: ImageDevice,
  open: OpenSource,
  sampling: Sampling,
  { into, signal }: Pick<ImageToTensorOptions, 'into' | 'signal'>,
): Promise<Tensor> {
  const { device } = gpu;
  const compile = async (external: boolean) => {
    const variant = { over: sampling.background !== 'none', external };
    const compiled = await gpu.pipeline(sampleImage as unknown as Kernel, variant);
    signal?.throwIfAborted();
    return compiled;
  };
  const complaint = into
    ? 'into is a tensor of another device, or WebGPU does not take this picture'
    : 'WebGPU does not take this picture';
  const { picture } = open;
  if (isVideo(picture) && 'importExternalTexture' in device) {
    const compiled = await compile(true).catch((error: unknown) => {
      // Not every WebGPU has external textures, and only its compiler says so (Naga's capabilities).
      if (error instanceof WgconvError && error.code === 'shader-error') return undefined;
      throw error;
    });
    const tensor =
      compiled &&
      (await gpu.watch(complaint, () => {
        const frame = importFrame(device, picture);
        return frame && sample(gpu, sampling, compiled, frame, into);
      }));
    if (tensor) return tensor;
  }
  const compiled = await compile(false);
  return gpu
    .watch(complaint, () => {
      const texture = gpu.texture(open);
      copyToTexture(device, open, texture);
      return sample(gpu, sampling, compiled, texture, into);
    })
    .catch((error: unknown) => {
      gpu.forgetTexture();
      throw error;
    });
}

/** Undefined in a browser that cannot hand over this frame, as Chrome on OpenGL ES. */
function importFrame(
  device: GPUDevice,
  source: HTMLVideoElement | VideoFrame,
): GPUExternalTexture | undefined {
  try {
    return device.importExternalTexture({ source });
  } catch (cause) {
    if (isForbidden(cause)) throw readingError(cause);
    return undefined;
  }
}

/** By the tensor's buffer. A group that binds a video's frame ends with the frame, and is not kept. */
const groups = new WeakMap<GPUBuffer, KeptGroup>();

function sample(
  gpu: ImageDevice,
  sampling: Sampling,
  { pipeline, layout }: CompiledKernel,
  image: GPUTexture | GPUExternalTexture,
  into: Tensor | undefined,
): Tensor {
  const { device } = gpu;
  const { width, height } = sampling.size;
  const result = into ? boundBuffer(into) : gpu.storage(sizeOf(sampling.dims) * 4);
  const block = uniformBlock(sampleImage as unknown as Kernel, uniformsOf(sampling));
  const uniforms = gpu.kept('sampling', () => new Uint8Array(block.length), GPUBufferUsage.UNIFORM);
  device.queue.writeBuffer(uniforms, 0, block);
  const group =
    'createView' in image
      ? keptGroup(device, groups, result, layout, [uniforms, image, result])
      : device.createBindGroup({ layout, entries: [uniforms, image, result].map(entryOf) });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  pass.dispatchWorkgroups(...lineWorkgroups(width * height));
  pass.end();
  device.queue.submit([encoder.finish()]);
  return into ?? gpu.tensor(result, sampling.dims);
}

function copyToTexture({ queue }: GPUDevice, open: OpenSource, texture: GPUTexture): void {
  const { picture, width, height } = open;
  const size = [width, height] as const;
  if (!isPixels(picture)) {
    try {
      const into = { texture, premultipliedAlpha: false };
      queue.copyExternalImageToTexture({ source: picture }, into, size);
      return;
    } catch (cause) {
      // A browser that cannot copy this kind of picture, as Chrome on OpenGL ES a video's, can draw it.
      if (isForbidden(cause)) throw readingError(cause);
    }
  }
  const data = rgbaOf(open) as Uint8Array<ArrayBuffer>;
  queue.writeTexture({ texture }, data, { bytesPerRow: width * 4 }, size);
}

function uniformsOf(sampling: Sampling) {
  const { placement, size, fill, background, channels, scale, mean, std } = sampling;
  const { source, target } = placement;
  const orders = shares[channels];
  const row = (channel: number): readonly [number, number, number, number] => {
    const [red, green, blue] = orders[channel] ?? [0, 0, 0];
    const factor = scale / ofChannel(std, channel);
    const shift = -ofChannel(mean, channel) / ofChannel(std, channel);
    return [red * factor, green * factor, blue * factor, shift];
  };
  const [behindRed, behindGreen, behindBlue] = background === 'none' ? [0, 0, 0] : background;
  const area = size.width * size.height;
  return {
    box: [source.left, source.top, source.width, source.height],
    rectangle: [target.left, target.top, target.width, target.height],
    fill: [fill[0], fill[1], fill[2], 255],
    background: [behindRed, behindGreen, behindBlue, 255],
    ...{ first: row(0), second: row(1), third: row(2) },
    count: area,
    width: size.width,
    channels: orders.length,
    channelStride: sampling.channelsLast ? 1 : area,
    pixelStride: sampling.channelsLast ? orders.length : 1,
  } as const;
}
