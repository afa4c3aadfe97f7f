/** Small graphs for the pages: a few nodes by operator, which are loaded first; and their feeds. */

import { hostTensor } from '../../src/core/tensor.ts';
import { GraphBuilder } from '../../src/graph/builder.ts';
import { type Graph, Tensor } from '../../src/index.ts';
import { buildNode } from '../../src/ops/build-node.ts';
import { loadOperators } from '../../src/ops/index.ts';
import { attributeValues, type PlainAttribute } from '../../src/ops/plain-attributes.ts';

/** What a sketch draws with; every method gives the name of the value that it makes. */
export interface GraphPen {
  input(name: string, dims: readonly number[]): string;
  floats(name: string, dims: readonly number[], values: readonly number[]): string;
  integers(name: string, values: readonly number[]): string;
  /** A node that is called as its output. */
  node(
    op: string,
    inputs: readonly string[],
    output: string,
    attributes?: Readonly<Record<string, PlainAttribute | undefined>>,
  ): string;
}

/** A graph of what `sketch` draws; it gives the outputs' names. Inputs are float32. */
export async function smallGraph(
  name: string,
  operators: readonly string[],
  sketch: (pen: GraphPen) => readonly string[],
): Promise<Graph> {
  await loadOperators(operators);
  const builder = new GraphBuilder(name);
  const outputs = sketch({
    input: (value, dims) => builder.input(value, 'float32', dims),
    floats: (value, dims, values) =>
      builder.constant(value, hostTensor('float32', dims, Float32Array.from(values))),
    integers: (value, values) =>
      builder.constant(
        value,
        hostTensor('int64', [values.length], BigInt64Array.from(values, BigInt)),
      ),
    node: (op, inputs, output, attributes = {}) =>
      builder.node(
        buildNode({
          ...{ name: output, op, inputs, outputs: [output], opset: 24 },
          attributes: attributeValues(attributes),
        }),
      ),
  });
  return builder.build(outputs);
}

/** Numbers as a feed. */
export function floats(values: ArrayLike<number>, dims: readonly number[]): Tensor {
  return new Tensor('float32', Float32Array.from(values), dims);
}
