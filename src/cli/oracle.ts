/**
 * The float64 reference of a whole model with its error bounds, computed in Node: it decides where
 * a published result is further from it than rounding explains.
 */

import type { HostTensor } from '../core/tensor.ts';
import { readModel } from '../formats/read-model.ts';
import type { Graph, Node } from '../graph/graph.ts';
import type { Accuracy } from '../ops/operator.ts';
import { optimise, prepare, shapeInputs } from '../passes/index.ts';
import { accuracyOf } from '../session/accuracy.ts';
import { compare } from '../session/compare.ts';
import { type EvaluatedTensor, References, referenceLookup } from '../session/evaluate.ts';
import type { ModelFile, NamedTensor } from './engine.ts';

export interface OracleValue {
  readonly name: string;
  readonly expected: EvaluatedTensor;
  readonly accuracy: Accuracy;
}

/** The model's outputs, or undefined where one of them is no node's (a constant, an input). */
export async function evaluateOracle(
  { bytes, externalData: files }: ModelFile,
  inputs: readonly NamedTensor[],
): Promise<OracleValue[] | undefined> {
  const read = await optimise(await readModel(bytes, { files }));
  const feeds = nameFeeds(read, inputs);
  const shapes = Object.fromEntries([...feeds].map(([name, { dims }]) => [name, dims]));
  const given = Object.fromEntries(
    shapeInputs(read).flatMap((name) => {
      const tensor = feeds.get(name);
      return tensor ? [[name, tensor] as const] : [];
    }),
  );
  const { original } = await prepare(read, shapes, { values: given });
  const references = new References();
  await references.load(original.nodes);
  const fed = referenceLookup(feeds);
  const values = new Map<string, EvaluatedTensor>();
  const classes = new Map<string, Accuracy>();
  for (const node of original.nodes) {
    const results = references.evaluate(node, original, (name) => values.get(name) ?? fed(name));
    const accuracy = loosest([accuracyOf(node, original), ...inputClasses(node, classes)]);
    node.outputs.forEach((name, index) => {
      const result = results[index];
      if (result) values.set(name, result);
      classes.set(name, accuracy);
    });
  }
  const outputs = original.outputs.flatMap((name) => {
    const expected = values.get(name);
    return expected ? [{ name, expected, accuracy: classes.get(name) ?? 'function' }] : [];
  });
  return outputs.length === original.outputs.length ? outputs : undefined;
}

/** Whether a stored tensor lies within the oracle's bound. */
export function agrees({ expected, accuracy }: OracleValue, tensor: HostTensor): boolean {
  if (tensor.type !== expected.type || tensor.dims.join() !== expected.dims.join()) return false;
  // No sequential sum to fall back on: the bound of any order of summation is the rule here.
  return compare(tensor, expected, accuracy, () => expected).ok;
}

function nameFeeds(graph: Graph, inputs: readonly NamedTensor[]): Map<string, HostTensor> {
  const names = graph.inputs.map((input) => input.name);
  const byName = inputs.every(({ name }) => names.includes(name));
  return new Map(
    inputs.map((input, index) => [byName ? input.name : (names[index] ?? input.name), input]),
  );
}

function inputClasses(node: Node, classes: ReadonlyMap<string, Accuracy>): Accuracy[] {
  return node.inputs.flatMap((name) => classes.get(name) ?? []);
}

function loosest(all: readonly Accuracy[]): Accuracy {
  return (['discrete', 'sum', 'function'] as const).find((kind) => all.includes(kind)) ?? 'exact';
}
