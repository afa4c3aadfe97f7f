/**
 * A model in which the shape of some results depends on data (NonZero, NonMaxSuppression, …). It runs
 * in stages: each is planned for the shapes that come, on either backend, and between two of them the
 * nodes that decide on shapes are computed on the host, from values that are read back.
 */

import { viewBytes } from '../core/dtype.ts';
import { internal, WgconvError } from '../core/errors.ts';
import { elementsOf, type HostTensor, Tensor } from '../core/tensor.ts';
import type { Graph, Node, ValueInfo } from '../graph/graph.ts';
import { requireOperator } from '../ops/build-node.ts';
import { unknownDims } from '../ops/dims.ts';
import { cutStages, type Stage } from '../passes/cut-stages.ts';
import { evaluateNode } from '../passes/evaluate-node.ts';
import type { MemoryReport } from '../plan/plan.ts';
import { type Feeds, type RunOptions, wantedOutputs } from './backend.ts';
import type { SessionOptions } from './options.ts';
import { type OnHostNode, type PlanDevice, type PlannedGraph, Plans, type Visit } from './plans.ts';
import { type NodeReport, type PlanReport, parameterCount, reportPlan } from './report.ts';
import type { Tuning } from './tune/tuning.ts';

/** What the report says of a node at which the plan is cut. */
const cutReason =
  "its output's shape depends on data: the plan is cut here, its inputs are read back, and it is computed on the host";
const laterReason = 'planned in a run, when the shapes that it depends on are known';

export class StagedModel implements PlannedGraph {
  /** Whatever the values of inputs are, the first stage can be planned. */
  readonly shapeInputs: readonly string[] = [];
  readonly #graph: Graph;
  readonly #stages: readonly Stage[];
  readonly #options: SessionOptions;
  /** undefined on the `cpu` backend. */
  readonly #device: PlanDevice | undefined;
  /** By stage; those after the first are made when the types of their inputs are known. */
  readonly #plans: (Plans | undefined)[] = [];
  /** What the caller forces is known to be offered. */
  #isChecked = false;

  constructor(graph: Graph, options: SessionOptions, device: PlanDevice | undefined) {
    this.#graph = graph;
    this.#stages = cutStages(graph);
    this.#options = options;
    this.#device = device;
  }

  /** Whether there is anything to cut. */
  get isCut(): boolean {
    return this.#stages.some(({ selections }) => selections.length > 0);
  }

  /** Plans what comes before the first cut. */
  async compile(
    shapes: ReadonlyMap<string, readonly number[]>,
    signal?: AbortSignal,
  ): Promise<void> {
    const plans = this.#firstPlans();
    if (plans?.shapeInputs.length !== 0) return;
    await plans.compile(
      new Map(plans.graph.inputs.map(({ name }) => [name, shapes.get(name) as readonly number[]])),
      signal,
    );
  }

