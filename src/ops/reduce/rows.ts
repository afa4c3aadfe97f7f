/** Candidates of the kernels that go along rows: reductions, softmax, normalisations and others. */

import type { Dispatch } from '../../../shaders/lib/kernel.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import { align16 } from '../device-tensor.ts';
import type { Candidate, Cost } from '../operator.ts';

/** Invocations of the workgroups here, but where one of them works on one result. */
const threadsOfMany = 64;

/**
 * Invocations that run at the same time, of so many in workgroups of 64: one core of a software
 * adapter runs a whole workgroup, four lanes at a time at least.
 */
export function busyInvocations(invocations: number, caps: DeviceCaps): number {
  if (!caps.software) return invocations;
  return Math.min(invocations, 4 * Math.ceil(invocations / threadsOfMany));
}

/** Partial results by which one result of `count` values is shared out. */
export function splitParts(count: number, outputs: number, caps: DeviceCaps): number {
  // Two workgroups for each core of a software adapter, which has four lanes or more.
  const busy = caps.ceiling.parallelism * (caps.software ? threadsOfMany / 2 : 1);
  const wanted = Math.ceil(busy / Math.max(outputs, 1));
  // Each part turns a loop no longer than a quarter of what the device allows.
  const needed = Math.ceil((count * 4) / caps.limits.loopIterations);
  return Math.max(1, needed, Math.min(wanted, 256, Math.floor(Math.sqrt(count))));
}

/**
 * Operations, comparable to multiply-adds, of one tree in workgroup memory. A software adapter
 * switches between all invocations at every barrier: 16 (lavapipe) to 340 ns (SwiftShader) each.
 */
export function treeOperations(threads: number, caps: DeviceCaps): number {
  return threads * (Math.log2(threads) + 1) * (caps.software ? 128 : 1);
}

/**
 * Share of the ceiling where each invocation reads its own row: neighbouring ones read far apart
 * where rows are dense, which costs a GPU its coalescing and a software adapter nothing.
 */
export function rowEfficiency(dense: boolean, caps: DeviceCaps): number {
  return caps.software ? 0.25 : dense ? 0.1 : 0.2;
}

/**
 * Who works on a row: one invocation, a workgroup, or several invocations in two dispatches. The
 * second of those is `final`, one invocation for each row, where a row has one result, and `split`
 * where all of it is written: then each of them combines what all have found.
 */
export type RowMethod = 'serial' | 'workgroup' | 'partial' | 'final' | 'split';

export interface RowKernels<Method extends RowMethod> {
  /** Begins the names of the algorithms. */
  readonly name: string;
  readonly rows: number;
  /** Rows in each vec4 that counts as one of `rows` here (C4); 1 where left out. */
  readonly lanes?: number;
  /** Values of all rows. */
  readonly values: number;
  /** Values of a row lie side by side. */
  readonly dense: boolean;
  /** Turns of the loop of an invocation that has a row for itself. */
  readonly turns: number;
  /** With fewer turns a row is not shared. */
  readonly leastTurns: number;
  /** With fewer turns a row is not shared in two dispatches; as `leastTurns` where left out. */
  readonly leastSplit?: number;
  /** Invocations of a workgroup. */
  readonly threads: number;
  /** Operations on each value, comparable to multiply-adds. */
  readonly operations: number;
  /** Bytes of the node's tensors. */
  readonly bytes: number;
  /** Bytes of what an invocation leaves to the second dispatch. */
  readonly stateBytes: number;
  /** Scratch buffers that all methods have, before that of the states. */
  readonly scratch?: readonly number[];
  readonly last: Method & ('final' | 'split');
  dispatch(method: Method | 'serial' | 'workgroup' | 'partial', parts: number): Dispatch;
}

export function rowCandidates<Method extends RowMethod>(
  kernels: RowKernels<Method>,
  caps: DeviceCaps,
): Candidate[] {
  const { name, rows, lanes = 1, values, dense, operations, scratch = [], last } = kernels;
  const { turns, leastTurns, leastSplit = leastTurns, threads } = kernels;
  const candidate = (
    method: string,
    dispatches: readonly Dispatch[],
    cost: Partial<Cost> = {},
    states: readonly number[] = [],
  ): Candidate => ({
    algorithm: `${name}_${method}`,
    dispatches,
    packings: [],
    scratch: [...scratch, ...states],
    cost: {
      macs: operations * values,
      bytes: kernels.bytes,
      invocations: busyInvocations(rows, caps),
      efficiency: rowEfficiency(dense, caps),
      barriers: false,
      ...cost,
    },
  });
  const candidates = [candidate('serial', rows === 0 ? [] : [kernels.dispatch('serial', 1)])];
  if (rows === 0 || turns < leastTurns) return candidates;
  candidates.push(
    candidate('workgroup', [kernels.dispatch('workgroup', 1)], {
      macs: operations * values + rows * lanes * treeOperations(threads, caps),
      // One core of a software adapter runs a whole workgroup, four lanes at a time.
      invocations: rows * (caps.software ? 4 : threads),
      efficiency: dense ? 0.2 : 0.05,
      barriers: true,
    }),
  );
  const parts = splitParts(turns, rows, caps);
  if (turns >= leastSplit && parts > 1) {
    const combined = rows * lanes * parts * (last === 'split' ? parts : 1);
    candidates.push(
      candidate(
        'split',
        [kernels.dispatch('partial', parts), kernels.dispatch(last, parts)],
        {
          macs: operations * (values + combined),
          invocations: busyInvocations(rows * parts, caps),
          efficiency: caps.software && last === 'split' ? 0.25 : 0.2,
        },
        [align16(rows * parts * kernels.stateBytes)],
      ),
    );
  }
  return candidates;
}
