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
import type { Candidate, Cost, DeviceTensor } from '../operator.ts';
import { busyInvocations, rowEfficiency, splitParts, treeOperations } from './rows.ts';

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

/** One dispatch of a phase. */
export function reduceDispatch(
  problem: ReductionProblem,
  phase: ReduceVariant['phase'],
  buffers: readonly [BufferRole, BufferRole],
  parts = 1,
): Dispatch {
  const { operation, type, element, layout, outputLayout, exponent = 1 } = problem;
  const { kept, reduced, strided, outputs, count, channels } = reductionSizes(problem);
  const workgroup = phase === 'workgroup';
  const threads = workgroup ? (count > 128 ? 128 : 32) : 64;
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

/** Bytes of the scratch buffer between the phases `partial` and `final`. */
export function partialBytes(problem: ReductionProblem, parts: number): number {
  const { outputs } = reductionSizes(problem);
  const bytes = outputs * parts * stateBytes(problem.operation, reducedType(problem));
  return Math.max(16, Math.ceil(bytes / 16) * 16);
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
  const lanes = problem.layout === 'c4' ? 4 : 1;
  const values = outputs * count * lanes;
  const cost = (fields: Partial<Cost>): Cost => ({
    macs: values,
    bytes: (values + outputs * lanes) * elementBytes(problem.element),
    invocations: busyInvocations(outputs, caps),
    efficiency: 0.2,
    barriers: false,
    ...fields,
  });
  const plain = { packings: [], scratch: [] };
  const candidates: Candidate[] = [
    {
      ...plain,
      algorithm: 'reduce_serial',
      dispatches: outputs === 0 ? [] : [reduceDispatch(problem, 'serial', [from, to])],
      cost: cost({ efficiency: rowEfficiency(dense, caps) }),
    },
  ];
  if (outputs === 0 || count < 32) return candidates;
  const threads = count > 128 ? 128 : 32;
  candidates.push({
    ...plain,
    algorithm: 'reduce_workgroup',
    dispatches: [reduceDispatch(problem, 'workgroup', [from, to])],
    cost: cost({
      macs: values + outputs * lanes * treeOperations(threads, caps),
      // One core of a software adapter runs a whole workgroup, four lanes at a time.
      invocations: outputs * (caps.software ? 4 : threads),
      efficiency: dense ? 0.2 : 0.05,
      barriers: true,
    }),
  });
  const parts = splitParts(count, outputs, caps);
  if (count >= 256 && parts > 1) {
    candidates.push({
      ...plain,
      algorithm: 'reduce_split',
      dispatches: [
        reduceDispatch(problem, 'partial', [from, between], parts),
        reduceDispatch(problem, 'final', [between, to], parts),
      ],
      scratch: [partialBytes(problem, parts)],
      cost: cost({
        macs: values + outputs * parts * lanes,
        invocations: busyInvocations(outputs * parts, caps),
      }),
    });
  }
  return candidates;
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
