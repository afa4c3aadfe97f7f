/** Damage to an ONNX model that knows its messages: a file that parses, but says something else. */

import { operatorNames } from '../../../src/ops/index.ts';
import type { Chance } from './chance.ts';
import { extremes } from './mutate-bytes.ts';
import {
  copyTree,
  encodeTree,
  externalEntry,
  type Field,
  isBytes,
  isMessage,
  joinBytes,
  type Message,
  type MessageKind,
  messagesOf,
  parseTree,
  roleOf,
  textBytes,
  varintBytes,
} from './protobuf-tree.ts';

/** Names that objects have of themselves, that are no names, or that mean a place in a file system. */
const oddNames = [
  ...['', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '\u0000', '\ud800'],
  ...['../../etc/passwd', 'https://localhost/', 'a/0/b', 'wgconv.Pointwise', '*/ } fn main() {'],
  'x'.repeat(70_000),
];

const fieldsOf = (message: Message, ...numbers: readonly number[]) =>
  message.fields.filter(({ number }) => numbers.includes(number));

class Tree {
  readonly root: Message;
  readonly chance: Chance;

  constructor(root: Message, chance: Chance) {
    this.root = root;
    this.chance = chance;
  }

  /** A message of the kind, or undefined where there is none. */
  any(...kinds: readonly MessageKind[]): Message | undefined {
    const all = messagesOf(this.root);
    const fitting = kinds.length === 0 ? all : all.filter(({ kind }) => kinds.includes(kind));
    return fitting.length === 0 ? undefined : this.chance.of(fitting);
  }

  /** A field in the messages of the kinds that fits. */
  field(fits: (field: Field, message: Message) => boolean, ...kinds: readonly MessageKind[]) {
    const message = this.any(...kinds);
    const fitting = message?.fields.filter((field) => fits(field, message)) ?? [];
    return fitting.length === 0 ? undefined : this.chance.of(fitting);
  }

  /** The text of some value's name. */
  valueName(): Uint8Array {
    const found =
      this.field(({ number }) => number < 3, 'Node') ??
      this.field(({ number }) => number === 1, 'Value');
    return found && isBytes(found.value) ? found.value : textBytes('x');
  }
}

type Damage = (tree: Tree, chance: Chance, other: Message | undefined) => void;

const isText = (field: Field, { kind }: Message) =>
  roleOf(kind, field.number) === 'text' && isBytes(field.value);

/** Shapes that are impossible, empty, enormous, or of enormous rank. */
function oddDims(chance: Chance): bigint[] {
  const rank = chance.of([0, 1, 2, 3, 4, 4, 5, 8, 9, 40, 3000]);
  const small = () => BigInt(chance.int(4));
  return Array.from({ length: rank }, () => (chance.oneIn(3) ? chance.of(extremes) : small()));
}

function setDims(tensor: Message, dims: readonly bigint[]): void {
  tensor.fields = [
    ...dims.map((dim): Field => ({ number: 1, wire: 0, value: BigInt.asUintN(64, dim) })),
    ...tensor.fields.filter(({ number }) => number !== 1),
  ];
}

function setShape(shape: Message, dims: readonly bigint[]): void {
  shape.fields = dims.map((dim) => ({
    ...{ number: 1, wire: 2 },
    value: { kind: 'Dim', fields: [{ number: 1, wire: 0, value: BigInt.asUintN(64, dim) }] },
  }));
}

