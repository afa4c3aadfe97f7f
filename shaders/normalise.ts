/**
 * Normalisation of rows by their own statistics, then a scale and a shift: layer, RMS, instance and
 * group normalisation, Lp normalisation, mean-variance normalisation.
 *
 * A row is what shares its statistics. Its units are `values` (any axes of a linear tensor), dense
 * `vectors` of four values of one row, or `lanes` (C4: a vec4 holds one value of each of four rows).
 *
 * Methods: `serial`, one invocation for each row; `workgroup`, one workgroup for each row; `partial`
 * and `split`, `parts` invocations for each row in two dispatches without a barrier: the statistics
 * of each one's share of the row, then all of them combined and the results written.
 *
 * Mean and variance of a share take two passes: the sum, then the differences to the mean, whose
 * own sum corrects the mean and the variance (Chan, Golub & LeVeque 1983, the corrected two-pass
 * algorithm); shares combine by Chan's formula. So large means cost no digits of the variance.
 */

import { activationSource, fusableActivations } from './lib/activations.ts';
import { defineKernel, flatIndex } from './lib/kernel.ts';
import { c4Functions } from './lib/layout.ts';
import { offsetOf, rowMain } from './lib/reduce.ts';

/** 1 / √(variance + ε), 1 / √(mean of squares + ε), 1 / √(sum of squares), 1 / Σ|x| */
export type RowStatistics = 'moments' | 'rms' | 'l2' | 'l1';

export type NormaliseVariant = {
  readonly statistics: RowStatistics;
  readonly element: 'f32' | 'f16';
  readonly method: 'serial' | 'workgroup' | 'partial' | 'split';
  readonly units: 'values' | 'vectors' | 'lanes';
  /** Units `values`: those of a row lie at one stride; else their index is decoded into four. */
  readonly strided: boolean;
  /**
   * Where a value's scale and shift are: nowhere; at its place in the row; at the row's place
   * (modulo `period`); at its channel, `at / inner % period`; or at strides of their own.
   */
  readonly affine: 'none' | 'row' | 'group' | 'channel' | 'broadcast';
  /** Scale and shift come in vec4s. */
  readonly affineVectors: boolean;
  readonly shifts: boolean;
  /** Mean and factor of every row are outputs, too. */
  readonly keeps: boolean;
  readonly activation: string;
};

const uniforms = {
  /** As in the kernel `reduce`: a row's base is the sum of its coordinates times strides. */
  keptSizes: 'vec4u',
  keptStrides: 'vec4u',
  reducedSizes: 'vec4u',
  reducedStrides: 'vec4u',
  /** Sizes of the tensor, and strides of scale and shift along them. */
  affineSizes: 'vec4u',
  scaleStrides: 'vec4u',
  shiftStrides: 'vec4u',
  rows: 'u32',
  /** Units of a row. */
  units: 'u32',
  parts: 'u32',
  /** Units that share a channel. */
  inner: 'u32',
  period: 'u32',
  channels: 'u32',
  /** What the sum of squares is divided by. */
  divisor: 'f32',
  epsilon: 'f32',
  /** What is added to the root. */
  rootEpsilon: 'f32',
  actAlpha: 'f32',
  actBeta: 'f32',
} as const;

/** Invocations that share a row by the method `workgroup`. */
export const normaliseThreads = 64;

/** Bytes of what one invocation knows of a row (of four, in lanes). */
export const normaliseStateBytes = (units: NormaliseVariant['units']): number =>
  units === 'lanes' ? 48 : 12;

/** A variant from what matters to it; all others are as plain as can be. */
export function normaliseVariant(
  fields: Partial<NormaliseVariant> & Pick<NormaliseVariant, 'statistics' | 'units'>,
): NormaliseVariant {
  const plain: NormaliseVariant = {
    ...{ statistics: 'moments', element: 'f32', method: 'serial', units: 'values', strided: true },
    ...{ affine: 'none', affineVectors: false, shifts: false, keeps: false, activation: 'none' },
  };
  const variant = { ...plain, ...fields };
  // What comes after the statistics does not matter to the first of two dispatches.
  if (variant.method !== 'partial') return variant;
  const { statistics, element, method, units, strided } = variant;
  return { ...plain, statistics, element, method, units, strided };
}

