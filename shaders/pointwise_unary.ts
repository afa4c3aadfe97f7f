/**
 * y[i] = f(x[i]) for every function of the tables of unary functions. Flat: one invocation takes
 * one vec4, whatever the layout; where f(0) is not 0, the variant for C4 masks unused lanes.
 */

import { functionOf, type PointwiseFunction } from './lib/activations.ts';
import { defineKernel, type Element, flatIndex, flatMain } from './lib/kernel.ts';
import { c4Functions } from './lib/layout.ts';
import { wgsl } from './lib/preprocessor.ts';
import { floatFunctions, floatTests, integerFunctions } from './lib/unary.ts';
import { allFunctions } from './lib/unary-functions.ts';
import { lineSize } from './lib/words.ts';

type UnaryVariant = {
  /** Name of the row. */
  readonly function: string;
  readonly element: Element;
  /** C4 with unused lanes, and f(0) is not 0. */
  readonly mask: boolean;
};

function listVariants(): UnaryVariant[] {
  const list: UnaryVariant[] = [];
  for (const element of ['f32', 'f16'] as const) {
    for (const name of floatFunctions.keys()) {
      for (const mask of [false, true]) list.push({ function: name, element, mask });
    }
    for (const name of floatTests.keys()) list.push({ function: name, element, mask: false });
  }
  for (const row of integerFunctions.values()) {
    for (const element of ['i32', 'u32'] as const) {
      if (row[element]) list.push({ function: row.name, element, mask: false });
    }
  }
  return list;
}

/** WGSL `apply` of a row, from the compute type to the result's. */
function applySource({ function: name, element }: UnaryVariant): string {
  if (element === 'i32' || element === 'u32') {
    // Narrow integers are widened: the shift wraps the result to the model's type.
    return `
fn apply(x: vec4<${element}>) -> vec4<${element}> {
  let y = ${integerFunctions.get(name)?.[element]};
  return (y << vec4<u32>(u.wrapShift)) >> vec4<u32>(u.wrapShift);
}`;
  }
  const test = floatTests.get(name);
  if (test) {
    return `
fn apply(value: vec4<f32>) -> vec4<u32> {
  let x = bitcast<vec4<u32>>(value);
  return vec4<u32>(${test.wgsl});
}`;
  }
  return functionOf(floatFunctions.get(name) as PointwiseFunction, 'apply', allFunctions);
}

/** What `result` holds: answers of tests are bool, which is u32. */
function resultElement({ function: name, element }: UnaryVariant): Element {
  return floatTests.has(name) ? 'u32' : element;
}

export const pointwiseUnary = defineKernel({
  name: 'pointwise_unary',
  variants: listVariants,
  uniforms: {
    /** Vec4s. */
    count: 'u32',
    /** 32 less the bits of a narrow integer type. */
    wrapShift: 'u32',
    actAlpha: 'f32',
    actBeta: 'f32',
    /** Bits of NaN and of infinity, which WGSL has no constants for. */
    nanBits: 'u32',
    infinityBits: 'u32',
    /** Only with `mask`: the shape of the C4 tensor. */
    channels: 'u32',
    channelBlocks: 'u32',
    pixels: 'u32',
  },
  bindings: (variant) => [
    { name: 'source', access: 'read', type: `array<vec4<${variant.element}>>` },
    { name: 'result', access: 'read_write', type: `array<vec4<${resultElement(variant)}>>` },
  ],
  workgroupSize: () => lineSize,
  wgsl: (variant) => wgsl`
${flatIndex}
${variant.mask ? c4Functions : ''}
${applySource(variant)}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index >= u.count) {
    return;
  }
  let y = apply(vec4<${variant.element === 'f16' ? 'f32' : variant.element}>(source[index]));
#if ${variant.mask}
  let block = (index / u.pixels) % u.channelBlocks;
  result[index] = vec4<${resultElement(variant)}>(maskLanes(y, block, u.channels));
#else
  result[index] = vec4<${resultElement(variant)}>(y);
#endif
}
`,
});
