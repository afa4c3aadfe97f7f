/** A random graph while it is put together: values to build on, tensors, nodes. */

import type { DataType } from '../../src/core/dtype.ts';
import { numbersOf, toReference } from '../../src/core/reference.ts';
import { isStatic, type StaticTensorType, sizeOf, type TensorType } from '../../src/core/shape.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import { buildNode } from '../../src/ops/build-node.ts';
import { findOperator } from '../../src/ops/index.ts';
import { attributeValues, type PlainAttribute } from '../../src/ops/plain-attributes.ts';
import { type AttributeInput, encodeModel, type NodeInput } from '../support/onnx-writer.ts';
import { integers, tensorOf, uniform } from '../support/random.ts';
import type { Tape } from './tape.ts';

export interface Value {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly number[];
}

/** What a new tensor is filled with. */
export type Fill =
  /** Zero-mean in (−1, 1). */
  | 'unit'
  /** Zero-mean in (−8, 8). */
  | 'wide'
  /** In (0.25, 2.25). */
  | 'positive'
  /** Integers in the range. */
  | readonly [low: number, high: number];

/** A whole graph: a model and what it is fed. */
export interface FuzzCase {
  readonly model: Uint8Array;
  readonly feeds: ReadonlyMap<string, HostTensor>;
  readonly opset: number;
  readonly nodes: readonly NodeInput[];
  readonly types: ReadonlyMap<string, Value>;
  readonly constants: ReadonlyMap<string, HostTensor>;
}

/** A step that would make too large a tensor, or that has nothing to work on: it is left out. */
export class Unfit extends Error {}

const mostElements = 20_000;

export class Draft {
  readonly opset: number;
  readonly #values: Value[] = [];
  readonly #nodes: NodeInput[] = [];
  readonly #feeds = new Map<string, HostTensor>();
  readonly #constants = new Map<string, HostTensor>();
  readonly #outputs: string[] = [];
  #seed: number;
  /** wgconv refused the last node: nothing can follow it, and the judge sees who is right. */
  #refused = false;

  constructor(opset: number, seed: number) {
    this.opset = opset;
    this.#seed = seed;
  }

  get isFinished(): boolean {
    return this.#refused;
  }

  get nodeCount(): number {
    return this.#nodes.length;
  }

  /** One of the values that fit, the newest first; or, where none does or chance wills, a new one. */
  pick(tape: Tape, fits: (value: Value) => boolean, fresh: () => Value): Value {
    const fitting = this.#values.filter((value) => fits(value)).reverse();
    const at = tape.int(0, fitting.length);
    return fitting[at] ?? fresh();
  }

  input(type: DataType, dims: readonly number[], fill: Fill = 'unit'): Value {
    const value = { name: `x${this.#feeds.size}`, type, dims };
    this.#feeds.set(value.name, this.#filled(type, dims, fill));
    this.#values.push(value);
    return value;
  }

  /** A constant of the graph, or now and then an input: weights may be either. */
  weight(tape: Tape, type: DataType, dims: readonly number[], fill: Fill = 'unit'): Value {
    return tape.rarely(4) ? this.input(type, dims, fill) : this.filledConstant(type, dims, fill);
  }

