/**
 * Depthwise convolution (each output channel reads one input channel) in two dimensions, in either
 * layout, and convolution in groups of four channels, which is depthwise over blocks. A value is
 * what lies at one pixel of a plane: a block of four channels in C4 and in groups of four, else one
 * channel in linear. Each invocation owns a strip of `columns` output columns and walks down `rows` rows of
 * it: a row of inputs is loaded once and added to the sums of all output rows that it reaches,
 * which move up by one with every turn. Loads are what these kernels are bound by.
 *
 * With dilations, a strip takes every `spread`th column and row, so that its taps are neighbours
 * all the same. Kernel size 0 takes any size, strides and dilations, one tap and row at a time.
 *
 * There is no divergent branch before the store: invocations past the end repeat the last strip.
 * Sums begin with the bias, and what is constant is computed before the loop: software adapters
 * execute a branch that no lane takes, and hoist nothing.
 *
 * With a channel multiplier m, outputs 4b … 4b + 3 of C4 read input channels ⌊(4b + lane) / m⌋,
 * which lie in one block of the input, since blocks begin at multiples of 4m outputs.
 *
 * Bindings: `source`; `weights`, one for each plane and tap: in C4 packed to `[outBlock][tap]` of
 * vec4, in linear the model's own, in groups of four a matrix (`pack_conv`); bias, residual, result
 * by the epilogue.
 */

import { activationSource } from './lib/activations.ts';
import { sourceBinding, tapTurns } from './lib/conv-geometry.ts';
import {
  type EpilogueVariant,
  epilogueBindings,
  epilogueUniforms,
  epilogueVariants,
} from './lib/epilogue.ts';
import { defineKernel, flatIndex, flatMain } from './lib/kernel.ts';
import { wgsl } from './lib/preprocessor.ts';
import { lines, range } from './lib/unroll.ts';
import { weightsBinding } from './lib/weights.ts';

export interface DepthwiseShape {
  /** Output columns of a strip. */
  readonly columns: number;
  /** Height and width that are unrolled; 0 takes any. */
  readonly kernelSize: number;
  /** Stride along both axes; 0 (with kernelSize 0) takes any. */
  readonly stride: number;
  /**
   * What an output channel reads: one channel, which in C4 with a multiplier is to be gathered from
   * the lanes of a block; or the four of its own block.
   */
  readonly reads: 'own' | 'gather' | 'block';
  /**
   * Inputs are loaded two columns at a time, which begin at an even one where the left pad is even
   * and one before the first tap where it is odd. For linear rows of even size at stride 2, whose
   * inputs few taps share.
   */
  readonly pairs: 'none' | 'even' | 'odd';
  /** The epilogue adds a residual: a variant here, for a branch costs as much as a load. */
  readonly residual: boolean;
  /** Invocations of a workgroup. */
  readonly lanes: number;
}

type DepthwiseVariant = DepthwiseShape &
  EpilogueVariant &
  Record<string, string | number | boolean>;

/** Kernel size and stride, unrolled and general. */
const kernelSizes = [
  [0, 0],
  [3, 1],
  [3, 2],
  [5, 1],
  [5, 2],
  [7, 1],
] as const;

/** Invocations of a workgroup: two subgroups of a GPU, a few vectors of a software adapter. */
export const depthwiseLanes = { hardware: 64, software: 32 } as const;

/**
 * Columns of a strip. Software adapters pay for every load: strips are as wide as their registers
 * bear, and seven columns fit the maps of most networks. On a GPU one column keeps neighbours on
 * neighbouring pixels, and caches share what they load; wide strips save arithmetic.
 */
const widths = {
  c4: { hardware: [1, 4], software: [4] },
  linear: { hardware: [4], software: [7] },
} as const;

const devices = ['hardware', 'software'] as const;

/** Shapes for one layout of source and result. */
export const depthwiseShapes = (layout: 'c4' | 'linear'): readonly DepthwiseShape[] =>
  devices.flatMap((device) =>
    kernelSizes.flatMap(([kernelSize, stride]) => {
      const shape = { kernelSize, stride, lanes: depthwiseLanes[device] };
      return ways(layout, device, shape).flatMap((way) =>
        [false, true].map((residual) => ({ ...shape, ...way, residual })),
      );
    }),
  );

