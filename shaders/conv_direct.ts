/**
 * Convolution of group 1 without workgroup memory: each invocation owns a register tile of
 * `rows` output pixels, one below the other, times `blocks` output blocks of four channels.
 *
 * Neighbouring invocations own neighbouring columns, so that loads and stores are contiguous. All
 * invocations of a workgroup work on the same output blocks: the weights' addresses are uniform.
 * There is no divergent branch before the store: invocations past the end repeat the last tile.
 *
 * A step of the loop takes one column of the kernel, in one of three forms:
 * - with a kernel height in the variant, all its taps at once: input rows are loaded once for them;
 * - in a loop over its taps, of any height, stride and dilation;
 * - in such a loop with rows that slide: a tap's rows are the one before's, one row further. A short
 *   body that loads little, which is what llvmpipe needs: it loads lane by lane.
 *
 * Software adapters read the weights from a texture, where they are constant.
 *
 * Bindings: `source` C4, or linear, in single channels; `weights` packed by `pack_conv`
 * `[outBlock][inBlock][tap]` of 4×4; bias, residual, result by the epilogue.
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
import { type WeightStorage, weightBlock, weightReader, weightsBinding } from './lib/weights.ts';

export interface ConvDirectShape {
  readonly source: 'c4' | 'linear';
  /** Output pixels of a tile, along y. */
  readonly rows: number;
  /** Output blocks of a tile. */
  readonly blocks: number;
  /** Kernel height (with dilation 1 along y) that is unrolled; 0 takes any height. */
  readonly kernelHeight: number;
  /** Stride along y; 0 (with kernelHeight 0) takes any. */
  readonly strideY: number;
  /** With kernelHeight 0: rows slide from tap to tap; needs a stride that equals the dilation. */
  readonly slide: boolean;
  /** Where the packed weights lie. */
  readonly weights: WeightStorage;
  /** Invocations of a workgroup. */
  readonly lanes: number;
}

export type ConvDirectVariant = ConvDirectShape &
  EpilogueVariant &
  Record<string, string | number | boolean>;

/**
 * Invocations of a workgroup: a subgroup of a GPU; on a software adapter its vector's width, since
 * idle lanes there cost as much as busy ones.
 */
export const convDirectLanes = { hardware: 32, software: 8 } as const;

type Pair = readonly [number, number];

type Kind = keyof typeof convDirectLanes;

/** (rows × blocks) for (kernel height, stride along y); blocks of weights lie where they are fast. */
function shapes(
  source: ConvDirectShape['source'],
  unrolled: readonly Pair[],
  tiles: readonly Pair[],
  { on = ['hardware', 'software'] as readonly Kind[], slide = false } = {},
): ConvDirectShape[] {
  return on.flatMap((kind) =>
    tiles.flatMap(([rows, blocks]) =>
      unrolled.map(([kernelHeight, strideY]) => ({
        ...{ source, rows, blocks, kernelHeight, strideY, slide, lanes: convDirectLanes[kind] },
        weights: kind === 'software' && source === 'c4' ? 'texture' : 'buffer',
      })),
    ),
  );
}

const columns: readonly Pair[] = [
  [3, 1],
  [3, 2],
  [5, 1],
];

// Seven and fourteen rows waste nothing on the maps of networks for 224×224 images.
export const convDirectShapes: readonly ConvDirectShape[] = [
  ...shapes('c4', columns, [
    [8, 2],
    [7, 2],
    [4, 2],
  ]),
  ...shapes(
    'c4',
    [[3, 1]],
    [
      [14, 2],
      [14, 4],
    ],
    { on: ['software'] },
  ),
  ...shapes('c4', columns, [[7, 4]], { on: ['software'] }),
  // With one tap at a time, more blocks for each loaded value pay.
  ...shapes(
    'c4',
    [[0, 0]],
    [
      [8, 4],
      [7, 4],
      [8, 2],
      [4, 2],
    ],
  ),
  ...shapes(
    'c4',
    [[0, 0]],
    [
      [14, 2],
      [7, 4],
    ],
    { on: ['software'], slide: true },
  ),
  ...shapes('c4', [[0, 0]], [[8, 2]], { on: ['hardware'], slide: true }),
  ...shapes(
    'linear',
    [
      [3, 1],
      [3, 2],
      [7, 2],
      [0, 0],
    ],
    [
      [8, 2],
      [4, 2],
    ],
  ),
];

