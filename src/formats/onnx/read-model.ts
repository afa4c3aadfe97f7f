/** An ONNX file → Graph: constants resolved, operators parsed, nodes in order, nothing uploaded. */

import { breathe } from '../../core/breathe.ts';
import { WgconvError } from '../../core/errors.ts';
import { checkModelSize } from '../../core/fetch-bytes.ts';
import { type Dim, sizeOf, type TensorType } from '../../core/shape.ts';
import type { HostTensor } from '../../core/tensor.ts';
import {
  capturesOf,
  type Graph,
  type Node,
  type Subgraph,
  type ValueInfo,
} from '../../graph/graph.ts';
import { sortNodes } from '../../graph/topology.ts';
import { unusedName } from '../../graph/unused-name.ts';
import { buildNode, type OperatorLookup } from '../../ops/build-node.ts';
import { findOperator, loadOperators } from '../../ops/index.ts';
import type { ExternalSource } from '../files-beside.ts';
import { attributesOf, constantOf } from './attributes.ts';
import {
  type GraphProto,
  type ModelProto,
  type NodeProto,
  readModelProto,
  type ValueProto,
} from './proto.ts';
import { elementTypeOf, requireElementType, tensorOf } from './tensor.ts';

/**
 * Reads an ONNX model. Constants are views of `bytes` where they lie there as they are in memory,
 * so keep the bytes unchanged as long as the graph is in use.
 *
 * @param source where data is that the model keeps in files beside it
 * @throws WgconvError `invalid-model`, `unsupported-operator` (with all of them in
 * `data.unsupported`), `unsupported-type` or `invalid-attribute`.
 */
export async function readOnnxModel(
  bytes: Uint8Array,
  source: ExternalSource = {},
): Promise<Graph> {
  checkModelSize(bytes.length, 'the model');
  await breathe();
  const model = await decode(bytes);
  await breathe();
  await loadOperators(allNodes(model.graph).map(operatorName));
  await refuseUnsupported(model);
  if (model.external.length > 0) {
    const { readExternalData, sketchedMeanwhile, withZeros } = await import('./external.ts');
    const reading = readExternalData(model.external, source);
    await sketchedMeanwhile(reading, source, () => graphOf(withZeros(model)));
  }
  return graphOf(model);
}

async function decode(bytes: Uint8Array): Promise<ModelProto> {
  try {
    return readModelProto(bytes);
  } catch {
    return (await import('./other-files.ts')).readProtoOrExplain(bytes);
  }
}

/** The graph of a decoded model; its operators must be loaded. */
export function graphOf(model: ModelProto, find: OperatorLookup = findOperator): Graph {
  const context = { model, opset: opsetOf(model), find };
  const { graph } = model;
  const constants = readInitializers(graph);
  // An initializer that is listed among the inputs (all are before IR version 4) is a default
  // that a caller could override; here it is a constant.
  const inputs = readInputs(graph, constants);
  const inputNames = new Set(inputs.map((input) => input.name));
  const nodes = readNodes(graph, constants, inputNames, context);
  const given = new Set([...constants.keys(), ...inputNames]);
  const sorted = sortNodes(nodes, given);
  const outputs = readOutputs(graph, sorted, given);
  const types = declaredTypes(graph);
  for (const { name, type, dims } of inputs) types.set(name, { type, dims });
  for (const [name, { type, dims }] of constants) types.set(name, { type, dims });
  return { name: graph.name, inputs, outputs, nodes: sorted, constants, types };
}

interface Context {
  readonly model: ModelProto;
  readonly opset: number;
  readonly find: OperatorLookup;
}

/** Nodes of a graph and of the bodies in it. */
export function allNodes({ nodes }: GraphProto): NodeProto[] {
  return nodes.flatMap((node) => [
    node,
    ...node.attributes.flatMap(({ g }) => (g ? allNodes(g) : [])),
  ]);
}

