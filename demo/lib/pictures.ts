/** Pictures: what a chooser offers, and what it gives. */

export interface ShippedPicture {
  readonly id: string;
  /** What it shows, in the language at hand. */
  readonly label: string;
  readonly url: string;
  /** A smaller one for the chooser; the picture itself by default. */
  readonly thumb?: string | undefined;
}

/** The picture at an address, ready to be drawn. */
export async function loadImage(url: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = url;
  await image.decode();
  return image;
}

export interface Picture {
  /** A `live` picture changes all the time. */
  readonly kind: 'still' | 'live';
  readonly name: string;
  readonly source: ImageBitmap | HTMLVideoElement;
  readonly width: number;
  readonly height: number;
}
