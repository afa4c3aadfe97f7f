/**
 * Convolution of 8-bit integers in exact 32-bit sums, and the product of matrices as its case of
 * one tap: y[o, p] = Σ_c Σ_k (x[c, p·stride + k·dilation − pad] − xZero) · (w[o, c, k] − wZero).
 *
 * `source` and `weights` hold words of four channels, signed (see `pack_integers`); what was taken
 * off unsigned ones adds to the zero points. With stored X and W and those zero points a and b, a
 * sum of n products is ΣX·W − a·ΣW − b·ΣX + n·a·b. A tap outside of the source reads a: it counts
 * for nothing, and n and ΣW are the same everywhere.
 *
 * Each invocation owns `pixels` output pixels, a workgroup apart so that neighbours read neighbours,
 * times `blocks` blocks of four output channels, the same for the whole workgroup.
 */

import { tapTurns } from './lib/conv-geometry.ts';
import { integerWindowUniforms, originOf, unpackBytes, zeroPoints } from './lib/integer-window.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lines, range } from './lib/unroll.ts';

export interface IntegerProductVariant {
  readonly [field: string]: number | boolean;
  /** By WGSL's `packed_4x8_integer_dot_product`; else words are unpacked. */
  readonly packedDot: boolean;
  /** Weights may have a zero point: the source's sums are needed. */
  readonly weightZero: boolean;
  readonly pixels: number;
  readonly blocks: number;
  /** Invocations of a workgroup. */
  readonly lanes: number;
}

/** Output pixels and blocks of output channels of an invocation. */
export const integerTiles = [
  { pixels: 4, blocks: 2 },
  { pixels: 2, blocks: 1 },
] as const;

/** A subgroup of a GPU; on a software adapter its vector's width. */
export const integerLanes = { hardware: 32, software: 8 } as const;

const uniforms = {
  /** Images times groups, or the matrices of a batch. */
  outers: 'u32',
  pixelTiles: 'u32',
  outTiles: 'u32',
  /** Of one `outer`. */
  channels: 'u32',
  channelBlocks: 'u32',
  outs: 'u32',
  outBlocks: 'u32',
  ...integerWindowUniforms,
  sourceZeroStride: 'u32',
  resultOutStride: 'u32',
  resultPixelStride: 'u32',
} as const;

