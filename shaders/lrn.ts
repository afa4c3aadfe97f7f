/**
 * Local response normalisation: y = x / (bias + alpha / size * sum of x² over `size` channels
 * around its own) ^ beta. C4: one vec4 for each invocation, neighbours come from adjacent blocks;
 * linear: one value for each.
 */

import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { c4Functions } from './lib/layout.ts';

export interface LrnVariant {
  readonly [field: string]: string;
  readonly layout: 'linear' | 'c4';
  readonly element: 'f32' | 'f16';
}

const uniforms = {
  /** Invocations that have something to do. */
  count: 'u32',
  channels: 'u32',
  /** Pixels of a plane. */
  inner: 'u32',
  /** Channels of the window before and after its own. */
  before: 'u32',
  after: 'u32',
  /** alpha / size */
  scale: 'f32',
  beta: 'f32',
  bias: 'f32',
} as const;

export const lrnKernel = defineKernel<LrnVariant, typeof uniforms>({
  name: 'lrn',
  variants: () =>
    (['c4', 'linear'] as const).flatMap((layout) =>
      (['f32', 'f16'] as const).map((element) => ({ layout, element })),
    ),
  uniforms,
  bindings: ({ layout, element }) => {
    const type = layout === 'c4' ? `array<vec4<${element}>>` : `array<${element}>`;
    return [
      { name: 'x', access: 'read', type },
      { name: 'y', access: 'read_write', type },
    ];
  },
  workgroupSize: () => [64, 1, 1],
  iterations: ({ layout }, { before, after }) =>
    layout === 'c4' ? ((before + after) / 4 + 3) * 6 : before + after + 1,
  wgsl({ layout, element }) {
    const value = layout === 'c4' ? 'vec4<f32>' : 'f32';
    // The window of lane c is [c - before, c + after]; unused lanes add zero.
    const c4 = `
  let blocks = (u.channels + 3u) / 4u;
  let own = index / u.inner % blocks;
  let lanes = vec4<u32>(0u, 1u, 2u, 3u) + own * 4u;
  let first = max(own * 4u, u.before) - u.before;
  let last = min((own * 4u + 3u + u.after) / 4u, blocks - 1u);
  for (var block = first / 4u; block <= last; block++) {
    let v = vec4<f32>(x[index - own * u.inner + block * u.inner]);
    let squares = v * v;
    for (var lane = 0u; lane < 4u; lane++) {
      let c = vec4<u32>(block * 4u + lane);
      sum += select(vec4<f32>(), vec4<f32>(squares[lane]), (c + u.before >= lanes) & (c <= lanes + u.after));
    }
  }
  let value = vec4<f32>(x[index]) * inversePower(u.bias + u.scale * sum);
  y[index] = vec4<${element}>(maskLanes(value, own, u.channels));`;
    const linear = `
  let own = index / u.inner % u.channels;
  let last = min(own + u.after, u.channels - 1u);
  for (var c = max(own, u.before) - u.before; c <= last; c++) {
    let v = f32(x[index - own * u.inner + c * u.inner]);
    sum += v * v;
  }
  y[index] = ${element}(f32(x[index]) * inversePower(u.bias + u.scale * sum));`;
    return `
${flatIndex}
${c4Functions}
fn inversePower(x: ${value}) -> ${value} {
  // The usual beta needs no logarithm.
  if (u.beta == 0.75) {
    let root = inverseSqrt(x);
    return root * sqrt(root);
  }
  return pow(x, ${value}(-u.beta));
}
fn normalise(index: u32) {
  var sum = ${value}();
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
