/** A picture, or what a camera shows just now, as pixels of a bounded size. */

import type { Picture } from '../../lib/pictures.ts';
import type { Pixels } from './pixels.ts';

/** The whole of it, its long side at most `longest`. */
export function capture({ source }: Picture, longest: number): ImageData {
  const [width, height] =
    source instanceof HTMLVideoElement
      ? [source.videoWidth, source.videoHeight]
      : [source.width, source.height];
  const scale = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('the browser gave no canvas to draw on');
  context.imageSmoothingQuality = 'high';
  // Where a picture is transparent, the networks shall see paper.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** A copy whose bytes may be given away. */
export function copyOf({ width, height, data }: Pixels): Pixels {
  return { width, height, data: data.slice() };
}

/** Draws pixels on a canvas, which takes their size. */
export function paint(canvas: HTMLCanvasElement, { width, height, data }: Pixels): void {
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d')?.putImageData(new ImageData(data as ImageDataArray, width, height), 0, 0);
}
