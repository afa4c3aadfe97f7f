/**
 * Depthwise convolution (each output channel reads one input channel) in two dimensions: each
 * invocation owns a tile of `rows` × `columns` output pixels of one block of four channels.
 *
 * Neighbouring invocations own neighbouring columns, so that loads and stores are contiguous. With
 * the kernel's size in the variant its taps are unrolled, and each input pixel of a tile is loaded
 * once for all of its taps. All invocations of a workgroup work on one plane: the weights'
 * addresses are uniform. Nothing divides inside the loops (address arithmetic is what bounds
 * these kernels). There is no divergent branch before the store: invocations past the end repeat
 * the last tile.
 *
 * With a channel multiplier m, outputs 4b … 4b + 3 read input channels ⌊(4b + lane) / m⌋, which
 * lie in one block of the input, since blocks begin at multiples of 4m outputs; `gather` picks
 * the lanes.
 *
 * Bindings: `source` C4; `weights` `[outBlock][tap]` of vec4; bias, residual, result by the
 * epilogue.
 */

import { sourceBinding, tapTurns } from './lib/conv-geometry.ts';
import {
  type EpilogueVariant,
  epilogueBindings,
  epilogueSource,
  epilogueUniforms,
  epilogueVariants,
} from './lib/epilogue.ts';
import { defineKernel, flatIndex } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';

export interface DepthwiseShape {
  /** Output pixels of a tile, along y and x. */
  readonly rows: number;
  readonly columns: number;
  /** Height and width (dilation 1) that are unrolled; 0 takes any size and dilation. */
  readonly kernelSize: number;
  /** Stride along both axes; 0 (with kernelSize 0) takes any. */
  readonly stride: number;
  /** The multiplier is not 1. */
  readonly gather: boolean;
  /** Invocations of a workgroup. */
  readonly lanes: number;
}

/** Kernel size and stride, unrolled. */
const unrolled = [
  [3, 1],
  [3, 2],
  [5, 1],
  [5, 2],
] as const;

/**
 * Rows × columns of the unrolled kernels' tiles: 2×4 loads least and wins on software adapters,
 * 4×1 keeps neighbours on neighbouring pixels, 2×2 gives small maps more invocations.
 */
const tiles = [
  [2, 4],
  [4, 1],
  [2, 2],
] as const;

/** Invocations of a workgroup: a subgroup of a GPU, a vector of a software adapter. */
export const depthwiseLanes = { hardware: 32, software: 8 } as const;

export const depthwiseShapes: readonly DepthwiseShape[] = Object.values(depthwiseLanes).flatMap(
  (lanes) => [
    ...tiles.flatMap(([rows, columns]) =>
      unrolled.map(([kernelSize, stride]) => ({
        ...{ rows, columns, kernelSize, stride, gather: false, lanes },
      })),
    ),
    ...[false, true].map((gather) => ({
      ...{ rows: 4, columns: 1, kernelSize: 0, stride: 0, gather, lanes },
    })),
  ],
);

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const lines = (items: readonly string[]): string => items.join('\n');

/** Any size: one tap at a time. */
function generalTaps({ rows, gather }: DepthwiseShape): string {
  const value = (row: number): string => {
    const block = `vec4<f32>(source[at + ${row}u * rowStep])`;
    return gather ? `gatherLanes(${block}, lanes)` : block;
  };
  return `
  let rowStep = u.strideY * u.inWidth;
  for (var kx = 0u; kx < u.kernelWidth; kx++) {
    let x = firstX + i32(kx * u.dilationX);
    let inside = u32(x) < u.inWidth;
    var y = firstY;
    var at = plane + u32(firstY) * u.inWidth + u32(x);
    var tap = weightStart + kx;
    for (var ky = 0u; ky < u.kernelHeight; ky++) {
      let weight = vec4<f32>(weights[tap]);
      ${lines(
        range(rows).map(
          (row) => `
      let inside${row} = inside && u32(y + i32(${row}u * u.strideY)) < u.inHeight;
      sum${row}_0 += weight * select(vec4<f32>(), ${value(row)}, inside${row});`,
        ),
      )}
      y += i32(u.dilationY);
      at += u.dilationY * u.inWidth;
      tap += u.kernelWidth;
    }
  }`;
}

