/** Makes graph nodes from an operator's name and plain attributes, as formats and builders have them. */

import { WgconvError } from '../core/errors.ts';
import type { Node } from '../graph/graph.ts';
import { type AttributeValue, RecordAttributeReader } from './attributes.ts';
import { findOperator } from './index.ts';
import type { AnyOperator } from './operator.ts';

/** Finds an operator by its name; `findOperator`, unless a test brings operators of its own. */
export type OperatorLookup = (type: string) => AnyOperator | undefined;

/** The opset whose meaning a node has where nobody says which. */
export const builderOpset = 22;

export interface NodeDescription {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: ReadonlyMap<string, AttributeValue> | undefined;
  readonly opset?: number | undefined;
}

/**
 * A node with its attributes parsed.
 * @throws WgconvError `unsupported-operator`, `invalid-model` (number of inputs or outputs) or
 * `invalid-attribute`, each naming the node.
 */
export function buildNode(description: NodeDescription, find: OperatorLookup = findOperator): Node {
  const { name, op, inputs, outputs, opset = builderOpset } = description;
  const operator = requireOperator(description, find);
  checkArity(name, operator, 'input', inputs.length);
  checkArity(name, operator, 'output', outputs.length);
  refuseLeftOut(name, operator, inputs);
  const reader = new RecordAttributeReader(description.attributes ?? new Map(), {
    node: name,
    operator: op,
    inputCount: inputs.length,
    outputCount: outputs.length,
  });
  const attributes: unknown = operator.attributes(reader, opset);
  reader.finish();
  return { name, op, inputs, outputs, attributes };
}

/** The operator of a node, or an `unsupported-operator` error that names the node. */
export function requireOperator(
  node: Pick<Node, 'name' | 'op'>,
  find: OperatorLookup = findOperator,
): AnyOperator {
  const operator = find(node.op);
  if (operator) return operator;
  throw new WgconvError('unsupported-operator', `wgconv has no operator ${node.op}`, {
    node: node.name,
    operator: node.op,
  });
}

function checkArity(
  node: string,
  operator: AnyOperator,
  side: 'input' | 'output',
  count: number,
): void {
  const [least, most] = side === 'input' ? operator.arity.inputs : operator.arity.outputs;
  if (count >= least && count <= most) return;
  const allowed =
    least === most ? `${least}` : most === Infinity ? `${least} or more` : `${least} to ${most}`;
  throw new WgconvError(
    'invalid-model',
    `the node has ${count} ${side}${count === 1 ? '' : 's'}, but its operator takes ${allowed}`,
    { node, operator: operator.type, data: { side, count, least, most } },
  );
}

/** Inputs that an operator may leave out stand after those it needs; those of a control node vary. */
function refuseLeftOut(
  node: string,
  { type, arity, traits }: AnyOperator,
  inputs: readonly string[],
) {
  const [least, most] = arity.inputs;
  const needed = most === Infinity ? inputs.length : least;
  const index = inputs.indexOf('');
  if (index < 0 || index >= needed || traits.control) return;
  throw new WgconvError('invalid-model', `the node needs its input ${index}, which is left out`, {
    node,
    operator: type,
  });
}
