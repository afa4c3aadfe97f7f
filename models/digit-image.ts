/**
 * A drawing as the digits of MNIST were made: the strokes scaled into a box of 20 by 20 pixels, then
 * moved so that their centre of mass is the middle of 28 by 28.
 * http://yann.lecun.com/exdb/mnist/
 */

export const side = 28;
const box = 20;

interface Region {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The smallest region with ink, or undefined where there is none. `ink` is 0 to 255. */
export function inkRegion(
  ink: ArrayLike<number>,
  width: number,
  height: number,
): Region | undefined {
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((ink[y * width + x] as number) < 16) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  if (right < 0) return undefined;
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** 28×28 values from 0 to 1; undefined where nothing is drawn. Area-averaging when shrinking. */
export function centredDigit(
  ink: ArrayLike<number>,
  width: number,
  height: number,
): Float32Array | undefined {
  const region = inkRegion(ink, width, height);
  if (!region) return undefined;
  const scale = Math.max(region.width, region.height) / box;
  const small = new Float32Array(side * side);
  let mass = 0;
  let massX = 0;
  let massY = 0;
  const columns = Math.ceil(region.width / scale);
  const rows = Math.ceil(region.height / scale);
  for (let y = 0; y < Math.min(rows, box); y++) {
    for (let x = 0; x < Math.min(columns, box); x++) {
      const value =
        average(ink, width, height, region.left + x * scale, region.top + y * scale, scale) / 255;
      small[y * side + x] = value;
      mass += value;
      massX += value * x;
      massY += value * y;
    }
  }
  const shiftX = Math.round((side - 1) / 2 - massX / mass);
  const shiftY = Math.round((side - 1) / 2 - massY / mass);
  const result = new Float32Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const fromX = x - shiftX;
      const fromY = y - shiftY;
      const inside = fromX >= 0 && fromX < side && fromY >= 0 && fromY < side;
      result[y * side + x] = inside ? (small[fromY * side + fromX] as number) : 0;
    }
  }
  return result;
}

/**
 * Mean of the square of `size` pixels at (left, top), each pixel weighted by its share of it. There is
 * no ink outside the picture.
 */
export function average(
  ink: ArrayLike<number>,
  width: number,
  height: number,
  left: number,
  top: number,
  size: number,
): number {
  let sum = 0;
  for (let y = Math.floor(top); y < top + size; y++) {
    const shareY = Math.min(y + 1, top + size) - Math.max(y, top);
    for (let x = Math.floor(left); x < left + size; x++) {
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      const shareX = Math.min(x + 1, left + size) - Math.max(x, left);
      sum += (ink[y * width + x] as number) * shareX * shareY;
    }
  }
  return sum / (size * size);
}
