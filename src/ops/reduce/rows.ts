/** Candidates of the kernels that go along rows: softmax, normalisations, places of extremes. */

import type { Dispatch } from '../../../shaders/lib/kernel.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Candidate, Cost } from '../operator.ts';
import { busyInvocations, rowEfficiency, splitParts, treeOperations } from './lower.ts';

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
  /** Values of all rows. */
  readonly values: number;
  /** Values of a row lie side by side. */
  readonly dense: boolean;
  /** Turns of the loop of an invocation that has a row for itself. */
  readonly turns: number;
  /** With fewer turns a row is not shared. */
  readonly leastTurns: number;
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
  const { name, rows, values, dense, turns, threads, operations, last, scratch = [] } = kernels;
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
  if (rows === 0 || turns < kernels.leastTurns) return candidates;
  candidates.push(
    candidate('workgroup', [kernels.dispatch('workgroup', 1)], {
      macs: operations * values + rows * treeOperations(threads, caps),
      invocations: rows * (caps.software ? 4 : threads),
      efficiency: dense ? 0.2 : 0.05,
      barriers: true,
    }),
  );
  const parts = splitParts(turns, rows, caps);
  if (parts > 1) {
    const combined = rows * parts * (last === 'split' ? parts : 1);
    candidates.push(
      candidate(
        'split',
        [kernels.dispatch('partial', parts), kernels.dispatch(last, parts)],
        {
          macs: operations * (values + combined),
          invocations: busyInvocations(rows * parts, caps),
          efficiency: caps.software && last === 'split' ? 0.25 : 0.2,
        },
        [Math.ceil((rows * parts * kernels.stateBytes) / 16) * 16],
      ),
    );
  }
  return candidates;
}
