/**
 * Grouped convolution, one to three dimensions, any sizes of groups, without workgroup memory:
 * each invocation owns a tile of `rows` output pixels, one below the other, times `blocks` blocks
 * of four output channels. What a block of outputs reads depends on how groups lie in blocks:
 *
 * - `blocks`: groups begin at multiples of four channels on both sides; then this is a
 *   convolution of group 1 over the group's own input blocks;
 * - `channel`: output groups do, input groups do not: all four outputs read one input channel at
 *   a time, a scalar;
 * - `lanes`: a block of outputs may straddle groups: each lane reads a channel of its own group.
 *
 * Neighbouring invocations own neighbouring columns; all invocations of a workgroup work on the
 * same output blocks, so that the weights' addresses are uniform. There is no divergent branch
 * before the store: invocations past the end repeat the last tile.
 *
 * Bindings: `source` C4 (as scalars but in `blocks`); `weights` packed by `pack_conv` with the
 * channels of one group as its input, `[outBlock][⌈inPerGroup / 4⌉][tap][4]`; bias, residual,
 * result by the epilogue.
 */

import { convUniforms, sourceBinding, tapTurns } from './lib/conv-geometry.ts';
import {
  type EpilogueVariant,
  epilogueBindings,
  epilogueSource,
  epilogueUniforms,
  epilogueVariants,
} from './lib/epilogue.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lines, range } from './lib/unroll.ts';

export type GroupReads = 'blocks' | 'channel' | 'lanes';

export interface ConvGroupedShape {
  readonly reads: GroupReads;
  /** Output pixels of a tile, along y. */
  readonly rows: number;
  /** Output blocks of a tile, all of one group. */
  readonly blocks: number;
  /** Kernel height (with dilation 1 along y) that is unrolled; 0 takes any height and dilation. */
  readonly kernelHeight: number;
  /** Stride along y; 0 (with kernelHeight 0) takes any. */
  readonly strideY: number;
  /** Invocations of a workgroup. */
  readonly lanes: number;
}

type ConvGroupedVariant = ConvGroupedShape & EpilogueVariant & Record<string, string | number>;

/** Kernel height and stride along y, unrolled and general. */
const heights = [
  [0, 0],
  [3, 1],
  [3, 2],
] as const;

/** Invocations of a workgroup: a subgroup of a GPU, a vector of a software adapter. */
export const convGroupedLanes = { hardware: 32, software: 8 } as const;

/** Seven rows waste nothing on the maps of networks for 224×224 images, and load each weight less. */
const tileRows = { hardware: 4, software: 7 } as const;

export const convGroupedShapes: readonly ConvGroupedShape[] = (
  ['hardware', 'software'] as const
).flatMap((device) => {
  const tile = { rows: tileRows[device], lanes: convGroupedLanes[device] };
  return [
    ...[1, 2].flatMap((blocks) =>
      heights.map(([kernelHeight, strideY]) => ({
        ...{ ...tile, reads: 'blocks' as const, blocks, kernelHeight, strideY },
      })),
    ),
    ...(['channel', 'lanes'] as const).map((reads) => ({
      ...{ ...tile, reads, blocks: 1, kernelHeight: 0, strideY: 0 },
    })),
  ];
});

/** Loads the rows of one kernel column and multiplies all of its taps. */
function column({ reads, rows, blocks, kernelHeight, strideY }: ConvGroupedShape): string {
  const weightType = reads === 'blocks' ? 'mat4x4<f32>' : 'vec4<f32>';
  const zero = reads === 'channel' ? '0.0' : 'vec4<f32>()';
  /** The value at voxel `at` of the planes that this step reads. */
  const read = (at: string): string =>
    ({
      blocks: `vec4<f32>(source[plane + ${at}])`,
      channel: `f32(source[plane + (${at}) * 4u])`,
      lanes: `readLanes(planes + (${at}) * 4u)`,
    })[reads];
  const load = (row: number, at: string, y: string): string =>
    `let value${row} = select(${zero}, ${read(at)}, inside && u32(${y}) < u.inHeight);`;
  const multiply = (tap: string, first: (row: number) => number): string =>
    lines(
      range(blocks).flatMap((b) => [
        `{ let weight = ${weightType}(weights[weightBase${b} + ${tap} * tapStep]);`,
        ...range(rows).map((row) => `sum${row}_${b} += weight * value${first(row)};`),
        '}',
      ]),
    );
  if (kernelHeight === 0) {
    return `
      var y = firstY;
      var at = columnAt;
      var tapAt = 0u;
      for (var ky = 0u; ky < u.kernelHeight; ky++) {
        ${lines(range(rows).map((row) => load(row, `at + ${row}u * rowStep`, `y + i32(${row}u * u.strideY)`)))}
        ${multiply('tapAt', (row) => row)}
        y += i32(u.dilationY);
        at += u.dilationY * u.inWidth;
        tapAt += u.kernelWidth;
      }`;
  }
  const loaded = (rows - 1) * strideY + kernelHeight;
  return `
      ${lines(range(loaded).map((row) => load(row, `columnAt + ${row}u * u.inWidth`, `firstY + ${row}`)))}
      ${lines(
        range(kernelHeight).map((ky) =>
          multiply(`${ky}u * u.kernelWidth`, (row) => row * strideY + ky),
        ),
      )}`;
}

