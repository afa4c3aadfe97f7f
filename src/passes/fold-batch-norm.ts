/**
 * Folds per-channel affine maps (BatchNormalization, Mul and Add by constants) into the weights and
 * bias of the node before them: s·(W∗x + b) + t = (s·W)∗x + (s·b + t).
 */

import { allocate, float16ToNumber, numberToFloat16 } from '../core/dtype.ts';
import { sameDims } from '../core/shape.ts';
import { elementsOf, type HostTensor, hostTensor } from '../core/tensor.ts';
import { unusedName } from '../graph/builder.ts';
import { consumersOf, type Graph, type Node } from '../graph/graph.ts';
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
export function foldBatchNorm(graph: Graph, find: OperatorLookup = findOperator): Graph {
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
    const parameters = target && affine && scaledParameters(node, target, affine, constants);
    if (!target || !parameters) {
      nodes.push(node);
      continue;
    }
    const inputs = [...node.inputs];
    while (inputs.length <= target.bias) inputs.push('');
    for (const [index, suffix, tensor] of [
      [target.weight, 'weight', parameters.weight],
      [target.bias, 'bias', parameters.bias],
    ] as const) {
      if (!tensor) continue;
      const name = unusedName(
        `${node.name}/${suffix}`,
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
      outputs: (chain.at(-1) as Node).outputs,
      origin: [node, ...chain].flatMap((original) => original.origin ?? [original]),
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
function scaledParameters(
  node: Node,
  { weight: weightIndex, bias: biasIndex, axis }: LinearInputs,
  { scale, shift }: Affine,
  constants: ReadonlyMap<string, HostTensor>,
): { weight?: HostTensor; bias?: HostTensor } | undefined {
  const weight = constants.get(node.inputs[weightIndex] ?? '');
  const channels = weight?.dims[axis];
  if (!weight || channels !== scale.length) return undefined;
  const biasName = node.inputs[biasIndex] ?? '';
  const bias = constants.get(biasName);
  if (biasName !== '' && !bias) return undefined;

  const inner = weight.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const newWeight = scale.every((value) => value === 1)
    ? undefined
    : mapFloats(weight, weight.dims, (value, index) => {
        return value * (scale[Math.floor(index / inner) % channels] as number);
      });
  if (newWeight === null) return undefined;

  let newBias: HostTensor | null | undefined;
  if (bias) {
    // One value for each channel, or one for all; leading dims of 1 do not matter.
    const last = bias.dims.at(-1) ?? 1;
    const isRow = bias.dims.slice(0, -1).every((dim) => dim === 1);
    if (!isRow || (last !== channels && last !== 1)) return undefined;
    const read = readerOf(bias);
    newBias = mapFloats(bias, [channels], (_, channel) => {
      const value = read(last === 1 ? 0 : channel);
      return value * (scale[channel] as number) + (shift[channel] as number);
    });
  } else if (shift.some((value) => value !== 0)) {
    newBias = mapFloats(weight, [channels], (_, channel) => shift[channel] as number);
  }
  if (newBias === null) return undefined;
  return { ...(newWeight ? { weight: newWeight } : {}), ...(newBias ? { bias: newBias } : {}) };
}

/**
 * A tensor of `source`'s type made from its elements, rounded once; null where the type is none of
 * the floats or a finite number becomes infinite in it.
 */
function mapFloats(
  source: HostTensor,
  dims: readonly number[],
  map: (value: number, index: number) => number,
): HostTensor | null {
  const { type } = source;
  if (type !== 'float32' && type !== 'float16' && type !== 'float64') return null;
  const read = readerOf(source);
  const result = allocate(
    type,
    dims.reduce((product, dim) => product * dim, 1),
  ) as Float32Array | Float64Array | Uint16Array;
  const limit = type === 'float16' ? 65520 : type === 'float32' ? 2 ** 128 - 2 ** 103 : Infinity;
  for (let index = 0; index < result.length; index++) {
    const value = map(read(index), index);
    if (Math.abs(value) >= limit && Number.isFinite(value)) return null;
    result[index] = type === 'float16' ? numberToFloat16(value) : value;
  }
  return hostTensor(type, dims, result);
}

/** Reads float elements of any float type; past the end there is 0. */
function readerOf(tensor: HostTensor): (index: number) => number {
  const elements = elementsOf(tensor) as Float32Array | Float64Array | Uint16Array;
  return tensor.type === 'float16'
    ? (index) => float16ToNumber(elements[index] ?? 0)
    : (index) => elements[index] ?? 0;
}
