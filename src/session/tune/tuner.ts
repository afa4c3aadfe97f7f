/**
 * Times the likely algorithms of one problem on the device. First each one's values are checked:
 * against the float64 reference where that takes a second or so, else against the other
 * algorithms, element by element. What is wrong is never chosen, however fast.
 */

import { allocate, isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { toReference, unitRoundoff } from '../../core/reference.ts';
import { sizeOf } from '../../core/shape.ts';
import { type HostTensor, Tensor } from '../../core/tensor.ts';
import { BufferPool } from '../../gpu/buffer-pool.ts';
import type { GpuContext } from '../../gpu/device.ts';
import type { Graph, Node, ValueInfo } from '../../graph/graph.ts';
import { createPlan } from '../../plan/create-plan.ts';
import { macsOf } from '../../plan/macs.ts';
import type { Plan } from '../../plan/plan.ts';
import { accuracyOf } from '../accuracy.ts';
import { compare, describe } from '../compare.ts';
import { type EvaluatedTensor, References, referenceLookup } from '../evaluate.ts';
import { GpuExecutable } from '../webgpu.ts';
import { WeightStore } from '../weights.ts';
import { graphOfNode, shadersOf } from './problem.ts';
import { Stopwatch, type TimedWork, workOf } from './stopwatch.ts';
import type { TimedCandidate, TunedChoice, TunedProblem } from './tuning.ts';

/** Candidates that are timed: the likely ones, and each family's best unless it looks hopeless. */
const mostCandidates = 6;
const hopeless = 4;
const rounds = 7;
/** A choice must save as much, or the next measurement would undo it and a pipeline be wasted. */
const worthwhile = 0.95;
/** Multiply-adds that the float64 loops do in a second or so. */
const referenceMacs = 2e8;

interface Contestant {
  readonly algorithm: string;
  readonly plan: Plan;
  readonly executable: GpuExecutable;
  readonly outputs: readonly HostTensor[];
}

export interface Tuned {
  readonly problem: TunedProblem;
  readonly choice: TunedChoice;
}

/** Undefined where there is nothing to choose. */
export async function tuneNode(
  context: GpuContext,
  node: Node,
  graph: Graph,
  nodes: readonly string[],
  key: string,
): Promise<Tuned | undefined> {
  const alone = graphOfNode(node, graph);
  if (!alone) return undefined;
  const index = alone.nodes.indexOf(node);
  const planned = await createPlan(alone, context.caps);
  const listed = planned.nodes[index]?.candidates ?? [];
  const names = likely(listed);
  const expected = names[0];
  if (expected === undefined || names.length < 2) return undefined;
  const weights = new WeightStore(context);
  const watch = new Stopwatch(context);
  const executables: GpuExecutable[] = [];
  const contestants: Contestant[] = [];
  const rejected = new Map<string, string>();
  try {
    const feeds = feedsOf(alone.inputs);
    for (const algorithm of names) {
      try {
        const plan = await createPlan(alone, context.caps, {
          algorithm: { [node.name]: algorithm },
        });
        // Its activations are bound while others are, too.
        const pool = new BufferPool(context);
        const executable = await GpuExecutable.create(context, plan, weights, { pool });
        executables.push(executable);
        const ran = await executable.run(feeds, {});
        const outputs = alone.outputs.map((name) => ran.get(name) as Tensor);
        contestants.push({ algorithm, plan, executable, outputs });
      } catch (error) {
        if (context.isLost) throw error;
        rejected.set(algorithm, `it did not run: ${String(error)}`);
      }
    }
    const reasons = await judge(contestants, node, alone, graph, feeds);
    for (const [algorithm, reason] of reasons) rejected.set(algorithm, reason);
    const sound = contestants.filter(({ algorithm }) => !rejected.has(algorithm));
    const times = await time(watch, sound, index);
    const candidates = names.map((algorithm): TimedCandidate => {
      const found = times.get(algorithm);
      return {
        algorithm,
        ...(found ? { milliseconds: found } : {}),
        ...(rejected.has(algorithm) ? { rejected: rejected.get(algorithm) } : {}),
      };
    });
    const chosen = choose(candidates, expected);
    if (chosen === undefined) {
      throw new WgconvError(
        'internal',
        `every algorithm of ${node.op} "${node.name}" gives wrong values on this device: ` +
          [...rejected].map(([algorithm, reason]) => `${algorithm}: ${reason}`).join('; '),
        { node: node.name, operator: node.op },
      );
    }
    const winner = contestants.find(({ algorithm }) => algorithm === chosen) as Contestant;
    return {
      problem: {
        ...{ operator: node.op, nodes, problem: key, candidates, expected, chosen },
        quantised: watch.quantised,
      },
      choice: { algorithm: chosen, shaders: shadersOf(winner.plan, index) },
    };
  } finally {
    for (const executable of executables) executable.dispose();
    watch.dispose();
    weights.dispose();
  }
}

/** The first three by estimate, and the best of every other family, in order. */
export function likely(
  listed: readonly { readonly algorithm: string; readonly seconds: number }[],
): string[] {
  const least = Math.min(...listed.map(({ seconds }) => seconds));
  const family = (algorithm: string) => algorithm.split('.')[0];
  const close = listed.filter(({ seconds }) => seconds <= hopeless * least);
  const firsts = close.filter(
    ({ algorithm }, at) =>
      close.findIndex((other) => family(other.algorithm) === family(algorithm)) === at,
  );
  // Three in any case: an estimate may be far off.
  const wanted = new Set([...listed.slice(0, 3), ...firsts]);
  for (const candidate of close) if (wanted.size < mostCandidates) wanted.add(candidate);
  const chosen = [...wanted].slice(0, mostCandidates);
  return listed.filter((candidate) => chosen.includes(candidate)).map(({ algorithm }) => algorithm);
}

/** The expected one, unless another is faster beyond the spread of both. */
export function choose(
  candidates: readonly TimedCandidate[],
  expected: string,
): string | undefined {
  const timed = candidates.flatMap(({ algorithm, milliseconds, rejected }) =>
    milliseconds && !rejected ? [{ algorithm, ...milliseconds }] : [],
  );
  const [best] = timed.toSorted((a, b) => a.median - b.median);
  const own = timed.find(({ algorithm }) => algorithm === expected);
  if (!best || !own) return best?.algorithm;
  return best.median < worthwhile * own.median && best.high < own.low
    ? best.algorithm
    : own.algorithm;
}

/** Seeded numbers around zero; integers are small, so that an index is likely to be one. */
function feedsOf(inputs: readonly ValueInfo[]): Map<string, Tensor> {
  let state = 12345;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  return new Map(
    inputs.map(({ name, type, dims }) => {
      const values = allocate(type, sizeOf(dims as number[]));
      if (type === 'float32' || type === 'float64') {
        for (let index = 0; index < values.length; index++) values[index] = next();
      } else if (type === 'float16') {
        // Bits of numbers between −2 and 2 that are no smaller than 2⁻⁷.
        for (let index = 0; index < values.length; index++) {
          const bits = Math.floor(Math.abs(next()) * 0x1fff) + 0x2000;
          values[index] = bits | (next() < 0 ? 0x8000 : 0);
        }
      }
      return [name, new Tensor(type, values, dims as number[])];
    }),
  );
}

/** Which contestants compute something else than the operator, and why. */
async function judge(
  contestants: readonly Contestant[],
  node: Node,
  alone: Graph,
  graph: Graph,
  feeds: ReadonlyMap<string, Tensor>,
): Promise<Map<string, string>> {
  const macs = macsOf(node, graph);
  return macs <= referenceMacs || contestants.length < 3
    ? byReference(contestants, node, alone, feeds)
    : byEachOther(contestants);
}

async function byReference(
  contestants: readonly Contestant[],
  node: Node,
  alone: Graph,
  feeds: ReadonlyMap<string, Tensor>,
): Promise<Map<string, string>> {
  const references = new References();
  await references.load([node]);
  const fed = new Map([...feeds].map(([name, tensor]) => [name.replace(/@linear$/, ''), tensor]));
  const lookup = referenceLookup(fed);
  const accuracy = accuracyOf(node, alone);
  let single: EvaluatedTensor[] | undefined;
  const reasons = new Map<string, string>();
  const index = alone.nodes.indexOf(node);
  for (const { algorithm, plan, outputs } of contestants) {
    // An algorithm with sums of its own (Winograd's) has a bound of its own.
    const { arithmetic } = plan.nodes[index] ?? {};
    const expected = references.evaluate(node, alone, lookup, { arithmetic });
    for (const [at, output] of outputs.entries()) {
      const want = expected[at];
      if (!want) continue;
      const result = compare(output, want, accuracy, () => {
        single ??= references.evaluate(node, alone, lookup, { single: true });
        return single[at] as EvaluatedTensor;
      });
      if (!result.ok) reasons.set(algorithm, `wrong values: ${describe(result)}`);
    }
  }
  return reasons;
}

/** The middle of what all compute is right; with three or more, one wrong one is not it. */
export function byEachOther(
  contestants: readonly Pick<Contestant, 'algorithm' | 'outputs'>[],
): Map<string, string> {
  const reasons = new Map<string, string>();
  const count = contestants[0]?.outputs.length ?? 0;
  for (let at = 0; at < count; at++) {
    const all = contestants.map(({ outputs }) => toReference(outputs[at] as HostTensor));
    const type = all[0]?.type ?? 'float32';
    const values = all.map(({ value }) => Array.from(value as ArrayLike<number>, Number));
    const middle = (values[0] ?? []).map((_, index) => {
      const sorted = values
        .map((list) => list[index] as number)
        .filter((value) => !Number.isNaN(value))
        .sort((a, b) => a - b);
      return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
    });
    const scale = Math.sqrt(
      middle.reduce((sum, value) => sum + value * value, 0) / Math.max(middle.length, 1),
    );
    // Every order of summation, and Winograd's, stays below this; a dropped term does not.
    const bound = isFloat(type) ? 4096 * unitRoundoff('float32') + 4 * unitRoundoff(type) : 0;
    for (const [index, { algorithm }] of contestants.entries()) {
      const worst = middle.reduce((most, value, element) => {
        const error = Math.abs((values[index]?.[element] as number) - value);
        return Math.max(error, most); // NaN stays NaN
      }, 0);
      if (!(worst <= bound * scale)) {
        reasons.set(
          algorithm,
          `wrong values: up to ${worst.toExponential(2)} off what the others compute (of ${scale.toExponential(2)})`,
        );
      }
    }
  }
  return reasons;
}

type Milliseconds = NonNullable<TimedCandidate['milliseconds']>;

/** Interleaved, the order of a round shuffled: what else the machine does hits all alike. */
async function time(
  watch: Stopwatch,
  contestants: readonly Contestant[],
  index: number,
): Promise<Map<string, Milliseconds>> {
  const works = new Map<string, { work: TimedWork; repeats: number; seconds: number[] }>();
  for (const { algorithm, executable } of contestants) {
    const work = workOf(executable, index);
    works.set(algorithm, { work, repeats: await watch.repeats(work), seconds: [] });
  }
  for (let round = 0; round < rounds; round++) {
    const order = [...works.values()];
    if (round % 2 === 1) order.reverse();
    for (const entry of order) {
      entry.seconds.push(await watch.seconds(entry.work, entry.repeats));
    }
  }
  return new Map(
    [...works].map(([algorithm, { seconds }]) => {
      const sorted = seconds.map((value) => value * 1000).sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] as number;
      return [algorithm, { median: at(0.5), low: at(0.25), high: at(0.75) }];
    }),
  );
}
