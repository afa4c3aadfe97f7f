/**
 * Gives a graph the shapes of its inputs: symbols become numbers, shape arithmetic is computed as
 * far as other nodes need it, and every value gets a static type.
 */

import { breathe } from '../core/breathe.ts';
import { WgconvError } from '../core/errors.ts';
import {
  type Dim,
  formatDims,
  isStatic,
  type StaticTensorType,
  type TensorType,
} from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';
import { type Graph, type Node, producersOf, type ValueInfo } from '../graph/graph.ts';
import { unusedName } from '../graph/unused-name.ts';
import { type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { inferNode } from '../ops/facts.ts';
import { findOperator } from '../ops/index.ts';
import { evaluateNode } from './evaluate-node.ts';
import { FoldBudget } from './fold-budget.ts';

/** Dims of inputs by name; inputs whose shape is static already may be left out. */
export type InputShapes = Readonly<Record<string, readonly number[]>>;

/** Values of the inputs that `shapeInputs` names. */
export type InputValues = Readonly<Record<string, HostTensor>>;

/**
 * Inputs whose values, not only shapes, must be known before a run can be planned: the target of a
 * Reshape, the pads of a Pad, the bounds of a Range, directly or through arithmetic. Only inputs of
 * at most one dimension count; a shape that depends on an image is no shape to plan for.
 */
export function shapeInputs(graph: Graph, find: OperatorLookup = findOperator): string[] {
  const needed = new Set<string>();
  for (const node of graph.nodes.toReversed()) {
    const { hostInputs = [], typeInputs = [] } = requireOperator(node, find).traits;
    const isNeeded = node.outputs.some((output) => needed.has(output));
    node.inputs.forEach((input, index) => {
      if (typeInputs.includes(index)) return;
      if (isNeeded || hostInputs.includes(index)) needed.add(input);
    });
  }
  return graph.inputs
    .filter(({ name, dims }) => needed.has(name) && dims.length <= 1)
    .map(({ name }) => name);
}

/**
 * `values` holds what `shapeInputs` asked for; those inputs are constants from here on.
 *
 * @throws WgconvError `wrong-shape`, `missing-input` or `unknown-input` where the shapes do not fit
 * the inputs; `invalid-shape`, naming the node, where they do not fit the graph or where a shape
 * depends on data that only exists in a run.
 */
export async function specialise(
  graph: Graph,
  shapes: InputShapes,
  find: OperatorLookup = findOperator,
  values: InputValues = {},
  budget = new FoldBudget(graph),
): Promise<Graph> {
  const inputs = bindInputs(graph.inputs, shapes);
  const types = new Map<string, TensorType>();
  for (const { name, type, dims } of inputs) types.set(name, { type, dims });
  for (const [name, { type, dims }] of graph.constants) types.set(name, { type, dims });
  const known = new KnownValues(graph, types, values, find, budget);
  for (const node of graph.nodes) {
    await breathe();
    const operator = requireOperator(node, find);
    for (const index of operator.traits.hostInputs ?? []) {
      await known.need(node.inputs[index] ?? '');
    }
    const inferred = inferNode(
      node,
      operator,
      node.inputs.map((name) => types.get(name)),
      (index) => known.values.get(node.inputs[index] ?? ''),
    );
    node.outputs.forEach((name, index) => {
      const type = inferred[index];
      if (!type || !isStatic(type)) {
        throw unknownShape(node, name, type, operator.traits.hostInputs, known);
      }
      types.set(name, type);
    });
  }
  // What was computed on the way is a constant from here on.
  const nodes = graph.nodes.filter((node) => !node.outputs.every((name) => known.values.has(name)));
  return fixInputs({ ...graph, inputs, nodes, constants: known.values, types }, values);
}

/** Nodes read the given values as constants; the inputs stay, and a run takes feeds for them. */
function fixInputs(graph: Graph, values: InputValues): Graph {
  const names = Object.keys(values);
  if (names.length === 0) return graph;
  const constants = new Map(graph.constants);
  const types = new Map(graph.types);
  const fixed = new Map<string, string>();
  for (const name of names) {
    const tensor = values[name] as HostTensor;
    const constant = unusedName(`${name}:value`, (taken) => types.has(taken));
    constants.delete(name);
    constants.set(constant, tensor);
    types.set(constant, { type: tensor.type, dims: tensor.dims });
    fixed.set(name, constant);
  }
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((input) => fixed.get(input) ?? input),
  }));
  return { ...graph, nodes, constants, types };
}

/** Values known before a run: constants, and what follows from them, computed when needed. */
class KnownValues {
  readonly values: Map<string, HostTensor>;
  readonly #producers: ReadonlyMap<string, Node>;
  readonly #types: ReadonlyMap<string, TensorType>;
  readonly #find: OperatorLookup;
  readonly #budget: FoldBudget;
  readonly #knowable = new Map<string, boolean>();

