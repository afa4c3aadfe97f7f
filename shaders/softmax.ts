/**
 * Softmax, LogSoftmax and Hardmax along one axis of a linear tensor seen as [outer, axis, inner].
 * A row is the `axis` values at one (outer, inner).
 *
 * Methods: `serial`, one invocation for each row; `workgroup`, one workgroup for each row; `partial`
 * and `split`, `parts` invocations for each row in two dispatches without a barrier: what each of
 * them finds in its share of the row, then all of it combined and the results written.
 *
 * Every turn of a loop takes four units, each a value or (`vectors`: rows are dense and whole
 * vectors) a vec4, as far apart as there are invocations, so that neighbours read neighbours: on
 * SwiftShader a turn costs as much as eight values.
 */

import { defineKernel, flatIndex } from './lib/kernel.ts';
import { nanFunctions } from './lib/nan.ts';
import { rowMain } from './lib/reduce.ts';
import { lines, range } from './lib/unroll.ts';

export type SoftmaxFunction = 'softmax' | 'logSoftmax' | 'hardmax';

export interface SoftmaxVariant {
  readonly [field: string]: string | number | boolean;
  readonly function: SoftmaxFunction;
  readonly element: 'f32' | 'f16';
  readonly method: 'serial' | 'workgroup' | 'partial' | 'split';
  readonly vectors: boolean;
}

const uniforms = { rows: 'u32', axis: 'u32', inner: 'u32', parts: 'u32' } as const;

/** Bytes of what one invocation knows of a row. */
export const softmaxStateBytes = 12;

/** Invocations that share a row by the method `workgroup`. */
const workgroupThreads = 128;

export const softmaxKernel = defineKernel<SoftmaxVariant, typeof uniforms>({
  name: 'softmax',
  variants: () =>
    (['f32', 'f16'] as const).flatMap((element) =>
      (['serial', 'workgroup', 'partial', 'split'] as const).flatMap((method) => [
        { function: 'hardmax' as const, element, method, vectors: false },
        ...(['softmax', 'logSoftmax'] as const)
          // Both begin alike.
          .filter((name) => method !== 'partial' || name === 'softmax')
          .flatMap((name) =>
            [true, false].map((vectors) => ({ function: name, element, method, vectors })),
          ),
      ]),
    ),
  uniforms,
  bindings({ element, method, vectors }) {
    const type = vectors ? `array<vec4<${element}>>` : `array<${element}>`;
    const states = { name: 'states', type: 'array<State>' };
    return [
      { name: 'x', access: 'read', type },
      ...(method === 'split' ? [{ ...states, access: 'read' as const }] : []),
      method === 'partial'
        ? { ...states, access: 'read_write' }
        : { name: 'y', access: 'read_write', type },
    ];
  },
  workgroupSize: ({ method }) => [method === 'workgroup' ? workgroupThreads : 64, 1, 1],
  workgroupBytes: ({ method }) =>
    method === 'workgroup' ? workgroupThreads * softmaxStateBytes : 0,
  iterations({ method }, { axis, parts }) {
    const shares = { serial: 1, workgroup: workgroupThreads, partial: parts, split: parts }[method];
    // Loops that fold and that write, and the one over the parts.
    return 2 * (Math.ceil(axis / 4 / shares) + 6) + parts;
  },
  wgsl({ function: name, element, method, vectors }) {
    const fold = name === 'hardmax' ? hardmaxFold : exponentialFold(vectors);
    const value = name === 'hardmax' ? () => hardmaxValue : exponentialValue;
    const stored = vectors ? `vec4<${element}>` : element;
    const computed = vectors ? 'vec4<f32>' : 'f32';
    /**
     * Loop over the units of a row by fours, and what is left after it: vectors one by one, values
     * by four of which some lie past the end (software adapters compute what stands under a
     * condition even where it is false, so that must be little).
     */
    const turns = (turn: (count: number, masked: boolean) => string): string => `
  var index = start;
  for (; index + 3u * step < end; index += 4u * step) {${turn(4, false)}}
  ${
    vectors
      ? `for (; index < end; index += step) {${turn(1, false)}}`
      : `if (index < end) {${turn(4, true)}}`
  }`;
    const load = (count: number, masked: boolean): string => {
      const unit = (k: number): string => {
        const at = `index + ${k}u * step`;
        const place = masked ? `min(${at}, end - 1u)` : at;
        const read = `${computed}(x[base + (${place})${vectors ? '' : ' * u.inner'}])`;
        // Past the row's end: less than all values, and nothing beside them.
        return masked ? `select(${computed}(least), ${read}, ${at} < end)` : read;
      };
      return vectors
        ? lines(range(count).map((k) => `let v${k} = ${unit(k)};`))
        : `let v = vec4<f32>(${range(count).map(unit).join(', ')});`;
    };
    const store = (count: number, masked: boolean): string =>
      lines(
        range(count).map((k) => {
          const at = `index + ${k}u * step`;
          const result = vectors ? value(`v${k}`) : `results[${k}]`;
          const write = `y[base + (${at})${vectors ? '' : ' * u.inner'}] = ${stored}(${result});`;
          return masked ? `if (${at} < end) { ${write} }` : write;
        }),
      );
    return `
${flatIndex}
${name === 'hardmax' ? hardmax : exponential(name)}
// Where a row begins, in units of what a binding holds; they are \`u.inner\` apart.
fn baseOf(row: u32) -> u32 {
  return ${vectors ? 'row * (u.axis / 4u)' : 'row / u.inner * u.axis * u.inner + row % u.inner'};
}
fn fold(row: u32, start: u32, step: u32) -> State {
  let base = baseOf(row);
  let end = ${vectors ? 'u.axis / 4u' : 'u.axis'};
  // Constants of infinity do not compile.
  var infinity = 0xff800000u;
  let least = bitcast<f32>(infinity);
  ${fold.begin}
  ${turns((count, masked) => `${load(count, masked)}${fold.turn(count)}`)}
  ${fold.end}
}
${
  method === 'partial'
    ? ''
    : `
fn write(row: u32, start: u32, step: u32, state: State) {
  let base = baseOf(row);
  let end = ${vectors ? 'u.axis / 4u' : 'u.axis'};
  let least = 0.0;
  ${name === 'hardmax' ? '' : prepare(name)}
  ${turns((count, masked) =>
    lines([
      name === 'hardmax' ? '' : load(count, masked),
      vectors ? '' : `let results = ${value('v')};`,
      store(count, masked),
    ]),
  )}
}`
}
${rowMain(method)}`;
  },
});

