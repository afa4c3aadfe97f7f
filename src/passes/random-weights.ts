/**
 * Seeded weights for models that come without trained ones: every floating-point constant gets
 * new values with which activations neither vanish nor overflow on the way through the network.
 */

import { allocate, isFloat, numberToFloat16 } from '../core/dtype.ts';
import { sizeOf } from '../core/shape.ts';
import { elementsOf, type HostTensor, hostTensor } from '../core/tensor.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { factsOf } from '../ops/facts.ts';
import { findOperator } from '../ops/index.ts';
import type { NodeFacts, ParameterRole, Traits } from '../ops/operator.ts';

/** Makes element `index` of a constant; `random` is uniform in [0, 1). */
type Recipe = (random: () => number) => number;

const recipes: Readonly<Record<ParameterRole | 'other', Recipe>> = {
  scale: (random) => 0.8 + 0.4 * random(),
  shift: (random) => 0.2 * (random() - 0.5),
  mean: (random) => 0.2 * (random() - 0.5),
  variance: (random) => 0.5 + random(),
  other: (random) => random() - 0.5,
};

/**
 * Root mean square of the last linear node's output, if nothing shrank on the way (narrow layers
 * and padding do): wide enough for a softmax behind it to tell its classes apart.
 */
const logitSpread = 6;

/**
 * Needs types and folded constants (`optimise` gives both). Weights of linear nodes are scaled by
 * their fan-in and by an estimate of the input's root mean square, so that each output's is about
 * 1 (He et al. 2015, https://arxiv.org/abs/1502.01852, with the estimate in place of a fixed 2).
 * Integers and single values (bounds of Clip, exponents) stay.
 */
export function randomiseWeights(
  graph: Graph,
  seed: number,
  find: OperatorLookup = findOperator,
): Graph {
  const constants = new Map(graph.constants);
  const done = new Set<string>();
  /** Estimated root mean square of each activation; inputs are taken to be about 1. */
  const spread = new Map<string, number>(graph.inputs.map((input) => [input.name, 1]));
  const fill = (name: string | undefined, recipe: Recipe) => {
    const tensor = graph.constants.get(name ?? '');
    if (name === undefined || !tensor || done.has(name) || !isWeight(tensor)) return;
    done.add(name);
    constants.set(name, randomTensor(tensor, randomOf(`${seed}:${name}`), recipe));
  };

  const last = lastLinearNodes(graph, find);

  for (const node of graph.nodes) {
    const { traits } = requireOperator(node, find);
    const facts = factsOf(node, graph);
    const incoming = node.inputs.map((name) => spread.get(name)).filter((rms) => rms !== undefined);
    let outgoing = Math.max(0, ...incoming) || 1;
    const linear = facts && traits.linear?.(facts);
    if (linear) {
      const dims = facts.inputs[linear.weight]?.dims as readonly number[];
      const fanIn = sizeOf(dims) / (dims[linear.axis] as number);
      // A uniform value in [-a, a] has the root mean square a/√3.
      const target = last.has(node) ? logitSpread : 1;
      const bound = (Math.sqrt(3 / fanIn) * target) / outgoing;
      fill(node.inputs[linear.weight], (random) => bound * (2 * random() - 1));
      fill(node.inputs[linear.bias], recipes.shift);
      outgoing = target;
    } else if (facts) {
      const step = traits.asEpilogue?.(facts);
      // Independent summands; and half of a zero-mean activation lies below zero.
      if (step?.kind === 'residual') outgoing = Math.hypot(...incoming);
      else if (step?.activation.name === 'Relu') outgoing *= Math.SQRT1_2;
    }
    for (const [index, name] of node.inputs.entries()) {
      fill(name, recipes[traits.parameterRoles?.[index] ?? affineRole(node, traits, facts, index)]);
    }
    for (const output of node.outputs) spread.set(output, outgoing);
  }
  return { ...graph, constants };
}

/** Linear nodes behind which there is no other. */
function lastLinearNodes(graph: Graph, find: OperatorLookup): Set<Node> {
  const last = new Set<Node>();
  const leadsToLinear = new Set<string>();
  for (const node of graph.nodes.toReversed()) {
    const facts = factsOf(node, graph);
    const isLinear = facts && requireOperator(node, find).traits.linear?.(facts);
    const leads = node.outputs.some((output) => leadsToLinear.has(output));
    if (isLinear && !leads) last.add(node);
    if (isLinear || leads) for (const input of node.inputs) leadsToLinear.add(input);
  }
  return last;
}

/** A constant that multiplies (or is added to) channels is a scale (or a shift). */
function affineRole(
  node: Node,
  traits: Traits,
  facts: NodeFacts | undefined,
  index: number,
): ParameterRole | 'other' {
  const constant = facts?.constant(index);
  if (!facts || !constant || node.inputs.length !== 2) return 'other';
  const affine = traits.affine?.(facts);
  if (!affine || affine.input === index) return 'other';
  if (affine.shift.some((value) => value !== 0)) return 'shift';
  // Neither shifts nor scales: a sum with 0, or a product with 1.
  const isOne = affine.scale.every((value) => value === 1);
  return isOne && Number(elementsOf(constant)[0]) === 0 ? 'shift' : 'scale';
}

function isWeight(tensor: HostTensor): boolean {
  return isFloat(tensor.type) && sizeOf(tensor.dims) > 1;
}

function randomTensor(like: HostTensor, random: () => number, recipe: Recipe): HostTensor {
  const { type, dims } = like;
  const elements = allocate(type, elementsOf(like).length) as Float32Array;
  for (let index = 0; index < elements.length; index++) {
    const value = recipe(random);
    elements[index] = type === 'float16' ? numberToFloat16(value) : value;
  }
  return hostTensor(type, dims, elements);
}

/**
 * A generator of its own for each weight, so that values do not depend on the order of nodes:
 * FNV-1a of the key, then mulberry32 (both in the public domain).
 */
export function randomOf(key: string): () => number {
  let state = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    state = Math.imul(state ^ key.charCodeAt(index), 0x01000193);
  }
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
