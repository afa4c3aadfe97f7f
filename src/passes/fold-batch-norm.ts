/**
 * Folds per-channel affine maps (BatchNormalization, Mul and Add by constants) into the weights and
 * bias of the node before them: s·(W∗x + b) + t = (s·W)∗x + (s·b + t).
 */

import { breathe } from '../core/breathe.ts';
import { allocate, isFloat } from '../core/dtype.ts';
import { fromReference, numbersOf, toReference } from '../core/reference.ts';
import { sameDims, sizeOf } from '../core/shape.ts';
import { elementsOf, type HostTensor, hostTensor } from '../core/tensor.ts';
import { consumersOf, type Graph, type Node, originsOf } from '../graph/graph.ts';
import { unusedName } from '../graph/unused-name.ts';
import { type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { factsOf } from '../ops/facts.ts';
import { findOperator } from '../ops/index.ts';
import type { LinearInputs } from '../ops/operator.ts';

interface Affine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/**
 * A whole chain of affine nodes is composed in float64 and rounded once. Needs types. A node is
 * left alone where its output is a graph output or has several readers, or its epilogue is taken.
 */
export async function foldBatchNorm(
  graph: Graph,
  find: OperatorLookup = findOperator,
): Promise<Graph> {
  const consumers = consumersOf(graph);
  const outputs = new Set(graph.outputs);
  const constants = new Map(graph.constants);
  const types = new Map(graph.types);
  const folded = new Set<Node>();
  const nodes: Node[] = [];

  /** The node that alone reads this one's only output, where it may be merged with it. */
  const soleReader = (node: Node): Node | undefined => {
    const [output = '', ...others] = node.outputs;
    const readers = consumers.get(output) ?? [];
    const [reader] = readers;
    if (others.length > 0 || outputs.has(output) || readers.length !== 1 || !reader)
      return undefined;
    return reader.outputs.length === 1 && !reader.epilogue ? reader : undefined;
  };

  const affineOf = (node: Node, input: string): Affine | undefined => {
    const facts = factsOf(node, graph);
    const affine = facts && requireOperator(node, find).traits.affine?.(facts);
    if (!facts || !affine || node.inputs[affine.input] !== input) return undefined;
    const [from, to] = [facts.inputs[affine.input], facts.outputs[0]];
    const sameType = from && to && from.type === to.type && sameDims(from.dims, to.dims);
    const finite = [...affine.scale, ...affine.shift].every(Number.isFinite);
    return sameType && finite ? affine : undefined;
  };

  for (const node of graph.nodes) {
    if (folded.has(node)) continue;
    const facts = node.epilogue ? undefined : factsOf(node, graph);
    const { traits } = requireOperator(node, find);
    const target = facts && (traits.linear?.(facts) ?? traits.absorbsAffine?.(facts));
    const chain: Node[] = [];
    let affine: Affine | undefined;
    for (let last = node; target; ) {
      const reader = soleReader(last);
      const next = reader && affineOf(reader, last.outputs[0] as string);
      if (!reader || !next) break;
      affine = affine ? compose(affine, next) : next;
      chain.push(reader);
      last = reader;
    }
    const parameters =
      target && affine && (await scaledParameters(node, target, affine, constants));
    if (!target || !parameters) {
      nodes.push(node);
      continue;
    }
    const end = chain.at(-1) as Node;
    const inputs = [...node.inputs];
    while (inputs.length <= target.bias) inputs.push('');
    for (const [index, suffix, tensor] of [
      [target.weight, 'weight', parameters.weight],
      [target.bias, 'bias', parameters.bias],
    ] as const) {
      if (!tensor) continue;
      // A session keeps weights by name, for other outputs of the model too, that fold less.
      const name = unusedName(
        `${node.name}/${end.name}/${suffix}`,
        (taken) => constants.has(taken) || types.has(taken),
      );
      constants.set(name, tensor);
      types.set(name, { type: tensor.type, dims: tensor.dims });
      inputs[index] = name;
    }
    for (const merged of chain) folded.add(merged);
    nodes.push({
      ...node,
      inputs,
      outputs: end.outputs,
      origin: originsOf([node, ...chain]),
    });
  }
  return folded.size === 0 ? graph : { ...graph, nodes, constants, types };
}

/** `second` after `first`. */
function compose(first: Affine, second: Affine): Affine | undefined {
  if (first.scale.length !== second.scale.length) return undefined;
  return {
    scale: first.scale.map((scale, channel) => scale * (second.scale[channel] as number)),
    shift: first.shift.map(
      (shift, channel) =>
        shift * (second.scale[channel] as number) + (second.shift[channel] as number),
    ),
  };
}

/**
 * New weight and bias, each left out where it stays as it is. Undefined where they are no
 * constants, have other shapes, or would leave the range of their type.
 */
async function scaledParameters(
  node: Node,
  { weight: weightIndex, bias: biasIndex, axis }: LinearInputs,
  { scale, shift }: Affine,
  constants: ReadonlyMap<string, HostTensor>,
): Promise<{ weight?: HostTensor; bias?: HostTensor } | undefined> {
  const weight = constants.get(node.inputs[weightIndex] ?? '');
  const channels = weight?.dims[axis];
  if (!weight || !isFloat(weight.type) || channels !== scale.length) return undefined;
  const biasName = node.inputs[biasIndex] ?? '';
  const bias = constants.get(biasName);
  if (biasName !== '' && !bias) return undefined;

  const newWeight = scale.every((value) => value === 1)
    ? undefined
    : await scaleChannels(weight, axis, scale);
  if (newWeight === null) return undefined;

  let newBias: HostTensor | null | undefined;
  const dims = [channels];
  if (bias) {
    // One value for each channel, or one for all; leading dims of 1 do not matter.
    const size = sizeOf(bias.dims);
    if ((bias.dims.at(-1) ?? 1) !== size || (size !== channels && size !== 1)) return undefined;
    const values = numbersOf(toReference(bias));
    newBias = store(bias.type, dims, (channel) => {
      const value = values[size === 1 ? 0 : channel] as number;
      return value * (scale[channel] as number) + (shift[channel] as number);
    });
  } else if (shift.some((value) => value !== 0)) {
    newBias = store(weight.type, dims, (channel) => shift[channel] as number);
  }
  if (newBias === null) return undefined;
  return { ...(newWeight ? { weight: newWeight } : {}), ...(newBias ? { bias: newBias } : {}) };
}

/** `tensor` times a factor for each index along `axis`, rounded once; null where that overflows. */
async function scaleChannels(
  tensor: HostTensor,
  axis: number,
  scale: Float64Array,
): Promise<HostTensor | null> {
  const { type, dims } = tensor;
  const channels = dims[axis] as number;
  const inner = sizeOf(dims.slice(axis + 1));
  // float16 goes through float64; the others are multiplied as they are, which is exact in float64
  // and rounds when it is stored. A network has tens of millions of weights.
  const isHalf = type === 'float16';
  const from = isHalf ? numbersOf(toReference(tensor)) : (elementsOf(tensor) as Float32Array);
  const into = isHalf ? from : (allocate(type, from.length) as Float32Array);
  let finite = true;
  for (let index = 0, block = 0, next = 0; index < from.length; block++) {
    if (index >= next) {
      await breathe();
      next = index + pieceElements;
    }
    const factor = scale[block % channels] as number;
    for (const end = index + inner; index < end; index++) {
      into[index] = (from[index] as number) * factor;
      const stored = into[index] as number;
      // x − x is 0 for finite x, NaN for the others.
      if (stored - stored !== 0) finite = false;
    }
  }
  if (!isHalf) return finite ? hostTensor(type, dims, into) : null;
  const result = fromReference({ type, dims, value: into as Float64Array });
  return isFiniteTensor(result) ? result : null;
}

/** So many take about a millisecond. */
const pieceElements = 2 ** 18;

/** A small tensor of `type`; null where a value does not fit. */
function store(
  type: HostTensor['type'],
  dims: readonly number[],
  valueAt: (index: number) => number,
): HostTensor | null {
  const value = Float64Array.from({ length: sizeOf(dims) }, (_, index) => valueAt(index));
  const result = fromReference({ type, dims, value });
  return isFiniteTensor(result) ? result : null;
}

function isFiniteTensor(tensor: HostTensor): boolean {
  const elements = elementsOf(tensor) as Float32Array;
  if (tensor.type === 'float16') return elements.every((bits) => (bits & 0x7c00) !== 0x7c00);
  // x − x is 0 for finite x, NaN for the others.
  for (let index = 0; index < elements.length; index++) {
    const element = elements[index] as number;
    if (element - element !== 0) return false;
  }
  return true;
}
