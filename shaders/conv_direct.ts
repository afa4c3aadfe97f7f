/**
 * Convolution of group 1 without workgroup memory: each invocation owns a register tile of
 * `rows` output pixels, one below the other, times `blocks` output blocks of four channels.
 *
 * Neighbouring invocations own neighbouring columns, so that loads and stores are contiguous.
 * With a kernel height in the variant, the input rows of a tile are loaded once for all taps of a
 * column (they slide along y). All invocations of a workgroup work on the same output blocks:
 * the weights' addresses are uniform, which software adapters need as much as GPUs like it.
 * There is no divergent branch before the store: invocations past the end repeat the last tile.
 *
 * Bindings: `source` C4, or linear: single channels where they are few, else blocks of four planes; `weights` packed by `pack_conv`
 * `[outBlock][inBlock][tap]` of 4×4; bias, residual, result by the epilogue.
 */

import { blockReader, convUniforms, sourceBinding, weightsBinding } from './lib/conv-geometry.ts';
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

export interface ConvDirectShape {
  /** C4; linear, channel by channel; linear with a multiple of four channels, in blocks. */
  readonly source: 'c4' | 'linear' | 'planes';
  /** Output pixels of a tile, along y. */
  readonly rows: number;
  /** Output blocks of a tile. */
  readonly blocks: number;
  /** Kernel height (with dilation 1 along y) that is unrolled; 0 takes any height and dilation. */
  readonly kernelHeight: number;
  /** Stride along y; 0 (with kernelHeight 0) takes any. */
  readonly strideY: number;
  /** Invocations of a workgroup. */
  readonly lanes: number;
}

export type ConvDirectVariant = ConvDirectShape & EpilogueVariant & Record<string, string | number>;

type Pair = readonly [number, number];

/** Forms: source, (kernel height, stride along y) and tiles (rows × blocks). */
const forms: readonly {
  readonly source: ConvDirectShape['source'];
  readonly unrolled: readonly Pair[];
  readonly tiles: readonly Pair[];
}[] = [
  // Seven rows waste nothing on the maps of networks for 224×224 images.
  {
    source: 'c4',
    unrolled: [
      [3, 1],
      [3, 2],
      [5, 1],
    ],
    tiles: [
      [8, 2],
      [7, 2],
      [4, 2],
    ],
  },
  // With one tap at a time, more blocks for each loaded value pay.
  {
    source: 'c4',
    unrolled: [[0, 0]],
    tiles: [
      [8, 4],
      [7, 4],
      [8, 2],
      [4, 2],
    ],
  },
  {
    source: 'linear',
    unrolled: [
      [3, 1],
      [3, 2],
      [7, 2],
      [0, 0],
    ],
    tiles: [
      [8, 2],
      [4, 2],
    ],
  },
];

/**
 * Invocations of a workgroup: a subgroup of a GPU; on a software adapter its vector's width, since
 * idle lanes there cost as much as busy ones.
 */
export const convDirectLanes = { hardware: 32, software: 8 } as const;

/** Planes are read like C4. */
const allForms = forms.flatMap((form) =>
  form.source === 'c4' ? [form, { ...form, source: 'planes' as const }] : [form],
);

export const convDirectShapes: readonly ConvDirectShape[] = allForms.flatMap(
  ({ source, unrolled, tiles }) =>
    Object.values(convDirectLanes).flatMap((lanes) =>
      tiles.flatMap(([rows, blocks]) =>
        unrolled.map(([kernelHeight, strideY]) => ({
          ...{ source, rows, blocks, kernelHeight, strideY, lanes },
        })),
      ),
    ),
);

/**
 * One step of the loop: loads the rows of one kernel column, multiplies its taps. The products of
 * the column are added up before the sum takes them: a long chain of additions would lose a digit
 * more, which results near zero need.
 */
function column({ source, rows, blocks, kernelHeight, strideY }: ConvDirectVariant): string {
  const vector = source !== 'linear';
  const type = vector ? 'vec4<f32>' : 'f32';
  const taps = range(Math.max(kernelHeight, 1));
  const step = kernelHeight === 0 ? 'u.strideY' : `${strideY}u`;
  const total = kernelHeight === 0 ? 'part' : 'sum';
  const values = kernelHeight === 0 ? rows : (rows - 1) * strideY + kernelHeight;
  const valueStep = kernelHeight === 0 ? 1 : strideY;
  /** Loads value `at`, so many input rows below the tile's first. */
  const load = (at: number): string => {
    const dy = kernelHeight === 0 ? `${at}u * ${step}` : `${at}u`;
    const address = `at + ${dy} * u.inWidth`;
    const value = vector ? `readBlock(${address}, inPixels)` : `f32(source[${address}])`;
    return `let value${at} = select(${type}(0.0), ${value}, inside & (u32(y) + ${dy} < u.inHeight));`;
  };
  const loadWeights = (b: number, ky: number): string => {
    const at = `weightStart${b} + tap + ${ky}u * u.kernelWidth`;
    if (!vector) return `let w${ky} = vec4<f32>(weights[${at}][channel % 4u]);`;
    return lines([
      `let block${ky} = weights[${at}];`,
      ...range(4).map((i) => `let w${ky}_${i} = vec4<f32>(block${ky}[${i}]);`),
    ]);
  };
  const product = (ky: number, value: string): string =>
    vector ? blockProduct(`w${ky}_`, value) : `w${ky} * ${value}`;
  return lines([
    ...range(values).map(load),
    ...range(blocks).map((b) =>
      lines([
        '{',
        ...taps.map((ky) => loadWeights(b, ky)),
        ...range(rows).map((row) => {
          const products = taps.map((ky) => product(ky, `value${row * valueStep + ky}`));
          return `${total}${row}_${b} += ${products.join(' + ')};`;
        }),
        '}',
      ]),
    ),
  ]);
}