/** How a method goes through a row: before its loop, in each turn, and what it returns. */
interface Fold {
  readonly begin: string;
  turn(count: number): string;
  readonly end: string;
}

/** Running maximum, sum of exp(x - maximum), and the greatest magnitude's bits, which show NaN. */
const exponential = (name: SoftmaxFunction): string => `
struct State { top: f32, sum: f32, bits: u32 }
// The least finite number, so that a difference to minus infinity is no NaN.
const lowest = -0x1.fffffep+127f;
fn initialState() -> State { return State(lowest, 0.0, 0u); }
fn combine(a: State, b: State) -> State {
  let top = max(a.top, b.top);
  let sum = a.sum * exp(a.top - top) + b.sum * exp(b.top - top);
  return State(top, sum, max(a.bits, b.bits));
}
fn magnitude(v: vec4<f32>) -> vec4<u32> {
  return bitcast<vec4<u32>>(v) & vec4<u32>(0x7fffffffu);
}
fn resultOf(v: vec4<f32>, top: f32, scale: f32) -> vec4<f32> {
  return ${name === 'softmax' ? 'exp(v - top) * scale' : '(v - top) - scale'};
}
`;

/** All of a turn's values under one maximum: one exp more for each turn. */
function exponentialFold(vectors: boolean): Fold {
  const max = (a: string, b: string): string => `max(${a}, ${b})`;
  return {
    begin: `
  var top = lowest;
  var sum = vec4<f32>();
  var bits = vec4<u32>();`,
    turn(count) {
      const all = (of: (v: string) => string, by: (a: string, b: string) => string): string =>
        vectors
          ? range(count)
              .map((k) => of(`v${k}`))
              .reduce(by)
          : of('v');
      return `
    let most = ${all((v) => v, max)};
    let next = max(top, max(max(most.x, most.y), max(most.z, most.w)));
    sum = sum * exp(top - next) + ${all(
      (v) => `exp(${v} - next)`,
      (a, b) => `(${a} + ${b})`,
    )};
    bits = max(bits, ${all((v) => `magnitude(${v})`, max)});
    top = next;`;
    },
    end: `
  return State(
    top, (sum.x + sum.y) + (sum.z + sum.w), max(max(bits.x, bits.y), max(bits.z, bits.w)));`,
  };
}

/** NaN or an infinite maximum make a row NaN; so does a row without any finite value. */
const prepare = (name: SoftmaxFunction): string => `
  // Any finite maximum has added exp(0) to the sum.
  let valid =
    state.bits <= 0x7f800000u && bitcast<u32>(state.top) != 0x7f800000u && state.sum > 0.5;
  var nan = 0x7fc00000u;
  let scale = select(bitcast<f32>(nan), ${name === 'softmax' ? '1.0 / state.sum' : 'log(state.sum)'}, valid);`;

const exponentialValue = (v: string): string =>
  `select(vec4<f32>(scale), resultOf(${v}, state.top, scale), valid)`;

/** The greatest value and its place; the first NaN counts as the greatest, as in numpy. */
const hardmax = `
${nanFunctions}
struct State { top: f32, place: u32 }
fn initialState() -> State {
  var infinity = 0xff800000u;
  return State(bitcast<f32>(infinity), 0xffffffffu);
}
fn combine(a: State, b: State) -> State {
  let first = b.place < a.place;
  let greater = b.top > a.top || (b.top == a.top && first);
  let nan = isNan(b.top) && (!isNan(a.top) || first);
  let other = select(greater, nan, isNan(a.top) || isNan(b.top));
  return State(select(a.top, b.top, other), select(a.place, b.place, other));
}
`;

const hardmaxFold: Fold = {
  begin: 'var state = initialState();',
  turn: (count) =>
    lines(range(count).map((k) => `state = combine(state, State(v[${k}], index + ${k}u * step));`)),
  end: 'return state;',
};

/** 1 at the row's first maximum. */
const hardmaxValue = `
  select(vec4<f32>(), vec4<f32>(1.0), vec4<u32>(index) + vec4<u32>(0u, 1u, 2u, 3u) * step == vec4<u32>(state.place))`;
