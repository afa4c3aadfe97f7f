/** Reductions over any axes as dispatches of the `reduce` kernel; pooling and softmax use it too. */

import {
  type BufferRole,
  type Dispatch,
  dispatch,
  type Element,
  foldWorkgroups,
  input,
  output,
  scratch,
} from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { type Reduction, stateBytes } from '../../../shaders/lib/reduce.ts';
import { type ReduceVariant, reducedType, reduceKernel } from '../../../shaders/reduce.ts';
import { bytesPerElement, type DataType, kindOf } from '../../core/dtype.ts';
import { internal } from '../../core/errors.ts';
import { sizeOf, stridesOf } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Layout } from '../../graph/graph.ts';
import { elementBytes } from '../device-tensor.ts';
import type { Candidate, DeviceTensor } from '../operator.ts';
import { rowCandidates } from './rows.ts';

/** What is reduced: a tensor in some layout along some axes (of a C4 tensor: height and width). */
export interface ReductionProblem {
  readonly operation: Reduction;
  readonly type: DataType;
  readonly element: Element;
  readonly dims: readonly number[];
  readonly axes: readonly number[];
  readonly layout: Layout;
  readonly outputLayout: Layout;
  readonly exponent?: number | undefined;
}

/** Bits of what a reduction of nothing gives, where that is not 0 (or 1 of a product). */
export function identityBits(operation: Reduction, type: DataType): number {
  const kind = kindOf(type);
  const bits = bytesPerElement(type) * 8;
  if (operation === 'mean') return kind === 'float' ? 0x7fc00000 : 0;
  if (operation === 'max' || operation === 'logSumExp') {
    return kind === 'float' ? 0xff800000 : kind === 'int' ? 2 ** 32 - 2 ** (bits - 1) : 0;
  }
  if (operation !== 'min') return 0;
  if (kind === 'float') return 0x7f800000;
  return kind === 'bool' ? 1 : kind === 'int' ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
}

interface Axis {
  readonly size: number;
  readonly stride: number;
  readonly reduced: boolean;
}

/** Neighbouring axes of one kind as one, axes of size 1 left out. */
function mergeAxes(dims: readonly number[], axes: readonly number[]): Axis[] {
  const strides = stridesOf(dims);
  const merged: Axis[] = [];
  dims.forEach((size, index) => {
    if (size === 1) return;
    const axis = { size, stride: strides[index] as number, reduced: axes.includes(index) };
    const outer = merged.at(-1);
    if (outer?.reduced === axis.reduced) {
      merged[merged.length - 1] = { ...axis, size: outer.size * size };
    } else {
      merged.push(axis);
    }
  });
  return merged;
}

type Four = [number, number, number, number];

/** Sizes and strides for a vec4, innermost last; rank 8 alternates four and four times at most. */
function four(axes: readonly Axis[]): { sizes: Four; strides: Four } {
  const unused = 4 - axes.length;
  if (unused < 0) throw internal('more than four groups of axes are reduced');
  const fill = (field: 'size' | 'stride', value: number) =>
    [...Array<number>(unused).fill(value), ...axes.map((axis) => axis[field])] as Four;
  return { sizes: fill('size', 1), strides: fill('stride', 0) };
}

/** A problem as the kernel sees it. */
export function reductionSizes({
  dims,
  axes,
  layout,
}: Pick<ReductionProblem, 'dims' | 'axes' | 'layout'>) {
  const [batch = 1, channels = 1, ...spatial] = dims;
  const grid = layout === 'c4' ? [batch * channelBlocks(channels), ...spatial] : dims;
  const along = layout === 'c4' ? spatial.map((_, axis) => axis + 1) : axes;
  const merged = mergeAxes(grid, along);
  return {
    kept: four(merged.filter(({ reduced }) => !reduced)),
    reduced: four(merged.filter(({ reduced }) => reduced)),
    strided: merged.filter(({ reduced }) => reduced).length <= 1,
    outputs: sizeOf(grid.filter((_, axis) => !along.includes(axis))),
    count: sizeOf(grid.filter((_, axis) => along.includes(axis))),
    /** Values of a result lie side by side. */
    dense: merged.at(-1)?.reduced ?? true,
    channels,
  };
}

/** Invocations that share `count` values by the phase `workgroup`. */
const workgroupThreads = (count: number): number => (count > 128 ? 128 : 32);

/** One dispatch of a phase. */
function reduceDispatch(
  problem: ReductionProblem,
  phase: ReduceVariant['phase'],
  buffers: readonly [BufferRole, BufferRole],
  parts: number,
): Dispatch {
  const { operation, type, element, layout, outputLayout, exponent = 1 } = problem;
  const { kept, reduced, strided, outputs, count, channels } = reductionSizes(problem);
  const workgroup = phase === 'workgroup';
  const threads = workgroup ? workgroupThreads(count) : 64;
  const invocations = outputs * (phase === 'partial' ? parts : 1);
  return dispatch(
    reduceKernel,
    {
      ...{ operation, element, phase, layout, outputLayout, threads },
      strided: strided || phase === 'final',
    },
    {
      keptSizes: kept.sizes,
      keptStrides: kept.strides,
      reducedSizes: reduced.sizes,
      reducedStrides: reduced.strides,
      outputs,
      reduced: count,
      parts,
      identity: identityBits(operation, type),
      channels,
      exponent,
    },
    buffers,
    foldWorkgroups(workgroup ? outputs : Math.ceil(invocations / threads)),
  );
}

/**
 * The ways to reduce `from` into `to`: one invocation for each result; where results are few and
 * long, also several in two dispatches (with partial results in `between`), or a workgroup for
 * each.
 */
export function reductionCandidates(
  problem: ReductionProblem,
  caps: DeviceCaps,
  from: BufferRole = input(0),
  to: BufferRole = output(0),
  between: BufferRole = scratch(0),
): Candidate[] {
  const { outputs, count, dense } = reductionSizes(problem);
  const type = reducedType(problem);
  const values = outputs * count * type.lanes;
  const step = (phase: ReduceVariant['phase'], parts: number) =>
    reduceDispatch(
      problem,
      phase,
      [phase === 'final' ? between : from, phase === 'partial' ? between : to],
      parts,
    );
  return rowCandidates(
    {
      name: 'reduce',
      ...{ rows: outputs, values, dense, lanes: type.lanes },
      ...{ turns: count, leastTurns: 32, leastSplit: 256, threads: workgroupThreads(count) },
      operations: 1,
      bytes: (values + outputs * type.lanes) * elementBytes(problem.element),
      stateBytes: stateBytes(problem.operation, type),
      ...{ last: 'final', dispatch: step },
    },
    caps,
  );
}

/** A problem from the tensors that a node has. */
export function reductionProblem(
  operation: Reduction,
  x: DeviceTensor,
  axes: readonly number[],
  outputLayout: Layout,
  exponent?: number,
): ReductionProblem {
  const { type, element, dims, layout } = x;
  return { operation, type, element, dims, axes, layout, outputLayout, exponent };
}