function forms(): NormaliseVariant[] {
  const dense = ['values', 'vectors'] as const;
  const last = (statistics: RowStatistics, shifts: boolean, keeps: boolean) => [
    ...dense.map((units) =>
      normaliseVariant({
        ...{ statistics, shifts, keeps, units, affine: 'row', affineVectors: units === 'vectors' },
      }),
    ),
    normaliseVariant({ statistics, shifts, keeps, units: 'values', affine: 'broadcast' }),
  ];
  return [
    ...(['moments', 'l2', 'l1'] as const).flatMap((statistics) =>
      dense.map((units) => normaliseVariant({ statistics, units })),
    ),
    normaliseVariant({ statistics: 'moments', units: 'values', strided: false }),
    ...[true, false].flatMap((shifts) =>
      [true, false].flatMap((keeps) => last('moments', shifts, keeps)),
    ),
    ...last('rms', false, false),
    ...fusableActivations.flatMap((activation) => {
      const channels = { statistics: 'moments', shifts: true, activation } as const;
      return [
        ...dense.flatMap((units) =>
          (['group', 'channel'] as const).map((affine) =>
            normaliseVariant({ ...channels, units, affine }),
          ),
        ),
        normaliseVariant({ ...channels, units: 'lanes', affine: 'group', affineVectors: true }),
        normaliseVariant({ ...channels, units: 'vectors', affine: 'channel', affineVectors: true }),
      ];
    }),
  ];
}

export const normaliseKernel = defineKernel<NormaliseVariant, typeof uniforms>({
  name: 'normalise',
  variants() {
    const all = (['f32', 'f16'] as const).flatMap((element) =>
      forms().flatMap((form) =>
        (['serial', 'workgroup', 'partial', 'split'] as const).map((method) =>
          normaliseVariant({ ...form, element, method }),
        ),
      ),
    );
    return [...new Map(all.map((variant) => [JSON.stringify(variant), variant])).values()];
  },
  uniforms,
  bindings({ element, method, units, affine, affineVectors, shifts, keeps }) {
    const array = (of: string, vectors: boolean) =>
      vectors ? `array<vec4<${of}>>` : `array<${of}>`;
    const read = (name: string, type: string) => ({ name, access: 'read' as const, type });
    const written = (name: string, type: string) => ({
      ...{ name, access: 'read_write' as const, type },
    });
    const x = read('x', array(element, units !== 'values'));
    if (method === 'partial') return [x, written('states', 'array<State>')];
    return [
      x,
      ...(affine === 'none' ? [] : [read('scales', array(element, affineVectors))]),
      ...(shifts ? [read('shifts', array(element, affineVectors))] : []),
      ...(method === 'split' ? [read('states', 'array<State>')] : []),
      written('y', x.type),
      ...(keeps ? [written('means', 'array<f32>'), written('factors', 'array<f32>')] : []),
    ];
  },
  workgroupSize: () => [normaliseThreads, 1, 1],
  workgroupBytes: ({ method, units }) =>
    method === 'workgroup' ? normaliseThreads * normaliseStateBytes(units) : 0,
  iterations({ method, units: kind }, { units, parts }) {
    const shares = { serial: 1, workgroup: normaliseThreads, partial: parts, split: parts }[method];
    const turns = Math.ceil(units / shares / (kind === 'values' ? 4 : 1)) + 2;
    // Two loops that fold, one that writes, and the one over the parts.
    return { serial: 3, workgroup: 3, partial: 2, split: 1 }[method] * turns + parts;
  },
  wgsl(variant) {
    const { method, units, activation } = variant;
    return `
${flatIndex}
${units === 'lanes' ? c4Functions : ''}
const largest = 0x1.fffffep+127f;
${units === 'values' ? valueUnits(variant.strided) : vectorUnits}
${statisticsSource(variant)}
${method === 'partial' ? '' : `${activationSource(activation)}${writeSource(variant)}`}
${rowMain(method)}`;
  },
});