const damages: Readonly<Record<string, Damage>> = {
  number(tree, chance) {
    const found = tree.field(({ value }) => typeof value === 'bigint');
    if (!found || typeof found.value !== 'bigint') return;
    const value = chance.oneIn(3) ? found.value + BigInt(chance.int(9) - 4) : chance.of(extremes);
    found.value = BigInt.asUintN(64, value);
  },
  name(tree, chance) {
    const found = tree.field(isText);
    if (found) found.value = chance.oneIn(2) ? textBytes(chance.of(oddNames)) : tree.valueName();
  },
  /** Makes cycles, values read before they are made, and wrong types. */
  rewire(tree, chance) {
    const found = tree.field(({ number }) => number === 1, 'Node');
    if (found) found.value = chance.oneIn(8) ? textBytes('') : tree.valueName();
  },
  /** Makes values with two producers. */
  remake(tree) {
    const found = tree.field(({ number }) => number === 2, 'Node');
    if (found) found.value = tree.valueName();
  },
  addInput(tree, chance) {
    const node = tree.any('Node');
    node?.fields.push({ number: chance.of([1, 1, 2]), wire: 2, value: tree.valueName() });
  },
  operator(tree, chance) {
    const found = tree.field(({ number }) => number === 4, 'Node');
    if (found) found.value = textBytes(chance.of(operatorNames));
  },
  dims(tree, chance) {
    const tensor = tree.any('Tensor');
    if (tensor) setDims(tensor, oddDims(chance));
  },
  inputDims(tree, chance) {
    const shape = tree.any('Shape');
    if (shape) setShape(shape, oddDims(chance));
  },
  /** A tensor of many elements, all of which the file has. */
  inputDim(tree, chance) {
    const found = tree.field(() => true, 'Dim');
    if (found?.wire === 0) found.value = BigInt.asUintN(64, chance.of(extremes));
  },
  /** Elements of what may be a shape, axes, repeats, a trip count. */
  elements(tree, chance) {
    const isSmall = ({ number, value }: Field) =>
      number === 9 && isBytes(value) && value.length < 99;
    const found = tree.field(isSmall, 'Tensor');
    if (!found || !isBytes(found.value)) return;
    const copy = found.value.slice();
    const width = copy.length % 8 === 0 ? 8 : 4;
    if (copy.length < width) return;
    const at = width * chance.int(Math.floor(copy.length / width));
    const view = new DataView(copy.buffer);
    const value = chance.of(extremes);
    if (width === 8) view.setBigInt64(at, BigInt.asIntN(64, value), true);
    else if (chance.oneIn(2)) view.setInt32(at, Number(BigInt.asIntN(32, value)), true);
    else view.setFloat32(at, chance.of([Number(value), Number.NaN, Infinity, 1e-30, -0.5]), true);
    found.value = copy;
  },
  /** Data that is shorter or longer than the shape says. */
  data(tree, chance) {
    const found = tree.field(({ number, value }) => number >= 4 && isBytes(value), 'Tensor');
    if (!found || !isBytes(found.value)) return;
    const length = chance.of([0, 1, 3, found.value.length - 1, found.value.length + 8]);
    const resized = new Uint8Array(Math.max(0, length));
    resized.set(found.value.subarray(0, resized.length));
    found.value = resized;
  },
  elementType(tree, chance) {
    const tensor = tree.field(({ number }) => number === 2, 'Tensor');
    const value = tree.field(({ number }) => number === 1, 'TensorType');
    const found = chance.oneIn(2) ? tensor : value;
    if (found?.wire === 0) found.value = BigInt(chance.int(30));
  },
  external(tree, chance) {
    const tensor = tree.any('Tensor');
    if (!tensor) return;
    tensor.fields.push(
      externalEntry(
        'location',
        chance.of(['weights', 'weights', './weights', '../weights', 'no', '/etc/passwd']),
      ),
      externalEntry('offset', chance.of(['0', '8', '-1', '1e3', '99999999999', `${2 ** 53}`, 'x'])),
      externalEntry('length', chance.of(['0', '16', '-1', `${2 ** 53}`, '4'])),
      { number: 14, wire: 0, value: 1n },
    );
  },
  attribute(tree, chance) {
    const attribute = tree.any('Attribute');
    if (!attribute) return;
    const [type] = fieldsOf(attribute, 20);
    const kind =
      chance.oneIn(2) && typeof type?.value === 'bigint' ? Number(type.value) : 1 + chance.int(8);
    const extreme = () =>
      BigInt.asUintN(64, chance.oneIn(2) ? chance.of(extremes) : BigInt(chance.int(5)));
    const float = () => {
      const bytes = new Uint8Array(4);
      const value = chance.of([0, -1, 0.5, 1e30, -1e30, Number.NaN, Infinity, 1e-40]);
      new DataView(bytes.buffer).setFloat32(0, value, true);
      return bytes;
    };
    const many = () => Array.from({ length: chance.of([0, 1, 2, 3, 4, 6, 2000]) });
    attribute.fields = [
      ...fieldsOf(attribute, 1),
      { number: 20, wire: 0, value: BigInt(kind) },
      ...(kind === 1 ? [{ number: 2, wire: 5, value: float() }] : []),
      ...(kind === 2 ? [{ number: 3, wire: 0, value: extreme() }] : []),
      ...(kind === 3 ? [{ number: 4, wire: 2, value: textBytes(chance.of(oddNames)) }] : []),
      ...(kind === 6 ? many().map(() => ({ number: 7, wire: 5, value: float() })) : []),
      ...(kind === 7 ? many().map(() => ({ number: 8, wire: 0, value: extreme() })) : []),
      ...(kind === 8 ? many().map(() => ({ number: 9, wire: 2, value: textBytes('x') })) : []),
      ...(kind === 4 || kind === 5 ? fieldsOf(attribute, 5, 6) : []),
    ];
  },
  /** One number of a list or of an attribute. */
  attributeNumber(tree, chance) {
    const found = tree.field(
      ({ number, wire }) => (number === 3 || number === 8) && wire < 3,
      'Attribute',
    );
    if (!found) return;
    const value = BigInt.asUintN(64, chance.of(extremes));
    found.value = found.wire === 0 ? value : joinBytes([varintBytes(value), varintBytes(1n)]);
  },
  opset(tree, chance) {
    const found = tree.field(({ number }) => number === 2, 'Opset');
    if (found) found.value = chance.oneIn(3) ? chance.of(extremes) : BigInt(1 + chance.int(24));
    if (typeof found?.value === 'bigint') found.value = BigInt.asUintN(64, found.value);
  },
  drop(tree, chance) {
    const message = tree.any();
    message?.fields.splice(chance.int(message.fields.length), 1);
  },
  duplicate(tree, chance) {
    const message = tree.any();
    const field = message?.fields.length ? chance.of(message.fields) : undefined;
    if (message && field)
      message.fields.push(...copyTree({ kind: message.kind, fields: [field] }).fields);
  },
  swap(tree, chance) {
    const { fields } = tree.any() ?? {};
    if (!fields || fields.length < 2) return;
    const [a, b] = [chance.int(fields.length), chance.int(fields.length)];
    const [one, two] = [fields[a] as Field, fields[b] as Field];
    if (chance.oneIn(2)) [fields[a], fields[b]] = [two, one];
    else [one.value, two.value] = [two.value, one.value];
  },
  renumber(tree, chance) {
    const found = tree.field(() => true);
    if (found && chance.oneIn(2)) found.number = 1 + chance.int(30);
    else if (found) found.wire = chance.int(8);
  },
  /** A chain of copies of a node, far longer than any call stack. */
  chain(tree, chance) {
    const graph = tree.any('Graph');
    const nodes = graph ? fieldsOf(graph, 1).filter(({ value }) => isMessage(value)) : [];
    if (!graph || nodes.length === 0) return;
    const node = chance.of(nodes).value as Message;
    // Copies of bodies within bodies would be megabytes.
    const length = chance.of(messagesOf(node).length > 50 ? [3] : [3, 30, 300, 2000]);
    let from = fieldsOf(node, 2)[0]?.value ?? textBytes('x');
    for (let link = 0; link < length; link++) {
      const copy = copyTree(node);
      const [first] = fieldsOf(copy, 1);
      if (first) first.value = from;
      fieldsOf(copy, 2).forEach((output, at) => {
        output.value = textBytes(`chain${link}_${at}`);
      });
      copy.fields = copy.fields.filter(({ number }) => number !== 3);
      from = fieldsOf(copy, 2)[0]?.value ?? from;
      graph.fields.push({ number: 1, wire: 2, value: copy });
    }
    const outputs = graph.fields.filter(({ number }) => number === 12);
    const value = outputs[0]?.value;
    if (value && isMessage(value) && chance.oneIn(2))
      fieldsOf(value, 1).forEach((name) => {
        name.value = from;
      });
  },
  /** Bodies within bodies. */
  nest(tree, chance) {
    const graph = tree.any('Graph');
    if (!graph) return;
    // Of a graph that is a long chain already, copies of copies would be megabytes.
    const depth = chance.of(graph.fields.length > 500 ? [1, 2] : [1, 2, 5, 31, 33, 200]);
    const names = fieldsOf(graph, 12).flatMap(({ value }) =>
      isMessage(value) ? fieldsOf(value, 1) : [],
    );
    let inner = copyTree(graph);
    inner.fields = inner.fields.filter(({ number }) => number !== 11);
    for (let level = 0; level < depth; level++) {
      const branch = (name: string): Field => ({
        ...{ number: 5, wire: 2 },
        value: {
          kind: 'Attribute',
          fields: [
            { number: 1, wire: 2, value: textBytes(name) },
            { number: 6, wire: 2, value: inner },
            { number: 20, wire: 0, value: 5n },
          ],
        },
      });
      const node: Message = {
        kind: 'Node',
        fields: [
          { number: 1, wire: 2, value: tree.valueName() },
          ...names.map(({ value }): Field => ({ number: 2, wire: 2, value })),
          { number: 4, wire: 2, value: textBytes(chance.of(['If', 'If', 'Loop'])) },
          branch('then_branch'),
          ...(depth > 5 ? [] : [branch('else_branch')]),
        ],
      };
      inner = {
        kind: 'Graph',
        fields: [{ number: 1, wire: 2, value: node }, ...fieldsOf(graph, 12)],
      };
    }
    graph.fields = [...graph.fields.filter(({ number }) => number !== 1), ...fieldsOf(inner, 1)];
  },
  /** Nodes and constants of another model. */
  splice(tree, chance, other) {
    const graph = tree.any('Graph');
    const [theirs] = other ? messagesOf(other).filter(({ kind }) => kind === 'Graph') : [];
    if (!graph || !theirs) return;
    const numbers = chance.of([[1], [5], [1, 5], [11], [1, 5, 11, 12]]);
    graph.fields.push(...copyTree({ kind: 'Graph', fields: fieldsOf(theirs, ...numbers) }).fields);
  },
};

