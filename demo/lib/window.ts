/**
 * Geometry of a sliding window over one axis or two: how far the padding reaches, how many places
 * the window has, and which input cells it sees at each of them.
 */

/** `same`: as TensorFlow and ONNX's SAME_UPPER, ⌈size / stride⌉ places, the odd pad at the end. */
export type Padding = 'none' | 'same' | 'explicit';

/** What padded cells hold: one value, the picture mirrored at its border cell, or that cell again. */
export type Fill = 'constant' | 'reflect' | 'replicate';

export interface WindowSetting {
  /** Cells of the window along each axis. */
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: Padding;
  /** Cells on each side, where the padding is explicit. */
  readonly amount: number;
}

/** Padded cells in front of an axis and behind it. */
export interface Pads {
  readonly before: number;
  readonly after: number;
}

/** Cells from the first one that a window sees to the last: d·(k − 1) + 1. */
export function windowExtent({ kernel, dilation }: Pick<WindowSetting, 'kernel' | 'dilation'>) {
  return dilation * (kernel - 1) + 1;
}

export function padsOf(size: number, setting: WindowSetting): Pads {
  const { stride, padding, amount } = setting;
  if (padding === 'none') return { before: 0, after: 0 };
  if (padding === 'explicit') return { before: amount, after: amount };
  const places = Math.ceil(size / stride);
  const total = Math.max((places - 1) * stride + windowExtent(setting) - size, 0);
  return { before: Math.floor(total / 2), after: Math.ceil(total / 2) };
}

/** ⌊(size + pads − d·(k − 1) − 1) / s⌋ + 1; 0 where the window does not fit in. */
export function outputSize(size: number, setting: WindowSetting): number {
  const { before, after } = padsOf(size, setting);
  const room = size + before + after - windowExtent(setting);
  return room < 0 ? 0 : Math.floor(room / setting.stride) + 1;
}

/**
 * The input cell whose value a padded cell has; undefined where that is the constant. `at` counts
 * from the first cell of the input, so that the padding in front of it is negative.
 */
export function sourceCell(at: number, size: number, fill: Fill): number | undefined {
  if (at >= 0 && at < size) return at;
  if (fill === 'constant') return undefined;
  if (fill === 'replicate' || size === 1) return at < 0 ? 0 : size - 1;
  // Mirrored at the border cells, which are not repeated: … 2 1 [0 1 2] 1 0 …
  const period = 2 * (size - 1);
  const inPeriod = ((at % period) + period) % period;
  return inPeriod < size ? inPeriod : period - inPeriod;
}

/** Whether every padded cell mirrors an input cell without going round twice, as ONNX's Pad wants. */
export function reflects(size: number, { before, after }: Pads): boolean {
  return before < size && after < size;
}

/** The cells along one axis that the window sees at a place, from the first cell of the input on. */
export function cellsSeen(place: number, size: number, setting: WindowSetting): number[] {
  const { kernel, stride, dilation } = setting;
  const first = place * stride - padsOf(size, setting).before;
  return Array.from({ length: kernel }, (_, tap) => first + tap * dilation);
}

/** A map with its padding around it, row by row. */
export interface PaddedMap {
  readonly width: number;
  readonly height: number;
  readonly values: readonly number[];
  /** Padded cells left of the map and above it. */
  readonly left: number;
  readonly top: number;
}

export function padMap(
  values: ArrayLike<number>,
  width: number,
  height: number,
  setting: WindowSetting & { readonly fill: Fill; readonly value: number },
): PaddedMap {
  const across = padsOf(width, setting);
  const down = padsOf(height, setting);
  const padded: number[] = [];
  for (let y = -down.before; y < height + down.after; y++) {
    const row = sourceCell(y, height, setting.fill);
    for (let x = -across.before; x < width + across.after; x++) {
      const column = sourceCell(x, width, setting.fill);
      const isConstant = row === undefined || column === undefined;
      padded.push(isConstant ? setting.value : (values[row * width + column] as number));
    }
  }
  return {
    width: width + across.before + across.after,
    height: height + down.before + down.after,
    values: padded,
    left: across.before,
    top: down.before,
  };
}

/** One product of a window's sum. */
export interface Tap {
  /** Place in the padded map. */
  readonly x: number;
  readonly y: number;
  readonly pixel: number;
  readonly weight: number;
  readonly product: number;
}

/** The products of the window at one place of the output, in the kernel's order. */
export function tapsAt(
  map: PaddedMap,
  weights: ArrayLike<number>,
  place: { readonly x: number; readonly y: number },
  { kernel, stride, dilation }: Pick<WindowSetting, 'kernel' | 'stride' | 'dilation'>,
): Tap[] {
  return Array.from({ length: kernel * kernel }, (_, at) => {
    const x = place.x * stride + (at % kernel) * dilation;
    const y = place.y * stride + Math.floor(at / kernel) * dilation;
    const pixel = map.values[y * map.width + x] as number;
    const weight = weights[at] as number;
    return { x, y, pixel, weight, product: pixel * weight };
  });
}
