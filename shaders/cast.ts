/** Cast between the types that live on a device. */

import { toHalf } from './lib/half.ts';
import { defineKernel, type Element } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lineMain, lineSize } from './lib/words.ts';

/** What the values become; how they are stored follows from it. */
export type CastTarget =
  | 'float32'
  | 'float16'
  /** float16's values in f32, on devices without f16. */
  | 'float16In32'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'bool';

const stored: Readonly<Record<CastTarget, Element>> = {
  float32: 'f32',
  float16: 'f16',
  float16In32: 'f32',
  int8: 'i32',
  int16: 'i32',
  int32: 'i32',
  uint8: 'u32',
  uint16: 'u32',
  uint32: 'u32',
  bool: 'u32',
};

type CastVariant = { readonly from: Element; readonly to: CastTarget };

const variants: CastVariant[] = (['f32', 'f16', 'i32', 'u32'] as const).flatMap((from) =>
  (Object.keys(stored) as CastTarget[]).map((to): CastVariant => ({ from, to })),
);

/** Bits of the narrow integer types. */
const bits: Readonly<Partial<Record<CastTarget, number>>> = {
  int8: 8,
  int16: 16,
  uint8: 8,
  uint16: 16,
};

/**
 * Floats are cut towards zero and held at the target's ends, NaN becomes 0 (ONNX leaves both
 * open); the ends of 32 bits are not floats, so they are chosen, not clamped to.
 */
function fromFloat(to: CastTarget): string {
  const unsigned = to.startsWith('u');
  const width = bits[to] ?? 32;
  const low = unsigned ? 0 : -(2 ** (width - 1));
  const high = unsigned ? 2 ** width - 1 : 2 ** (width - 1) - 1;
  const [type, suffix] = unsigned ? ['u32', 'u'] : ['i32', ''];
  const end = width === 32 ? `${high + 1}.0` : `${high}.0`;
  const lowest = low === -(2 ** 31) ? '-2147483647 - 1' : `${low}${suffix}`;
  return `
  var result = vec4<${type}>(x);
  result = select(result, vec4<${type}>(${high}${suffix}), x >= vec4<f32>(${end}));
  result = select(result, vec4<${type}>(${lowest}), x <= vec4<f32>(${low}.0));
  return select(result, vec4<${type}>(), magnitude > vec4<u32>(0x7f800000u));`;
}

/** Integers keep their lowest bits, as two's complement does. */
function fromInteger(to: CastTarget): string {
  const width = bits[to];
  if (width === undefined) return `return vec4<${stored[to]}>(x);`;
  const left = 32 - width;
  // WGSL's shift right keeps the sign of i32 and brings zeros into u32.
  return `return (vec4<${stored[to]}>(x) << vec4<u32>(${left}u)) >> vec4<u32>(${left}u);`;
}

function body({ from, to }: CastVariant): string {
  const float = from === 'f32' || from === 'f16';
  if (to === 'bool') {
    // By bits: NaN is true, and a subnormal must not be flushed to false.
    return `return select(vec4<u32>(), vec4<u32>(1u), ${float ? 'magnitude' : 'vec4<u32>(x)'} != vec4<u32>());`;
  }
  if (to.startsWith('float')) {
    const single = float ? 'x' : 'toSingle(x)';
    const rounded = to === 'float32' || from === 'f16' ? single : `toHalf(${single})`;
    return `return vec4<${stored[to]}>(${rounded});`;
  }
  return float ? fromFloat(to) : fromInteger(to);
}

/**
 * Rounds integers to the nearest float32: both halves and the first product are exact, and sums are
 * rounded correctly. WGSL's own conversion may round either way, and SwiftShader's does.
 */
const toSingle = (from: Element) => `
fn toSingle(x: vec4<${from}>) -> vec4<f32> {
  let low = bitcast<vec4<u32>>(x) & vec4<u32>(0xffffu);
  return vec4<f32>(x >> vec4<u32>(16u)) * 65536.0 + vec4<f32>(low);
}
`;

/** One invocation casts four elements; the buffers' ends are padding, so none is guarded alone. */
export const cast = defineKernel({
  name: 'cast',
  variants: () => variants,
  uniforms: {
    /** Vectors of four elements. */
    count: 'u32',
  },
  bindings: ({ from, to }) => [
    { name: 'source', access: 'read', type: `array<vec4<${from}>>` },
    { name: 'result', access: 'read_write', type: `array<vec4<${stored[to]}>>` },
  ],
  workgroupSize: () => lineSize,
  wgsl: (variant) => {
    const { from, to } = variant;
    const float = from === 'f32' || from === 'f16';
    const type = float ? 'f32' : from;
    return wgsl`
${lineMain}
#if ${!float && to.startsWith('float')}
${toSingle(from)}
#endif
#if ${to.startsWith('float16') && from !== 'f16'}
${toHalf}
#endif
fn convert(x: vec4<${type}>) -> vec4<${stored[to]}> {
#if ${float}
  let magnitude = bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu);
#endif
  ${body(variant)}
}
fn invocation(index: u32) {
  result[index] = convert(vec4<${type}>(source[index]));
}
`;
  },
});
