/**
 * Reductions as a small algebra: what a value contributes, how two partial results combine, and
 * what the result is in the end. Pooling windows, whole planes and axes of a tensor all fold by
 * it; the order is fixed, so results do not change from run to run.
 */

import { flatMain } from './kernel.ts';
import { nanFunctions } from './nan.ts';

/** `moments` gives the mean and the population variance at once (Welford, Chan et al.). */
export type Reduction =
  | 'sum'
  | 'mean'
  | 'max'
  | 'min'
  | 'prod'
  | 'l1'
  | 'l2'
  | 'lp'
  | 'sumSquare'
  | 'logSum'
  | 'logSumExp'
  | 'moments';

export const floatReductions: readonly Reduction[] = [
  'sum',
  'mean',
  'max',
  'min',
  'prod',
  'l1',
  'l2',
  'lp',
  'sumSquare',
  'logSum',
  'logSumExp',
];

export const integerReductions: readonly Reduction[] = [
  'sum',
  'mean',
  'max',
  'min',
  'prod',
  'l1',
  'sumSquare',
];

/** Type of a value that is reduced, and how many lie side by side in a vector. */
export interface ReducedType {
  readonly scalar: 'f32' | 'i32' | 'u32';
  readonly lanes: 1 | 4;
}

/** A reduction keeps two values for each lane, three, or one. */
export function stateBytes(operation: Reduction, { scalar, lanes }: ReducedType): number {
  const paired = tracksNaN(operation, scalar) || operation === 'logSumExp';
  return (operation === 'moments' ? 3 : paired ? 2 : 1) * lanes * 4;
}

function tracksNaN(operation: Reduction, scalar: ReducedType['scalar']): boolean {
  return scalar === 'f32' && (operation === 'max' || operation === 'min');
}

/**
 * WGSL: type `State`; `initialState()`, `lift(value) -> State`, `combine(State, State) -> State`
 * and `finish(State, count: u32)`. The kernel declares the uniforms `identity: 'u32'` (the bits
 * from `identityBits`) and, for `lp`, `exponent: 'f32'`.
 */
export function reductionSource(operation: Reduction, type: ReducedType): string {
  const vector = type.lanes === 4;
  const value = vector ? `vec4<${type.scalar}>` : type.scalar;
  const bits = vector ? 'vec4<u32>' : 'u32';
  const isNan = vector ? 'isNan4' : 'isNan';
  const identity = `${value}(bitcast<${type.scalar}>(u.identity))`;
  const float = type.scalar === 'f32';

  if (operation === 'moments') return momentsSource;
  if (operation === 'logSumExp')
    return `${logarithm(value, isNan)}${logSumExp(value, isNan, identity)}`;
  if (tracksNaN(operation, type.scalar)) {
    // max and min may drop NaN. The greatest magnitude's bits tell whether there was one.
    return `
struct State { value: ${value}, bits: ${bits} }
fn initialState() -> State { return State(${identity}, ${bits}()); }
fn lift(x: ${value}) -> State { return State(x, bitcast<${bits}>(x) & ${bits}(0x7fffffffu)); }
fn combine(a: State, b: State) -> State {
  return State(${operation}(a.value, b.value), max(a.bits, b.bits));
}
fn finish(s: State, count: u32) -> ${value} {
  return select(s.value, bitcast<${value}>(s.bits), s.bits > ${bits}(0x7f800000u));
}
`;
  }

  const lifts: Partial<Record<Reduction, string>> = {
    l1: 'abs(x)',
    l2: 'x * x',
    sumSquare: 'x * x',
    lp: `power(abs(x), u.exponent)`,
  };
  const combines: Partial<Record<Reduction, string>> = {
    prod: 'a * b',
    max: 'max(a, b)',
    min: 'min(a, b)',
  };
  const finishes: Partial<Record<Reduction, string>> = {
    // Nothing has no mean: NaN.
    mean: `select(${identity}, s / ${value}(${type.scalar}(max(count, 1u))), count > 0u)`,
    l2: 'sqrt(s)',
    lp: 'power(s, 1.0 / u.exponent)',
    logSum: 'logarithm(s)',
  };
  const initials: Partial<Record<Reduction, string>> = {
    prod: `${value}(${float ? '1.0' : '1'})`,
    max: identity,
    min: identity,
  };
  return `
${operation === 'logSum' ? logarithm(value, isNan) : ''}${operation === 'lp' ? power(value) : ''}
alias State = ${value};
fn initialState() -> State { return ${initials[operation] ?? 'State()'}; }
fn lift(x: ${value}) -> State { return ${lifts[operation] ?? 'x'}; }
fn combine(a: State, b: State) -> State { return ${combines[operation] ?? 'a + b'}; }
fn finish(s: State, count: u32) -> ${value} { return ${finishes[operation] ?? 's'}; }
`;
}

