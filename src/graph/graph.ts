/** The graph: plain readonly data that formats make, passes transform and plans are made from. */

import type { TensorType } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';

/** Where a device value's elements lie: dense row-major, or blocks of four channels. */
export type Layout = 'linear' | 'c4';

export interface ValueInfo extends TensorType {
  readonly name: string;
}

/** An activation fused into a producer's store; parameters as its table row names them. */
export interface FusedActivation {
  readonly name: string;
  readonly parameters: readonly number[];
}

/** What a node does to its sums before it stores them: add a residual, then apply an activation. */
export interface Epilogue {
  /** Index into `node.inputs` of the tensor that is added. */
  readonly residual?: number | undefined;
  readonly activation?: FusedActivation | undefined;
}

export interface Node {
  /** Unique in its graph; the model's own name where it has one. */
  readonly name: string;
  /** The operator's name: ONNX's, or `wgconv.X` for wgconv's own. */
  readonly op: string;
  /** Names of values; '' where an optional input is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The operator's own attributes type, parsed once by the operator. */
  readonly attributes: unknown;
  readonly epilogue?: Epilogue | undefined;
  /**
   * The model's own nodes that a pass merged into this one, in order. Their composition is this
   * node's reference. Their constants stay in `graph.constants`.
   */
  readonly origin?: readonly Node[] | undefined;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly string[];
  /** In topological order. */
  readonly nodes: readonly Node[];
  /** Initialisers and folded constants by value name. */
  readonly constants: ReadonlyMap<string, HostTensor>;
  /** Types of values as far as they are known; complete after shape inference. */
  readonly types: ReadonlyMap<string, TensorType>;
  /** Layouts of device values, once they are assigned. */
  readonly layouts?: ReadonlyMap<string, Layout> | undefined;
}

/** The body of a node that decides what is computed (If, Loop). */
export interface Subgraph {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Values of the graph around it that it reads; its node has them as inputs after its own. */
  readonly captures: readonly string[];
  /** In topological order. */
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, HostTensor>;
}

/** What the bodies of one node capture, in the order of the node's inputs. */
export function capturesOf(bodies: readonly Subgraph[]): readonly string[] {
  return [...new Set(bodies.flatMap(({ captures }) => captures))].sort();
}

/** Nodes that read each value. */
export function consumersOf(graph: Graph): Map<string, Node[]> {
  const consumers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (input === '') continue;
      const list = consumers.get(input);
      if (list) list.push(node);
      else consumers.set(input, [node]);
    }
  }
  return consumers;
}

/** The model's own nodes that these stand for, in order. */
export function originsOf(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => node.origin ?? [node]);
}

/** The node that makes each value. */
export function producersOf(graph: Graph): Map<string, Node> {
  const producers = new Map<string, Node>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output !== '') producers.set(output, node);
  }
  return producers;
}
