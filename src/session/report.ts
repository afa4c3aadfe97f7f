/** What a session tells of its plan: where each node runs and why, algorithms, memory, pipelines. */

import { shaderSource } from '../../shaders/lib/kernel.ts';
import { sizeOf, type TensorType } from '../core/shape.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { macsOf } from '../plan/macs.ts';
import type { MemoryReport } from '../plan/plan.ts';
import type { Executable } from './backend.ts';
import type { TunedProblem } from './tune/tuning.ts';
import { GpuExecutable } from './webgpu.ts';

export interface NodeReport {
  readonly name: string;
  readonly operator: string;
  /** The model's own nodes that it stands for, where passes merged several. */
  readonly originals: readonly string[];
  readonly outputs: readonly TensorType[];
  /** `later`: it is planned in the first run, when shapes that depend on data are known. */
  readonly runsOn: 'gpu' | 'host' | 'view' | 'cpu' | 'later';
  readonly reason: string;
  readonly algorithm?: string | undefined;
  /** Every algorithm that could run it here, the fastest by the cost model first. */
  readonly candidates: readonly string[];
  readonly macs: number;
}

/** A node of the model that no node of a plan stands for. */
export interface LeftOutNode {
  readonly name: string;
  readonly operator: string;
  readonly reason: string;
}

/** What a report says of a plan, before it is compared with the model. */
export type PlanReport = Omit<SessionReport, 'leftOut' | 'files'>;

export interface SessionReport {
  readonly backend: 'webgpu' | 'cpu';
  readonly adapter?: DeviceCaps['adapter'] | undefined;
  readonly ceiling?: DeviceCaps['ceiling'] | undefined;
  readonly nodes: readonly NodeReport[];
  /** The model's own nodes of which nothing is left to run. */
  readonly leftOut: readonly LeftOutNode[];
  /** With a cache: where the model's files came from, and what was kept. */
  readonly files: readonly string[];
  /** Elements of constants in the model. */
  readonly parameters: number;
  /** Multiply-adds of one run. */
  readonly macs: number;
  readonly dispatches: number;
  readonly pipelines: number;
  readonly layoutConversions: number;
  /**
   * How float16 tensors lie on the device, where the model has some: as float32 without
   * `shader-f16`. Sums are float32 either way.
   */
  readonly float16?: 'stored as float16' | 'stored as float32' | undefined;
  readonly memory?: MemoryReport | undefined;
  /** What `tune: 'full'` timed for this plan. */
  readonly tuned?: readonly TunedProblem[] | undefined;
  /** What was wrong with kept choices, where there was something. */
  readonly tuningNote?: string | undefined;
}

export function reportPlan(original: Graph, executable: Executable): PlanReport {
  const parameters = parameterCount(original);
  if (!(executable instanceof GpuExecutable)) {
    const nodes = original.nodes.map(
      (node): NodeReport => ({
        ...describeNode(node, original),
        runsOn: 'cpu',
        candidates: [],
        reason: 'the session runs on the cpu backend',
      }),
    );
    return {
      backend: 'cpu',
      nodes,
      parameters,
      macs: totalMacs(nodes),
      dispatches: 0,
      pipelines: 0,
      layoutConversions: 0,
    };
  }
  const { plan, context } = executable;
  const homes = { device: 'gpu', host: 'host', view: 'view', joined: 'view' } as const;
  const nodes = plan.graph.nodes.map((node, index): NodeReport => {
    const planned = plan.nodes[index];
    return {
      ...describeNode(node, plan.graph),
      runsOn: homes[planned?.home ?? 'device'],
      reason: planned?.reason ?? '',
      algorithm: planned?.algorithm,
      candidates: (planned?.candidates ?? []).map(({ algorithm }) => algorithm),
    };
  });
  const dispatches = plan.steps.filter((step) => step.kind === 'dispatch');
  return {
    backend: 'webgpu',
    adapter: context.caps.adapter,
    ceiling: context.caps.ceiling,
    nodes,
    parameters,
    macs: totalMacs(nodes),
    dispatches: dispatches.length,
    pipelines: new Set(
      dispatches.map(({ dispatch, writable }) =>
        shaderSource(dispatch.kernel, dispatch.variant, writable),
      ),
    ).size,
    layoutConversions: plan.layoutConversions,
    ...(usesHalf(plan.graph) && {
      float16: context.caps.f16 ? ('stored as float16' as const) : ('stored as float32' as const),
    }),
    memory: plan.memory,
  };
}

/** The nodes of the model as it was read that no node of a report stands for, and why. */
export function leftOut(model: Graph, nodes: readonly NodeReport[]): LeftOutNode[] {
  const planned = new Set(nodes.flatMap(({ name, originals }) => [name, ...originals]));
  const needed = new Set(model.outputs);
  const reasons = new Map<Node, string>();
  for (const node of model.nodes.toReversed()) {
    const { name, inputs, outputs } = node;
    const isNeeded = outputs.some((output) => needed.has(output));
    if (isNeeded) for (const input of inputs) needed.add(input);
    if (planned.has(name)) continue;
    reasons.set(node, isNeeded ? known : 'no output depends on it');
  }
  return [...reasons].reverse().map(([{ name, op }, reason]) => ({ name, operator: op, reason }));
}

const known = 'what is needed of it follows from constants and shapes, before a run';

function usesHalf({ nodes, types }: Graph): boolean {
  return nodes.some(({ outputs }) => outputs.some((name) => types.get(name)?.type === 'float16'));
}

/** Elements of the floating-point constants that nodes use: the model's parameters. */
export function parameterCount(graph: Graph): number {
  const used = new Set(graph.nodes.flatMap((node) => node.inputs));
  let count = 0;
  for (const [name, tensor] of graph.constants) {
    if (used.has(name) && tensor.type.startsWith('float')) count += sizeOf(tensor.dims);
  }
  return count;
}

function describeNode(node: Node, graph: Graph) {
  return {
    name: node.name,
    operator: node.op,
    originals: (node.origin ?? []).map((original) => original.name),
    outputs: node.outputs.flatMap((name) => graph.types.get(name) ?? []),
    macs: macsOf(node, graph),
  };
}

function totalMacs(nodes: readonly NodeReport[]): number {
  return nodes.reduce((sum, node) => sum + node.macs, 0);
}
