/** Lowering of what puts axes in another order, in every combination of layouts. */

import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { mostAxes, permute, permuteRuns } from '../../../shaders/permute.ts';
import { isStatic, sizeOf, stridesOf } from '../../core/shape.ts';
import type { Layout } from '../../graph/graph.ts';
import { elementBytes } from '../device-tensor.ts';
import { isImage } from '../layouts.ts';
import type { Candidate, LayoutChoice, LoweringIO, NodeFacts } from '../operator.ts';
import { movement } from './candidate.ts';
import { copyDispatches } from './copy.ts';

/** Words in a row of the result, and what its rows and places are made of, innermost axis first. */
interface Rows {
  readonly places: number;
  readonly outer: readonly Axis[];
  readonly inner: readonly Axis[];
}

/** Size, and steps in the source: images, channels, pixels; linear words count as pixels. */
type Axis = readonly [size: number, images: number, channels: number, pixels: number];

interface Sides {
  readonly dims: readonly number[];
  readonly layout: Layout;
}

/** C4 wherever an image is and the axes are made of whole batches, channels or pixels. */
export function permutationLayouts(
  { inputs: [x], outputs: [y] }: NodeFacts<unknown>,
  sizes: readonly number[],
  perm: readonly number[],
): readonly LayoutChoice[] {
  const linear: LayoutChoice = { inputs: ['linear'], outputs: ['linear'] };
  if (!x || !y || !isStatic(x) || !isStatic(y)) return [linear];
  const layoutsOf = (image: boolean): readonly Layout[] => (image ? ['c4', 'linear'] : ['linear']);
  return layoutsOf(isImage(x)).flatMap((from) =>
    layoutsOf(isImage(y)).flatMap((to): LayoutChoice[] => {
      if (from === 'linear' && to === 'linear') return [linear];
      const sides = [{ ...x, layout: from } as const, { ...y, layout: to } as const] as const;
      return rowsOf(...sides, sizes, perm) ? [{ inputs: [from], outputs: [to] }] : [];
    }),
  );
}

/** The input, seen with the dims `sizes`, with its axes in the order `perm`. */
export function lowerPermutation(
  { inputs: [x], outputs }: LoweringIO,
  sizes: readonly number[],
  perm: readonly number[],
): readonly Candidate[] {
  const [result] = outputs;
  if (!x || !result) return [];
  const strides = stridesOf(sizes);
  if (x.layout === 'linear' && result.layout === 'linear') {
    const resultStrides = stridesOf(perm.map((axis) => sizes[axis] as number));
    const dims = perm.map((axis, index) => ({
      size: sizes[axis] as number,
      source: strides[axis] as number,
      result: resultStrides[index] as number,
    }));
    const box = { dims, sourceBase: 0, resultBase: 0, wordBytes: elementBytes(x.element) };
    return [movement('strided_copy', copyDispatches(box, input(0), output(0)), outputs)];
  }
  const rows = rowsOf(x, result, sizes, perm);
  if (!rows) return [];
  const { places, outer, inner } = rows;
  const [images = 1, channels = 1] = result.dims;
  const blocks = channelBlocks(channels);
  const rowCount = result.layout === 'c4' ? images * blocks : sizeOf(result.dims) / places;
  const rowInvocations = Math.ceil(places / permuteRuns);
  const count = sizeOf(result.dims) === 0 ? 0 : rowCount * rowInvocations;
  const axis = (axes: readonly Axis[], index: number) => axes[index] ?? ([1, 0, 0, 0] as const);
  const moved = dispatch(
    permute,
    {
      ...{ from: x.layout, to: result.layout, outer: outer.length, inner: inner.length },
      word: x.element === 'f16' ? 'f16' : 'u32',
    },
    {
      ...{ outerA: axis(outer, 0), outerB: axis(outer, 1) },
      ...{ outerC: axis(outer, 2), outerD: axis(outer, 3) },
      ...{ innerA: axis(inner, 0), innerB: axis(inner, 1) },
      ...{ innerC: axis(inner, 2), innerD: axis(inner, 3) },
      ...{ count, rowInvocations, places, channels, blocks },
      sourceBlocks: channelBlocks(x.dims[1] ?? 1),
      sourcePixels: sizeOf(x.dims.slice(2)),
    },
    [input(0), output(0)],
    lineWorkgroups(count),
  );
  return [movement('permute', count === 0 ? [] : [moved], outputs)];
}

/** Undefined where an axis is more than batch, channels or pixels, or there are too many. */
function rowsOf(
  source: Sides,
  result: Sides,
  sizes: readonly number[],
  perm: readonly number[],
): Rows | undefined {
  if (sizeOf(sizes) === 0) return { places: 1, outer: [[1, 0, 0, 0]], inner: [[1, 0, 0, 0]] };
  const strides = stridesOf(sizes);
  const places = isImage({ type: 'float32', dims: result.dims })
    ? sizeOf(result.dims.slice(2))
    : (perm.map((axis) => sizes[axis] as number).findLast((size) => size > 1) ?? 1);
  const outer: Axis[] = [];
  const inner: Axis[] = [];
  let done = 1; // elements of the result that the axes so far make
  for (const axis of perm.toReversed()) {
    const size = sizes[axis] as number;
    if (size === 1) continue;
    const step = stepOf(source, strides[axis] as number, size);
    const isInner = done < places;
    if (!step || (isInner && places % (done * size) !== 0)) return undefined;
    addAxis(isInner ? inner : outer, [size, ...step]);
    done *= size;
  }
  for (const axes of [outer, inner]) {
    if (axes.length === 0) axes.push([1, 0, 0, 0]);
    if (axes.length > mostAxes) return undefined;
  }
  return { places, outer, inner };
}

/** What a step of so many linear elements is in the source; undefined where it is of two kinds. */
function stepOf(
  { dims, layout }: Sides,
  stride: number,
  size: number,
): readonly [number, number, number] | undefined {
  if (layout === 'linear') return [0, 0, stride];
  const pixels = sizeOf(dims.slice(2));
  const image = pixels * (dims[1] as number);
  if (stride % image === 0) return [stride / image, 0, 0];
  if (stride % pixels === 0) {
    return image % (stride * size) === 0 ? [0, stride / pixels, 0] : undefined;
  }
  return pixels % (stride * size) === 0 ? [0, 0, stride] : undefined;
}

/** Joins an axis to the one inside it where a step of it is all of that one. */
function addAxis(axes: Axis[], axis: Axis): void {
  const last = axes.at(-1);
  const joins = last && [1, 2, 3].every((at) => axis[at] === (last[at] ?? 0) * last[0]);
  if (joins) axes[axes.length - 1] = [last[0] * axis[0], last[1], last[2], last[3]];
  else axes.push(axis);
}
