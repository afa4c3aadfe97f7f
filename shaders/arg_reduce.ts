/**
 * Places of the greatest or least values along one axis of a tensor seen as [outer, axis, inner];
 * in C4 the axis is that of channels. A row is the `axis` values at one (outer, inner).
 *
 * Methods: `serial`, one invocation for each row; `workgroup`, one workgroup for each row;
 * `partial` and `final`, `parts` invocations for each row in two dispatches without a barrier.
 *
 * Values become keys that compare as unsigned integers, so that NaN needs no comparison of floats.
 */

import { defineKernel, type Element, flatIndex } from './lib/kernel.ts';
import { rowMain } from './lib/reduce.ts';

export type ArgReduceVariant = {
  readonly element: Element;
  readonly layout: 'linear' | 'c4';
  readonly method: 'serial' | 'workgroup' | 'partial' | 'final';
};

const uniforms = {
  rows: 'u32',
  axis: 'u32',
  inner: 'u32',
  parts: 'u32',
  /** All ones where the least value wins. */
  flipKeys: 'u32',
  /** All ones where the first of equal values wins. */
  flipPlaces: 'u32',
} as const;

/** Invocations of a workgroup, which share a row by the method `workgroup`. */
export const argReduceThreads = 64;

/** Bytes of what one invocation knows of a row. */
export const argReduceStateBytes = 8;

const keys: Readonly<Record<'float' | 'i32' | 'u32', string>> = {
  // Negative numbers have all bits flipped, others the sign; -0 is 0; NaN wins whatever is sought.
  float: `
  let bits = bitcast<u32>(f32(x));
  let magnitude = bits & 0x7fffffffu;
  let key = select(bits | 0x80000000u, ~bits, bits > 0x80000000u);
  return select(key ^ u.flipKeys, 0xffffffffu, magnitude > 0x7f800000u);`,
  i32: 'return (bitcast<u32>(x) ^ 0x80000000u) ^ u.flipKeys;',
  u32: 'return x ^ u.flipKeys;',
};

export const argReduce = defineKernel<ArgReduceVariant, typeof uniforms>({
  name: 'arg_reduce',
  variants: () =>
    (['f32', 'f16', 'i32', 'u32'] as const).flatMap((element) =>
      (element.startsWith('f') ? (['linear', 'c4'] as const) : (['linear'] as const)).flatMap(
        (layout) =>
          (['serial', 'workgroup', 'partial', 'final'] as const).map((method) => ({
            ...{ element, layout, method },
          })),
      ),
    ),
  uniforms,
  bindings({ element, method }) {
    const states = { name: 'states', type: 'array<State>' };
    return [
      method === 'final'
        ? { ...states, access: 'read' }
        : { name: 'x', access: 'read', type: `array<${element}>` },
      method === 'partial'
        ? { ...states, access: 'read_write' }
        : { name: 'y', access: 'read_write', type: 'array<i32>' },
    ];
  },
  workgroupSize: () => [argReduceThreads, 1, 1],
  workgroupBytes: ({ method }) =>
    method === 'workgroup' ? argReduceThreads * argReduceStateBytes : 0,
  iterations({ method }, { axis, parts }) {
    if (method === 'final') return parts + 1;
    const shares = { serial: 1, workgroup: argReduceThreads, partial: parts }[method];
    return Math.ceil(axis / shares) + 1;
  },
  wgsl({ element, layout, method }) {
    const [base, place] =
      layout === 'linear'
        ? ['outer * u.axis * u.inner + row % u.inner', 'index * u.inner']
        : [
            '(outer * ((u.axis + 3u) / 4u) * u.inner + row % u.inner) * 4u',
            'index / 4u * u.inner * 4u + index % 4u',
          ];
    return `
${flatIndex}
struct State { key: u32, order: u32 }
fn initialState() -> State { return State(); }
fn combine(a: State, b: State) -> State {
  if (b.key > a.key || (b.key == a.key && b.order > a.order)) {
    return b;
  }
  return a;
}
${
  method === 'final'
    ? ''
    : `
fn keyOf(x: ${element}) -> u32 {
  ${keys[element === 'f32' || element === 'f16' ? 'float' : element]}
}
fn fold(row: u32, start: u32, step: u32) -> State {
  let outer = row / u.inner;
  let base = ${base};
  var state = initialState();
  for (var index = start; index < u.axis; index += step) {
    state = combine(state, State(keyOf(x[base + ${place}]), index ^ u.flipPlaces));
  }
  return state;
}`
}
${
  method === 'partial'
    ? ''
    : `
fn write(row: u32, start: u32, step: u32, state: State) {
  if (start == 0u) { y[row] = i32(state.order ^ u.flipPlaces); }
}`
}
${rowMain(method)}`;
  },
});