/** Loads one row of the tile's input after the other and adds what it gives to every sum. */
function unrolledTaps({ rows, columns, kernelSize, stride }: DepthwiseShape): string {
  const across = range((columns - 1) * stride + kernelSize);
  const down = range((rows - 1) * stride + kernelSize);
  const each = range(kernelSize);
  /** Sums that an input row or column reaches: [output, tap]. */
  const reached = (at: number, outputs: number): [number, number][] =>
    range(outputs)
      .map((output): [number, number] => [output, at - output * stride])
      .filter(([, tap]) => tap >= 0 && tap < kernelSize);
  return lines([
    ...each.flatMap((ky) =>
      each.map(
        (kx) => `let w${ky}_${kx} = vec4<f32>(weights[weightStart + ${ky * kernelSize + kx}u]);`,
      ),
    ),
    ...across.map((x) => `let inside${x} = u32(firstX + ${x}) < u.inWidth;`),
    ...down.map((y) =>
      lines([
        '{',
        `let inside = u32(firstY + ${y}) < u.inHeight;`,
        `let at = plane + u32(firstY + ${y}) * u.inWidth + u32(firstX);`,
        ...across.flatMap((x) => [
          `let value${x} = select(vec4<f32>(), vec4<f32>(source[at + ${x}u]), inside && inside${x});`,
          ...reached(y, rows).flatMap(([row, ky]) =>
            reached(x, columns).map(
              ([column, kx]) => `sum${row}_${column} += w${ky}_${kx} * value${x};`,
            ),
          ),
        ]),
        '}',
      ]),
    ),
  ]);
}

export const depthwise = defineKernel({
  name: 'depthwise',
  variants: (): (DepthwiseShape & EpilogueVariant & Record<string, string | number | boolean>)[] =>
    depthwiseShapes.flatMap((shape) =>
      epilogueVariants().map((epilogue) => ({ ...shape, ...epilogue })),
    ),
  uniforms: {
    inBlocks: 'u32',
    inHeight: 'u32',
    inWidth: 'u32',
    outBlocks: 'u32',
    outHeight: 'u32',
    outWidth: 'u32',
    kernelHeight: 'u32',
    kernelWidth: 'u32',
    strideY: 'u32',
    strideX: 'u32',
    dilationY: 'u32',
    dilationX: 'u32',
    padTop: 'i32',
    padLeft: 'i32',
    /** Output channels of one input channel. */
    multiplier: 'u32',
    images: 'u32',
    /** Tiles of one plane, and of one row of them. */
    tiles: 'u32',
    tilesX: 'u32',
    /** Workgroups that cover them. */
    tileGroups: 'u32',
    ...epilogueUniforms,
  },
  bindings: (variant) => [
    sourceBinding('c4', variant.element),
    { name: 'weights', access: 'read', type: `array<vec4<${variant.element}>>` },
    ...epilogueBindings(variant),
  ],
  workgroupSize: ({ lanes }) => [lanes, 1, 1],
  iterations: (_, sizes) => tapTurns({ ...sizes, kernelDepth: 1 }),
  wgsl(variant) {
    const { rows, columns, kernelSize, gather } = variant;
    return wgsl`
${flatIndex}
${epilogueSource(variant)}
#if ${gather}
fn gatherLanes(value: vec4<f32>, lanes: vec4<u32>) -> vec4<f32> {
  return vec4<f32>(value[lanes.x], value[lanes.y], value[lanes.z], value[lanes.w]);
}
#endif
@compute @workgroup_size(workgroupX, workgroupY, workgroupZ)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) counts: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let flat = flatWorkgroup(workgroup, counts);
  let outPlane = flat / u.tileGroups;
  let block = outPlane % u.outBlocks;
  let image = outPlane / u.outBlocks;
  let tile = flat % u.tileGroups * workgroupX + local;
  let inTile = min(tile, u.tiles - 1u);
  let outX = inTile % u.tilesX * ${columns}u;
  let outY = inTile / u.tilesX * ${rows}u;

  // Input coordinates of the tile's first tap; negative in the padding.
  let firstX = i32(outX * u.strideX) - u.padLeft;
  let firstY = i32(outY * u.strideY) - u.padTop;
#if ${gather}
  let channels = (vec4<u32>(0u, 1u, 2u, 3u) + block * 4u) / u.multiplier;
  let inBlock = channels.x / 4u;
  let lanes = channels % 4u;
#else
  let inBlock = block;
#endif
  let plane = c4Index(image, inBlock, u.inBlocks, 0u, u.inHeight * u.inWidth);
  let weightStart = block * u.kernelHeight * u.kernelWidth;
  ${lines(range(rows).flatMap((y) => range(columns).map((x) => `var sum${y}_${x} = vec4<f32>();`)))}
  ${kernelSize === 0 ? generalTaps(variant) : unrolledTaps(variant)}

  if (tile >= u.tiles || image >= u.images) {
    return;
  }
  let at = (outPlane * u.outHeight + outY) * u.outWidth + outX;
  ${lines(
    range(rows).flatMap((y) =>
      range(columns).map(
        (x) =>
          `if (outY + ${y}u < u.outHeight && outX + ${x}u < u.outWidth) { storeBlock(sum${y}_${x}, block, at + ${y}u * u.outWidth + ${x}u); }`,
      ),
    ),
  )}
}
`;
  },
});