/** The nodes, but for those that are constants: they join `constants`. */
function readNodes(
  graph: GraphProto,
  constants: Map<string, HostTensor>,
  inputs: ReadonlySet<string>,
  context: Context,
): Node[] {
  const { model, opset, find } = context;
  const nodes: Node[] = [];
  for (const [name, proto] of nameNodes(graph.nodes)) {
    if (proto.op === 'Constant' && proto.domain === '') {
      const [output = ''] = proto.outputs;
      if (constants.has(output) || inputs.has(output)) {
        throw new WgconvError('invalid-model', `the value "${output}" is made twice`, {
          node: name,
          operator: proto.op,
          value: output,
        });
      }
      constants.set(output, constantOf(name, proto));
      continue;
    }
    const attributes = attributesOf(name, proto, (body) => readBody(body, context));
    const bodies = [...attributes.values()].flatMap((value) =>
      value.kind === 'graph' ? [value.value] : [],
    );
    nodes.push(
      buildNode(
        {
          name,
          op: operatorName(proto),
          inputs: [...proto.inputs, ...capturesOf(bodies)],
          outputs: nameOutputs(name, proto.outputs),
          attributes,
          opset: model.opsets.get(proto.domain) ?? opset,
        },
        find,
      ),
    );
  }
  return nodes;
}

/** The body of a node: what it does not make itself it reads of the graph around it. */
function readBody(graph: GraphProto, context: Context): Subgraph {
  const constants = readInitializers(graph);
  const inputs = graph.inputs.map(({ name }) => name);
  const outputs = graph.outputs.map(({ name }) => name);
  const nodes = readNodes(graph, constants, new Set(inputs), context);
  const own = new Set(['', ...inputs, ...constants.keys(), ...nodes.flatMap((n) => n.outputs)]);
  const read = new Set([...nodes.flatMap((node) => node.inputs), ...outputs]);
  const captures = [...read].filter((name) => !own.has(name));
  const given = new Set([...constants.keys(), ...inputs, ...captures]);
  return { inputs, outputs, captures, nodes: sortNodes(nodes, given), constants };
}

function opsetOf(model: ModelProto): number {
  const opset = model.opsets.get('');
  if (opset !== undefined) {
    if (opset >= 1 && opset < 2 ** 31) return opset;
    throw new WgconvError('invalid-model', `the model has the operator set version ${opset}`);
  }
  // Before IR version 3 there was one operator set; later a model says which, unless it only has
  // operators of other domains.
  if (model.irVersion < 3 || model.opsets.size > 0) return 1;
  throw new WgconvError('invalid-model', 'the model does not say which operator set it uses');
}

function readInitializers(graph: GraphProto): Map<string, HostTensor> {
  const [sparse] = graph.sparseInitializers;
  if (sparse !== undefined) {
    throw new WgconvError(
      'unsupported-type',
      `the initializer "${sparse}" is sparse, which wgconv does not support; save it dense`,
      { value: sparse },
    );
  }
  const constants = new Map<string, HostTensor>();
  for (const tensor of graph.initializers) {
    if (tensor.name === '') {
      throw new WgconvError('invalid-model', 'an initializer of the model has no name');
    }
    if (constants.has(tensor.name)) {
      throw new WgconvError('invalid-model', `there are two initializers "${tensor.name}"`, {
        value: tensor.name,
      });
    }
    constants.set(tensor.name, tensorOf(tensor, `the initializer "${tensor.name}"`));
  }
  return constants;
}

function readInputs(graph: GraphProto, constants: ReadonlyMap<string, HostTensor>): ValueInfo[] {
  const inputs: ValueInfo[] = [];
  const names = new Set<string>();
  const symbols = new Set(
    graph.inputs.flatMap(({ dims = [] }) => dims.filter((dim) => typeof dim === 'string')),
  );
  let unnamed = 0;
  const freshSymbol = () => {
    while (symbols.has(`?${unnamed}`)) unnamed++;
    return `?${unnamed++}`;
  };
  for (const value of graph.inputs) {
    const { name, otherKind, dims } = value;
    if (constants.has(name)) continue;
    if (name === '' || names.has(name)) {
      throw new WgconvError(
        'invalid-model',
        name === '' ? 'an input of the model has no name' : `there are two inputs "${name}"`,
        { value: name },
      );
    }
    names.add(name);
    if (otherKind) {
      throw new WgconvError(
        'unsupported-type',
        `the input "${name}" is of kind ${otherKind}; wgconv takes tensors only`,
        { value: name },
      );
    }
    const type = requireElementType(value.elementType ?? 0, `the input "${name}"`, name);
    if (!dims) {
      throw new WgconvError(
        'invalid-model',
        `the input "${name}" has no shape, not even a rank; export the model with input shapes (they may be symbolic)`,
        { value: name },
      );
    }
    const impossible =
      // Some exporters write -1 for "any".
      dims.some((dim) => typeof dim === 'number' && dim < -1) ||
      sizeOf(dims.filter((dim) => typeof dim === 'number' && dim > 0) as number[]) >
        Number.MAX_SAFE_INTEGER;
    if (impossible) {
      throw new WgconvError(
        'invalid-model',
        `the input "${name}" has an impossible shape: [${dims.map((dim) => dim ?? '?')}]`,
        { value: name },
      );
    }
    inputs.push({
      name,
      type,
      dims: dims.map((dim) => (dim === undefined || dim === -1 ? freshSymbol() : dim)),
    });
  }
  return inputs;
}