/**
 * Multipliers and groups of four with larger kernels are rare: they take the general one. So do
 * groups of four on a GPU, whose registers do not hold nine matrices beside the sums.
 */
function ways(
  layout: 'c4' | 'linear',
  device: (typeof devices)[number],
  { kernelSize, stride }: { readonly kernelSize: number; readonly stride: number },
): Pick<DepthwiseShape, 'columns' | 'reads' | 'pairs'>[] {
  const few = kernelSize <= 3;
  const allPairs = layout === 'linear' && stride === 2;
  const own = widths[layout][device].flatMap((columns) => [
    ...(allPairs ? (['none', 'even', 'odd'] as const) : (['none'] as const)).map((pairs) => ({
      ...{ columns, reads: 'own' as const, pairs },
    })),
    ...(few && layout === 'c4' ? [{ columns, reads: 'gather', pairs: 'none' } as const] : []),
  ]);
  const inFours = (few && device === 'software') || kernelSize === 0;
  return inFours ? [...own, { columns: 4, reads: 'block', pairs: 'none' }] : own;
}

/** Output rows that one input row reaches at most: as many sums are under way. */
export const rowsUnderWay = ({ kernelSize, stride }: DepthwiseShape): number =>
  kernelSize === 0 ? 1 : Math.ceil(kernelSize / stride);

/** Any size: one tap at a time. */
function generalTaps({ columns }: DepthwiseVariant): string {
  return `
    var tap = firstTap;
    for (var ky = 0u; ky < u.kernelHeight; ky++) {
      let y = inY + i32(ky * u.dilationY);
      let inside = u32(y) < u.inHeight;
      for (var kx = 0u; kx < u.kernelWidth; kx++) {
        let weight = Weight(weights[tap]);
        let x = firstX + i32(kx * u.dilationX);
        let at = inPlane + u32(y) * u.inWidth + u32(x);
        ${lines(
          range(columns).map(
            (c) =>
              `sum0_${c} += weight * select(Value(), loadWord(at + ${c}u * u.strideX), inside && u32(x + i32(${c}u * u.strideX)) < u.inWidth);`,
          ),
        )}
        tap++;
      }
    }`;
}

/** How the inputs of a row are loaded: words of `width` columns, from `lead` before the first tap. */
function rowLoads({ columns, kernelSize, stride, pairs }: DepthwiseShape) {
  const width = pairs === 'none' ? 1 : 2;
  const lead = pairs === 'odd' ? 1 : 0;
  const across = lead + (columns - 1) * stride + kernelSize;
  return { width, lead, words: Math.ceil(across / width) };
}

/** Loads the input rows of one turn and adds them to every sum that they reach. */
function unrolledTaps(variant: DepthwiseVariant): string {
  const { columns, kernelSize, stride } = variant;
  const { width, lead, words } = rowLoads(variant);
  const each = range(kernelSize);
  return lines(
    range(stride).map((row) => {
      const under = range(rowsUnderWay(variant)).filter((age) => row + age * stride < kernelSize);
      /** Adds the input at column `x` of the strip. */
      const adds = (x: number, value: string): string[] =>
        under.flatMap((age) =>
          range(columns).flatMap((column) => {
            const kx = x - column * stride;
            return each.includes(kx)
              ? [`sum${age}_${column} += weight${row + age * stride}_${kx} * ${value};`]
              : [];
          }),
        );
      return `{
        let y = inY + i32(${row}u * u.spreadY);
        let inside = u32(y) < u.inHeight;
        let at = inPlane + u32(y) * u.inWidth + u32(loadX);
        ${lines(
          range(words).map(
            (word) => `{
          let word = select(Word(), loadWord(at + step${word}), inside && inside${word});
          ${lines(
            range(width).flatMap((i) =>
              adds(word * width + i - lead, width === 1 ? 'word' : `word[${i}]`),
            ),
          )}
        }`,
          ),
        )}
      }`;
    }),
  );
}

/** What the unrolled taps need before the loop. */
function unrolledStart(variant: DepthwiseVariant): string {
  const { kernelSize } = variant;
  const { width, lead, words } = rowLoads(variant);
  return lines([
    `let loadX = firstX - ${lead};`,
    ...range(words).map(
      (word) => `let step${word} = ${word * width}u * u.spreadX;
  let inside${word} = u32(loadX + i32(step${word})) < u.inWidth;`,
    ),
    ...range(kernelSize ** 2).map(
      (tap) =>
        `let weight${Math.floor(tap / kernelSize)}_${tap % kernelSize} = Weight(weights[firstTap + ${tap}u]);`,
    ),
  ]);
}