/** WGSL of one step of the loop, from its addresses to the counters of the next one. */
function step(variant: ConvDirectVariant): string {
  const { source, kernelHeight } = variant;
  const vector = source !== 'linear';
  return wgsl`
    let z = firstZ + i32(kz * u.dilationZ);
    let y = firstY + i32(ky * u.dilationY);
    let x = firstX + i32(kx * u.dilationX);
    let inside = (u32(x) < u.inWidth) & (u32(z) < u.inDepth);
    let pixel = (u32(z) * u.inHeight + u32(y)) * u.inWidth + u32(x);
    let at = ${vector ? 'blockAt(image, channel, channels, pixel, inPixels)' : '(image * channels + channel) * inPixels + pixel'};
    let block = channel${vector ? '' : ' / 4u'};
    let tap = ((block * u.kernelDepth + kz) * u.kernelHeight + ky) * u.kernelWidth + kx;
    ${column(variant)}
    kx++;
    if (kx == u.kernelWidth) {
      kx = 0u;
      ${kernelHeight === 0 ? 'ky++; if (ky == u.kernelHeight) { ky = 0u; kz++; }' : 'kz++;'}
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
    sourceBinding(variant.source === 'c4' ? 'c4' : 'linear', variant.element),
    weightsBinding(variant.element),
    ...epilogueBindings(variant),
  ],
  workgroupSize: ({ lanes }) => [lanes, 1, 1],
  iterations: ({ source, kernelHeight }, sizes) =>
    (source === 'linear' ? sizes.inChannels : sizes.inBlocks) *
    (sizes.kernelDepth * sizes.kernelWidth * (kernelHeight === 0 ? sizes.kernelHeight : 1) +
      (kernelHeight === 0 ? 2 : 0)),
  wgsl(variant) {
    const { source, rows, blocks, kernelHeight } = variant;
    const vector = source !== 'linear';
    const each = (line: (row: number, block: number) => string): string =>
      lines(range(rows).flatMap((row) => range(blocks).map((b) => line(row, b))));
    return wgsl`
${flatIndex}
${epilogueSource(variant)}
${vector ? blockReader(source === 'c4' ? 'c4' : 'linear') : ''}
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
  let taps = u.kernelDepth * u.kernelHeight * u.kernelWidth;
  ${lines(
    range(blocks).map(
      (b) => `let weightStart${b} = min(firstBlock + ${b}u, u.outBlocks - 1u) * u.inBlocks * taps;`,
    ),
  )}
  ${each((row, b) => `var sum${row}_${b} = vec4<f32>(0.0);`)}
  var kz = 0u;
  var ky = 0u;
  var kx = 0u;
  let inPixels = u.inDepth * u.inHeight * u.inWidth;
  let channels = u.${vector ? 'inBlocks' : 'inChannels'};
  #if ${kernelHeight === 0}
  // The taps of a channel are added up before the sum takes them, as those of a column are below.
  for (var channel = 0u; channel < channels; channel++) {
    ${each((row, b) => `var part${row}_${b} = vec4<f32>(0.0);`)}
    for (var step = 0u; step < taps; step++) {
      ${step(variant)}
      if (kz == u.kernelDepth) {
        kz = 0u;
      }
    }
    ${each((row, b) => `sum${row}_${b} += part${row}_${b};`)}
  }
  #else
  // One flat loop over (channel block or channel, kz, kx): nested loops would copy all sums at each
  // entry on software adapters.
  var channel = 0u;
  let steps = channels * u.kernelDepth * u.kernelWidth;
  for (var step = 0u; step < steps; step++) {
    ${step(variant)}
    if (kz == u.kernelDepth) {
      kz = 0u;
      channel++;
    }
  }
  #endif

  if (tile >= u.tiles) {
    return;
  }
  let outPlane = u.outHeight * u.outWidth;
  let pixel = (outZ * u.outHeight + outY) * u.outWidth + outX;
  ${lines(
    range(blocks).map((b) =>
      lines([
        `if (firstBlock + ${b}u < u.outBlocks) {`,
        `let at = c4Index(image, firstBlock + ${b}u, u.outBlocks, pixel, u.outDepth * outPlane);`,
        ...range(rows).map(
          (row) =>
            `if (outY + ${row}u < u.outHeight) { storeBlock(sum${row}_${b}, firstBlock + ${b}u, at + ${row}u * u.outWidth); }`,
        ),
        '}',
      ]),
    ),
  )}
}
`;
  },
});
