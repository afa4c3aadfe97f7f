/**
 * `verify`: replays the very plan that `run()` uses and compares each node with its reference fed
 * by the GPU's own inputs; the first wrong node is named.
 */

import { WgconvError } from '../core/errors.ts';
import { type ReferenceTensor, toReference, unitRoundoff } from '../core/reference.ts';
import type { HostTensor, Tensor } from '../core/tensor.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { nodeOf, plannedValue } from '../plan/lookup.ts';
import { accuracyOf } from './accuracy.ts';
import type { Feeds, OnProgress } from './backend.ts';
import { type Comparison, compare, describe } from './compare.ts';
import { type EvaluatedTensor, References } from './evaluate.ts';
import type { PlannedGraph } from './plans.ts';
import { asStored, rawTensor } from './raw.ts';
import { replay } from './replay.ts';
import { GpuExecutable } from './webgpu.ts';

type HostFeeds = ReadonlyMap<string, HostTensor>;

export interface VerifyOptions {
  /** Ends it between two nodes: `verify` rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface NodeCheck {
  readonly node: string;
  readonly operator: string;
  /** Original nodes, where the node is a fusion of several. */
  readonly originals: readonly string[];
  readonly algorithm: string;
  readonly status: 'pass' | 'fail' | 'unchecked';
  /** What is wrong, or why the check says little. */
  readonly message: string;
  readonly output: string;
  readonly comparison?: Comparison | undefined;
}

export interface EndToEnd {
  readonly output: string;
  /** Greatest |GPU − float64 reference of the original graph|, and that in units of the output's scale. */
  readonly maxError: number;
  readonly relativeError: number;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly nodes: readonly NodeCheck[];
  readonly passed: number;
  readonly failed: number;
  readonly unchecked: number;
  readonly firstWrong?: NodeCheck | undefined;
  /** Final outputs of the replay are bit-identical to `run()`'s. */
  readonly identicalToRun: boolean;
  readonly endToEnd: readonly EndToEnd[];
}

/** A model that is planned in several parts is checked part by part. */
export async function verifyModel(
  model: PlannedGraph,
  outputs: readonly string[],
  feeds: Feeds,
  { signal }: VerifyOptions,
  onProgress: OnProgress | undefined,
): Promise<VerifyReport> {
  const reports: VerifyReport[] = [];
  await model.visit(feeds, async ({ executable, original }, partFeeds) => {
    if (!(executable instanceof GpuExecutable)) {
      throw new WgconvError(
        'invalid-argument',
        'verify() checks the GPU; this session runs on the cpu backend, which is the reference itself',
      );
    }
    const ran = await executable.run(partFeeds, { signal });
    reports.push(await checkRun(executable, original, partFeeds, ran, { signal }, onProgress));
    return ran;
  });
  const sum = (key: 'passed' | 'failed' | 'unchecked') =>
    reports.reduce((total, report) => total + report[key], 0);
  return {
    ok: reports.every(({ ok }) => ok),
    nodes: reports.flatMap(({ nodes }) => nodes),
    passed: sum('passed'),
    failed: sum('failed'),
    unchecked: sum('unchecked'),
    firstWrong: reports.find(({ firstWrong }) => firstWrong)?.firstWrong,
    identicalToRun: reports.every(({ identicalToRun }) => identicalToRun),
    endToEnd: reports
      .flatMap(({ endToEnd }) => endToEnd)
      .filter(({ output }) => outputs.includes(output)),
  };
}

/**
 * @param original the specialised graph before fusion: the model as its author wrote it
 */
export async function verifyExecutable(
  executable: GpuExecutable,
  original: Graph,
  feeds: Feeds,
  onProgress?: OnProgress,
): Promise<VerifyReport> {
  return checkRun(executable, original, feeds, await executable.run(feeds, {}), {}, onProgress);
}

