/** Which problems a run times. */

import { type ConvProblem, convProblems, problemOf } from './conv.ts';
import { type NetProblem, nets } from './nets.ts';
import { type OpProblem, opProblems } from './ops.ts';
import type { TransposedProblem } from './transposed.ts';

export type Problem = ConvProblem | TransposedProblem | OpProblem | NetProblem;

export const suites = ['conv', 'ops', 'nets', 'ceiling', 'cold'] as const;
export type Suite = (typeof suites)[number];

/** The convolution that everybody quotes. */
export const headline = problemOf([64, 56, 64, 3, 1, 1]);

export interface Selection {
  /** Without one, the headline and a pointwise convolution. */
  readonly suite?: Suite | undefined;
  /** A part of the suite, or of all suites, that takes minutes on two cores. */
  readonly quick?: boolean | undefined;
  readonly filter?: string | undefined;
  /** Paths of the networks whose files are there. */
  readonly available: readonly string[];
}

export interface Chosen {
  readonly suite: Suite;
  readonly problem: Problem;
}

const quickMacs = 30e6;

export function selected({ suite, quick, filter, available }: Selection): Chosen[] {
  const there = nets.filter(({ path }) => path === undefined || available.includes(path));
  const small = (list: readonly Problem[], count: number) => {
    const all = list.filter(({ macs }) => macs <= quickMacs);
    const step = Math.max(1, Math.ceil(all.length / count));
    return all.filter((_, index) => index % step === 0);
  };
  const few = there.filter(({ name }) => quickNets.includes(name));
  const whole = !suite && quick;
  const conv = convProblems();
  const lists: Record<Suite, readonly Problem[]> = {
    conv: quick ? [headline, ...small(conv, whole ? 11 : 20)] : conv,
    ops: quick ? small(opProblems(), whole ? 6 : 14) : opProblems(),
    nets: quick ? few.slice(0, whole ? 2 : 3) : there,
    ceiling: [],
    cold: [],
  };
  const chosen = suite ? [suite] : quick ? suites : [];
  const entries = chosen.flatMap((name) =>
    lists[name].map((problem): Chosen => ({ suite: name, problem })),
  );
  if (chosen.length === 0) {
    for (const problem of [headline, problemOf([64, 56, 256, 1, 1, 0])])
      entries.push({ suite: 'conv', problem });
  }
  // Two suites may share a problem.
  const distinct = [...new Map(entries.map((entry) => [entry.problem.name, entry])).values()];
  return distinct.filter(({ problem }) => !filter || problem.name.includes(filter));
}

const quickNets = ['LeNet-5', 'MobileNet v1 0.25', 'SqueezeNet 1.1'];
