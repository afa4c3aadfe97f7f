/**
 * y[i] = several functions of the tables one after another, of up to four operands that are
 * broadcast: what lies between the steps stays in registers. One invocation makes one vec4 of the
 * result (mode `elements`: one element). Steps compute in f32.
 */

import { functionBody, type PointwiseFunction } from './lib/activations.ts';
import { binaryFunctions } from './lib/binary.ts';
import { binaryHelpers } from './lib/binary-helpers.ts';
import {
  addressSource,
  type BroadcastMode,
  loadSource,
  operandType,
  operandUniforms,
  shapeUniforms,
} from './lib/broadcast.ts';
import { type FunctionName, functionSource } from './lib/functions.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { c4Functions } from './lib/layout.ts';
import { nanFunctions } from './lib/nan.ts';
import { wgsl } from './lib/preprocessor.ts';
import { floatFunctions } from './lib/unary.ts';
import { allFunctions } from './lib/unary-functions.ts';
import { lineSize } from './lib/words.ts';

export const operandNames = ['a', 'b', 'c', 'd'] as const;
/** Steps that have uniforms for their parameters. */
export const maxChainSteps = 8;

export interface ChainStep {
  /** Name of a row of the unary or the binary functions. */
  readonly function: string;
  /** An operand, or `operands` + an earlier step; one or two of them. */
  readonly of: readonly number[];
}

export type ChainVariant = {
  /** As `chainText` writes them. */
  readonly steps: string;
  readonly operands: number;
  readonly mode: BroadcastMode;
  readonly element: 'f32' | 'f16';
  /** C4 with unused lanes. */
  readonly mask: boolean;
};

/** `add 0 1, clip 2`: names of functions and what they are of. */
export function chainText(steps: readonly ChainStep[]): string {
  return steps.map(({ function: name, of }) => [name, ...of].join(' ')).join(', ');
}

function parseChain(text: string): ChainStep[] {
  return text.split(', ').map((step) => {
    const [name = '', ...of] = step.split(' ');
    return { function: name, of: of.map(Number) };
  });
}

/** Every function by itself, and chains that exporters write for one activation. */
const samples: readonly (readonly [operands: number, steps: string])[] = [
  ...[...floatFunctions.keys()].map((name) => [1, `${name} 0`] as const),
  ...[...binaryFunctions.values()].filter(isChained).map(({ name }) => [2, `${name} 0 1`] as const),
  // Hard swish: x · clip(x + 3) / 6.
  [3, 'add 0 1, clip 3, mul 0 4, div 5 2'],
  // Mish, whose steps share functions.
  [1, 'softplus 0, tanh 1, mul 0 2'],
  [4, 'pow 0 1, pow 4 2, fmod 5 3'],
];

function isChained(row: {
  readonly f32?: string;
  readonly result?: 'bool';
  readonly name: string;
}) {
  return row.f32 !== undefined && row.result === undefined && row.name !== 'mean';
}

const parameterUniforms = Object.fromEntries(
  Array.from({ length: maxChainSteps }, (_, step) => [
    [`alpha${step}`, 'f32'] as const,
    [`beta${step}`, 'f32'] as const,
  ]).flat(),
);

/** WGSL of all steps: the functions they call once, then `fn step0`, `fn step1`, … */
function stepSources(steps: readonly ChainStep[]): string {
  const needs = new Set<FunctionName>();
  const helpers = new Set<string>();
  const bodies = steps.map(({ function: name, of }, index) => {
    const parameters = (text: string) =>
      text.replaceAll('u.actAlpha', `u.alpha${index}`).replaceAll('u.actBeta', `u.beta${index}`);
    if (of.length === 1) {
      const row = floatFunctions.get(name) as PointwiseFunction;
      for (const need of row.needs ?? []) needs.add(need);
      return parameters(functionBody(row, `step${index}`));
    }
    const row = binaryFunctions.get(name);
    if (!row?.f32) throw new TypeError(`there is no float function "${name}" of two operands`);
    helpers.add(binaryHelpers(row, 'f32', 'f32'));
    return `
fn step${index}(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
  return ${row.f32};
}
`;
  });
  return [functionSource([...needs], allFunctions), ...helpers, ...bodies].join('');
}

export const pointwiseChain = defineKernel({
  name: 'pointwise_chain',
  variants: (): ChainVariant[] =>
    samples.flatMap(([operands, steps]) =>
      (['flat', 'blocks', 'elements'] as const).flatMap((mode) =>
        (['f32', 'f16'] as const).flatMap((element) =>
          (mode === 'elements' ? [false] : [false, true]).map((mask) => ({
            ...{ steps, operands, mode, element, mask },
          })),
        ),
      ),
    ),
  uniforms: {
    ...shapeUniforms,
    ...operandUniforms('a'),
    ...operandUniforms('b'),
    ...operandUniforms('c'),
    ...operandUniforms('d'),
    ...(parameterUniforms as Record<`${'alpha' | 'beta'}${number}`, 'f32'>),
    /** Bits of NaN and of infinity, which WGSL has no constants for. */
    nanBits: 'u32',
    infinityBits: 'u32',
    /** Only with `mask`: the shape of the C4 result. */
    channels: 'u32',
    channelBlocks: 'u32',
    pixels: 'u32',
  },
  bindings: ({ operands, element, mode }) => [
    ...operandNames.slice(0, operands).map((name) => ({
      ...{ name, access: 'read' as const, type: operandType(element, mode) },
    })),
    { name: 'result', access: 'read_write', type: operandType(element, mode) },
  ],
  workgroupSize: () => lineSize,
  wgsl(variant) {
    const { operands, mode, element, mask } = variant;
    const steps = parseChain(variant.steps);
    const names = operandNames.slice(0, operands);
    const value = (at: number) => (at < operands ? `operand${at}` : `y${at - operands}`);
    return wgsl`
${flatIndex}
${nanFunctions}
${mask ? c4Functions : ''}
${mode === 'flat' ? '' : addressSource}
${names.map((name) => loadSource(name, 'f32', mode)).join('')}
${stepSources(steps)}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index >= u.count) {
    return;
  }
${names.map((name, at) => `  let operand${at} = load_${name}(index);\n`).join('')}
${steps.map(({ of }, at) => `  let y${at} = step${at}(${of.map(value).join(', ')});\n`).join('')}
  var y = y${steps.length - 1};
#if ${mask}
  y = maskLanes(y, (index / u.pixels) % u.channelBlocks, u.channels);
#endif
#if ${mode === 'elements'}
  result[index] = ${element}(y.x);
#else
  result[index] = vec4<${element}>(y);
#endif
}
`;
  },
});