async function checkRun(
  executable: GpuExecutable,
  original: Graph,
  feeds: Feeds,
  ran: ReadonlyMap<string, Tensor>,
  { signal }: VerifyOptions,
  onProgress: OnProgress | undefined,
): Promise<VerifyReport> {
  const { plan } = executable;
  const { graph } = plan;
  const hostFeeds = await executable.hostFeeds(feeds, feeds.keys());
  const references = new References();
  await references.load([...graph.nodes, ...original.nodes]);
  const checks: NodeCheck[] = [];
  const recorded = new Record(executable, hostFeeds);
  const total = graph.nodes.length;

  await replay(executable, feeds, async (index, inputs, outputs) => {
    signal?.throwIfAborted();
    const node = nodeOf(plan, index);
    const { algorithm = '', arithmetic } = plan.nodes[index] ?? {};
    const originals = (node.origin ?? []).map((origin) => origin.name);
    const base = { node: node.name, operator: node.op, originals, algorithm };
    for (const [name, bytes] of inputs) {
      const changed = recorded.changed(name, bytes);
      if (changed) checks.push({ ...base, output: name, status: 'fail', message: changed });
    }
    for (const [name, bytes] of outputs) recorded.write(name, bytes);
    const fed = new Map<string, ReferenceTensor>();
    for (const [name, bytes] of inputs) {
      const value = plannedValue(plan, name);
      const stored = toReference(rawTensor(asStored(value), bytes).tensor);
      fed.set(name, { ...stored, type: value.type });
    }
    // Not captured: what only the host has (shapes, axes), and constants in another layout.
    const lookup = (name: string) =>
      fed.get(name) ?? hostFeed(hostFeeds, name) ?? converted(graph, name);
    const expected = references
      .evaluate(node, graph, lookup, { arithmetic })
      .map((result) => (roundsFoldedWeights(node, graph) ? withRoundedWeights(result) : result));
    let sequential: EvaluatedTensor[] | undefined;
    const accuracy = accuracyOf(node, graph);
    for (const [at, name] of node.outputs.entries()) {
      const bytes = outputs.get(name);
      const want = expected[at];
      if (!bytes || !want) continue;
      const raw = rawTensor(asStored(plannedValue(plan, name)), bytes);
      const result = compare(raw.tensor, want, accuracy, () => {
        sequential ??= references.evaluate(node, graph, lookup, { single: true });
        return sequential[at] as EvaluatedTensor;
      });
      checks.push({ ...base, output: name, ...judge(result, raw.dirtyLanes), comparison: result });
    }
    onProgress?.({ stage: 'verify', done: index + 1, total, detail: node.name });
    await new Promise((resolve) => setTimeout(resolve, 0));
  });

  const identicalToRun = recorded.matches(ran);
  const endToEnd = await compareEndToEnd(references, original, hostFeeds, ran, signal);
  const firstWrong = checks.find((check) => check.status === 'fail');
  const count = (status: NodeCheck['status']) =>
    checks.filter((check) => check.status === status).length;
  return {
    ok: !firstWrong && identicalToRun && count('unchecked') === 0,
    nodes: checks,
    passed: count('pass'),
    failed: count('fail'),
    unchecked: count('unchecked'),
    firstWrong,
    identicalToRun,
    endToEnd,
  };
}

/** Whether the node reads float16 weights that a fold made: they were rounded when it stored them. */
function roundsFoldedWeights({ inputs, origin }: Node, graph: Graph): boolean {
  return inputs.some(
    (name) =>
      graph.constants.get(name)?.type === 'float16' &&
      origin?.every((original) => !original.inputs.includes(name)),
  );
}

/** Each product of the sum may be off by its weight's rounding. */
function withRoundedWeights(result: EvaluatedTensor): EvaluatedTensor {
  const { magnitude, slack } = result;
  if (!magnitude) return result;
  const u = unitRoundoff('float16');
  return { ...result, slack: magnitude.map((sum, index) => u * sum + (slack?.[index] ?? 0)) };
}

function judge(result: Comparison, dirtyLanes: number): Pick<NodeCheck, 'status' | 'message'> {
  if (!result.ok) return { status: 'fail', message: describe(result) };
  if (dirtyLanes > 0) {
    return { status: 'fail', message: `${dirtyLanes} unused channel lanes are not zero` };
  }
  if (result.unchecked) {
    return { status: 'unchecked', message: `the output is ${result.unchecked}: nothing is shown` };
  }
  return { status: 'pass', message: describe(result) };
}

function hostFeed(feeds: HostFeeds, name: string): ReferenceTensor | undefined {
  const tensor = feeds.get(name);
  return tensor && toReference(tensor);
}

/** A constant that was given another layout when the model was loaded. */
function converted(graph: Graph, name: string): ReferenceTensor | undefined {
  const node = graph.nodes.find(({ outputs }) => outputs.includes(name));
  const constant = graph.constants.get(node?.inputs[0] ?? '');
  return node?.op === 'wgconv.ConvertLayout' && constant ? toReference(constant) : undefined;
}