/**
 * One step of the loop: loads the rows of one kernel column, multiplies its taps. The products of
 * the column are added up before the sum takes them: a long chain of additions would lose a digit
 * more, which results near zero need.
 */
function column(variant: ConvDirectVariant): string {
  const { source, rows, blocks, kernelHeight, strideY, slide, weights } = variant;
  const vector = source !== 'linear';
  const type = vector ? 'vec4<f32>' : 'f32';
  const unrolled = kernelHeight > 0;
  const taps = range(Math.max(kernelHeight, 1));
  const part = parts(variant);
  /** The value `at` input rows below the tap's first. */
  const load = (at: number): string => {
    const dy = unrolled ? `${at}u` : `${at}u * u.strideY`;
    const address = `at + ${dy} * u.inWidth`;
    const value = vector ? `vec4<f32>(source[${address}])` : `f32(source[${address}])`;
    return `select(${type}(0.0), ${value}, inside & (y + ${dy} < u.inHeight))`;
  };
  const loadWeights = (b: number, ky: number): string => {
    const at = `weightStart${b} + tap + ${ky}u * u.kernelWidth`;
    if (!vector) return `let w${ky} = vec4<f32>(weights[${at}][channel % 4u]);`;
    return lines([
      `let block${ky} = ${weightBlock(weights, at)};`,
      ...range(4).map((i) => `let w${ky}_${i} = vec4<f32>(block${ky}[${i}]);`),
    ]);
  };
  const product = (ky: number, value: string): string =>
    vector ? blockProduct(`w${ky}_`, value) : `w${ky} * ${value}`;
  /** Adds the products of `taps` to `total`. */
  const multiply = (total: string): string =>
    lines(
      range(blocks).map((b) =>
        lines([
          '{',
          ...taps.map((ky) => loadWeights(b, ky)),
          ...range(rows).map((row) => {
            const products = taps.map((ky) => product(ky, `value${row * (strideY || 1) + ky}`));
            return `${total}${row}_${b} += ${products.join(' + ')};`;
          }),
          '}',
        ]),
      ),
    );
  const values = range((rows - 1) * (strideY || 1) + taps.length);
  const loads = values.map((at) => `let value${at} = ${load(at)};`);
  if (!slide) return lines([...loads, multiply(unrolled ? 'sum' : 'part_sum')]);
  return lines([
    part.declare,
    ...values.map((at) => `var value${at} = ${at === 0 ? `${type}(0.0)` : load(at - 1)};`),
    'for (var turn = 0u; turn < u.kernelHeight; turn++) {',
    ...values.map((at) => `value${at} = ${at < rows - 1 ? `value${at + 1}` : load(at)};`),
    multiply('part_sum'),
    'y += u.dilationY; at += u.dilationY * u.inWidth; tap += u.kernelWidth;',
    '}',
    part.add,
  ]);
}

/** The sums of a tile, in the order of `sums`. */
function sumsOf({ rows, blocks }: ConvDirectVariant) {
  return range(blocks).flatMap((b) =>
    range(rows).map((row) => ({ name: `sum${row}_${b}`, row, b })),
  );
}

/** WGSL: sums of a part of the terms, and their end. */
function parts(variant: ConvDirectVariant) {
  const each = (line: (name: string) => string): string =>
    lines(sumsOf(variant).map(({ name }) => line(name)));
  return {
    declare: each((name) => `var part_${name} = vec4<f32>(0.0);`),
    add: each((name) => `${name} += part_${name};`),
  };
}

/** WGSL of one step of the loop, from its addresses to the counters of the next one. */
function step(variant: ConvDirectVariant): string {
  const { source, kernelHeight, slide } = variant;
  return wgsl`
    let z = firstZ + kz * u.dilationZ;
    let x = firstX + kx * u.dilationX;
    var y = firstY + ky * u.dilationY;
    let inside = (x < u.inWidth) & (z < u.inDepth);
    let block = channel${source === 'linear' ? ' / 4u' : ''};
    var at = (image * channels + channel) * inPixels + (z * u.inHeight + y) * u.inWidth + x;
    var tap = ((block * u.kernelDepth + kz) * u.kernelHeight + ky) * u.kernelWidth + kx;
    ${column(variant)}
    kx++;
    if (kx == u.kernelWidth) {
      kx = 0u;
      ${kernelHeight === 0 && !slide ? 'ky++; if (ky == u.kernelHeight) { ky = 0u; kz++; }' : 'kz++;'}
    }
    if (kz == u.kernelDepth) {
      kz = 0u;
      channel++;
    }`;
}

