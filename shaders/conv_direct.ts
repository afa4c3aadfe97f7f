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
 * Bindings: `source` C4, or linear planes (few channels); `weights` packed by `pack_conv`
 * `[outBlock][inBlock][tap][4]`; bias, residual, result by the epilogue.
 */

import { convUniforms, type Source, sourceBinding, weightsBinding } from './lib/conv-geometry.ts';
import {
  type EpilogueVariant,
  epilogueBindings,
  epilogueSource,
  epilogueUniforms,
  epilogueVariants,
} from './lib/epilogue.ts';
import { defineKernel, flatIndex } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';

export interface ConvDirectShape {
  readonly source: Source;
  /** Output pixels of a tile, along y. */
  readonly rows: number;
  /** Output blocks of a tile. */
  readonly blocks: number;
  /** Kernel height (with dilation 1 along y) that is unrolled; 0 takes any height and dilation. */
  readonly kernelHeight: number;
  /** Stride along y; 0 (with kernelHeight 0) takes any. */
  readonly strideY: number;
}

export type ConvDirectVariant = ConvDirectShape & EpilogueVariant & Record<string, string | number>;

/** Kernel height and stride along y of the unrolled forms, by source. */
const unrolled: Readonly<Record<Source, readonly (readonly [number, number])[]>> = {
  c4: [
    [0, 0],
    [3, 1],
    [3, 2],
    [5, 1],
  ],
  linear: [
    [0, 0],
    [3, 1],
    [3, 2],
    [7, 2],
  ],
};

/** Register tiles, rows × blocks, by source. */
const tiles: Readonly<Record<Source, readonly (readonly [number, number])[]>> = {
  c4: [
    [8, 2],
    [4, 2],
    [8, 1],
    [4, 4],
  ],
  linear: [
    [8, 2],
    [4, 2],
  ],
};

export const convDirectShapes: readonly ConvDirectShape[] = (['c4', 'linear'] as const).flatMap(
  (source) =>
    tiles[source].flatMap(([rows, blocks]) =>
      unrolled[source].map(([kernelHeight, strideY]) => ({
        source,
        rows,
        blocks,
        kernelHeight,
        strideY,
      })),
    ),
);

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const lines = (items: readonly string[]): string => items.join('\n');

/** One step over the input: loads the rows of one kernel column, multiplies all its taps. */
function column(variant: ConvDirectVariant): string {
  const { source, rows, blocks, kernelHeight, strideY } = variant;
  const vector = source === 'c4';
  const lanes = vector ? ['x', 'y', 'z', 'w'] : [''];
  /** Multiplies tap weights at `at` with the tile's values; `name(row)` is the value of a row. */
  const multiply = (at: string, name: (row: number) => string): string =>
    lines(
      range(blocks).map((b) =>
        lines([
          `{ let tap = weightBase${b} + ${at};`,
          ...lanes.map((_, lane) => `let w${lane} = vec4<f32>(weights[tap + ${lane}u]);`),
          ...range(rows).map((row) => {
            const sum = `sum${row}_${b}`;
            return lanes
              .map((lane, k) => `${sum} += w${k} * ${name(row)}${lane && `.${lane}`};`)
              .join(' ');
          }),
          '}',
        ]),
      ),
    );
  const zero = vector ? 'vec4<f32>(0.0)' : '0.0';
  const type = vector ? 'vec4<f32>' : 'f32';
  const load = (index: string, valid: string): string =>
    `select(${zero}, ${type}(source[${index}]), ${valid})`;
  if (kernelHeight === 0) {
    return `
      for (var ky = 0u; ky < u.kernelHeight; ky++) {
        let y = firstY + i32(ky * u.dilationY);
        let at = base + u32(y) * u.inWidth;
        ${lines(
          range(rows).map(
            (row) =>
              `let value${row} = ${load(
                `at + ${row}u * rowStep`,
                `inside && u32(y + i32(${row}u * u.strideY)) < u.inHeight`,
              )};`,
          ),
        )}
        ${multiply('ky * tapRow', (row) => `value${row}`)}
      }`;
  }
  const loaded = (rows - 1) * strideY + kernelHeight;
  return `
      let at = base + u32(firstY) * u.inWidth;
      ${lines(
        range(loaded).map(
          (row) =>
            `let value${row} = ${load(
              `at + ${row}u * u.inWidth`,
              `inside && u32(firstY + ${row}) < u.inHeight`,
            )};`,
        ),
      )}
      ${lines(
        range(kernelHeight).map((ky) =>
          multiply(`${ky}u * tapRow`, (row) => `value${row * strideY + ky}`),
        ),
      )}`;
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
  bindings: ({ source, element }) => [
    sourceBinding(source, element),
    weightsBinding(element),
    ...epilogueBindings(element),
  ],
  workgroupSize: () => [64, 1, 1],
  wgsl(variant) {
    const { source, rows, blocks } = variant;
    return wgsl`
${flatIndex}
${epilogueSource(variant)}
@compute @workgroup_size(workgroupX, workgroupY, workgroupZ)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) counts: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
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
  let rowStep = u.strideY * u.inWidth;
  let taps = u.kernelDepth * u.kernelHeight * u.kernelWidth;
  let tapRow = u.kernelWidth * 4u;
  ${lines(
    range(blocks).map(
      (b) =>
        `let weightStart${b} = min(firstBlock + ${b}u, u.outBlocks - 1u) * u.inBlocks * taps * 4u;`,
    ),
  )}
  ${lines(
    range(rows).flatMap((row) => range(blocks).map((b) => `var sum${row}_${b} = vec4<f32>(0.0);`)),
  )}
  // A step is a block of four channels, or one channel of a linear source.
  #if ${source === 'c4'}
  let steps = u.inBlocks;
  #else
  let steps = u.inChannels;
  #endif
  for (var step = 0u; step < steps; step++) {
    #if ${source === 'c4'}
    let stepTap = step * taps * 4u;
    #else
    let stepTap = (step >> 2u) * taps * 4u + (step & 3u);
    #endif
    for (var kz = 0u; kz < u.kernelDepth; kz++) {
      let z = firstZ + i32(kz * u.dilationZ);
      let plane = ((image * steps + step) * u.inDepth + u32(z)) * inPlane;
      for (var kx = 0u; kx < u.kernelWidth; kx++) {
        let x = firstX + i32(kx * u.dilationX);
        let inside = u32(x) < u.inWidth && u32(z) < u.inDepth;
        let base = plane + u32(x);
        let columnTap = stepTap + (kz * u.kernelHeight * u.kernelWidth + kx) * 4u;
        ${lines(range(blocks).map((b) => `let weightBase${b} = weightStart${b} + columnTap;`))}
        ${column(variant)}
      }
    }
  }

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
