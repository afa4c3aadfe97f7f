/** A picture as numbers: whole values from 0 to 255, a plane for grey and three for colours. */

import type { Picture } from './pictures.ts';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** [height, width] */
  readonly grey: Float32Array<ArrayBuffer>;
  /** [3, height, width] */
  readonly colour: Float32Array<ArrayBuffer>;
}

/** The planes that a network of so many channels reads: grey for 1, colours for 3. */
export const planesOf = (pixels: Pixels, channels: number) =>
  channels === 1 ? pixels.grey : pixels.colour;

/** A side shorter than this is stretched: the widest window of the pages, 7 × 7 dilated by 3, has 19. */
const leastSide = 24;

/** The size of a picture whose longer side gets at most `side` pixels. */
export function fittedSize(
  { width, height }: Pick<Picture, 'width' | 'height'>,
  side: number,
): { readonly width: number; readonly height: number } {
  const scale = Math.min(1, side / Math.max(width, height));
  const fitted = (length: number) => Math.max(leastSide, Math.round(length * scale));
  return { width: fitted(width), height: fitted(height) };
}

/** Draws a picture at its fitted size. */
export function fitPicture(
  picture: Pick<Picture, 'source' | 'width' | 'height'>,
  side: number,
  context: CanvasRenderingContext2D,
): void {
  const { canvas } = context;
  Object.assign(canvas, fittedSize(picture, side));
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture.source, 0, 0, canvas.width, canvas.height);
}

/** From RGBA bytes, row by row. */
export function toPixels(rgba: ArrayLike<number>, width: number, height: number): Pixels {
  const count = width * height;
  const grey = new Float32Array(count);
  const colour = new Float32Array(3 * count);
  for (let at = 0; at < count; at++) {
    const [red, green, blue] = [0, 1, 2].map((lane) => rgba[at * 4 + lane] as number) as [
      number,
      number,
      number,
    ];
    colour[at] = red;
    colour[count + at] = green;
    colour[2 * count + at] = blue;
    // Luma of ITU-R BT.601, as JPEG has it.
    grey[at] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
  }
  return { width, height, grey, colour };
}

/** A square of a picture, in pixels from its top left. */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** The square with another side, moved where it would reach beyond the picture. */
export function resizedCrop(
  { x, y }: Crop,
  size: number,
  picture: Pick<Pixels, 'width' | 'height'> = { width: size, height: size },
): Crop {
  const within = (at: number, room: number) => Math.min(at, Math.max(0, room - size));
  return { size, x: within(x, picture.width), y: within(y, picture.height) };
}

/** A rectangle of one plane or of several. */
export function cropPlanes(
  planes: ArrayLike<number>,
  size: { readonly width: number; readonly height: number },
  crop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): Float32Array<ArrayBuffer> {
  const count = planes.length / (size.width * size.height);
  const cut = new Float32Array(count * crop.width * crop.height);
  for (let at = 0; at < cut.length; at++) {
    const plane = Math.floor(at / (crop.width * crop.height));
    const y = crop.y + (Math.floor(at / crop.width) % crop.height);
    const x = crop.x + (at % crop.width);
    cut[at] = planes[(plane * size.height + y) * size.width + x] as number;
  }
  return cut;
}

/** The middle square of a plane as `side` × `side` means. */
export function shrinkPlane(
  plane: ArrayLike<number>,
  { width, height }: { readonly width: number; readonly height: number },
  side: number,
): Float32Array<ArrayBuffer> {
  const square = Math.min(width, height);
  const left = Math.floor((width - square) / 2);
  const top = Math.floor((height - square) / 2);
  return Float32Array.from({ length: side * side }, (_, at) => {
    const [x0, x1] = spanOf(at % side, square / side);
    const [y0, y1] = spanOf(Math.floor(at / side), square / side);
    let sum = 0;
    for (let y = y0; y < y1; y++) {
      for (let x = x0; x < x1; x++) sum += plane[(top + y) * width + left + x] as number;
    }
    return Math.round(sum / ((x1 - x0) * (y1 - y0)));
  });
}

function spanOf(at: number, step: number): [number, number] {
  const first = Math.floor(at * step);
  return [first, Math.max(first + 1, Math.floor((at + 1) * step))];
}