export const integerProduct = defineKernel<IntegerProductVariant, typeof uniforms>({
  name: 'integer_product',
  variants: () =>
    [true, false].flatMap((packedDot) =>
      [true, false].flatMap((weightZero) =>
        integerTiles.flatMap((tile) =>
          Object.values(integerLanes).map((lanes) => ({ packedDot, weightZero, ...tile, lanes })),
        ),
      ),
    ),
  uniforms,
  bindings: () => [
    { name: 'source', access: 'read', type: 'array<u32>' },
    { name: 'weights', access: 'read', type: 'array<vec4<u32>>' },
    { name: 'weightSums', access: 'read', type: 'array<i32>' },
    { name: 'sourceZeros', access: 'read', type: 'array<i32>' },
    { name: 'weightZeros', access: 'read', type: 'array<i32>' },
    // For each outer: its source, its weights, its first zero point of either.
    { name: 'places', access: 'read', type: 'array<vec4<u32>>' },
    { name: 'result', access: 'read_write', type: 'array<i32>' },
  ],
  workgroupSize: ({ lanes }) => [lanes, 1, 1],
  iterations: (_, u) =>
    tapTurns(u) + u.kernelDepth * u.kernelHeight * u.kernelWidth * (u.channelBlocks + 1),
  wgsl({ packedDot, weightZero, pixels, blocks }) {
    const p = range(pixels);
    const b = range(blocks);
    const four = packedDot ? 'u32' : 'vec4<i32>';
    const dots = (x: string, w: string) => {
      const one = (lane: string) =>
        packedDot ? `dot4I8Packed(${x}, ${w}.${lane})` : `dot(${x}, ${w}${lane})`;
      return `vec4<i32>(${['x', 'y', 'z', 'w'].map(one).join(', ')})`;
    };
    const loadWeights = (j: number) =>
      packedDot
        ? `let w${j} = weights[at${j}];`
        : `let four${j} = weights[at${j}];\n${lines(
            ['x', 'y', 'z', 'w'].map((lane) => `let w${j}${lane} = unpack(four${j}.${lane});`),
          )}`;
    const word = (i: number) => `select(edge, source[words + address${i}], inside${i})`;
    return wgsl`
${flatIndex}
#if ${!packedDot}
${unpackBytes}
#endif
${zeroPoints}
${originOf}
fn store(outer: u32, pixel: u32, out: u32, place: vec4<u32>, sum: vec4<i32>, sourceSum: i32) {
  if (pixel >= u.outPixels) {
    return;
  }
  let a = sourceZero(place.z + pixel * u.sourceZeroStride);
  let terms = i32(u.channels * u.kernelDepth * u.kernelHeight * u.kernelWidth);
  for (var lane = 0u; lane < min(4u, u.outs - min(out, u.outs)); lane++) {
    let at = out + lane;
    var value = sum[lane] - a * weightSums[place.y * u.outs + at];
#if ${weightZero}
    value -= weightZero(place.w + at * u.weightZeroStride) * (sourceSum - terms * a);
#endif
    let first = outer * u.outs * u.outPixels;
    result[first + at * u.resultOutStride + pixel * u.resultPixelStride] = value;
  }
}
${flatMain} {
  let tile = flatWorkgroup(workgroup, counts);
  let outer = tile / u.pixelTiles / u.outTiles;
  if (outer >= u.outers) {
    return;
  }
  let place = places[outer];
  let firstBlock = tile / u.pixelTiles % u.outTiles * ${blocks}u;
  let firstPixel = tile % u.pixelTiles * workgroupX * ${pixels}u + local;
  // Per row the zero point differs only where no tap lies outside.
  let outside = (bitcast<u32>(sourceZero(place.z)) & 255u) * 0x01010101u;
  // The channels that the last block has.
  let lastMask = 0xffffffffu >> (8u * (u.channelBlocks * 4u - u.channels));
  let size = vec3<i32>(vec3<u32>(u.inDepth, u.inHeight, u.inWidth));
  let plane = u.inDepth * u.inHeight * u.inWidth;
  let taps = u.kernelDepth * u.kernelHeight * u.kernelWidth;
${lines(
  p.map(
    (i) => `
  let pixel${i} = firstPixel + ${i}u * workgroupX;
  let origin${i} = originOf(min(pixel${i}, u.outPixels - 1u));
  var sourceSum${i} = 0;
  ${lines(b.map((j) => `var sum${i}_${j} = vec4<i32>();`))}`,
  ),
)}
${lines(
  b.map(
    (j) => `
  let weightsOf${j} = (place.y * u.outBlocks + min(firstBlock + ${j}u, u.outBlocks - 1u)) *
    u.channelBlocks * taps;`,
  ),
)}
  var tap = 0u;
  for (var kz = 0u; kz < u.kernelDepth; kz++) {
    for (var ky = 0u; ky < u.kernelHeight; ky++) {
      for (var kx = 0u; kx < u.kernelWidth; kx++) {
        let reach = vec3<i32>(vec3<u32>(kz * u.dilationZ, ky * u.dilationY, kx * u.dilationX));
${lines(
  p.map(
    (i) => `
        let position${i} = origin${i} + reach;
        let inside${i} = all(position${i} >= vec3<i32>()) && all(position${i} < size);
        let address${i} = select(0u, u32((position${i}.x * size.y + position${i}.y) * size.z + position${i}.z), inside${i});`,
  ),
)}
        var words = place.x * u.channelBlocks * plane;
${lines(b.map((j) => `        var at${j} = weightsOf${j} + tap;`))}
        for (var block = 1u; block <= u.channelBlocks; block++) {
          let edge = outside & select(0xffffffffu, lastMask, block == u.channelBlocks);
${lines(
  p.map((i) => `          let x${i}: ${four} = ${packedDot ? word(i) : `unpack(${word(i)})`};`),
)}
${lines(b.map((j) => `          ${loadWeights(j)}`))}
${lines(p.flatMap((i) => b.map((j) => `          sum${i}_${j} += ${dots(`x${i}`, `w${j}`)};`)))}
#if ${weightZero}
${lines(
  p.map(
    (i) =>
      `          sourceSum${i} += ${packedDot ? `dot4I8Packed(x${i}, 0x01010101u)` : `dot(x${i}, vec4<i32>(1))`};`,
  ),
)}
#endif
          words += plane;
${lines(b.map((j) => `          at${j} += taps;`))}
        }
        tap++;
      }
    }
  }
${lines(
  p.flatMap((i) =>
    b.map(
      (j) =>
        `  store(outer, pixel${i}, (firstBlock + ${j}u) * 4u, place, sum${i}_${j}, sourceSum${i});`,
    ),
  ),
)}
}
`;
  },
});
