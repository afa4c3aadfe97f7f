/**
 * Draws tensors on the GPU: a kernel makes the pixels, and they are copied to the canvas's texture.
 * A fragment shader would do it in one step, but on some adapters of compatibility mode it cannot
 * read storage buffers.
 */

import { drawMaps } from '../../shaders/draw_maps.ts';
import { extent } from '../../shaders/extent.ts';
import { foldWorkgroups, type Kernel } from '../../shaders/lib/kernel.ts';
import { lineSize, lineWorkgroups } from '../../shaders/lib/words.ts';
import { WgconvError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor.ts';
import type { CompiledKernel } from '../gpu/pipelines.ts';
import { nanColor, premultipliedWord } from './color-map.ts';
import { boundBuffer, type ImageDevice, type KeptGroup, keptGroup, uniformBlock } from './gpu.ts';
import type { MapDrawing } from './maps.ts';

/** One tensor to draw; the values instead of a buffer where it lives on the CPU. */
export interface GpuDrawing {
  readonly tensor: Tensor;
  readonly values: Float32Array<ArrayBuffer> | undefined;
  readonly canvas: HTMLCanvasElement | OffscreenCanvas;
  readonly context: GPUCanvasContext;
  readonly drawing: MapDrawing;
}

/** Parts that an image's values are measured in, at most. */
const mostParts = 64;

/** In one submission. @throws WgconvError where WebGPU takes a tensor or a canvas not */
export async function drawOnGpu(gpu: ImageDevice, items: readonly GpuDrawing[]): Promise<void> {
  for (const { tensor, values, drawing } of items) {
    if (!values) checkTensor(tensor);
    checkSize(gpu.device, drawing);
  }
  const compiled = await Promise.all(items.map(({ drawing }) => compile(gpu, drawing)));
  // From here on all in one go: a canvas's texture is gone when the page comes to its next task.
  const states = items.map((item) => CanvasState.of(gpu, item.canvas, item.context));
  const complaint =
    'WebGPU does not draw this: a tensor is drawn by the device that it lives on, ' +
    'so give { session } of the session that made it';
  await gpu
    .watch(complaint, () => {
      const encoder = gpu.device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      items.forEach((item, at) => {
        (states[at] as CanvasState).encode(pass, item, compiled[at] as Compiled);
      });
      pass.end();
      for (const [at, { drawing }] of items.entries()) states[at]?.copy(encoder, drawing);
      gpu.device.queue.submit([encoder.finish()]);
    })
    .catch((error: unknown) => {
      for (const state of states) state.forget();
      throw error;
    });
}

interface Compiled {
  readonly draw: CompiledKernel;
  readonly measure: CompiledKernel | undefined;
  readonly join: CompiledKernel | undefined;
}

async function compile(gpu: ImageDevice, { rgb, range }: MapDrawing): Promise<Compiled> {
  const measured = typeof range === 'string';
  const [draw, measure, join] = await Promise.all([
    gpu.pipeline(drawMaps as unknown as Kernel, { colors: rgb ? 'rgb' : 'maps' }),
    measured ? gpu.pipeline(extent as unknown as Kernel, { stage: 'values' }) : undefined,
    measured ? gpu.pipeline(extent as unknown as Kernel, { stage: 'parts' }) : undefined,
  ]);
  return { draw, measure, join };
}

/** A lifetime: what a canvas needs for each drawing, made when first needed or too small. */
class CanvasState {
  readonly #gpu: ImageDevice;
  readonly #context: GPUCanvasContext;
  readonly #format: GPUTextureFormat;
  readonly #buffers = new Map<string, GPUBuffer>();
  readonly #written = new Map<string, string>();
  readonly #groups = new Map<string, KeptGroup>();

  private constructor(gpu: ImageDevice, context: GPUCanvasContext) {
    this.#gpu = gpu;
    this.#context = context;
    this.#format = navigator.gpu.getPreferredCanvasFormat();
    context.configure({
      device: gpu.device,
      format: this.#format,
      alphaMode: 'premultiplied',
      usage: GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
    });
  }

  static of(gpu: ImageDevice, canvas: object, context: GPUCanvasContext): CanvasState {
    let state = canvases.get(canvas);
    if (!state || state.#gpu !== gpu) {
      state?.forget();
      state = new CanvasState(gpu, context);
      canvases.set(canvas, state);
    }
    return state;
  }

  encode(pass: GPUComputePassEncoder, item: GpuDrawing, { draw, measure, join }: Compiled): void {
    const { tensor, values, drawing } = item;
    const { view, grid, range } = drawing;
    const source = values ? this.#store('values', values) : tensor.gpuBuffer;
    const perChannel = range === 'channel';
    const groups = perChannel ? view.channels : 1;
    const size = (view.channels / groups) * view.height * view.width;
    const parts = Math.min(Math.ceil(size / (lineSize[0] * 8)), mostParts);
    const extents = this.#buffer('extents', groups * 8);
    if (typeof range !== 'string') {
      this.#write('extents', extents, Float32Array.from(range));
    } else if (measure && join) {
      this.#written.delete('extents');
      // An image's values lie together in either layout, a channel's only in one.
      const [groupStride, stride] = perChannel ? [view.channelStride, view.columnStride] : [0, 1];
      const direct = parts === 1;
      const partial = direct ? extents : this.#buffer('partial', groups * parts * 8);
      const first = { groups, parts, size, start: view.start, groupStride, stride };
      const workgroups = foldWorkgroups(groups * parts);
      this.#run(pass, 'measure', extent, measure, first, [source, partial], workgroups);
      if (!direct) {
        const second = { groups, parts: 1, size: parts, start: 0, groupStride: parts, stride: 1 };
        const each = foldWorkgroups(groups);
        this.#run(pass, 'join', extent, join, second, [partial, extents], each);
      }
    }
    const { width, height } = grid;
    const pitch = pitchOf(width);
    const uniforms = {
      ...{ count: width * height, width, pitch, maps: drawing.maps, columns: grid.columns },
      ...{ mapWidth: view.width, mapHeight: view.height, gap: grid.gap, scale: grid.scale },
      ...{ start: view.start, channelStride: view.channelStride, rowStride: view.rowStride },
      columnStride: view.columnStride,
      perChannel: Number(perChannel),
      symmetric: Number(drawing.symmetric),
      last: drawing.palette.length / 4 - 1,
      gapColor: premultipliedWord(drawing.gapColor),
      nanColor: premultipliedWord(nanColor),
      blueFirst: Number(this.#format === 'bgra8unorm'),
    };
    const buffers = [
      ...[source, extents, this.#palette(drawing.palette)],
      this.#store('channels', Uint32Array.from(grid.channels)),
      this.#buffer('pixels', pitch * height * 4),
    ];
    this.#run(pass, 'draw', drawMaps, draw, uniforms, buffers, lineWorkgroups(width * height));
  }

  copy(encoder: GPUCommandEncoder, { grid: { width, height } }: MapDrawing): void {
    encoder.copyBufferToTexture(
      { buffer: this.#buffer('pixels', 0), bytesPerRow: pitchOf(width) * 4 },
      { texture: this.#context.getCurrentTexture() },
      [width, height],
    );
  }

  /** After an error nothing that was made is trusted. */
  forget(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    for (const map of [this.#buffers, this.#written, this.#groups]) map.clear();
  }

  #run(
    pass: GPUComputePassEncoder,
    step: string,
    kernel: unknown,
    { pipeline, layout }: CompiledKernel,
    uniforms: Readonly<Record<string, number>>,
    buffers: readonly GPUBuffer[],
    workgroups: readonly [number, number, number],
  ): void {
    const block = uniformBlock(kernel as Kernel, uniforms);
    const bound = [this.#store(`${step} uniforms`, block, GPUBufferUsage.UNIFORM), ...buffers];
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, keptGroup(this.#gpu.device, this.#groups, step, layout, bound));
    pass.dispatchWorkgroups(...workgroups);
  }

  #palette(palette: Uint8ClampedArray): GPUBuffer {
    return this.#gpu.kept(palette.join(), () => {
      const words = Uint32Array.from({ length: palette.length / 4 }, (_, step) => {
        const [red = 0, green = 0, blue = 0, alpha = 0] = palette.subarray(step * 4, step * 4 + 4);
        return premultipliedWord([red, green, blue, alpha]);
      });
      return new Uint8Array(words.buffer);
    });
  }

  /** The buffer of that name, written where it holds something else. */
  #store(name: string, data: GpuData, usage = 0): GPUBuffer {
    const buffer = this.#buffer(name, data.byteLength, usage);
    this.#write(name, buffer, data);
    return buffer;
  }

  #write(name: string, buffer: GPUBuffer, data: GpuData): void {
    const small = data.byteLength <= 4096;
    const text = small ? data.join() : '';
    if (small && this.#written.get(name) === text) return;
    this.#gpu.device.queue.writeBuffer(buffer, 0, data);
    this.#written.set(name, text);
  }

  #buffer(name: string, bytes: number, usage?: number): GPUBuffer {
    let buffer = this.#buffers.get(name);
    if (!buffer || buffer.size < bytes) {
      buffer?.destroy();
      this.#written.delete(name);
      buffer = this.#gpu.storage(bytes, usage);
      this.#buffers.set(name, buffer);
    }
    return buffer;
  }
}

type GpuData = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

const canvases = new WeakMap<object, CanvasState>();

/** Pixels of a row in memory: WebGPU copies rows of whole 256 bytes. */
function pitchOf(width: number): number {
  return Math.ceil(width / 64) * 64;
}

function checkTensor(tensor: Tensor): void {
  if (tensor.type !== 'float32') {
    throw new WgconvError(
      'wrong-type',
      `a tensor on the GPU is drawn where its elements are float32, and these are ${tensor.type}; ` +
        'take it to the CPU (await tensor.getData())',
    );
  }
  boundBuffer(tensor);
}

function checkSize(device: GPUDevice, { grid: { width, height } }: MapDrawing): void {
  const limit = device.limits.maxTextureDimension2D;
  if (width <= limit && height <= limit) return;
  throw new WgconvError(
    'limit-exceeded',
    `the drawing is ${width}×${height} pixels, but this device's textures reach ${limit}: ` +
      'choose fewer channels, other columns or a smaller scale',
    { data: { width, height, limit } },
  );
}
