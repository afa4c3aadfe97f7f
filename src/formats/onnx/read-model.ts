/** An ONNX file → Graph: constants resolved, operators parsed, nodes in order, nothing uploaded. */

import { WgconvError } from '../../core/errors.ts';
import { checkModelSize } from '../../core/fetch-bytes.ts';
import { type Dim, sizeOf, type TensorType } from '../../core/shape.ts';
import { type HostTensor, hostTensor } from '../../core/tensor.ts';
import type { Graph, Node, ValueInfo } from '../../graph/graph.ts';
import { sortNodes } from '../../graph/topology.ts';
import type { AttributeValue } from '../../ops/attributes.ts';
import { buildNode, type OperatorLookup } from '../../ops/build-node.ts';
import { findOperator, loadOperators } from '../../ops/index.ts';
import type { ExternalSource } from './external.ts';
import {
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  readModelProto,
  type ValueProto,
} from './proto.ts';
import { elementTypeOf, requireElementType, tensorOf } from './tensor.ts';

/** An operator of a model that wgconv does not have. */
export interface UnsupportedOperator {
  readonly operator: string;
  readonly node: string;
  readonly opset: number;
  readonly domain: string;
  /** Why, where it is more than that wgconv has no such operator. */
  readonly reason?: string;
}

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
  const model = readModelProto(bytes);
  if (model.external.length > 0) {
    const { readExternalData } = await import('./external.ts');
    await readExternalData(model.external, source);
  }
  await loadOperators(model.graph.nodes.map(operatorName));
  return graphOf(model);
}

