/**
 * Batch normalisation: y = (x - mean) * scale / sqrt(variance + epsilon) + bias for each channel.
 *
 * C4: one vec4 for each invocation, the vectors `[C]` read four channels at a time. Linear: four
 * neighbouring values for each invocation; `inner` values of a channel lie side by side. With
 * `moments` the statistics are the batch's own, as the `reduce` kernel leaves them.
 */

import { activationSource, fusableActivations } from './lib/activations.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { c4Functions } from './lib/layout.ts';

type FloatElement = 'f32' | 'f16';

export interface BatchNormVariant {
  readonly [field: string]: string | number | boolean;
  readonly layout: 'linear' | 'c4';
  readonly element: FloatElement;
  /** Of scale and bias. */
  readonly scaleElement: FloatElement;
  /** Of mean and variance; `moments` for one vec2 of both. */
  readonly statistics: FloatElement | 'moments';
  readonly activation: string;
}

const uniforms = {
  /** Invocations that have something to do. */
  count: 'u32',
  channels: 'u32',
  /** Pixels of a plane. */
  inner: 'u32',
  epsilon: 'f32',
  actAlpha: 'f32',
  actBeta: 'f32',
} as const;

const elements: readonly FloatElement[] = ['f32', 'f16'];

export const batchNorm = defineKernel<BatchNormVariant, typeof uniforms>({
  name: 'batch_norm',
  variants: () =>
    elements.flatMap((element) =>
      elements.flatMap((scaleElement) => [
        { layout: 'linear', element, scaleElement, statistics: 'moments', activation: 'none' },
        ...elements.flatMap((statistics) =>
          fusableActivations.flatMap((activation) =>
            (['c4', 'linear'] as const).map((layout) => ({
              ...{ layout, element, scaleElement, statistics, activation },
            })),
          ),
        ),
      ]),
    ),
  uniforms,
  bindings({ layout, element, scaleElement, statistics }) {
    const vector = (of: string) => (layout === 'c4' ? `array<vec4<${of}>>` : `array<${of}>`);
    return [
      { name: 'x', access: 'read', type: `array<vec4<${element}>>` },
      { name: 'scale', access: 'read', type: vector(scaleElement) },
      { name: 'bias', access: 'read', type: vector(scaleElement) },
      ...(statistics === 'moments'
        ? [{ name: 'moments', access: 'read' as const, type: 'array<vec2<f32>>' }]
        : [
            { name: 'mean', access: 'read' as const, type: vector(statistics) },
            { name: 'variance', access: 'read' as const, type: vector(statistics) },
          ]),
      { name: 'y', access: 'read_write', type: `array<vec4<${element}>>` },
    ];
  },
  workgroupSize: () => [64, 1, 1],
  wgsl({ layout, element, statistics, activation }) {
    const [mean, variance] =
      statistics === 'moments'
        ? ['moments[c].x', 'moments[c].y']
        : ['f32(mean[c])', 'f32(variance[c])'];
    const c4 = `
  let block = index / u.inner % ((u.channels + 3u) / 4u);
  let factor = vec4<f32>(scale[block]) * inverseSqrt(vec4<f32>(variance[block]) + u.epsilon);
  let value = (vec4<f32>(x[index]) - vec4<f32>(mean[block])) * factor + vec4<f32>(bias[block]);
  y[index] = vec4<${element}>(maskLanes(activation(value), block, u.channels));`;
    const linear = `
  let values = vec4<f32>(x[index]);
  var result: vec4<f32>;
  for (var lane = 0u; lane < 4u; lane++) {
    let c = (index * 4u + lane) / u.inner % u.channels;
    let factor = f32(scale[c]) * inverseSqrt(${variance} + u.epsilon);
    result[lane] = (values[lane] - ${mean}) * factor + f32(bias[c]);
  }
  y[index] = vec4<${element}>(activation(result));`;
    return `
${flatIndex}
${c4Functions}
${activationSource(activation)}
fn normalise(index: u32) {
  ${layout === 'c4' ? c4 : linear}
}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index < u.count) {
    normalise(index);
  }
}
`;
  },
});

const runningUniforms = { channels: 'u32', momentum: 'f32' } as const;

/** Running mean and variance after a training batch: old * momentum + batch * (1 - momentum). */
export const batchNormRunning = defineKernel<
  { readonly [field: string]: string; readonly element: FloatElement },
  typeof runningUniforms
>({
  name: 'batch_norm_running',
  variants: () => elements.map((element) => ({ element })),
  uniforms: runningUniforms,
  bindings: ({ element }) => [
    { name: 'moments', access: 'read', type: 'array<vec2<f32>>' },
    { name: 'mean', access: 'read', type: `array<${element}>` },
    { name: 'variance', access: 'read', type: `array<${element}>` },
    { name: 'runningMean', access: 'read_write', type: `array<${element}>` },
    { name: 'runningVariance', access: 'read_write', type: `array<${element}>` },
  ],
  workgroupSize: () => [64, 1, 1],
  wgsl: ({ element }) => `
@compute @workgroup_size(workgroupX, workgroupY, workgroupZ)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let c = id.x;
  if (c < u.channels) {
    let old = vec2<f32>(f32(mean[c]), f32(variance[c]));
    let running = old * u.momentum + moments[c] * (1.0 - u.momentum);
    runningMean[c] = ${element}(running.x);
    runningVariance[c] = ${element}(running.y);
  }
}
`,
});