export const convDirect = defineKernel({
  name: 'conv_direct',
  variants: (): ConvDirectVariant[] =>
    convDirectShapes.flatMap((shape) =>
      epilogueVariants().map((epilogue) => ({ ...shape, ...epilogue })),
    ),
  uniforms: {
    ...convUniforms,
    /** Tiles over all images: batch × outDepth × tilesY × outWidth. */
    tiles: 'u32',
    tilesY: 'u32',
    /** Workgroups that cover all tiles for one group of output blocks. */
    tileGroups: 'u32',
    ...epilogueUniforms,
  },
  bindings: (variant) => [
    sourceBinding(variant.source, variant.element),
    weightsBinding(variant.element, variant.weights),
    ...epilogueBindings(variant),
  ],
  workgroupSize: ({ lanes }) => [lanes, 1, 1],
  iterations: ({ source, kernelHeight, slide }, sizes) =>
    (source === 'linear' ? sizes.inChannels : sizes.inBlocks) *
    (sizes.kernelDepth *
      sizes.kernelWidth *
      (kernelHeight > 0 ? 1 : sizes.kernelHeight + (slide ? 2 : 0)) +
      (kernelHeight > 0 || slide ? 0 : 2)),
  wgsl(variant) {
    const { source, rows, blocks, kernelHeight, slide, weights, lanes } = variant;
    const single = kernelHeight === 0 && !slide;
    const part = parts(variant);
    const vector = source !== 'linear';
    const sums = sumsOf(variant);
    const store = (sum: string, row: string, b: string): string =>
      `if ((firstBlock + ${b} < u.outBlocks) & (outY + ${row} < u.outHeight)) {
        storeBlock(${sum}, firstBlock + ${b}, c4Index(image, firstBlock + ${b}, u.outBlocks, pixel + ${row} * u.outWidth, u.outPixels));
      }`;
    return wgsl`
${flatIndex}
${epilogueSource(variant)}
${weightReader(weights)}
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

  // Input coordinates of the tile's first tap; negative, that is huge, in the padding.
  let firstX = outX * u.strideX - u32(u.padLeft);
  let firstY = outY * u.strideY - u32(u.padTop);
  let firstZ = outZ * u.strideZ - u32(u.padFront);
  let taps = u.kernelDepth * u.kernelHeight * u.kernelWidth;
  ${lines(
    range(blocks).map(
      (b) => `let weightStart${b} = min(firstBlock + ${b}u, u.outBlocks - 1u) * u.inBlocks * taps;`,
    ),
  )}
  ${lines(sums.map(({ name }) => `var ${name} = vec4<f32>(0.0);`))}
  var kz = 0u;
  var ky = 0u;
  var kx = 0u;
  let inPixels = u.inDepth * u.inHeight * u.inWidth;
  let channels = u.${vector ? 'inBlocks' : 'inChannels'};
  var channel = 0u;
  #if ${single}
  // The taps of a channel are added up before the sum takes them, as those of a column are below.
  while (channel < channels) {
    ${part.declare}
    for (var step = 0u; step < taps; step++) {
      ${step(variant)}
    }
    ${part.add}
  }
  #else
  // One flat loop over (channel block or channel, kz, kx): nested loops would copy all sums at each
  // entry on software adapters.
  let steps = channels * u.kernelDepth * u.kernelWidth;
  for (var step = 0u; step < steps; step++) {
    ${step(variant)}
  }
  #endif

  if (tile >= u.tiles) {
    return;
  }
  let pixel = (outZ * u.outHeight + outY) * u.outWidth + outX;
  ${
    lanes === convDirectLanes.software
      ? // Compilers of software adapters take their time over each copy of a store.
        `var sums = array(${sums.map(({ name }) => name).join()});
  for (var i = 0u; i < ${sums.length}u; i++) { ${store('sums[i]', `i % ${rows}u`, `i / ${rows}u`)} }`
      : lines(sums.map(({ name, row, b }) => store(name, `${row}u`, `${b}u`)))
  }
}
`;
  },
});
