/**
 * Puts the chosen branch of an If, and every iteration of a Loop, in place of the node, where
 * condition and count follow from constants (and, once they are given, from the input shapes).
 */

import type { DataType } from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';
import { formatDims, sizeOf, type TensorType } from '../core/shape.ts';
import { elementsOf, type HostTensor, hostTensor } from '../core/tensor.ts';
import { capturesOf, type Graph, type Node, producersOf, type Subgraph } from '../graph/graph.ts';
import { buildNode, type OperatorLookup } from '../ops/build-node.ts';
import type { ControlAttributes } from '../ops/control/operators.ts';
import { loadOperators } from '../ops/index.ts';
import { attributeValues } from '../ops/plain-attributes.ts';
import { checkSizes } from './evaluate-node.ts';
import { FoldBudget } from './fold-budget.ts';
import { foldConstants } from './fold-constants.ts';
import { inferShapes } from './infer-shapes.ts';
import { type InputShapes, type InputValues, specialise } from './specialise.ts';

/** Iterations that a loop is unrolled to at most. */
const mostIterations = 1024;
/** Iterations of all loops of a model together: loops within loops multiply. */
const mostIterationsInAll = 4096;

/** What is known of a run: without it, only constants count, and what is open stays. */
export interface GivenInputs {
  readonly shapes: InputShapes;
  readonly values?: InputValues | undefined;
}

/**
 * @throws WgconvError `unsupported-operator`, naming the node, where the input shapes are given and
 * it is still open what a node computes; `limit-exceeded` where a loop is too long.
 */
export async function inlineControlFlow(
  graph: Graph,
  find: OperatorLookup,
  given?: GivenInputs,
  budget = new FoldBudget(graph),
): Promise<Graph> {
  await loadOperators(['Identity', 'Unsqueeze', 'Concat']);
  const shared: Shared = {
    ...{ turns: 0, constants: new Map(graph.constants), known: new Map(), budget },
    producers: producersOf(graph),
  };
  let current = graph;
  let index = 0;
  while (index < current.nodes.length) {
    const node = current.nodes[index] as Node;
    const kind = find(node.op)?.traits.control;
    if (kind === undefined) {
      index++;
      continue;
    }
    const inlining = new Inlining(current, index, find, given, shared);
    const named = withFreeName(node, current);
    const done = await (kind === 'if' ? inlining.branch(named) : inlining.unrolled(named));
    // What comes in its place may be control flow, too.
    if (done) current = inlining.graph();
    else index++;
  }
  // A body that doubles its tensor soon makes more than any host keeps: before half is computed.
  checkSizes(current.nodes, inferShapes(current, find).types);
  return current;
}

/**
 * What all inlining of one graph has in common. With thousands of turns, nothing may be copied or
 * computed again for each.
 */
interface Shared {
  /** Iterations so far. */
  turns: number;
  readonly constants: Map<string, HostTensor>;
  /** Values that were computed to decide, by the names of their nodes' outputs. */
  readonly known: Map<string, HostTensor>;
  readonly producers: Map<string, Node>;
  readonly budget: FoldBudget;
}

/** One node's place, with what comes in for it so far. */
class Inlining {
  readonly #graph: Graph;
  readonly #before: readonly Node[];
  readonly #after: readonly Node[];
  readonly #find: OperatorLookup;
  readonly #given: GivenInputs | undefined;
  readonly #shared: Shared;
  readonly #nodes: Node[] = [];

  constructor(
    graph: Graph,
    index: number,
    find: OperatorLookup,
    given: GivenInputs | undefined,
    shared: Shared,
  ) {
    this.#graph = graph;
    this.#before = graph.nodes.slice(0, index);
    this.#after = graph.nodes.slice(index + 1);
    this.#find = find;
    this.#given = given;
    this.#shared = shared;
  }

