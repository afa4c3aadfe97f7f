/** Attributes of an ONNX node, and the value of a Constant node, which is one of them. */

import { WgconvError } from '../../core/errors.ts';
import { type HostTensor, hostTensor } from '../../core/tensor.ts';
import type { Subgraph } from '../../graph/graph.ts';
import type { AttributeValue } from '../../ops/attributes.ts';
import type { AttributeProto, GraphProto, NodeProto } from './proto.ts';
import { tensorOf } from './tensor.ts';

/** The value of a Constant node, by whichever attribute it has. */
export function constantOf(name: string, proto: NodeProto): HostTensor {
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

export function attributesOf(
  node: string,
  proto: NodeProto,
  readBody: (graph: GraphProto) => Subgraph,
): Map<string, AttributeValue> {
  const values = new Map<string, AttributeValue>();
  const fail = (message: string) =>
    new WgconvError('invalid-attribute', message, { node, operator: proto.op });
  for (const attribute of proto.attributes) {
    const { name, f, i, s, t, g, floats, ints, strings } = attribute;
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
        case 'graph':
          return g && { kind: 'graph', value: readBody(g) };
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