/** The graph of a decoded model; its operators must be loaded. */
export function graphOf(model: ModelProto, find: OperatorLookup = findOperator): Graph {
  const opset = opsetOf(model);
  const { graph } = model;
  if (graph.sparseInitializers.length > 0) {
    throw new WgconvError(
      'unsupported-type',
      `the initializer "${graph.sparseInitializers[0]}" is sparse, which wgconv does not support; save it dense`,
      { value: graph.sparseInitializers[0] },
    );
  }
  const constants = readInitializers(graph);
  // An initializer that is listed among the inputs (all are before IR version 4) is a default
  // that a caller could override; here it is a constant.
  const inputs = readInputs(graph, constants);
  const named = nameNodes(graph.nodes);
  throwUnsupported(named, model, opset, find);
  const inputNames = new Set(inputs.map((input) => input.name));
  const nodes: Node[] = [];
  for (const [name, proto] of named) {
    if (proto.op === 'Constant' && proto.domain === '') {
      const [output = ''] = proto.outputs;
      if (constants.has(output) || inputNames.has(output)) {
        throw new WgconvError('invalid-model', `the value "${output}" is made twice`, {
          node: name,
          operator: proto.op,
          value: output,
        });
      }
      constants.set(output, constantOf(name, proto));
      continue;
    }
    nodes.push(
      buildNode(
        {
          name,
          op: operatorName(proto),
          inputs: proto.inputs,
          outputs: nameOutputs(name, proto.outputs),
          attributes: attributesOf(name, proto),
          opset: model.opsets.get(proto.domain) ?? opset,
        },
        find,
      ),
    );
  }
  const given = new Set([...constants.keys(), ...inputNames]);
  const sorted = sortNodes(nodes, given);
  const outputs = readOutputs(graph, sorted, given);
  const types = declaredTypes(graph);
  for (const { name, type, dims } of inputs) types.set(name, { type, dims });
  for (const [name, { type, dims }] of constants) types.set(name, { type, dims });
  return { name: graph.name, inputs, outputs, nodes: sorted, constants, types };
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
  nodes.forEach((node, index) => {
    let name = node.name;
    if (name === '' || named.has(name)) {
      const base = name === '' ? `${node.op}_${index}` : name;
      name = base;
      for (let count = 2; taken.has(name); count++) name = `${base}_${count}`;
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

function operatorName(node: NodeProto): string {
  return node.domain === 'wgconv' ? `wgconv.${node.op}` : node.op;
}

function throwUnsupported(
  nodes: ReadonlyMap<string, NodeProto>,
  model: ModelProto,
  opset: number,
  find: OperatorLookup,
): void {
  const unsupported: UnsupportedOperator[] = [];
  for (const [name, node] of nodes) {
    const { domain, op } = node;
    const own = domain === '' || domain === 'wgconv';
    if (own && ((domain === '' && op === 'Constant') || find(operatorName(node)))) continue;
    unsupported.push({
      operator: op,
      node: name,
      opset: model.opsets.get(domain) ?? opset,
      domain: domain === '' ? 'ai.onnx' : domain,
      ...(model.functions.has(`${domain}:${op}`)
        ? { reason: 'a function that the model defines itself' }
        : {}),
    });
  }
  if (unsupported.length === 0) return;
  const byOperator = new Map<string, UnsupportedOperator[]>();
  for (const use of unsupported) {
    const { operator, domain, opset: version, reason } = use;
    const details = [
      domain === 'ai.onnx' ? `opset ${version}` : `domain ${domain}, version ${version}`,
      ...(reason ? [reason] : []),
    ];
    const key = `${operator} (${details.join(', ')})`;
    byOperator.set(key, [...(byOperator.get(key) ?? []), use]);
  }
  const list = [...byOperator].map(([operator, uses]) => {
    const nodes = uses.slice(0, 3).map(({ node }) => `"${node}"`);
    if (uses.length > 3) nodes.push(`${uses.length - 3} more`);
    return `${operator} at ${nodes.join(', ')}`;
  });
  const count = byOperator.size === 1 ? 'An operator' : `${byOperator.size} operators`;
  throw new WgconvError(
    'unsupported-operator',
    `${count} of this model ${byOperator.size === 1 ? 'is' : 'are'} not supported by wgconv: ${list.join('; ')}`,
    { data: { unsupported } },
  );
}

/** The value of a Constant node, by whichever attribute it has. */
function constantOf(name: string, proto: NodeProto): HostTensor {
  const fail = (message: string, code: 'invalid-attribute' | 'unsupported-type') =>
    new WgconvError(code, message, { node: name, operator: proto.op });
  if (proto.outputs.length !== 1 || proto.outputs[0] === '' || proto.attributes.length !== 1) {
    throw fail('the node must have one output and one attribute', 'invalid-attribute');
  }
  const attribute = proto.attributes[0] as AttributeProto;
  switch (attribute.name) {
    case 'value':
      if (!attribute.t) throw fail('attribute "value" must be a tensor', 'invalid-attribute');
      return tensorOf(attribute.t, `the constant "${proto.outputs[0]}"`);
    case 'value_float':
      return hostTensor('float32', [], Float32Array.of(attribute.f ?? 0));
    case 'value_floats':
      return hostTensor('float32', [attribute.floats.length], Float32Array.from(attribute.floats));
    case 'value_int':
      return hostTensor('int64', [], BigInt64Array.of(attribute.i ?? 0n));
    case 'value_ints':
      return hostTensor('int64', [attribute.ints.length], BigInt64Array.from(attribute.ints));
    case 'value_string':
    case 'value_strings':
      throw fail('the constant is a string, which wgconv does not support', 'unsupported-type');
    case 'sparse_value':
      throw fail('the constant is sparse, which wgconv does not support', 'unsupported-type');
    default:
      throw fail(`the operator has no attribute "${attribute.name}"`, 'invalid-attribute');
  }
}

/** AttributeProto.AttributeType. */
const kinds = ['', 'float', 'int', 'string', 'tensor', 'graph', 'floats', 'ints', 'strings'];

function attributesOf(node: string, proto: NodeProto): Map<string, AttributeValue> {
  const values = new Map<string, AttributeValue>();
  const fail = (message: string) =>
    new WgconvError('invalid-attribute', message, { node, operator: proto.op });
  for (const attribute of proto.attributes) {
    const { name, f, i, s, t, floats, ints, strings } = attribute;
    if (values.has(name)) throw fail(`the node has attribute "${name}" twice`);
    const value = ((): AttributeValue | undefined => {
      switch (kinds[attribute.type] || impliedKind(attribute)) {
        case 'float':
          return { kind: 'float', value: f ?? 0 };
        case 'int':
          return { kind: 'int', value: Number(i ?? 0n) };
        case 'string':
          return { kind: 'string', value: s ?? '' };
        case 'tensor':
          return t && { kind: 'tensor', value: tensorOf(t, `attribute "${name}" of "${node}"`) };
        case 'floats':
          return { kind: 'floats', value: floats };
        case 'ints':
          return { kind: 'ints', value: ints.map(Number) };
        case 'strings':
          return { kind: 'strings', value: strings };
        default:
          return undefined;
      }
    })();
    if (!value) throw fail(`attribute "${name}" is of a kind that wgconv does not support`);
    values.set(name, value);
  }
  return values;
}

/** Files of IR version 1 leave the type out; it shows in the field that is set. */
function impliedKind({ f, i, s, t, floats, ints, strings }: AttributeProto): string {
  if (f !== undefined) return 'float';
  if (i !== undefined) return 'int';
  if (s !== undefined) return 'string';
  if (t) return 'tensor';
  if (floats.length > 0) return 'floats';
  return strings.length > 0 ? 'strings' : ints.length > 0 ? 'ints' : '';
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