  graph(): Graph {
    const nodes = [...this.#before, ...this.#nodes, ...this.#after];
    return { ...this.#graph, nodes, constants: this.#shared.constants };
  }

  /** False where the condition is open. */
  async branch(node: Node): Promise<boolean> {
    const { bodies } = node.attributes as ControlAttributes;
    const condition = await this.#valueOf(node, node.inputs[0] ?? '', 'the condition');
    if (!condition) return false;
    const taken = single(node, condition, 'bool', 'the condition') ? 0 : 1;
    const body = bodies[taken] as Subgraph;
    const outputs = this.#add(
      body,
      `${node.name}/${taken === 0 ? 'then' : 'else'}`,
      captured(node),
    );
    node.outputs.forEach((name, at) => {
      this.#link(node, outputs[at], name);
    });
    return true;
  }

  /** False where the count or a condition is open. */
  async unrolled(node: Node): Promise<boolean> {
    const { bodies, ownInputs } = node.attributes as ControlAttributes;
    const [body] = bodies as [Subgraph];
    const [countName = '', conditionName = '', ...initial] = node.inputs.slice(0, ownInputs);
    const count =
      countName === '' ? undefined : await this.#valueOf(node, countName, 'the trip count');
    if (countName !== '' && !count) return false;
    const trips = count ? single(node, count, 'int64', 'the trip count') : Number.POSITIVE_INFINITY;
    let condition = conditionName;
    let carried: readonly string[] = initial;
    const scans: string[][] = body.outputs.slice(1 + initial.length).map(() => []);
    for (let trip = 0; trip < trips; trip++) {
      if (condition !== '') {
        const value = await this.#valueOf(node, condition, `the condition of iteration ${trip}`);
        if (!value) return false;
        if (!single(node, value, 'bool', 'the condition')) break;
      }
      if (trip >= mostIterations) {
        throw new WgconvError(
          'limit-exceeded',
          `the loop turns more than ${mostIterations} times; wgconv unrolls loops, and no longer ones`,
          { node: node.name, operator: node.op, data: { limit: mostIterations } },
        );
      }
      if (++this.#shared.turns > mostIterationsInAll) {
        throw new WgconvError(
          'limit-exceeded',
          `the model's loops turn more than ${mostIterationsInAll} times together; wgconv unrolls loops, and no more of them`,
          { node: node.name, operator: node.op, data: { limit: mostIterationsInAll } },
        );
      }
      const prefix = `${node.name}/${trip}`;
      const own = [
        this.#constant(`${prefix}/trip`, hostTensor('int64', [], BigInt64Array.of(BigInt(trip)))),
        this.#constant(`${prefix}/condition`, hostTensor('bool', [], Uint8Array.of(1))),
        ...carried,
      ];
      const bindings = new Map(captured(node));
      body.inputs.forEach((name, at) => {
        bindings.set(name, own[at] as string);
      });
      const [next = '', ...results] = this.#add(body, prefix, bindings);
      // A loop without a condition ignores what its body says.
      if (conditionName !== '') condition = next;
      carried = results.slice(0, initial.length);
      scans.forEach((scan, at) => {
        scan.push(results[initial.length + at] as string);
      });
    }
    node.outputs.forEach((name, at) => {
      if (at < initial.length) this.#link(node, carried[at], name);
      else this.#stack(node, scans[at - initial.length] ?? [], name);
    });
    return true;
  }

  /** The nodes of a body under new names; the names of its outputs. */
  #add(body: Subgraph, prefix: string, bindings: ReadonlyMap<string, string>): readonly string[] {
    const own = new Set([...body.constants.keys(), ...body.nodes.flatMap((node) => node.outputs)]);
    const rename = (name: string) => {
      if (own.has(name)) return `${prefix}/${name}`;
      // What the node leaves out, or has fewer of than its body takes.
      if (name !== '' && bindings.has(name) && !bindings.get(name)) {
        throw new WgconvError(
          'invalid-model',
          `the body "${prefix}" reads "${name}", for which its node gives nothing`,
          { value: name },
        );
      }
      return bindings.get(name) ?? name;
    };
    for (const [name, tensor] of body.constants) this.#constant(rename(name), tensor);
    for (const node of body.nodes) {
      this.#append({
        ...node,
        name: `${prefix}/${node.name}`,
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename),
      });
    }
    return body.outputs.map(rename);
  }

  #append(node: Node): void {
    this.#nodes.push(node);
    for (const output of node.outputs) this.#shared.producers.set(output, node);
  }

  #constant(name: string, tensor: HostTensor): string {
    this.#shared.constants.set(name, tensor);
    return name;
  }

  #link(node: Node, from: string | undefined, to: string): void {
    if (from === undefined) {
      throw new WgconvError('invalid-model', `no body of the node makes its output "${to}"`, {
        node: node.name,
        operator: node.op,
      });
    }
    this.#push('Identity', `${node.name}/${to}`, [from], to);
  }

  /** Results of all iterations, one after another along a new first axis. */
  #stack(node: Node, parts: readonly string[], to: string): void {
    if (parts.length === 0) {
      throw new WgconvError(
        'unsupported-operator',
        `the loop turns not even once, so that the shape of its output "${to}" is not known`,
        { node: node.name, operator: node.op },
      );
    }
    const axis = this.#constant(
      `${node.name}/axis`,
      hostTensor('int64', [1], BigInt64Array.of(0n)),
    );
    const raised = parts.map((part, at) => {
      const name = `${node.name}/${to}/${at}`;
      this.#push('Unsqueeze', name, [part, axis], name);
      return name;
    });
    this.#push('Concat', `${node.name}/${to}`, raised, to, { axis: 0 });
  }

  #push(
    op: string,
    name: string,
    inputs: readonly string[],
    output: string,
    attributes: Readonly<Record<string, number>> = {},
  ): void {
    const description = { name, op, inputs, outputs: [output] };
    this.#append(
      buildNode({ ...description, attributes: attributeValues(attributes) }, this.#find),
    );
  }

  /** A value that follows from what is known; undefined where it may be known later. */
  async #valueOf(node: Node, name: string, what: string): Promise<HostTensor | undefined> {
    const fed = this.#given?.values?.[name];
    const value = this.#shared.constants.get(name) ?? fed ?? (await this.#computed(name));
    if (value || !this.#given) return value;
    throw new WgconvError(
      'unsupported-operator',
      `${what} of this ${node.op} is only known in a run ("${name}"); wgconv takes control flow that follows from constants and input shapes`,
      { node: node.name, operator: node.op, value: name },
    );
  }

  async #computed(name: string): Promise<HostTensor | undefined> {
    const { constants, known, budget } = this.#shared;
    const nodes = this.#nodesBefore(name);
    if (!nodes) return undefined;
    const values = new Map<string, HostTensor>();
    const types = new Map<string, TensorType>();
    for (const read of nodes.flatMap(({ inputs }) => inputs)) {
      const value = constants.get(read) ?? known.get(read);
      const type = this.#graph.types.get(read);
      if (value) values.set(read, value);
      else if (type) types.set(read, type);
    }
    const part: Graph = { ...this.#graph, nodes, outputs: [name], constants: values, types };
    const given = this.#given;
    const find = this.#find;
    const shaped = given ? await specialise(part, given.shapes, find, given.values, budget) : part;
    const folded = (await foldConstants(shaped, find, budget)).constants;
    for (const output of nodes.flatMap(({ outputs }) => outputs)) {
      const value = folded.get(output);
      if (value) known.set(output, value);
    }
    return known.get(name);
  }

  /** The nodes that make the value, in order, from what is known; undefined with control flow in them. */
  #nodesBefore(name: string): Node[] | undefined {
    const { constants, known, producers } = this.#shared;
    const producerOf = (value: string) =>
      constants.has(value) || known.has(value) ? undefined : producers.get(value);
    const order = new Set<Node>();
    const open = [producerOf(name)];
    for (let node = open.at(-1); open.length > 0; node = open.at(-1)) {
      const before = (node?.inputs ?? [])
        .map(producerOf)
        .filter((other) => other && !order.has(other));
      if (node && this.#find(node.op)?.traits.control) return undefined;
      if (before.length > 0) {
        open.push(...before);
        continue;
      }
      if (node) order.add(node);
      open.pop();
    }
    return [...order];
  }
}

/** The node, under a name below which the graph has no value: those of its bodies go there. */
function withFreeName(node: Node, { nodes, constants, inputs }: Graph): Node {
  const taken = [
    ...inputs.map((input) => input.name),
    ...constants.keys(),
    ...nodes.flatMap(({ outputs }) => outputs),
  ];
  let { name } = node;
  while (taken.some((value) => value.startsWith(`${name}/`))) name += '~';
  return name === node.name ? node : { ...node, name };
}

/** What the bodies read of the graph around the node, by its name there now. */
function captured(node: Node): ReadonlyMap<string, string> {
  const { bodies, ownInputs } = node.attributes as ControlAttributes;
  return new Map(
    capturesOf(bodies).map((name, at) => [name, node.inputs[ownInputs + at] as string]),
  );
}

/** The only element, of the type that the definition names. */
function single(node: Node, tensor: HostTensor, type: DataType, what: string): number {
  const { dims } = tensor;
  if (tensor.type === type && sizeOf(dims) === 1) return Number(elementsOf(tensor)[0]);
  throw new WgconvError(
    'invalid-model',
    `${what} must be one ${type}, not ${tensor.type} of shape ${formatDims(dims)}`,
    { node: node.name, operator: node.op },
  );
}