/** What each value held when it was made; a value that differs when it is read was overwritten. */
class Record {
  readonly #executable: GpuExecutable;
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #root = new Map<string, string>();
  readonly #feeds: HostFeeds;

  constructor(executable: GpuExecutable, feeds: HostFeeds) {
    this.#executable = executable;
    this.#feeds = feeds;
    const { graph, nodes } = executable.plan;
    graph.nodes.forEach((node, index) => {
      if (nodes[index]?.home !== 'view') return;
      const from = node.inputs[0] as string;
      this.#root.set(node.outputs[0] as string, this.#root.get(from) ?? from);
    });
  }

  write(name: string, bytes: Uint8Array): void {
    this.#bytes.set(name, bytes);
  }

  /** A sentence where the value is no longer what its producer wrote. */
  changed(name: string, bytes: Uint8Array): string | undefined {
    const root = this.#root.get(name) ?? name;
    const written = this.#bytes.get(root);
    if (!written) {
      this.#bytes.set(root, bytes); // a graph input: first seen here
      return this.#differsFromFeed(root, name, bytes);
    }
    const length = Math.min(written.length, bytes.length);
    for (let at = 0; at < length; at++) {
      if (written[at] !== bytes[at]) {
        return `the input "${name}" was overwritten after it was made (byte ${at}): its buffer is used again too early`;
      }
    }
    return undefined;
  }

  #differsFromFeed(root: string, name: string, bytes: Uint8Array): string | undefined {
    const fed = this.#feeds.get(root);
    if (!fed) return undefined;
    const seen = rawTensor(plannedValue(this.#executable.plan, name), bytes).tensor.bytes;
    const at = fed.bytes.findIndex((byte, index) => byte !== seen[index]);
    return at < 0
      ? undefined
      : `the input "${root}" is not what was fed (byte ${at}): it was uploaded wrongly or overwritten`;
  }

  /** Whether the replay's outputs are bit for bit those of a run. */
  matches(ran: ReadonlyMap<string, Tensor>): boolean {
    for (const [name, tensor] of ran) {
      const value = this.#executable.plan.values.get(name);
      const bytes = this.#bytes.get(this.#root.get(name) ?? name);
      if (!value || !bytes) continue;
      const replayed = rawTensor(value, bytes).tensor.bytes;
      if (!replayed.every((byte, at) => byte === tensor.bytes[at])) return false;
    }
    return true;
  }
}

/** The whole original graph in float64, nothing rounded between nodes, against the GPU's outputs. */
async function compareEndToEnd(
  references: References,
  original: Graph,
  feeds: HostFeeds,
  ran: ReadonlyMap<string, Tensor>,
  signal: AbortSignal | undefined,
): Promise<EndToEnd[]> {
  const values = new Map<string, ReferenceTensor>();
  for (const [name, tensor] of feeds) values.set(name, toReference(tensor));
  const lastUse = new Map<string, number>();
  original.nodes.forEach((node, index) => {
    for (const name of node.inputs) lastUse.set(name, index);
  });
  for (const [index, node] of original.nodes.entries()) {
    signal?.throwIfAborted();
    const results = references.evaluate(node, original, (name) => values.get(name));
    node.outputs.forEach((name, at) => {
      const result = results[at];
      // Only the value goes on: bounds are for single nodes.
      if (result) values.set(name, { type: result.type, dims: result.dims, value: result.value });
    });
    for (const name of node.inputs) {
      if (lastUse.get(name) === index && !original.outputs.includes(name)) values.delete(name);
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return [...ran].map(([name, tensor]) => {
    const expected = values.get(name) ?? constantOf(original, name);
    const actual = toReference(tensor).value;
    let maxError = 0;
    let scale = 0;
    for (let index = 0; index < actual.length; index++) {
      const want = Number(expected.value[index]);
      maxError = Math.max(maxError, Math.abs(Number(actual[index]) - want));
      scale = Math.max(scale, Math.abs(want));
    }
    return { output: name, maxError, relativeError: maxError / (scale || 1) };
  });
}

function constantOf(graph: Graph, name: string): ReferenceTensor {
  const tensor: HostTensor | undefined = graph.constants.get(name);
  if (!tensor) throw new WgconvError('internal', `the output "${name}" has no reference value`);
  return toReference(tensor);
}
