/** `drawTensor`: a tensor's channels on a canvas, without leaving the GPU where they live there. */

import { WgconvError } from '../core/errors.ts';
import { refuseUnknown } from '../core/refuse-unknown.ts';
import { Tensor } from '../core/tensor.ts';
import { drawOnGpu, type GpuDrawing } from './draw-gpu.ts';
import { drawPixels } from './draw-pixels.ts';
import { deviceOf, type ImageDevice, type OnDevice } from './gpu.ts';
import { type MapDrawing, type MapGrid, type MapOptions, mapOptions, planMaps } from './maps.ts';
import { numbersOf } from './numbers.ts';

export type Canvas = HTMLCanvasElement | OffscreenCanvas;

export interface DrawOptions extends MapOptions, OnDevice {}

/** One of several drawings. */
export interface DrawItem extends MapOptions {
  readonly tensor: Tensor;
  readonly canvas: Canvas;
}

/**
 * Draws the channels of an image tensor as a grid of maps, and sets the canvas's size to the grid's.
 *
 * With `session` or `device` the canvas becomes a WebGPU one and the tensor stays where it is; a
 * tensor on the CPU is uploaded. Without them the tensor must live on the CPU, and the canvas becomes
 * a 2D one: the colours are the same. A canvas can be only one of both, for good.
 *
 * @throws WgconvError `wrong-shape`, `wrong-type`, `invalid-argument`, `limit-exceeded`
 */
export async function drawTensor(
  tensor: Tensor,
  canvas: Canvas,
  options: DrawOptions = {},
): Promise<MapGrid> {
  refuseUnknown('option of drawTensor()', options, { ...mapOptions, device: true, session: true });
  const { device, session, ...maps } = options;
  const [grid] = await draw([{ ...maps, tensor, canvas }], { device, session });
  return grid as MapGrid;
}

/** Draws several tensors, each on its canvas, in one submission to the GPU. */
export async function drawTensors(
  items: readonly DrawItem[],
  on: OnDevice = {},
): Promise<MapGrid[]> {
  refuseUnknown('option of drawTensors()', on, { device: true, session: true });
  if (!Array.isArray(items)) {
    throw new WgconvError('invalid-argument', 'drawTensors() takes a list of { tensor, canvas }');
  }
  for (const item of items) {
    refuseUnknown('option of a drawing', item, { ...mapOptions, tensor: true, canvas: true });
  }
  if (new Set(items.map(({ canvas }) => canvas)).size < items.length) {
    throw new WgconvError('invalid-argument', 'one canvas is in the list twice');
  }
  return draw(items, on);
}

async function draw(items: readonly DrawItem[], on: OnDevice): Promise<MapGrid[]> {
  const found = deviceOf(on);
  const gpu = found instanceof Promise ? await found : found;
  const planned = items.map((item) => {
    if (!(item.tensor instanceof Tensor)) {
      throw new WgconvError('invalid-argument', 'what is drawn must be a Tensor');
    }
    if (typeof item.canvas?.getContext !== 'function') {
      throw new WgconvError(
        'invalid-argument',
        'a tensor is drawn on a canvas element or an OffscreenCanvas',
      );
    }
    return { item, drawing: planMaps(item.tensor, item) };
  });
  const onGpu: GpuDrawing[] = [];
  for (const { item, drawing } of planned) {
    const made = place(item, drawing, gpu);
    if (made) onGpu.push(made);
  }
  if (gpu && onGpu.length > 0) await drawOnGpu(gpu, onGpu);
  return planned.map(({ drawing }) => drawing.grid);
}

/** Draws with the CPU at once, or says what is to be drawn on the GPU. */
function place(
  { tensor, canvas }: DrawItem,
  drawing: MapDrawing,
  gpu: ImageDevice | undefined,
): GpuDrawing | undefined {
  const onCpu = tensor.location === 'cpu';
  if (!gpu && !onCpu) {
    throw new WgconvError(
      'invalid-argument',
      'this tensor lives on the GPU: give { session } of the session that made it, or { device }',
    );
  }
  const { width, height } = drawing.grid;
  const context = gpu && (canvas.getContext('webgpu') as GPUCanvasContext | null);
  // Setting a size, even the same, clears a canvas.
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  if (context) {
    const values = onCpu ? Float32Array.from(numbersOf(tensor.type, tensor.data)) : undefined;
    return { tensor, values, canvas, context, drawing };
  }
  const flat = onCpu ? (canvas.getContext('2d') as CanvasRenderingContext2D | null) : null;
  if (!flat) {
    throw new WgconvError(
      'invalid-argument',
      gpu
        ? 'this canvas gives no WebGPU context, for it has another one already; take a new canvas'
        : 'this canvas gives no 2D context, for it has another one already; take a new canvas, ' +
            'or give { session } where it was drawn on by WebGPU',
    );
  }
  const pixels = drawPixels(
    numbersOf(tensor.type, tensor.data),
    drawing,
  ) as Uint8ClampedArray<ArrayBuffer>;
  flat.putImageData(new ImageData(pixels, width, height), 0, 0);
  return undefined;
}