/** A value's four channels lie in four planes. */
const isPlanar = ({ store, reads }: DepthwiseVariant): boolean =>
  store === 'linear' && reads === 'block';

/** Residual, activation and store of the row that is complete. */
function storeRow(variant: DepthwiseVariant): string {
  const { columns, residual, store, element } = variant;
  const last = `sum${rowsUnderWay(variant) - 1}`;
  const guarded = (c: number, statement: string): string =>
    `if (outX + ${c}u * u.spreadX < u.outWidth) { ${statement} }`;
  const at = (c: number): string => `at + ${c}u * u.spreadX`;
  if (isPlanar(variant)) {
    const lanes = (c: number, each: (address: string, lane: number) => string) =>
      range(4).map((lane) => each(`${at(c)} + ${lane}u * u.outPixels`, lane));
    return lines(
      range(columns).map((c) => {
        const loaded = lanes(c, (address) => `f32(residual[${address}])`).join(', ');
        const added = residual ? `${last}_${c} + Value(${loaded})` : `${last}_${c}`;
        const stores = lanes(c, (to, lane) => `result[${to}] = ${element}(value[${lane}]);`);
        return guarded(c, `let value = activation(${added});\n${lines(stores)}`);
      }),
    );
  }
  if (store === 'c4') {
    return lines(
      range(columns).map((c) => {
        const added = residual ? `${last}_${c} + Value(residual[${at(c)}])` : `${last}_${c}`;
        // Activations may turn the zeros of unused lanes into something else.
        const value = `select(Value(), activation(${added}), used)`;
        return guarded(c, `result[${at(c)}] = vec4<${element}>(${value});`);
      }),
    );
  }
  const quads = range(Math.ceil(columns / 4)).map((quad) =>
    range(columns).slice(quad * 4, quad * 4 + 4),
  );
  const padded = (values: readonly string[]): string =>
    `vec4<f32>(${range(4)
      .map((lane) => values[lane] ?? '0.0')
      .join(', ')})`;
  return lines(
    quads.flatMap((quad, index) => {
      const sums = padded(quad.map((c) => `${last}_${c}`));
      const added = residual
        ? `${sums} + ${padded(quad.map((c) => `f32(residual[${at(c)}])`))}`
        : sums;
      return [
        `let pixels${index} = activation(${added});`,
        ...quad.map((c, lane) =>
          guarded(c, `result[${at(c)}] = ${element}(pixels${index}[${lane}]);`),
        ),
      ];
    }),
  );
}

