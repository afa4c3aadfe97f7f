/** Attributes and host inputs of Resize and Upsample, all opset versions brought to one meaning. */

import type { AttributeReader } from '../operator.ts';

export const transforms = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
  'tf_crop_and_resize',
] as const;
export const nearestModes = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const;
export const policies = ['stretch', 'not_larger', 'not_smaller'] as const;
const modes = ['nearest', 'linear', 'cubic'] as const;

export interface ResizeAttributes {
  readonly mode: (typeof modes)[number];
  readonly transform: (typeof transforms)[number];
  readonly nearest: (typeof nearestModes)[number];
  readonly policy: (typeof policies)[number];
  readonly antialias: boolean;
  /** Axes that roi, scales and sizes speak of; all where left out. */
  readonly axes: readonly number[] | undefined;
  readonly cubicA: number;
  readonly excludeOutside: boolean;
  /** What lies outside of the input with `tf_crop_and_resize`. */
  readonly extrapolation: number;
  /** Upsample's own attribute, before it became an input. */
  readonly scales: readonly number[] | undefined;
  /** Positions of the inputs; −1 where this version has none. */
  readonly inputs: { readonly roi: number; readonly scales: number; readonly sizes: number };
}

function oneOf<T extends string>(
  source: AttributeReader,
  name: string,
  values: readonly T[],
  fallback: T,
): T {
  const value = source.string(name, fallback);
  return (
    values.find((known) => known === value) ??
    source.fail(`${name} "${value}" is none of ${values.join(', ')}`)
  );
}

/** "bilinear" is Upsample 1's name of what is linear since. */
function modeOf(source: AttributeReader): ResizeAttributes['mode'] {
  return oneOf(source, 'mode', [...modes, 'bilinear'], 'nearest') === 'bilinear'
    ? 'linear'
    : oneOf(source, 'mode', modes, 'nearest');
}

export function resizeAttributes(source: AttributeReader, opset: number): ResizeAttributes {
  const common = {
    ...{ mode: modeOf(source), policy: 'stretch' as const, antialias: false, axes: undefined },
    ...{ cubicA: -0.75, excludeOutside: false, extrapolation: 0, scales: undefined },
  };
  // Resize 10 has Upsample's meaning: positions x / scale, nearest by floor. (Its text gives no
  // formula; this is what both operators' published cases and the upgrade to opset 11 say.)
  if (opset < 11) {
    const inputs = { roi: -1, scales: 1, sizes: -1 };
    return { ...common, transform: 'asymmetric', nearest: 'floor', inputs };
  }
  return {
    ...common,
    transform: oneOf(source, 'coordinate_transformation_mode', transforms, 'half_pixel'),
    nearest: oneOf(source, 'nearest_mode', nearestModes, 'round_prefer_floor'),
    policy: oneOf(source, 'keep_aspect_ratio_policy', policies, 'stretch'),
    antialias: source.int('antialias', 0) !== 0,
    axes: source.ints('axes'),
    cubicA: source.float('cubic_coeff_a', -0.75),
    excludeOutside: source.int('exclude_outside', 0) !== 0,
    extrapolation: source.float('extrapolation_value', 0),
    inputs: { roi: 1, scales: 2, sizes: 3 },
  };
}

export function upsampleAttributes(source: AttributeReader, opset: number): ResizeAttributes {
  const scales =
    source.floats('scales') ??
    (source.has('height_scale') || source.has('width_scale')
      ? [1, 1, source.float('height_scale'), source.float('width_scale')]
      : undefined);
  if (opset < 9 && !scales) source.fail('"scales" is missing');
  return {
    ...{ mode: modeOf(source), policy: 'stretch', antialias: false, axes: undefined },
    ...{ cubicA: -0.75, excludeOutside: false, extrapolation: 0, scales },
    ...{ transform: 'asymmetric', nearest: 'floor' },
    inputs: { roi: -1, scales: opset < 9 ? -1 : 1, sizes: -1 },
  };
}
