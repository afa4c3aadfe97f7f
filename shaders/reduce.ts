/**
 * Reduction of any axes of a linear tensor, or of whole planes of a C4 tensor (one vec4 for each
 * plane of a channel block).
 *
 * Phases: `serial`, one invocation for each result; `workgroup`, one workgroup for each, its
 * invocations interleaved over the values, then a tree; `partial` and `final`, the same in two
 * dispatches without a barrier.
 */

import { defineKernel, type Element, flatIndex, type UniformValues } from './lib/kernel.ts';
import { c4Functions } from './lib/layout.ts';
import {
  floatReductions,
  integerReductions,
  offsetOf,
  type ReducedType,
  type Reduction,
  reductionSource,
  rowMain,
  stateBytes,
} from './lib/reduce.ts';

export type ReducePhase = 'serial' | 'workgroup' | 'partial' | 'final';

export interface ReduceVariant {
  readonly [field: string]: string | number | boolean;
  readonly operation: Reduction;
  readonly element: Element;
  readonly phase: ReducePhase;
  /** Reduced values lie at one stride; else their index is decoded into four. */
  readonly strided: boolean;
  readonly layout: 'linear' | 'c4';
  readonly outputLayout: 'linear' | 'c4';
  /** Invocations of a workgroup. */
  readonly threads: number;
}

const uniforms = {
  /** Sizes and strides of the kept axes, outermost first; a result's base is their sum. */
  keptSizes: 'vec4u',
  keptStrides: 'vec4u',
  reducedSizes: 'vec4u',
  reducedStrides: 'vec4u',
  /** Results: values of a linear tensor, vec4 of a C4 tensor. */
  outputs: 'u32',
  /** Values in each result. */
  reduced: 'u32',
  /** Partial results in each result, for the phases `partial` and `final`. */
  parts: 'u32',
  identity: 'u32',
  channels: 'u32',
  exponent: 'f32',
} as const;

export type ReduceUniforms = UniformValues<typeof uniforms>;

/** How a variant's values are computed. */
export function reducedType(variant: Pick<ReduceVariant, 'element' | 'layout'>): ReducedType {
  const scalar = variant.element === 'f16' ? 'f32' : variant.element;
  return { scalar, lanes: variant.layout === 'c4' ? 4 : 1 };
}

const phases: readonly Pick<ReduceVariant, 'phase' | 'strided' | 'threads'>[] = [
  ...[true, false].flatMap((strided) => [
    { phase: 'serial' as const, strided, threads: 64 },
    { phase: 'partial' as const, strided, threads: 64 },
    { phase: 'workgroup' as const, strided, threads: 32 },
    { phase: 'workgroup' as const, strided, threads: 128 },
  ]),
  { phase: 'final', strided: true, threads: 64 },
];

export const reduceKernel = defineKernel<ReduceVariant, typeof uniforms>({
  name: 'reduce',
  variants() {
    const linear = { layout: 'linear', outputLayout: 'linear' } as const;
    const float = (['f32', 'f16'] as const).flatMap((element) => [
      ...[...floatReductions, 'moments' as const].flatMap((operation) =>
        phases.map((phase) => ({ operation, element, ...phase, ...linear })),
      ),
      ...floatReductions.flatMap((operation) =>
        phases
          .filter(({ strided }) => strided)
          .flatMap((phase) =>
            (['c4', 'linear'] as const).map((outputLayout) => ({
              ...{ operation, element, ...phase, layout: 'c4' as const, outputLayout },
            })),
          ),
      ),
    ]);
    const integer = (['i32', 'u32'] as const).flatMap((element) =>
      integerReductions.flatMap((operation) =>
        phases.map((phase) => ({ operation, element, ...phase, ...linear })),
      ),
    );
    return [...float, ...integer];
  },
  uniforms,
  bindings({ operation, element, phase, layout, outputLayout }) {
    const stored = (of: string) => (of === 'c4' ? `array<vec4<${element}>>` : `array<${element}>`);
    const result = operation === 'moments' ? 'array<vec2<f32>>' : stored(outputLayout);
    return [
      phase === 'final'
        ? { name: 'states', access: 'read', type: 'array<State>' }
        : { name: 'x', access: 'read', type: stored(layout) },
      phase === 'partial'
        ? { name: 'states', access: 'read_write', type: 'array<State>' }
        : { name: 'y', access: 'read_write', type: result },
    ];
  },
  workgroupSize: ({ threads }) => [threads, 1, 1],
  workgroupBytes: (variant) =>
    variant.phase === 'workgroup'
      ? variant.threads * stateBytes(variant.operation, reducedType(variant))
      : 0,
  iterations({ phase, threads }, { reduced, parts }) {
    if (phase === 'final') return parts;
    return Math.ceil(reduced / { serial: 1, partial: parts, workgroup: threads }[phase]);
  },
  wgsl(variant) {
    const { operation, element, phase, strided, layout, outputLayout } = variant;
    const type = reducedType(variant);
    const value = type.lanes === 4 ? 'vec4<f32>' : type.scalar;
    const stores = {
      moments: 'y[row] = value;',
      linear: `y[row] = ${element}(value);`,
      c4: `y[row] = vec4<${element}>(maskLanes(value, row % blocks, u.channels));`,
      // One image's channels lie side by side.
      c4linear: `
  let block = row % blocks;
  for (var lane = 0u; lane < min(4u, u.channels - block * 4u); lane++) {
    y[row / blocks * u.channels + block * 4u + lane] = ${element}(value[lane]);
  }`,
    };
    const store =
      stores[
        operation === 'moments'
          ? 'moments'
          : layout === 'linear' || outputLayout === 'c4'
            ? layout
            : 'c4linear'
      ];
    return `
${reductionSource(operation, type)}
${flatIndex}
${c4Functions}
${offsetOf}
${
  phase === 'final'
    ? ''
    : `
fn fold(row: u32, start: u32, step: u32) -> State {
  let base = offsetOf(row, u.keptSizes, u.keptStrides);
  var state = initialState();
  for (var index = start; index < u.reduced; index += step) {
    let at = ${strided ? 'index * u.reducedStrides.w' : 'offsetOf(index, u.reducedSizes, u.reducedStrides)'};
    state = combine(state, lift(${value}(x[base + at])));
  }
  return state;
}`
}
${
  phase === 'partial'
    ? ''
    : `
fn write(row: u32, start: u32, step: u32, state: State) {
  if (start != 0u) { return; }
  let value = finish(state, u.reduced);
  let blocks = (u.channels + 3u) / 4u;
  ${store}
}`
}
${rowMain(phase, 'u.outputs')}`;
  },
});