/** Running maximum and sum of exp(x - maximum); one exp for each combination. */
function logSumExp(value: string, isNan: string, identity: string): string {
  return `
struct State { top: ${value}, sum: ${value} }
fn initialState() -> State { return State(${identity}, ${value}()); }
fn lift(x: ${value}) -> State { return State(x, ${value}(1.0)); }
fn combine(a: State, b: State) -> State {
  // Equal maxima may both be infinite: their difference would be NaN.
  let decay = select(exp(-abs(a.top - b.top)), ${value}(1.0), a.top == b.top);
  let sum = select(a.sum * decay + b.sum, a.sum + b.sum * decay, a.top >= b.top);
  var top = max(a.top, b.top);
  top = select(top, b.top, ${isNan}(b.top));
  return State(select(top, a.top, ${isNan}(a.top)), sum);
}
fn finish(s: State, count: u32) -> ${value} {
  return select(s.top + logarithm(s.sum), s.top, ${isNan}(s.top));
}
`;
}

/** Logarithm with its limits: -infinity at 0, NaN below. */
function logarithm(value: string, isNan: string): string {
  return `
${nanFunctions}
fn logarithm(x: ${value}) -> ${value} {
  // Constants of infinity and NaN do not compile.
  var infinity = 0xff800000u;
  var nan = 0x7fc00000u;
  let below = select(${value}(bitcast<f32>(nan)), ${value}(bitcast<f32>(infinity)), x == ${value}());
  return select(select(below, log(x), x > ${value}()), x, ${isNan}(x));
}
`;
}

/** x to the p for x from 0; pow(0, p) is exp2(p log2(0)), which need not be 0. */
function power(value: string): string {
  return `
fn power(x: ${value}, p: f32) -> ${value} {
  return select(pow(x, ${value}(p)), ${value}(), x == ${value}());
}
`;
}

const momentsSource = `
struct State { mean: f32, squares: f32, count: f32 }
fn initialState() -> State { return State(); }
fn lift(x: f32) -> State { return State(x, 0.0, 1.0); }
fn combine(a: State, b: State) -> State {
  let count = a.count + b.count;
  let share = b.count / max(count, 1.0);
  let difference = b.mean - a.mean;
  let squares = a.squares + b.squares + difference * difference * a.count * share;
  return State(a.mean + difference * share, squares, count);
}
fn finish(s: State, count: u32) -> vec2<f32> {
  return vec2<f32>(s.mean, s.squares / f32(count));
}
`;

/** WGSL `reduceWorkgroup(local, State) -> State`: a tree in workgroup memory; all get the result. */
const workgroupTree = `
var<workgroup> partial: array<State, workgroupX>;
fn reduceWorkgroup(local: u32, own: State) -> State {
  partial[local] = own;
  for (var width = workgroupX / 2u; width > 0u; width >>= 1u) {
    workgroupBarrier();
    if (local < width) {
      partial[local] = combine(partial[local], partial[local + width]);
    }
  }
  workgroupBarrier();
  return partial[0];
}
`;

/**
 * WGSL `offsetOf(index, sizes, strides)`: where a value lies, by its flat index along four axes,
 * outermost first.
 */
export const offsetOf = `
fn offsetOf(index: u32, sizes: vec4<u32>, strides: vec4<u32>) -> u32 {
  let z = index / sizes.w;
  let y = z / sizes.z;
  let x = y / sizes.y;
  return dot(vec4<u32>(x, y % sizes.y, z % sizes.z, index % sizes.w), strides);
}
`;

/**
 * WGSL `main` of kernels that go along rows, so many as `rows` says: each by one invocation, by a
 * workgroup, or by `u.parts` invocations in two dispatches: the second is `final`, one invocation
 * for each row, where a row has one result, and `split` where all of it is written: then each
 * invocation combines what all have found. The kernel has `State`, `initialState`, `combine`,
 * `fold(row, start, step) -> State` over every `step`th unit of a row, and
 * `write(row, start, step, state)`, which writes what there is once in a row where `start` is 0.
 */
export function rowMain(
  method: 'serial' | 'workgroup' | 'partial' | 'final' | 'split',
  rows = 'u.rows',
): string {
  const combineParts = `
    var state = initialState();
    for (var part = 0u; part < u.parts; part++) {
      state = combine(state, states[row * u.parts + part]);
    }`;
  const bodies = {
    serial: `if (index < ${rows}) { write(index, 0u, 1u, fold(index, 0u, 1u)); }`,
    workgroup: `
  if (group < ${rows}) {
    write(group, local, workgroupX, reduceWorkgroup(local, fold(group, local, workgroupX)));
  }`,
    partial: `
  if (index < ${rows} * u.parts) {
    states[index] = fold(index / u.parts, index % u.parts, u.parts);
  }`,
    final: `
  if (index < ${rows}) {
    let row = index;
    ${combineParts}
    write(row, 0u, 1u, state);
  }`,
    split: `
  if (index < ${rows} * u.parts) {
    let row = index / u.parts;
    ${combineParts}
    write(row, index % u.parts, u.parts, state);
  }`,
  };
  return `
${method === 'workgroup' ? workgroupTree : ''}
${flatMain} {
  let group = flatWorkgroup(workgroup, counts);
  let index = group * workgroupX + local;
  ${bodies[method]}
}
`;
}
