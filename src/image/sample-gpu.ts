/** Pictures become tensors on the GPU: copied to a texture, resampled and normalised by one kernel. */

import type { Kernel } from '../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../shaders/lib/words.ts';
import { sampleImage } from '../../shaders/sample_image.ts';
import { sizeOf } from '../core/shape.ts';
import type { Tensor } from '../core/tensor.ts';
import { type ImageDevice, uniformBlock } from './gpu.ts';
import type { Size } from './placement.ts';
import { ofChannel, shares } from './preprocessing.ts';
import { dimsOf, type Sampling } from './sampling.ts';
import { isForbidden, isPixels, type OpenSource, readingError, rgbaOf } from './source.ts';

/** Some adapters end loops silently after so many turns. */
const mostIterations = 65535;

/** Whether the picture fits a texture, and shrinks by no more than a kernel's loops may turn. */
export function fitsSampling(device: GPUDevice, picture: Size, sampling: Sampling): boolean {
  const limit = device.limits.maxTextureDimension2D;
  const turns = sampleImage.iterations?.({ over: true }, uniformsOf(sampling)) ?? 0;
  return picture.width <= limit && picture.height <= limit && turns <= mostIterations;
}

export async function sampleOnGpu(
  gpu: ImageDevice,
  open: OpenSource,
  sampling: Sampling,
): Promise<Tensor> {
  const over = sampling.background !== 'none';
  const { pipeline, layout } = await gpu.pipeline(sampleImage as unknown as Kernel, { over });
  const { device } = gpu;
  const dims = dimsOf(sampling);
  const { width, height } = sampling.size;
  return gpu.watch('WebGPU does not take this picture', () => {
    const texture = gpu.texture(open);
    copyToTexture(device, open, texture);
    const result = gpu.storage(sizeOf(dims) * 4);
    const block = uniformBlock(sampleImage as unknown as Kernel, uniformsOf(sampling));
    const uniforms = gpu.kept(
      'sampling',
      () => new Uint8Array(block.length),
      GPUBufferUsage.UNIFORM,
    );
    device.queue.writeBuffer(uniforms, 0, block);
    const group = device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: { buffer: uniforms } },
        { binding: 1, resource: texture.createView() },
        { binding: 2, resource: { buffer: result } },
      ],
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...lineWorkgroups(width * height));
    pass.end();
    device.queue.submit([encoder.finish()]);
    return gpu.tensor(result, dims);
  });
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