/** Empty and repeated names are made unique: `Conv_3`, `block_2`. */
function nameNodes(nodes: readonly NodeProto[]): Map<string, NodeProto> {
  const taken = new Set(nodes.map((node) => node.name));
  const named = new Map<string, NodeProto>();
  const counts = new Map<string, number>();
  nodes.forEach((node, index) => {
    let name = node.name;
    if (name === '' || named.has(name)) {
      name = unusedName(
        name === '' ? `${node.op}_${index}` : name,
        (other) => taken.has(other),
        counts,
      );
      taken.add(name);
    }
    named.set(name, node);
  });
  return named;
}

/** Left-out outputs at the end go; one before the end gets a name that nobody reads. */
function nameOutputs(node: string, outputs: readonly string[]): string[] {
  const last = outputs.findLastIndex((output) => output !== '');
  return outputs
    .slice(0, last + 1)
    .map((output, index) => (output === '' ? `${node}:unused${index}` : output));
}

export function operatorName(node: NodeProto): string {
  return node.domain === 'wgconv' ? `wgconv.${node.op}` : node.op;
}

/** @throws WgconvError `unsupported-operator` with all that `find` does not find */
export async function refuseUnsupported(
  model: ModelProto,
  find: OperatorLookup = findOperator,
): Promise<void> {
  const { graph, opsets, functions } = model;
  const unsupported = [...nameNodes(allNodes(graph))].flatMap(([node, proto]) => {
    const { domain, op: operator } = proto;
    const own = domain === '' || domain === 'wgconv';
    if (own && ((domain === '' && operator === 'Constant') || find(operatorName(proto)))) return [];
    return {
      operator,
      node,
      opset: opsets.get(domain) ?? opsetOf(model),
      domain: domain || 'ai.onnx',
      ...(functions.has(`${domain}:${operator}`) && {
        reason: 'a function that the model defines itself',
      }),
    };
  });
  if (unsupported.length === 0) return;
  throw (await import('../unsupported.ts')).unsupportedError(unsupported);
}

function readOutputs(
  graph: GraphProto,
  nodes: readonly Node[],
  given: ReadonlySet<string>,
): string[] {
  const made = new Set([...given, ...nodes.flatMap((node) => node.outputs)]);
  const outputs = graph.outputs.map(({ name }) => name);
  if (outputs.length === 0) {
    throw new WgconvError('invalid-model', 'the model has no outputs');
  }
  outputs.forEach((name, index) => {
    if (name === '' || !made.has(name)) {
      throw new WgconvError('invalid-model', `nothing in the graph makes the output "${name}"`, {
        value: name,
      });
    }
    if (outputs.indexOf(name) !== index) {
      throw new WgconvError('invalid-model', `the output "${name}" is listed twice`, {
        value: name,
      });
    }
  });
  return outputs;
}

/** What the file says about its values; shape inference goes by the inputs and finds its own. */
function declaredTypes(graph: GraphProto): Map<string, TensorType> {
  const types = new Map<string, TensorType>();
  const known = (value: ValueProto): TensorType | undefined => {
    const type = elementTypeOf(value.elementType ?? 0);
    const dims = value.dims?.map((dim) => (typeof dim === 'number' && dim < 0 ? undefined : dim));
    return type && dims && !dims.includes(undefined) ? { type, dims: dims as Dim[] } : undefined;
  };
  for (const value of [...graph.values, ...graph.outputs]) {
    const type = known(value);
    if (type) types.set(value.name, type);
  }
  return types;
}
