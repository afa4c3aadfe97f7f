/** Which problems a run times. */

import { type ConvProblem, convProblems, problemOf } from './conv.ts';
import { type NetProblem, nets } from './nets.ts';
import { type OpProblem, opProblems } from './ops.ts';

export type Problem = ConvProblem | OpProblem | NetProblem;

export const suites = ['conv', 'ops', 'nets', 'ceiling'] as const;
export type Suite = (typeof suites)[number];

export interface Selection {
  /** Without one, the two convolutions that everybody quotes. */
  readonly suite?: Suite | undefined;
  /** A part of the suite, or of all suites, that takes minutes on two cores. */
  readonly quick?: boolean | undefined;
  readonly filter?: string | undefined;
  /** Names of networks whose files are there. */
  readonly available: readonly string[];
}

const quickMacs = 30e6;

export function selected({ suite, quick, filter, available }: Selection): Problem[] {
  const there = nets.filter(({ name }) => available.includes(name));
  const lists: Record<Suite, readonly Problem[]> = {
    conv: convProblems(),
    ops: opProblems(),
    nets: there,
    ceiling: [],
  };
  const few = (list: readonly Problem[], count: number) => {
    const small = list.filter(({ macs }) => macs <= quickMacs);
    const step = Math.max(1, Math.ceil(small.length / count));
    return small.filter((_, index) => index % step === 0);
  };
  let problems: readonly Problem[];
  if (suite) {
    problems = quick
      ? suite === 'nets'
        ? there.slice(0, 2)
        : few(lists[suite], 20)
      : lists[suite];
  } else if (quick) {
    problems = [...few(lists.conv, 12), ...few(lists.ops, 6), ...there.slice(0, 1)];
  } else {
    problems = [problemOf([64, 56, 64, 3, 1, 1]), problemOf([64, 56, 256, 1, 1, 0])];
  }
  // Two suites may share a problem.
  const distinct = [...new Map(problems.map((problem) => [problem.name, problem])).values()];
  return distinct.filter(({ name }) => !filter || name.includes(filter));
}
