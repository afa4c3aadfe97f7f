/**
 * Transposed convolution, one to three dimensions, any groups, in gather form: an output reads the
 * taps that reach it. Outputs whose coordinates have one remainder by the stride (one phase) read
 * the same taps, so each phase is a convolution of stride 1 with some of the taps; a workgroup works
 * on one phase. Each invocation owns `rows` outputs of the phase, one below the other, times
 * `blocks` output blocks; neighbours own neighbouring columns of the phase.
 *
 * With t = o + pad = phase + stride·m, tap k reaches it where k·dilation ≡ phase (mod stride), from
 * input (t − k·dilation) / stride. Such taps lie stride / g apart, their inputs dilation / g, with
 * g = gcd(stride, dilation).
 *
 * Reads: `blocks`, where groups begin at multiples of four channels (or there is one group): whole
 * vectors of channels; `lanes`: each output lane reads the channels of its own group.
 *
 * Bindings: `source` C4 (as scalars for `lanes`); `weights` packed by `pack_conv` with the channels
 * of one group as its input, `[outBlock][inBlock][tap][4]`; bias, residual, result by the epilogue.
 */

import { convUniforms, sourceBinding } from './lib/conv-geometry.ts';
import {
  type EpilogueVariant,
  epilogueBindings,
  epilogueSource,
  epilogueUniforms,
  epilogueVariants,
} from './lib/epilogue.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { blockProduct, lines, range } from './lib/unroll.ts';
import { weightsBinding } from './lib/weights.ts';

export interface ConvTransposeShape {
  readonly reads: 'blocks' | 'lanes';
  /** Outputs of a phase along y, and output blocks of four channels, of one tile. */
  readonly rows: number;
  readonly blocks: number;
  /** Invocations of a workgroup. */
  readonly lanes: number;
}

/** Invocations of a workgroup: a subgroup of a GPU, a vector of a software adapter. */
export const convTransposeLanes = { hardware: 32, software: 8 } as const;

const tiles = [
  ['blocks', 8, 2],
  ['blocks', 4, 2],
  ['blocks', 4, 1],
  ['lanes', 4, 1],
] as const;

export const convTransposeShapes: readonly ConvTransposeShape[] = Object.values(
  convTransposeLanes,
).flatMap((lanes) => tiles.map(([reads, rows, blocks]) => ({ reads, rows, blocks, lanes })));

type Variant = ConvTransposeShape & EpilogueVariant & Record<string, string | number>;

/** One step: loads the tile's rows under one tap, and multiplies. */
function step({ reads, rows, blocks }: ConvTransposeShape): string {
  const load = (row: number): string => {
    const at = `(at + ${row}u * u.inWidth)`;
    const value =
      reads === 'blocks'
        ? `vec4<f32>(source[${at}])`
        : `vec4<f32>(${range(4)
            .map((lane) => `f32(source[(laneStart[${lane}] + ${at}) * 4u + laneOfBlock[${lane}]])`)
            .join(', ')})`;
    return `let value${row} = select(vec4<f32>(), ${value}, inside & (u32(y) + ${row}u < u.inHeight));`;
  };
  return lines([
    ...range(rows).map(load),
    ...range(blocks).map((b) =>
      reads === 'blocks'
        ? lines([
            `{ let block = weights[(outBlock${b} * inBlocks + channel) * taps + tap];`,
            ...range(4).map((i) => `let w${i} = vec4<f32>(block[${i}]);`),
            ...range(rows).map((row) => `sum${row}_${b} += ${blockProduct('w', `value${row}`)};`),
            '}',
          ])
        : lines([
            `let w = vec4<f32>(weights[((outBlock${b} * inBlocks + channel / 4u) * taps + tap) * 4u + channel % 4u]);`,
            ...range(rows).map((row) => `sum${row}_${b} += w * value${row};`),
          ]),
    ),
  ]);
}

