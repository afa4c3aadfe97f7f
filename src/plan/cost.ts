/** The cost model: seconds that a candidate is expected to take on a device. */

import type { DeviceCaps } from '../gpu/caps.ts';
import type { Candidate } from '../ops/operator.ts';

/** How much slower workgroup memory with barriers runs where there is no such hardware. */
const softwareBarrierFactor = 3;

/**
 * The roofline with occupancy: the slower of arithmetic and memory, plus what dispatches cost.
 * A device that is not full reaches only the share of its rate that its busy lanes give.
 */
export function estimateSeconds(candidate: Candidate, caps: DeviceCaps): number {
  const { macs, bytes, serialBytes = 0, invocations, efficiency, barriers } = candidate.cost;
  const { gflops, gbps, dispatchSeconds, parallelism } = caps.ceiling;
  const occupancy = Math.min(1, Math.max(invocations, 1) / parallelism);
  const penalty = barriers && caps.software ? softwareBarrierFactor : 1;
  const arithmetic = (2 * macs * penalty) / (gflops * 1e9 * efficiency * occupancy);
  const memory = bytes / (gbps * 1e9 * Math.min(1, occupancy * 4));
  const before = serialBytes / (gbps * 1e9);
  return Math.max(arithmetic, memory) + before + candidate.dispatches.length * dispatchSeconds;
}

export interface RankedCandidate {
  readonly candidate: Candidate;
  readonly seconds: number;
}

/** Candidates by estimated time, fastest first; those that are only taken by name come last. */
export function rankCandidates(
  candidates: readonly Candidate[],
  caps: DeviceCaps,
): RankedCandidate[] {
  return candidates
    .map((candidate) => ({ candidate, seconds: estimateSeconds(candidate, caps) }))
    .sort((a, b) => rank(a) - rank(b) || a.seconds - b.seconds);
}

const rank = ({ candidate }: RankedCandidate): number => (candidate.onlyForced ? 1 : 0);