/** Four values in each turn, as far apart as there are invocations; some may lie past the end. */
const valueUnits = (strided: boolean): string => `
const turn = 4u;
${offsetOf}
fn baseOf(row: u32) -> u32 {
  return offsetOf(row, u.keptSizes, u.keptStrides);
}
fn placeOf(index: u32) -> u32 {
  return ${strided ? 'index * u.reducedStrides.w' : 'offsetOf(index, u.reducedSizes, u.reducedStrides)'};
}
fn inside(index: u32, step: u32) -> vec4<bool> {
  return vec4<u32>(index) + vec4<u32>(0u, 1u, 2u, 3u) * step < vec4<u32>(u.units);
}
fn load(base: u32, index: u32, step: u32) -> vec4<f32> {
  return vec4<f32>(
    f32(x[base + placeOf(index)]),
    f32(x[base + placeOf(index + step)]),
    f32(x[base + placeOf(index + 2u * step)]),
    f32(x[base + placeOf(index + 3u * step)]),
  );
}
`;

const vectorUnits = `
const turn = 1u;
fn baseOf(row: u32) -> u32 {
  return row * u.units;
}
fn load(base: u32, index: u32, step: u32) -> vec4<f32> {
  return vec4<f32>(x[base + index]);
}
`;

/** `State`, `combine`, `fold` over a share of a row, and `factorOf` the whole of it. */
function statisticsSource({ statistics, units }: NormaliseVariant): string {
  const lanes = units === 'lanes';
  const scalar = lanes ? 'vec4<f32>' : 'f32';
  const total = (of: string) => (lanes ? of : `(${of}.x + ${of}.y) + (${of}.z + ${of}.w)`);
  const inRow = (of: string) =>
    units === 'values' ? `select(vec4<f32>(), ${of}, inside(index, step))` : of;
  const loop = (body: string) => `
  for (var index = start; index < u.units; index += turn * step) {
    let v = load(base, index, step);
    ${body}
  }`;
  const state = `
struct State { mean: ${scalar}, squares: ${scalar}, count: f32 }
fn initialState() -> State { return State(); }`;
  if (statistics !== 'moments') {
    const root = `sqrt(state.squares / u.divisor + u.epsilon)`;
    const inverse = `1.0 / ${statistics === 'l1' ? 'state.squares' : root}`;
    // A norm of 0 gives zeros, not NaN (LpNormalization).
    const zero = `select(${inverse}, 0.0, state.squares == 0.0)`;
    return `${state}
fn combine(a: State, b: State) -> State {
  return State(0.0, a.squares + b.squares, 0.0);
}
fn fold(row: u32, start: u32, step: u32) -> State {
  let base = baseOf(row);
  var sum = vec4<f32>();
  ${loop(`sum += ${inRow(statistics === 'l1' ? 'abs(v)' : 'v * v')};`)}
  return State(0.0, ${total('sum')}, 0.0);
}
fn factorOf(state: State) -> f32 {
  return ${statistics === 'rms' ? inverse : zero};
}`;
  }
  return `${state}
fn combine(a: State, b: State) -> State {
  let count = a.count + b.count;
  let share = b.count / max(count, 1.0);
  let difference = b.mean - a.mean;
  // An infinite mean stays one.
  let infinite = abs(difference) > ${scalar}(largest);
  let mean = select(a.mean + difference * share, a.mean + b.mean, infinite);
  let squares = a.squares + b.squares + difference * difference * (a.count * share);
  return State(mean, squares, count);
}
fn fold(row: u32, start: u32, step: u32) -> State {
  let base = baseOf(row);
  var sum = vec4<f32>();
  ${loop(`sum += ${inRow('v')};`)}
  let units = select((u.units - start + step - 1u) / step, 0u, start >= u.units);
  let count = f32(units)${units === 'vectors' ? ' * 4.0' : ''};
  let rough = (${total('sum')}) / count;
  var squares = vec4<f32>();
  var drift = vec4<f32>();
  ${loop(`
    let d = ${inRow('v - rough')};
    squares += d * d;
    drift += d;`)}
  let lost = ${total('drift')};
  let mean = select(rough + lost / count, rough, abs(rough) > ${scalar}(largest));
  // Never negative but by rounding.
  let exact = abs((${total('squares')}) - lost * (lost / count));
  if (units == 0u) {
    return State();
  }
  return State(mean, exact, count);
}
fn factorOf(state: State) -> ${scalar} {
  return 1.0 / (sqrt(state.squares / u.divisor + u.epsilon) + u.rootEpsilon);
}`;
}

