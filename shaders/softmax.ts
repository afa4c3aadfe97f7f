/**
 * Softmax, LogSoftmax and Hardmax along one axis of a linear tensor seen as [outer, axis, inner].
 * A row is the `axis` values at one (outer, inner).
 *
 * Methods: `serial`, one invocation for each row; `workgroup`, one workgroup for each row, for
 * long ones; `split`, `parts` invocations for each row, after the `reduce` kernel has left as many
 * partial maxima and sums. Maximum and sum of exp(x - maximum) are found in one pass.
 */

import { defineKernel, flatIndex } from './lib/kernel.ts';
import { nanFunctions } from './lib/nan.ts';
import { reductionSource, stateBytes, workgroupTree } from './lib/reduce.ts';

export type SoftmaxFunction = 'softmax' | 'logSoftmax' | 'hardmax';

export interface SoftmaxVariant {
  readonly [field: string]: string | number | boolean;
  readonly function: SoftmaxFunction;
  readonly element: 'f32' | 'f16';
  readonly method: 'serial' | 'workgroup' | 'split';
}

const uniforms = {
  rows: 'u32',
  axis: 'u32',
  inner: 'u32',
  parts: 'u32',
  identity: 'u32',
} as const;

const state = { scalar: 'f32', lanes: 1 } as const;

export const softmaxKernel = defineKernel<SoftmaxVariant, typeof uniforms>({
  name: 'softmax',
  variants: () =>
    (['f32', 'f16'] as const).flatMap((element) => [
      { function: 'hardmax' as const, element, method: 'serial' as const },
      ...(['softmax', 'logSoftmax'] as const).flatMap((name) =>
        (['serial', 'workgroup', 'split'] as const).map((method) => ({
          ...{ function: name, element, method },
        })),
      ),
    ]),
  uniforms,
  bindings: ({ element, method }) => [
    { name: 'x', access: 'read', type: `array<${element}>` },
    ...(method === 'split'
      ? [{ name: 'states', access: 'read' as const, type: 'array<State>' }]
      : []),
    { name: 'y', access: 'read_write', type: `array<${element}>` },
  ],
  workgroupSize: ({ method }) => [method === 'workgroup' ? 128 : 64, 1, 1],
  workgroupBytes: ({ method }) =>
    method === 'workgroup' ? 128 * stateBytes('logSumExp', state) : 0,
  iterations({ method }, { axis, parts }) {
    if (method === 'split') return parts + Math.ceil(axis / parts);
    return 2 * Math.ceil(axis / (method === 'serial' ? 1 : 128));
  },
  wgsl({ function: name, element, method }) {
    const bodies = {
      serial: 'if (index < u.rows) { row(index); }',
      split: `
  if (index < u.rows * u.parts) {
    let row = index / u.parts;
    var state = initialState();
    for (var part = 0u; part < u.parts; part++) {
      state = combine(state, states[row * u.parts + part]);
    }
    write(row, index % u.parts, u.parts, state);
  }`,
      workgroup: `
  if (group < u.rows) {
    write(group, local, workgroupX, reduceWorkgroup(local, fold(group, local, workgroupX)));
  }`,
    };
    return `
${flatIndex}
fn baseOf(row: u32) -> u32 {
  return row / u.inner * u.axis * u.inner + row % u.inner;
}
${name === 'hardmax' ? hardmax(element) : exponential(name, element)}
${method === 'workgroup' ? workgroupTree : ''}
@compute @workgroup_size(workgroupX, workgroupY, workgroupZ)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) counts: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let group = flatWorkgroup(workgroup, counts);
  let index = group * workgroupX + local;
  ${bodies[method]}
}
`;
  },
});

function exponential(name: SoftmaxFunction, element: string): string {
  return `
${reductionSource('logSumExp', state)}
fn fold(row: u32, start: u32, step: u32) -> State {
  let base = baseOf(row);
  var state = initialState();
  for (var index = start; index < u.axis; index += step) {
    state = combine(state, lift(f32(x[base + index * u.inner])));
  }
  return state;
}
fn write(row: u32, start: u32, step: u32, state: State) {
  let base = baseOf(row);
  // An infinite maximum, or NaN, makes the whole row NaN.
  var nan = 0x7fc00000u;
  let valid = (bitcast<u32>(state.top) & 0x7fffffffu) < 0x7f800000u;
  let scale = ${name === 'softmax' ? '1.0 / state.sum' : 'log(state.sum)'};
  for (var index = start; index < u.axis; index += step) {
    let at = base + index * u.inner;
    let d = f32(x[at]) - state.top;
    let value = ${name === 'softmax' ? 'exp(d) * scale' : 'd - scale'};
    y[at] = ${element}(select(bitcast<f32>(nan), value, valid));
  }
}
fn row(index: u32) {
  write(index, 0u, 1u, fold(index, 0u, 1u));
}
`;
}

/** 1 at the row's first maximum; the first NaN counts as the greatest, as in numpy. */
function hardmax(element: string): string {
  return `
${nanFunctions}
fn row(index: u32) {
  let base = baseOf(index);
  var top = f32(x[base]);
  var place = 0u;
  for (var at = 1u; at < u.axis; at++) {
    let value = f32(x[base + at * u.inner]);
    if (!isNan(top) && (value > top || isNan(value))) {
      top = value;
      place = at;
    }
  }
  for (var at = 0u; at < u.axis; at++) {
    y[base + at * u.inner] = ${element}(select(0.0, 1.0, at == place));
  }
}
`;
}