export const depthwise = defineKernel({
  name: 'depthwise',
  variants: (): DepthwiseVariant[] =>
    epilogueVariants().flatMap((epilogue) =>
      depthwiseShapes(epilogue.store).map((shape) => ({ ...shape, ...epilogue })),
    ),
  uniforms: {
    inHeight: 'u32',
    inWidth: 'u32',
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
    /** Planes of values of one image. */
    inPlanes: 'u32',
    outPlanes: 'u32',
    /** From one column and row of a strip to the next: the dilations, where taps are unrolled. */
    spreadY: 'u32',
    spreadX: 'u32',
    /** Rows of a strip. */
    rows: 'u32',
    /** All strips; those of one plane along y and x. */
    strips: 'u32',
    stripsY: 'u32',
    stripsX: 'u32',
    ...epilogueUniforms,
  },
  bindings: (variant) => {
    const { element, store, reads, pairs } = variant;
    const weights = reads === 'block' ? weightsBinding(element) : sourceBinding(store, element);
    return [
      pairs === 'none'
        ? sourceBinding(store, element)
        : { name: 'source', access: 'read', type: `array<vec2<${element}>>` },
      { ...weights, name: 'weights' },
      ...epilogueBindings(variant),
    ];
  },
  workgroupSize: ({ lanes }) => [lanes, 1, 1],
  iterations: (variant, sizes) =>
    variant.kernelSize === 0
      ? sizes.rows * (1 + tapTurns({ ...sizes, kernelDepth: 1 }))
      : sizes.rows + rowsUnderWay(variant),
  wgsl(variant) {
    const { columns, kernelSize, stride, reads, pairs, store, activation } = variant;
    const planar = isPlanar(variant);
    const under = rowsUnderWay(variant);
    const sums = (from: number, to: number, each: (age: number, column: number) => string) =>
      lines(
        range(to - from).flatMap((age) => range(columns).map((column) => each(age + from, column))),
      );
    return wgsl`
alias Value = ${store === 'c4' || planar ? 'vec4<f32>' : 'f32'};
alias Weight = ${reads === 'block' ? 'mat4x4<f32>' : 'Value'};
// What is loaded at once.
alias Word = ${pairs === 'none' ? 'Value' : 'vec2<f32>'};
${flatIndex}
${activationSource(activation)}
#if ${reads === 'gather'}
var<private> lanes: vec4<u32>;
fn loadWord(at: u32) -> Word {
  let block = Value(source[at]);
  return Value(block[lanes.x], block[lanes.y], block[lanes.z], block[lanes.w]);
}
#elif ${planar}
fn loadWord(at: u32) -> Word {
  let size = u.inHeight * u.inWidth;
  return Value(
    f32(source[at]),
    f32(source[at + size]),
    f32(source[at + 2u * size]),
    f32(source[at + 3u * size]),
  );
}
#else
fn loadWord(at: u32) -> Word {
  return Word(source[at / ${pairs === 'none' ? 1 : 2}u]);
}
#endif
${flatMain} {
  let flat = flatWorkgroup(workgroup, counts) * workgroupX + local;
  var rest = min(flat, u.strips - 1u);
  let stripX = rest % u.stripsX;
  rest /= u.stripsX;
  let stripY = rest % u.stripsY;
  let outPlane = rest / u.stripsY;
  let plane = outPlane % u.outPlanes;
  let image = outPlane / u.outPlanes;
  let outX = stripX / u.spreadX * u.spreadX * ${columns}u + stripX % u.spreadX;
  let firstY = stripY / u.spreadY * u.spreadY * u.rows + stripY % u.spreadY;

#if ${store === 'c4'}
  let lane = vec4<u32>(0u, 1u, 2u, 3u) + plane * 4u;
  let used = lane < vec4<u32>(u.outChannels);
#if ${reads === 'gather'}
  let channels = lane / u.multiplier;
  let sourcePlane = channels.x / 4u;
  lanes = channels % 4u;
#else
  let sourcePlane = plane;
#endif
#else
  let sourcePlane = plane / u.multiplier;
#endif
  let inPlane = (image * u.inPlanes + sourcePlane) * u.inHeight * u.inWidth * ${planar ? 4 : 1}u;

  var start = Value();
  if (u.hasBias != 0u) {
#if ${store === 'c4'}
    start = select(Value(), Value(bias[plane]), used);
#elif ${planar}
    start = Value(bias[plane]);
#else
    start = f32(bias[plane / 4u][plane % 4u]);
#endif
  }
  // Input coordinates of the first tap; negative in the padding.
  let firstX = i32(outX * u.strideX) - u.padLeft;
  var inY = i32(firstY * u.strideY) - u.padTop;
  let firstTap = plane * u.kernelHeight * u.kernelWidth;
  ${kernelSize === 0 ? '' : unrolledStart(variant)}

  // Sums of the rows under way, without those that begin in this turn.
  ${sums(1, under, (age, column) => `var carried${age}_${column} = Value();`)}
  let turns = u.rows + ${under - 1}u;
  for (var turn = 0u; turn < turns; turn++) {
    ${sums(0, 1, (_, column) => `var sum0_${column} = start;`)}
    ${sums(1, under, (age, column) => `var sum${age}_${column} = carried${age}_${column};`)}
    ${kernelSize === 0 ? generalTaps(variant) : unrolledTaps(variant)}
    let outY = firstY + (turn - ${under - 1}u) * u.spreadY;
    if (turn >= ${under - 1}u && outY < u.outHeight && flat < u.strips) {
      let at = (outPlane * ${planar ? 4 : 1}u * u.outHeight + outY) * u.outWidth + outX;
      ${storeRow(variant)}
    }
    ${sums(1, under, (age, column) => `carried${age}_${column} = sum${age - 1}_${column};`)}
    inY += i32(${kernelSize === 0 ? 'u.strideY' : `${stride}u`} * u.spreadY);
  }
}
`;
  },
});
