/**
 * y[i] = f(a[i], b[i]) for every function of the table of binary functions, with broadcasting and
 * a fused activation. One invocation makes one vec4 of the result (mode `elements`: one element).
 */

import { activationSource, fusableActivations } from './lib/activations.ts';
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
import { defineKernel, type Element, flatIndex, flatMain } from './lib/kernel.ts';
import { c4Functions } from './lib/layout.ts';
import { nanFunctions } from './lib/nan.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineSize } from './lib/words.ts';

export type BinaryVariant = {
  /** Name of the row. */
  readonly function: string;
  readonly mode: BroadcastMode;
  readonly a: Element;
  readonly b: Element;
  readonly result: Element;
  readonly activation: string;
  /** C4 with unused lanes that would not come out as zero. */
  readonly mask: boolean;
};

type Elements = Pick<BinaryVariant, 'a' | 'b' | 'result'>;

const all: readonly Element[] = ['f32', 'f16', 'i32', 'u32'];
const isFloatElement = (element: Element): boolean => element === 'f32' || element === 'f16';

/** The combinations of elements that a row is asked for. */
function elementsOf(name: string): Elements[] {
  const row = binaryFunctions.get(name);
  if (!row) return [];
  if (name === 'pow') {
    return all.flatMap((a) => all.map((b): Elements => ({ a, b, result: a })));
  }
  const same = all
    .filter((element) => row[element === 'f16' ? 'f32' : element])
    .map((a): Elements => ({ a, b: a, result: row.result === 'bool' ? 'u32' : a }));
  if (name !== 'add' && name !== 'mean') return same;
  // Partial sums of several f16 operands are kept in f32.
  return [
    ...same,
    { a: 'f16', b: 'f16', result: 'f32' },
    { a: 'f32', b: 'f16', result: 'f32' },
    { a: 'f32', b: 'f16', result: 'f16' },
  ];
}

function listVariants(): BinaryVariant[] {
  const list: BinaryVariant[] = [];
  for (const row of binaryFunctions.values()) {
    for (const elements of elementsOf(row.name)) {
      const float = isFloatElement(elements.result);
      const activations = row.epilogue && float ? fusableActivations : ['none'];
      for (const mode of ['flat', 'blocks', 'elements'] as const) {
        for (const mask of float && mode !== 'elements' ? [false, true] : [false]) {
          for (const activation of activations) {
            list.push({ function: row.name, mode, ...elements, activation, mask });
          }
        }
      }
    }
  }
  return list;
}

const computed = (element: Element): 'f32' | 'i32' | 'u32' => (element === 'f16' ? 'f32' : element);

/** WGSL `operate(a, b)` and what it calls. */
function operateSource(variant: BinaryVariant): string {
  const row = binaryFunctions.get(variant.function);
  if (!row) throw new TypeError(`there is no binary function "${variant.function}"`);
  const a = computed(variant.a);
  const b = exponentType(variant);
  const result = row.result === 'bool' ? 'u32' : a;
  const expression = a !== 'f32' && b === 'f32' ? 'mixedPower(a, b)' : row[a];
  // Narrow integers are widened: the shifts wrap the result to the model's type.
  return `${binaryHelpers(row, a, b)}
fn operate(a: vec4<${a}>, b: vec4<${b}>) -> vec4<${result}> {
  let y = vec4<${result}>(${expression});
  return ${result === 'f32' || row.result === 'bool' ? 'y' : '(y << vec4<u32>(u.wrapShift)) >> vec4<u32>(u.wrapShift)'};
}
`;
}

/** Operands are computed in one type, but for powers of an integer. */
function exponentType({ function: name, a, b }: BinaryVariant): 'f32' | 'i32' | 'u32' {
  if (name !== 'pow' || isFloatElement(a)) return computed(a);
  return isFloatElement(b) ? 'f32' : 'i32';
}

export const pointwiseBinary = defineKernel({
  name: 'pointwise_binary',
  variants: listVariants,
  uniforms: {
    ...shapeUniforms,
    ...operandUniforms('a'),
    ...operandUniforms('b'),
    /** 32 less the bits of a narrow integer type. */
    wrapShift: 'u32',
    /** Operands of a mean. */
    divisor: 'f32',
    actAlpha: 'f32',
    actBeta: 'f32',
    /** Bits of NaN and of infinity, which WGSL has no constants for. */
    nanBits: 'u32',
    infinityBits: 'u32',
    /** Only with `mask`: the shape of the C4 result. */
    channels: 'u32',
    channelBlocks: 'u32',
    pixels: 'u32',
  },
  bindings: ({ a, b, result, mode }) => [
    { name: 'a', access: 'read', type: operandType(a, mode) },
    { name: 'b', access: 'read', type: operandType(b, mode) },
    { name: 'result', access: 'read_write', type: operandType(result, mode) },
  ],
  workgroupSize: () => lineSize,
  wgsl: (variant) => wgsl`
${flatIndex}
${nanFunctions}
${variant.mask ? c4Functions : ''}
${variant.mode === 'flat' ? '' : addressSource}
${loadSource('a', computed(variant.a), variant.mode)}
${loadSource('b', exponentType(variant), variant.mode)}
${operateSource(variant)}
${variant.activation === 'none' ? '' : activationSource(variant.activation)}
${flatMain} {
  let index = flatWorkgroup(workgroup, counts) * workgroupX + local;
  if (index >= u.count) {
    return;
  }
  var y = operate(load_a(index), load_b(index));
#if ${variant.activation !== 'none'}
  y = activation(y);
#endif
#if ${variant.mask}
  y = maskLanes(y, (index / u.pixels) % u.channelBlocks, u.channels);
#endif
#if ${variant.mode === 'elements'}
  result[index] = ${variant.result}(y.x);
#else
  result[index] = vec4<${variant.result}>(y);
#endif
}
`,
});