  constructor(
    graph: Graph,
    types: ReadonlyMap<string, TensorType>,
    fed: InputValues,
    find: OperatorLookup,
    budget: FoldBudget,
  ) {
    this.#budget = budget;
    this.values = new Map([...graph.constants, ...Object.entries(fed)]);
    this.#producers = producersOf(graph);
    this.#types = types;
    this.#find = find;
    // In topological order, so that nothing recurses as deep as the network.
    for (const node of graph.nodes) {
      const { typeInputs } = requireOperator(node, find).traits;
      const knowable = node.inputs.every(
        (name, index) => name === '' || typeInputs?.includes(index) || this.#isKnowable(name),
      );
      for (const output of node.outputs) this.#knowable.set(output, knowable);
    }
  }

  /** Computes the value, where it can be known; types of what comes before it must be. */
  async need(name: string): Promise<void> {
    // Nothing recurses as deep as the network: what a node needs is done before the node.
    const open = [name];
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const node = this.#isMissing(top) ? this.#producers.get(top) : undefined;
      const before = node && this.#inputsOf(node).filter((input) => this.#isMissing(input));
      if (node && before && before.length > 0) {
        open.push(...before);
        continue;
      }
      open.pop();
      if (node) await this.#compute(node);
    }
  }

  async #compute(node: Node): Promise<void> {
    const operator = requireOperator(node, this.#find);
    const inputs = node.inputs.map((input) => this.values.get(input));
    const types = node.inputs.map((input) => this.#types.get(input));
    if (!this.#budget.allows(node, operator, inputs, types)) {
      throw new WgconvError(
        'limit-exceeded',
        'a shape of this model follows from more than wgconv computes while it plans',
        { node: node.name, operator: node.op },
      );
    }
    const outputs = await evaluateNode(node, operator, inputs, types);
    node.outputs.forEach((output, index) => {
      this.values.set(output, outputs[index] as HostTensor);
    });
  }

  /** Those of which the values count. */
  #inputsOf(node: Node): string[] {
    const { typeInputs } = requireOperator(node, this.#find).traits;
    return node.inputs.filter((_, index) => !typeInputs?.includes(index));
  }

  #isMissing(name: string): boolean {
    return name !== '' && !this.values.has(name) && this.#isKnowable(name);
  }

  #isKnowable(name: string): boolean {
    return this.values.has(name) || (this.#knowable.get(name) ?? false);
  }
}

function bindInputs(inputs: readonly ValueInfo[], shapes: InputShapes): ValueInfo[] {
  for (const name of Object.keys(shapes)) {
    if (!inputs.some((input) => input.name === name)) {
      throw new WgconvError(
        'unknown-input',
        `the model has no input "${name}"; it has ${inputs.map((input) => `"${input.name}"`).join(', ')}`,
        { value: name },
      );
    }
  }
  const bound = new Map<string, { readonly size: number; readonly input: string }>();
  return inputs.map((input): ValueInfo & StaticTensorType => {
    const { name, type, dims: declared } = input;
    const sized = { name, type, dims: shapes[name] ?? declared };
    if (!isStatic(sized)) {
      throw new WgconvError(
        'missing-input',
        `the input "${name}" has the shape ${formatDims(declared)}; say which sizes it takes`,
        { value: name },
      );
    }
    const dims: readonly number[] = sized.dims;
    const wrong = (why: string) =>
      new WgconvError(
        'wrong-shape',
        `the input "${name}" takes the shape ${formatDims(declared)}, not ${formatDims(dims)}: ${why}`,
        { value: name, data: { expected: declared, actual: dims } },
      );
    if (dims.length !== declared.length) {
      throw wrong(`it has ${declared.length} dimensions, not ${dims.length}`);
    }
    dims.forEach((size, axis) => {
      const dim = declared[axis] as Dim;
      if (!Number.isSafeInteger(size) || size < 0) throw wrong(`${size} is no size`);
      if (typeof dim === 'number') {
        if (dim !== size) throw wrong(`dimension ${axis} is ${dim}`);
        return;
      }
      const other = bound.get(dim);
      if (other && other.size !== size) {
        throw wrong(`${dim} is ${other.size} in the input "${other.input}"`);
      }
      bound.set(dim, { size, input: name });
    });
    return { name, type, dims };
  });
}

function unknownShape(
  node: Node,
  output: string,
  type: TensorType | undefined,
  hostInputs: readonly number[] | undefined,
  known: KnownValues,
): WgconvError {
  const missing = (hostInputs ?? [])
    .map((index) => node.inputs[index] ?? '')
    .find((name) => name !== '' && !known.values.has(name));
  const why = missing
    ? `it depends on the values of "${missing}", which only exist in a run`
    : 'it depends on data';
  return new WgconvError(
    'invalid-shape',
    `the shape of "${output}"${type ? `, ${formatDims(type.dims)},` : ''} cannot be known beforehand: ${why}`,
    { node: node.name, operator: node.op, value: output },
  );
}
