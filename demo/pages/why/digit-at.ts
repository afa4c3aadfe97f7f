/** A shipped digit as the networks take it. */

import { loadImage } from '../../lib/pictures.ts';
import { pixels, side } from './pose.ts';

/** The grey values, 0 to 1, of the picture at an address: [28, 28]. */
export async function digitAt(url: string): Promise<Float32Array> {
  const canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
  context.drawImage(await loadImage(url), 0, 0, side, side);
  const { data } = context.getImageData(0, 0, side, side);
  return Float32Array.from({ length: pixels }, (_, at) => (data[at * 4] ?? 0) / 255);
}
