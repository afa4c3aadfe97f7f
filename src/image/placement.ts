/** Which part of a picture goes where in a tensor, and the way back for boxes and points. */

import { finite } from './checks.ts';

/** A rectangle in pixels; its edges may lie within pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * `stretch`: all of the picture, its proportions changed; `cover`: the largest part in its middle
 * that has the target's proportions; `contain`: all of it in its own proportions, in the middle.
 */
export type ResizeMode = 'stretch' | 'cover' | 'contain';

/** The part `source` of a picture fills the part `target` of the tensor's image. */
export interface Placement {
  readonly source: Box;
  readonly target: Box;
}

export function placePicture(picture: Size, target: Size, mode: ResizeMode): Placement {
  const whole = (size: Size): Box => ({ left: 0, top: 0, width: size.width, height: size.height });
  if (mode === 'cover') {
    return { source: centredBox(picture, target.width, target.height), target: whole(target) };
  }
  if (mode === 'stretch') return { source: whole(picture), target: whole(target) };
  const scale = Math.min(target.width / picture.width, target.height / picture.height);
  // Whole pixels: half a pixel of margin would be a blend of picture and margin.
  const fitted = (size: number, most: number) =>
    Math.min(Math.max(Math.round(size * scale), 1), most);
  const width = fitted(picture.width, target.width);
  const height = fitted(picture.height, target.height);
  const left = Math.floor((target.width - width) / 2);
  const top = Math.floor((target.height - height) / 2);
  return { source: whole(picture), target: { left, top, width, height } };
}

/** The largest rectangle of the target's proportions in the middle of the picture. */
export function centredBox(picture: Size, width: number, height: number): Box {
  const scale = Math.min(picture.width / width, picture.height / height);
  const box = { width: width * scale, height: height * scale };
  return {
    left: (picture.width - box.width) / 2,
    top: (picture.height - box.height) / 2,
    ...box,
  };
}

/**
 * Where a box of the tensor's image, as a detector finds it, lies in the picture. It may reach
 * beyond the picture where it reaches into the margin of `contain`.
 * @throws WgconvError `invalid-argument` where a side of the box is no number
 */
export function toPicture({ source, target }: Placement, box: Box): Box {
  for (const side of ['left', 'top', 'width', 'height'] as const) finite(side, box?.[side]);
  const x = source.width / target.width;
  const y = source.height / target.height;
  return {
    left: source.left + (box.left - target.left) * x,
    top: source.top + (box.top - target.top) * y,
    width: box.width * x,
    height: box.height * y,
  };
}
