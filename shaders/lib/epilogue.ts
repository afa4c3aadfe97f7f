/**
 * The end of every convolution kernel: bias, residual, activation, lane mask and store of one
 * block of four output channels at one pixel, in one place. The result is C4, or linear where it
 * leaves the graph so: then there is nothing to convert.
 *
 * Whether there is a bias or a residual is a uniform, not a variant: the branch is uniform and
 * outside every loop, and a network then needs fewer pipelines. A binding that is not used takes
 * any other read-only buffer (`epilogueBuffers`). The activation is in the variant.
 */

import { activationSource, fusableActivations } from './activations.ts';
import { type Binding, type BufferRole, type Element, output } from './kernel.ts';
import { c4Functions } from './layout.ts';

/** Elements of convolution kernels. */
export type FloatElement = Extract<Element, 'f32' | 'f16'>;

export const floatElements: readonly FloatElement[] = ['f32', 'f16'];

/** What a kernel's variant must say for its epilogue. */
export interface EpilogueVariant {
  readonly element: FloatElement;
  /** A name of `fusableActivations`; 'none' where there is none. */
  readonly activation: string;
  /** Layout of the result, and of the residual. */
  readonly store: 'c4' | 'linear';
}

/** Every element, activation and store: `variants()` multiplies its own fields with these. */
export function epilogueVariants(): EpilogueVariant[] {
  return floatElements.flatMap((element) =>
    fusableActivations.flatMap((activation) =>
      (['c4', 'linear'] as const).map((store) => ({ element, activation, store })),
    ),
  );
}

/** Spread into a kernel's `uniforms`. */
export const epilogueUniforms = {
  /** Output channels; lanes past them are stored as zero. */
  outChannels: 'u32',
  /** Output pixels of one image. */
  outPixels: 'u32',
  /** 1 where `bias` is a bias. */
  hasBias: 'u32',
  /** 1 where `residual` is a residual. */
  hasResidual: 'u32',
  actAlpha: 'f32',
  actBeta: 'f32',
} as const;

/** Append to a kernel's bindings: bias `[C]` read as vec4, residual and result as they are stored. */
export function epilogueBindings({ element, store }: EpilogueVariant): Binding[] {
  const vector = `array<vec4<${element}>>`;
  const type = store === 'c4' ? vector : `array<${element}>`;
  return [
    { name: 'bias', access: 'read', type: vector },
    { name: 'residual', access: 'read', type },
    { name: 'result', access: 'read_write', type },
  ];
}

/** The steps of one node's epilogue, as lowering knows them. */
export interface EpilogueSteps {
  readonly outChannels: number;
  readonly outPixels: number;
  readonly store: 'c4' | 'linear';
  readonly bias: BufferRole | undefined;
  /** Of the output's own shape and layout. */
  readonly residual: BufferRole | undefined;
  readonly activation:
    | { readonly name: string; readonly parameters: readonly number[] }
    | undefined;
}

/** The fields of a variant that `steps` decide. */
export function epilogueVariant(
  element: FloatElement,
  steps: EpilogueSteps,
): {
  readonly [Field in keyof EpilogueVariant]: EpilogueVariant[Field];
} {
  return { element, activation: steps.activation?.name ?? 'none', store: steps.store };
}

/** Values of `epilogueUniforms`. */
export function epilogueValues(steps: EpilogueSteps): {
  readonly [Field in keyof typeof epilogueUniforms]: number;
} {
  const [alpha = 0, beta = 0] = steps.activation?.parameters ?? [];
  return {
    outChannels: steps.outChannels,
    outPixels: steps.outPixels,
    hasBias: steps.bias ? 1 : 0,
    hasResidual: steps.residual ? 1 : 0,
    actAlpha: alpha,
    actBeta: beta,
  };
}

/**
 * Buffers of `epilogueBindings`. `unused` is bound where a step is absent: a read-only buffer of
 * the same dispatch, for example the packed weights.
 */
export function epilogueBuffers(steps: EpilogueSteps, unused: BufferRole): BufferRole[] {
  return [steps.bias ?? unused, steps.residual ?? unused, output(0)];
}

/**
 * WGSL `storeBlock(sum, block, index)`: finishes the sums of channel block `block` and stores
 * them at vec4 address `index` of the result in C4, or where those elements lie in linear layout.
 * The caller guards its bounds. Also brings the functions of the C4 layout.
 */
export function epilogueSource({ element, activation, store }: EpilogueVariant): string {
  const lanes = [0, 1, 2, 3];
  // Activations may turn the zeros of unused lanes into something else.
  const storeC4 = `
  if (u.hasResidual != 0u) {
    value += vec4<f32>(residual[index]);
  }
  result[index] = vec4<${element}>(maskLanes(activation(value), block, u.outChannels));`;
  const storeLinear = `
  let blocks = (u.outChannels + 3u) / 4u;
  var image = 0u;
  if (index >= blocks * u.outPixels) {
    image = index / (blocks * u.outPixels);
  }
  let first = index + u.outPixels * (3u * block + image * (u.outChannels - blocks));
  let channels = u.outChannels - block * 4u;
  if (u.hasResidual != 0u) {
    ${lanes.map((i) => `value[${i}] += f32(residual[first + ${i}u * u.outPixels]);`).join('\n')}
  }
  value = activation(value);
  ${lanes
    .map(
      (i) =>
        `if (${i}u < channels) { result[first + ${i}u * u.outPixels] = ${element}(value[${i}]); }`,
    )
    .join('\n')}`;
  return `
${c4Functions}
${activationSource(activation)}
fn storeBlock(sum: vec4<f32>, block: u32, index: u32) {
  var value = sum;
  if (u.hasBias != 0u) {
    value += vec4<f32>(bias[block]);
  }
  ${store === 'c4' ? storeC4 : storeLinear}
}
`;
}