export const convTranspose = defineKernel({
  name: 'conv_transpose',
  variants: (): Variant[] =>
    convTransposeShapes.flatMap((shape) =>
      epilogueVariants().map((epilogue) => ({ ...shape, ...epilogue })),
    ),
  uniforms: {
    ...convUniforms,
    inPerGroup: 'u32',
    outPerGroup: 'u32',
    /** Taps of one phase lie so far apart (z, y, x), and their inputs so far. */
    tapStep: 'vec4u',
    inputStep: 'vec4u',
    /** Tiles of one phase over all images: batch × phaseDepth × tilesY × phaseWidth. */
    tiles: 'u32',
    tilesY: 'u32',
    phaseDepth: 'u32',
    phaseWidth: 'u32',
    /** Workgroups that cover all tiles of a phase for one group of output blocks. */
    tileGroups: 'u32',
    blockGroups: 'u32',
    ...epilogueUniforms,
  },
  bindings: (variant) => [
    sourceBinding(variant.reads === 'blocks' ? 'c4' : 'linear', variant.element),
    variant.reads === 'blocks'
      ? weightsBinding(variant.element)
      : { name: 'weights', access: 'read', type: `array<vec4<${variant.element}>>` },
    ...epilogueBindings(variant),
  ],
  workgroupSize: ({ lanes }) => [lanes, 1, 1],
  // More than the taps of any one phase.
  iterations: ({ reads }, sizes) =>
    (reads === 'blocks' ? Math.ceil(sizes.inPerGroup / 4) : sizes.inPerGroup) *
    Math.ceil(sizes.kernelDepth / sizes.tapStep[2]) *
    Math.ceil(sizes.kernelHeight / sizes.tapStep[1]) *
    Math.ceil(sizes.kernelWidth / sizes.tapStep[0]),
  wgsl(variant) {
    const { reads, rows, blocks } = variant;
    return wgsl`
${flatIndex}
${epilogueSource(variant)}
// Where a phase begins along one axis.
struct Phase {
  // Its first output.
  output: u32,
  // Its first tap, and how many it has.
  tap: u32,
  taps: u32,
  // Input under the first tap of the first output; negative in the padding.
  input: i32,
}
fn phaseOf(
  phase: u32, stride: u32, kernel: u32, dilation: u32, pad: i32, tapStep: u32,
) -> Phase {
  let first = (phase + stride - u32(pad) % stride) % stride;
  var tap = 0u;
  while (tap < kernel && tap * dilation % stride != phase) {
    tap++;
  }
  let taps = (kernel - tap + tapStep - 1u) / tapStep;
  return Phase(first, tap, taps, (i32(first) + pad - i32(tap * dilation)) / i32(stride));
}
${flatMain} {
  let flat = flatWorkgroup(workgroup, counts);
  let tile = flat % u.tileGroups * workgroupX + local;
  let firstBlock = flat / u.tileGroups % u.blockGroups * ${blocks}u;
  var phase = flat / u.tileGroups / u.blockGroups;
  let phaseX = phaseOf(phase % u.strideX, u.strideX, u.kernelWidth, u.dilationX, u.padLeft, u.tapStep.x);
  phase /= u.strideX;
  let phaseY = phaseOf(phase % u.strideY, u.strideY, u.kernelHeight, u.dilationY, u.padTop, u.tapStep.y);
  phase /= u.strideY;
  let phaseZ = phaseOf(phase % u.strideZ, u.strideZ, u.kernelDepth, u.dilationZ, u.padFront, u.tapStep.z);

  var rest = min(tile, u.tiles - 1u);
  let tileX = rest % u.phaseWidth;
  rest /= u.phaseWidth;
  let tileY = rest % u.tilesY * ${rows}u;
  rest /= u.tilesY;
  let tileZ = rest % u.phaseDepth;
  let image = rest / u.phaseDepth;
  let firstX = i32(tileX) + phaseX.input;
  let firstY = i32(tileY) + phaseY.input;
  let firstZ = i32(tileZ) + phaseZ.input;

  let taps = u.kernelDepth * u.kernelHeight * u.kernelWidth;
  let inPlane = u.inDepth * u.inHeight * u.inWidth;
  let inBlocks = (u.inPerGroup + 3u) / 4u;
  ${lines(range(blocks).map((b) => `let outBlock${b} = min(firstBlock + ${b}u, u.outBlocks - 1u);`))}
#if ${reads === 'blocks'}
  let channels = inBlocks;
  // Both blocks of a tile are of one group.
  let groupStart = firstBlock * 4u / u.outPerGroup * inBlocks;
#else
  let channels = u.inPerGroup;
  let groupStarts =
    min(vec4<u32>(0u, 1u, 2u, 3u) + firstBlock * 4u, vec4<u32>(u.outChannels - 1u)) /
    u.outPerGroup * u.inPerGroup;
#endif
  ${lines(
    range(rows).flatMap((row) => range(blocks).map((b) => `var sum${row}_${b} = vec4<f32>();`)),
  )}
  // One flat loop over (channel, z, y, x): nested ones would copy all sums on software adapters.
  var channel = 0u;
  var tz = 0u;
  var ty = 0u;
  var tx = 0u;
  let steps = channels * phaseZ.taps * phaseY.taps * phaseX.taps;
  for (var index = 0u; index < steps; index++) {
    let x = firstX - i32(tx * u.inputStep.x);
    let y = firstY - i32(ty * u.inputStep.y);
    let z = firstZ - i32(tz * u.inputStep.z);
    let inside = (u32(x) < u.inWidth) & (u32(z) < u.inDepth);
    let tap =
      ((phaseZ.tap + tz * u.tapStep.z) * u.kernelHeight + phaseY.tap + ty * u.tapStep.y) *
      u.kernelWidth + phaseX.tap + tx * u.tapStep.x;
    let pixel = (u32(z) * u.inHeight + u32(y)) * u.inWidth + u32(x);
#if ${reads === 'blocks'}
    let at = c4Index(image, groupStart + channel, u.inBlocks, pixel, inPlane);
#else
    let at = pixel;
    let laneChannels = groupStarts + channel;
    let laneStart = (image * u.inBlocks + laneChannels / 4u) * inPlane;
    let laneOfBlock = laneChannels % 4u;
#endif
    ${step(variant)}
    tx++;
    if (tx == phaseX.taps) {
      tx = 0u;
      ty++;
      if (ty == phaseY.taps) {
        ty = 0u;
        tz++;
        if (tz == phaseZ.taps) {
          tz = 0u;
          channel++;
        }
      }
    }
  }

  let outX = phaseX.output + tileX * u.strideX;
  let outZ = phaseZ.output + tileZ * u.strideZ;
  if (tile >= u.tiles || outX >= u.outWidth || outZ >= u.outDepth) {
    return;
  }
  let outPlane = u.outDepth * u.outHeight * u.outWidth;
  let pixel = outZ * u.outHeight * u.outWidth + outX;
  ${lines(
    range(rows).flatMap((row) => [
      `{ let outY = phaseY.output + (tileY + ${row}u) * u.strideY;`,
      'if (outY < u.outHeight) {',
      ...range(blocks).map(
        (b) =>
          `if (firstBlock + ${b}u < u.outBlocks) { storeBlock(sum${row}_${b}, firstBlock + ${b}u, c4Index(image, firstBlock + ${b}u, u.outBlocks, pixel + outY * u.outWidth, outPlane)); }`,
      ),
      '} }',
    ]),
  )}
}
`;
  },
});