  /** Values of a constant that is no input by chance. */
  filledConstant(type: DataType, dims: readonly number[], fill: Fill): Value {
    return this.constant(this.#filled(type, dims, fill));
  }

  constant(tensor: HostTensor): Value {
    const name = `w${this.#constants.size}`;
    this.#constants.set(name, tensor);
    return { name, type: tensor.type, dims: tensor.dims };
  }

  /** A constant list of shapes, axes, pads. */
  list(values: readonly number[], type: DataType = 'int64'): Value {
    return this.constant(tensorOf([values.length], values, type));
  }

  scalar(value: number, type: DataType): Value {
    return this.constant(tensorOf([], [value], type));
  }

  /** Gives an input other values. */
  overwrite({ name, type, dims }: Value, values: readonly number[]): void {
    this.#feeds.set(name, tensorOf(dims, values, type));
  }

  /** Adds a node; undefined inputs are left out. Its outputs can be built on. */
  node(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, AttributeInput | undefined>> = {},
    outputCount = 1,
    /** Of the outputs, where a body and not the operator says them. */
    given?: readonly StaticTensorType[],
  ): readonly Value[] {
    const index = this.#nodes.length;
    const present = Object.entries(attributes).filter(([, value]) => value !== undefined);
    const names = inputs.map((value) => value?.name ?? '');
    while (names.at(-1) === '') names.pop();
    const outputs = Array.from({ length: outputCount }, (_, at) => `y${index}${'abcd'[at] ?? at}`);
    const node: NodeInput = {
      ...{ op, name: `${op.toLowerCase()}${index}`, inputs: names, outputs },
      attributes: Object.fromEntries(present) as Record<string, AttributeInput>,
    };
    const types = given ?? this.#inferred(node, inputs);
    for (const type of types ?? []) {
      if (isStatic(type) && sizeOf(type.dims) > mostElements) throw new Unfit();
    }
    this.#nodes.push(node);
    this.#outputs.push(...outputs);
    // A shape that depends on data ends the graph, too: the judge compares what comes of it.
    if (!types?.every(isStatic)) this.#refused = true;
    const values = outputs.flatMap((name, at) => {
      const type = types?.[at];
      return type && isStatic(type) ? [{ name, type: type.type, dims: type.dims }] : [];
    });
    this.#values.push(...values);
    return values;
  }

  /** Every value that no node reads is an output. */
  finish(): FuzzCase {
    const read = new Set(this.#nodes.flatMap(readBy));
    const types = new Map(this.#values.map((value) => [value.name, value]));
    const fed = [...this.#feeds].filter(([name]) => read.has(name));
    const constants = [...this.#constants].filter(([name]) => read.has(name));
    const outputs = this.#outputs.filter((name) => !read.has(name));
    const model = encodeModel({
      ...{ opset: this.opset, irVersion: 10, nodes: this.#nodes },
      inputs: fed.map(([name, { type, dims }]) => ({ name, type, dims })),
      // Without shapes: everybody infers their own.
      outputs: outputs.map((name) => {
        const type = types.get(name)?.type;
        return type ? { name, type } : { name };
      }),
      initializers: Object.fromEntries(constants),
    });
    const feeds = new Map(fed);
    const { opset } = this;
    return { model, feeds, opset, nodes: this.#nodes, types, constants: new Map(constants) };
  }

  #filled(type: DataType, dims: readonly number[], fill: Fill): HostTensor {
    const seed = this.#seed++;
    if (fill === 'wide') return uniform(dims, seed, { type, scale: 8 });
    if (fill === 'unit') return uniform(dims, seed, { type });
    if (fill === 'positive') {
      const numbers = numbersOf(toReference(uniform(dims, seed)));
      return tensorOf(
        dims,
        Array.from(numbers, (x) => x + 1.25),
        type,
      );
    }
    return integers(dims, seed, { type, low: fill[0], high: fill[1] });
  }

  #inferred(
    node: NodeInput,
    inputs: readonly (Value | undefined)[],
  ): readonly TensorType[] | undefined {
    const { op, name = op, outputs, attributes = {} } = node;
    const operator = findOperator(op);
    if (!operator) throw new Unfit(`no operator ${op}`);
    try {
      const built = buildNode({
        ...{ name, op, opset: this.opset, inputs: node.inputs, outputs },
        attributes: attributeValues(plainAttributes(attributes)),
      });
      const host = operator.traits.hostInputs ?? [];
      return operator.infer(
        node.inputs.map((_, index) => inputs[index]),
        built.attributes,
        (index) => {
          const input = node.inputs[index] ?? '';
          return (
            this.#constants.get(input) ??
            (host.includes(index) ? this.#feeds.get(input) : undefined)
          );
        },
      );
    } catch {
      return undefined;
    }
  }
}

/** Names that a node reads, and those that its bodies capture. */
function readBy({ inputs, attributes = {} }: NodeInput): string[] {
  const bodies = Object.values(attributes).flatMap((value) =>
    typeof value === 'object' && 'graph' in value ? value.graph.nodes : [],
  );
  return [...inputs, ...bodies.flatMap(readBy)];
}

/** What the writer of models takes, as the builder of nodes takes it. */
function plainAttributes(
  attributes: Readonly<Record<string, AttributeInput>>,
): Record<string, PlainAttribute> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]): [string, PlainAttribute] => {
      if (typeof value === 'object' && 'float' in value)
        return [name, { kind: 'float', value: value.float }];
      if (typeof value === 'object' && 'floats' in value)
        return [name, { kind: 'floats', value: value.floats }];
      if (typeof value === 'boolean' || typeof value === 'bigint') return [name, Number(value)];
      return [name, value as PlainAttribute];
    }),
  );
}