export const convGrouped = defineKernel({
  name: 'conv_grouped',
  variants: (): ConvGroupedVariant[] =>
    convGroupedShapes.flatMap((shape) =>
      epilogueVariants().map((epilogue) => ({ ...shape, ...epilogue })),
    ),
  uniforms: {
    ...convUniforms,
    /** Channels of one group. */
    inPerGroup: 'u32',
    outPerGroup: 'u32',
    /** Tiles over all images: batch × outDepth × tilesY × outWidth. */
    tiles: 'u32',
    tilesY: 'u32',
    /** Workgroups that cover all tiles for one group of output blocks. */
    tileGroups: 'u32',
    ...epilogueUniforms,
  },
  bindings: (variant) => [
    // The linear form of the binding is an array of scalars.
    sourceBinding(variant.reads === 'blocks' ? 'c4' : 'linear', variant.element),
    {
      name: 'weights',
      access: 'read',
      type:
        variant.reads === 'blocks'
          ? `array<mat4x4<${variant.element}>>`
          : `array<vec4<${variant.element}>>`,
    },
    ...epilogueBindings(variant),
  ],
  workgroupSize: ({ lanes }) => [lanes, 1, 1],
  iterations: ({ reads }, sizes) =>
    (reads === 'blocks' ? Math.ceil(sizes.inPerGroup / 4) : sizes.inPerGroup) * tapTurns(sizes),
  wgsl(variant) {
    const { reads, rows, blocks } = variant;
    return wgsl`
${flatIndex}
${epilogueSource(variant)}
#if ${reads === 'lanes'}
fn readLanes(at: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(f32(source[at.x]), f32(source[at.y]), f32(source[at.z]), f32(source[at.w]));
}
#endif
${flatMain} {
  let flat = flatWorkgroup(workgroup, counts);
  let firstBlock = flat / u.tileGroups * ${blocks}u;
  let tile = flat % u.tileGroups * workgroupX + local;
  var rest = min(tile, u.tiles - 1u);
  let outX = rest % u.outWidth;
  rest /= u.outWidth;
  let outY = rest % u.tilesY * ${rows}u;
  rest /= u.tilesY;
  let outZ = rest % u.outDepth;
  let image = rest / u.outDepth;

  // Input coordinates of the tile's first tap; negative in the padding.
  let firstX = i32(outX * u.strideX) - u.padLeft;
  let firstY = i32(outY * u.strideY) - u.padTop;
  let firstZ = i32(outZ * u.strideZ) - u.padFront;
  let inPlane = u.inHeight * u.inWidth;
  let inVolume = u.inDepth * inPlane;
  let rowStep = u.strideY * u.inWidth;
  let taps = u.kernelDepth * u.kernelHeight * u.kernelWidth;
#if ${reads === 'blocks'}
  // Weights are read as a matrix for each tap and block, one column for each input channel.
  let tapStep = 1u;
#else
  let tapStep = 4u;
#endif
  let weightStep = taps * tapStep;
  let groupBlocks = (u.inPerGroup + 3u) / 4u;
  ${lines(
    range(blocks).map(
      (b) =>
        `let weightStart${b} = min(firstBlock + ${b}u, u.outBlocks - 1u) * groupBlocks * weightStep;`,
    ),
  )}
  ${lines(
    range(rows).flatMap((row) => range(blocks).map((b) => `var sum${row}_${b} = vec4<f32>();`)),
  )}
  // The first input channel that each lane reads.
  let channels = (vec4<u32>(0u, 1u, 2u, 3u) + firstBlock * 4u) / u.outPerGroup * u.inPerGroup;
#if ${reads === 'blocks'}
  let steps = groupBlocks;
#else
  let steps = u.inPerGroup;
#endif
  for (var step = 0u; step < steps; step++) {
#if ${reads === 'blocks'}
    let volume = (image * u.inBlocks + channels.x / 4u + step) * inVolume;
    let stepTap = step * weightStep;
#elif ${reads === 'channel'}
    let channel = channels.x + step;
    let volume = (image * u.inBlocks + channel / 4u) * inVolume * 4u + channel % 4u;
    let stepTap = (step >> 2u) * weightStep + (step & 3u);
#else
    let channel = channels + step;
    let volumes = (image * u.inBlocks + channel / 4u) * inVolume * 4u + channel % 4u;
    let stepTap = (step >> 2u) * weightStep + (step & 3u);
#endif
    for (var kz = 0u; kz < u.kernelDepth; kz++) {
      let z = firstZ + i32(kz * u.dilationZ);
#if ${reads === 'blocks'}
      let plane = volume + u32(z) * inPlane;
#elif ${reads === 'channel'}
      let plane = volume + u32(z) * inPlane * 4u;
#else
      let planes = volumes + u32(z) * inPlane * 4u;
#endif
      for (var kx = 0u; kx < u.kernelWidth; kx++) {
        let x = firstX + i32(kx * u.dilationX);
        let inside = u32(x) < u.inWidth && u32(z) < u.inDepth;
        let columnAt = u32(firstY) * u.inWidth + u32(x);
        let columnTap = stepTap + (kz * u.kernelHeight * u.kernelWidth + kx) * tapStep;
        ${lines(range(blocks).map((b) => `let weightBase${b} = weightStart${b} + columnTap;`))}
        ${column(variant)}
      }
    }
  }

  if (tile >= u.tiles) {
    return;
  }
  let pixels = u.outDepth * u.outHeight * u.outWidth;
  let pixel = (outZ * u.outHeight + outY) * u.outWidth + outX;
  ${lines(
    range(blocks).flatMap((b) => [
      `if (firstBlock + ${b}u < u.outBlocks) {`,
      `let at = c4Index(image, firstBlock + ${b}u, u.outBlocks, pixel, pixels);`,
      ...range(rows).map(
        (row) =>
          `if (outY + ${row}u < u.outHeight) { storeBlock(sum${row}_${b}, firstBlock + ${b}u, at + ${row}u * u.outWidth); }`,
      ),
      '}',
    ]),
  )}
}
`;
  },
});
