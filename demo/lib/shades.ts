/** Colours of cells with numbers in them: the ground and the ink that is read on it. */

export interface Shade {
  readonly ground: string;
  readonly ink: string;
}

/** Grey between the values of black and white. */
export function greyShade(value: number, [low, high]: readonly [number, number]): Shade {
  const share = Math.min(1, Math.max(0, (value - low) / (high - low || 1)));
  const level = Math.round(255 * share);
  return { ground: `rgb(${level} ${level} ${level})`, ink: share > 0.52 ? '#000' : '#fff' };
}

/**
 * By sign: nothing at zero, the strongest colour from `reach` on. At 48 % of the colour and below,
 * text in the page's ink keeps a contrast of 4.5:1 in both themes; what has no text may take all.
 */
export function signedShade(value: number, reach: number, strongest = 48): Shade {
  const share = Math.min(1, Math.abs(value) / (reach || 1));
  const end = value < 0 ? 'var(--negative)' : 'var(--positive)';
  return {
    ground: `color-mix(in srgb, ${end} ${Math.round(strongest * share)}%, var(--surface))`,
    ink: 'var(--ink)',
  };
}

/** More of something: from the surface to the accent. */
export function amountShade(share: number): Shade {
  const percent = Math.round(100 * Math.min(1, Math.max(0, share)));
  return {
    ground: `color-mix(in srgb, var(--accent) ${percent}%, var(--surface))`,
    ink: percent > 55 ? 'var(--on-accent)' : 'var(--ink)',
  };
}

/** The largest absolute value, for `signedShade`. */
export function reachOf(values: ArrayLike<number>): number {
  let reach = 0;
  for (let at = 0; at < values.length; at++)
    reach = Math.max(reach, Math.abs(values[at] as number));
  return reach;
}