  async run(feeds: Feeds, options: RunOptions): Promise<Map<string, Tensor>> {
    const wanted = wantedOutputs(this.#graph, options);
    const values = await this.#runStages(feeds, ({ executable }, stageFeeds, stage) => {
      // What the next stages' kernels read stays where it is.
      const stays = this.#stages.some(({ inputs }) =>
        inputs.some((name) => stage.outputs.includes(name)),
      );
      const location = stays ? 'gpu-buffer' : options.location;
      return executable.run(stageFeeds, { location, signal: options.signal });
    });
    const results = wanted.map(async (name): Promise<[string, Tensor]> => {
      const tensor = values.get(name);
      const { type, dims } = tensor ?? this.#constant(name);
      if (tensor && options.location === 'gpu-buffer') return [name, tensor];
      const elements = tensor ? await tensor.getData() : elementsOf(this.#constant(name));
      const own = !tensor || feeds.has(name);
      return [name, new Tensor(type, own ? elements.slice() : elements, dims)];
    });
    return new Map(await Promise.all(results));
  }

  /** Every stage by itself, fed by what those before it made on the GPU. */
  async visit(feeds: Feeds, visit: Visit, onHostNode?: OnHostNode): Promise<void> {
    await this.#runStages(feeds, visit, onHostNode);
  }

  report(): PlanReport {
    const backend = this.#device ? 'webgpu' : 'cpu';
    const reports = this.#stages.map((_, index) => {
      const latest = this.#plans[index]?.latest;
      return latest && reportPlan(latest.original, latest.executable);
    });
    const known = reports.filter((report): report is PlanReport => report !== undefined);
    const nodes = this.#stages.flatMap((stage, index) => [
      ...(reports[index]?.nodes ?? stage.nodes.map((node) => this.#describe(node, 'later'))),
      ...stage.selections.map((node) => this.#describe(node, backend === 'cpu' ? 'cpu' : 'host')),
    ]);
    const sum = (key: 'macs' | 'dispatches' | 'pipelines' | 'layoutConversions') =>
      known.reduce((total, report) => total + report[key], 0);
    const memories = known.flatMap(({ memory }) => memory ?? []);
    const bytes = (key: keyof MemoryReport) =>
      memories.reduce((total, memory) => total + memory[key], 0);
    const [{ adapter, ceiling } = {}] = known as (PlanReport | undefined)[];
    const float16 = known.find((report) => report.float16)?.float16;
    const all = this.#plans.flatMap((plans) => plans?.latest?.tuned ?? []);
    return {
      ...(float16 && { float16 }),
      ...{ backend, adapter, ceiling, nodes },
      parameters: parameterCount(this.#graph),
      macs: sum('macs'),
      dispatches: sum('dispatches'),
      pipelines: sum('pipelines'),
      layoutConversions: sum('layoutConversions'),
      memory:
        memories.length === 0
          ? undefined
          : {
              peakBytes: bytes('peakBytes'),
              lowerBoundBytes: bytes('lowerBoundBytes'),
              originalBoundBytes: bytes('originalBoundBytes'),
              weightBytes: bytes('weightBytes'),
            },
      tuned: all.flatMap(({ problems }) => problems),
      tuningNote: all.find(({ note }) => note !== undefined)?.note,
    };
  }

  /** What tuning knows after the last stage that was planned. */
  tuning(): Tuning | undefined {
    const all = this.#plans.flatMap((plans) => plans?.latest?.tuned?.tuning ?? []);
    return all.at(-1);
  }

  async dispose(): Promise<void> {
    for (const plans of this.#plans) await plans?.dispose();
  }

  /** All values that pass from one stage to another, or out. */
  async #runStages(
    feeds: Feeds,
    run: (...part: [...Parameters<Visit>, stage: Stage]) => ReturnType<Visit>,
    onHostNode?: OnHostNode,
  ): Promise<Map<string, Tensor>> {
    const values = new Map(feeds);
    const tensorOf = (name: string): Tensor => {
      const tensor = values.get(name);
      if (!tensor) throw internal(`the value "${name}" was not computed`);
      return tensor;
    };
    for (const [index, stage] of this.#stages.entries()) {
      if (stage.nodes.length > 0) {
        const stageFeeds = new Map(stage.inputs.map((name) => [name, tensorOf(name)]));
        this.#plans[index] ??= this.#plansOf(this.#graphOf(stage, stageFeeds));
        const compiled = await this.#plans[index].compileFor(stageFeeds);
        for (const [name, tensor] of await run(compiled, stageFeeds, stage))
          values.set(name, tensor);
      }
      // No selection of a stage reads another one's outputs: what they all need is read at once.
      const { constants } = this.#graph;
      const needed = new Set(stage.selections.flatMap(({ inputs }) => inputs));
      const read = new Map(
        await Promise.all(
          [...needed]
            .filter((name) => name !== '' && !constants.has(name))
            .map(async (name) => [name, await toHost(tensorOf(name))] as const),
        ),
      );
      for (const node of stage.selections) {
        const inputs = node.inputs.map((name) => constants.get(name) ?? read.get(name));
        const evaluate = () => evaluateNode(node, requireOperator(node), inputs, inputs);
        const outputs = await evaluate();
        if (onHostNode) {
          // The first time the reference is fetched, too.
          const begin = performance.now();
          await evaluate();
          onHostNode(
            this.#describe(node, this.#device ? 'host' : 'cpu'),
            performance.now() - begin,
          );
        }
        node.outputs.forEach((name, at) => {
          const { type, dims, ...output } = outputs[at] as HostTensor;
          values.set(name, new Tensor(type, elementsOf({ type, dims, ...output }), dims));
        });
      }
    }
    this.#checkAlgorithm();
    return values;
  }

  /**
   * Every stage is planned: where none offers an algorithm that is forced, its name is wrong. Nodes
   * whose outputs are empty would offer it another time.
   */
  #checkAlgorithm(): void {
    const { algorithm } = this.#options;
    if (!algorithm || this.#isChecked || !this.#device) return;
    const { nodes } = this.report();
    const isUnsure = nodes.some((node) => node.algorithm === 'empty');
    const forced = typeof algorithm === 'string' ? { '': algorithm } : algorithm;
    for (const [name, wanted] of isUnsure ? [] : Object.entries(forced)) {
      const offers = (node: NodeReport) =>
        (name === '' || node.name === name) &&
        node.candidates.some((found) => found === wanted || found.startsWith(`${wanted}.`));
      if (nodes.some(offers)) continue;
      throw new WgconvError(
        'invalid-argument',
        `no node${name && ` called "${name}"`} of any stage offers the algorithm "${wanted}"`,
      );
    }
    this.#isChecked = !isUnsure;
  }

  /** The first stage reads the model's inputs only. */
  #firstPlans(): Plans | undefined {
    const [first] = this.#stages;
    if (!first || first.nodes.length === 0) return undefined;
    const inputs = this.#graph.inputs.filter(({ name }) => first.inputs.includes(name));
    this.#plans[0] ??= this.#plansOf({ ...this.#graph, ...first, inputs });
    return this.#plans[0];
  }

  #plansOf(graph: Graph): Plans {
    return new Plans(graph, { ...this.#options, isStage: true }, this.#device);
  }

  /** A stage as a graph: of its inputs the types and ranks are those of the values. */
  #graphOf({ nodes, inputs, outputs }: Stage, feeds: Feeds): Graph {
    const infos = inputs.map((name): ValueInfo => {
      const { type, dims } = feeds.get(name) as Tensor;
      return { name, type, dims: unknownDims(name, dims.length) };
    });
    return { ...this.#graph, nodes, inputs: infos, outputs };
  }

  #constant(name: string): HostTensor {
    const tensor = this.#graph.constants.get(name);
    if (!tensor) throw internal(`the output "${name}" was not computed`);
    return tensor;
  }

  #describe(node: Node, runsOn: NodeReport['runsOn']): NodeReport {
    const { types } = this.#graph;
    return {
      name: node.name,
      operator: node.op,
      originals: [],
      outputs: node.outputs.flatMap((name) => types.get(name) ?? []),
      runsOn,
      reason: runsOn === 'later' ? laterReason : cutReason,
      candidates: [],
      macs: 0,
    };
  }
}

async function toHost(tensor: Tensor): Promise<HostTensor> {
  const { type, dims } = tensor;
  return { type, dims, bytes: viewBytes(await tensor.getData()) };
}