/** `write`: the results of a share of a row. */
function writeSource(variant: NormaliseVariant): string {
  const { element, units, affine, affineVectors, shifts, keeps } = variant;
  const operands = affine === 'none' ? [] : shifts ? ['scale', 'shift'] : ['scale'];
  const type = affineVectors ? 'vec4<f32>' : 'f32';
  /** Index of a scale or shift for the value (or vector) that is unit `index` and lies `at`. */
  const indexOf = (operand: string) =>
    ({
      none: '',
      row: 'index',
      group: 'row % u.period',
      channel: 'at / u.inner % u.period',
      broadcast: `offsetOf(at, u.affineSizes, u.${operand}Strides)`,
    })[affine];
  const sources = operands.map(
    (operand) => `
fn ${operand}At(row: u32, index: u32, at: u32) -> ${type} {
  return ${type}(${operand}s[${indexOf(operand)}]);
}`,
  );
  const read = (operand: string): string => {
    if (units !== 'values') return `${operand}At(row, index, base + index)`;
    const each = [0, 1, 2, 3].map((k) => {
      const index = `index + ${k}u * step`;
      return `${operand}At(row, ${index}, base + placeOf(${index}))`;
    });
    return `vec4<f32>(${each.join(', ')})`;
  };
  const values = operands.map((operand) =>
    affine === 'group' ? `vec4<f32>(${operand}At(row, 0u, 0u))` : read(operand),
  );
  const declare = operands.map((operand, at) => `let ${operand} = ${values[at]};`).join('\n  ');
  const [before, within] = affine === 'group' ? [declare, ''] : ['', declare];
  const stored = (value: string) =>
    `${units === 'values' ? element : `vec4<${element}>`}(${value})`;
  const store =
    units === 'values'
      ? `
    let ends = inside(index, step);
    for (var k = 0u; k < 4u; k++) {
      if (ends[k]) { y[base + placeOf(index + k * step)] = ${stored('result[k]')}; }
    }`
      : `y[base + index] = ${stored(units === 'lanes' ? 'maskLanes(result, row % u.period, u.channels)' : 'result')};`;
  return `${sources.join('')}
fn write(row: u32, start: u32, step: u32, state: State) {
  let base = baseOf(row);
  let factor = factorOf(state);
  ${keeps ? 'if (start == 0u) { means[row] = state.mean / min(state.count, 1.0); factors[row] = factor; }' : ''}
  ${before}
  for (var index = start; index < u.units; index += turn * step) {
    let v = load(base, index, step);
    ${within}
    let normal = ${variant.statistics === 'moments' ? '(v - state.mean) * factor' : 'v * factor'};
    let result = activation(normal${operands[0] ? ' * scale' : ''}${operands[1] ? ' + shift' : ''});
    ${store}
  }
}`;
}