const names = Object.keys(damages);

/** Damage that a reader cannot see: what follows of it is for shapes, passes and plans to bear. */
const subtle = [
  ...['number', 'dims', 'inputDims', 'inputDim', 'elements', 'attribute', 'attributeNumber'],
  ...['elementType', 'opset', 'rewire', 'operator'],
];

/**
 * One to three kinds of damage at once, and now and then a field whose length lies.
 * @throws Error where the bytes are no protobuf message
 */
export function mutateTree(bytes: Uint8Array, chance: Chance, other: Uint8Array): Uint8Array {
  const tree = new Tree(parseTree(bytes), chance);
  const guest = treeOf(other);
  for (let count = chance.of([1, 1, 1, 2, 3]); count-- > 0; ) {
    damages[chance.of(chance.oneIn(3) ? names : subtle)]?.(tree, chance, guest);
  }
  if (!chance.oneIn(25)) return encodeTree(tree.root);
  const at = chance.int(chance.of([8, 200]));
  const off = chance.of([-1n, 1n, 5n, 1000n, 2n ** 31n, 2n ** 63n]);
  return encodeTree(tree.root, { at, length: (real) => BigInt(real) + off });
}

function treeOf(bytes: Uint8Array): Message | undefined {
  try {
    return parseTree(bytes);
  } catch {
    return undefined; // A model.json, for example.
  }
}
