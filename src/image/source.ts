/** Where pictures come from in a page: their sizes, their pixels, and what can be wrong with them. */

import { WgconvError } from '../core/errors.ts';
import { insist } from '../core/refuse-unknown.ts';
import { wholeNumber } from './checks.ts';
import type { Color } from './color-map.ts';
import type { Size } from './placement.ts';
import type { Picture } from './resample.ts';

/** RGBA of sRGB, one byte each, alpha not multiplied in: an `ImageData`, or the same as a plain object. */
export interface Pixels extends Size {
  readonly data: Uint8ClampedArray | Uint8Array;
}

export type ImageSource =
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame
  | ImageData
  | Pixels
  | Blob;

/** A source whose picture is there, and what gives back what was made for it. */
export interface OpenSource extends Size {
  readonly picture: Exclude<ImageSource, Blob>;
  close(): void;
}

/**
 * Decodes what is not decoded yet.
 * @throws WgconvError `invalid-image` where there is no picture, or it has no pixels
 */
export async function openSource(source: ImageSource): Promise<OpenSource> {
  const { width, displayWidth = width } = Object(source) as Partial<Size & VideoFrame>;
  // Not a Response, a promise, or the bytes of a file, which have no width.
  insist(
    typeof displayWidth === 'number' || isA('Blob', Object(source)),
    'a picture is an ImageBitmap, an image, canvas or video element, a VideoFrame, ImageData or a Blob',
  );
  if (isA('Blob', source)) {
    const bitmap = await decode(source as Blob);
    return { picture: bitmap, ...sizeOf(bitmap), close: () => bitmap.close() };
  }
  const picture = source as Exclude<ImageSource, Blob>;
  if (isA('HTMLImageElement', picture)) {
    const image = picture as HTMLImageElement;
    await image.decode().catch((cause: unknown) => {
      const where = image.currentSrc || image.src;
      throw broken(`the image "${where.slice(0, 200)}" cannot be loaded or decoded`, cause);
    });
  }
  return { picture, ...sizeOf(picture), close: () => {} };
}

/** RGB on the CPU, over `background` or, with `none`, whatever the alpha. */
export function readPixels(source: OpenSource, background: Color | 'none'): Picture {
  const { width, height } = source;
  const data = rgbaOf(source);
  const pixels = new Float32Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = background === 'none' ? 1 : (data[pixel * 4 + 3] as number) / 255;
    for (let lane = 0; lane < 3; lane++) {
      const value = data[pixel * 4 + lane] as number;
      const behind = background === 'none' ? 0 : (background[lane] as number);
      pixels[pixel * 3 + lane] = alpha === 1 ? value : value * alpha + behind * (1 - alpha);
    }
  }
  return { width, height, pixels };
}

/** The bytes of its pixels; drawn on a canvas to get at them where it has to be. */
export function rgbaOf({ picture, width, height }: OpenSource): Pixels['data'] {
  // An ImageData may be of another colour space, which a canvas turns to its own.
  const { colorSpace = 'srgb' } = picture as Partial<ImageData>;
  if (isPixels(picture) && colorSpace === 'srgb') return picture.data;
  try {
    const context = new OffscreenCanvas(width, height).getContext('2d', {
      willReadFrequently: true,
    }) as OffscreenCanvasRenderingContext2D;
    if (isPixels(picture)) context.putImageData(picture as ImageData, 0, 0);
    else context.drawImage(picture, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  } catch (cause) {
    throw readingError(cause);
  }
}

export function isPixels(picture: OpenSource['picture']): picture is Pixels {
  return 'data' in picture;
}

/** Whether WebGPU may bind it as it is. */
export function isVideo(picture: OpenSource['picture']): picture is HTMLVideoElement | VideoFrame {
  return 'videoWidth' in picture || 'displayWidth' in picture;
}

/** Whether a browser refuses to let the page read a picture. */
export function isForbidden(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === 'SecurityError';
}

/** What to say of what a browser throws, most often where another site's picture may only be shown. */
export function readingError(cause: unknown): WgconvError {
  if (isForbidden(cause)) {
    return broken(
      'the picture comes from another site that does not let this page read it: load it with ' +
        'crossOrigin = "anonymous" from a server that allows that (CORS)',
      cause,
    );
  }
  return broken(`the picture cannot be read: ${(cause as Error).message}`, cause);
}

async function decode(blob: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(blob, { premultiplyAlpha: 'none' });
  } catch (cause) {
    throw broken(`a Blob of ${blob.size} bytes (${blob.type || 'no type'}) is no picture`, cause);
  }
}

function sizeOf(picture: OpenSource['picture']): Size {
  const has = picture as unknown as Readonly<Record<string, number>>;
  if ('error' in picture && picture.error) {
    throw broken(`the video cannot be loaded or decoded: ${picture.error.message}`);
  }
  const size =
    'videoWidth' in picture
      ? { width: picture.videoWidth, height: picture.videoHeight }
      : 'displayWidth' in picture
        ? { width: picture.displayWidth, height: picture.displayHeight }
        : 'naturalWidth' in picture
          ? { width: picture.naturalWidth, height: picture.naturalHeight }
          : { width: has.width ?? 0, height: has.height ?? 0 };
  if ('readyState' in picture && picture.readyState < 2) {
    throw broken('the video shows no frame yet: wait for its event "loadeddata"');
  }
  if (!(size.width > 0 && size.height > 0)) {
    throw broken(
      `the picture is ${size.width}×${size.height} pixels: there is nothing in it, or it was closed`,
    );
  }
  if (isPixels(picture)) checkPixels(picture);
  return size;
}

function checkPixels({ data, width, height }: Pixels): void {
  const bytes = wholeNumber('width', width, 1) * wholeNumber('height', height, 1) * 4;
  const isBytes = data instanceof Uint8ClampedArray || data instanceof Uint8Array;
  if (isBytes && data.length === bytes) return;
  throw broken(
    `${width}×${height} pixels of red, green, blue and alpha are ${bytes} bytes in a ` +
      `Uint8ClampedArray, but there ${isBytes ? `are ${(data as Uint8Array).length}` : 'is none'}`,
  );
}

/** Whether it is one of a class that not every host has. */
function isA(name: string, value: object): boolean {
  const found = (globalThis as unknown as Readonly<Record<string, unknown>>)[name];
  return typeof found === 'function' && value instanceof found;
}

function broken(message: string, cause?: unknown): WgconvError {
  return new WgconvError('invalid-image', message, { cause });
}
