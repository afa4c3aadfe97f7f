/**
 * What a graph's outputs must be, and how far a right implementation in float32 may be off.
 *
 * The float64 references give the values. How an error travels through a graph is found by trying:
 * the references run again and again with every float that a node makes moved up or down by as much
 * as float32 may be wrong there (the bound of the operator's accuracy class), at random. What moves
 * an output far is allowed far: a difference of nearly equal numbers, a rounding, an index of the
 * greatest element. What nothing moves must be equal.
 */

import { isFloat } from '../../src/core/dtype.ts';
import type { ReferenceArray, ReferenceTensor } from '../../src/core/reference.ts';
import { toReference } from '../../src/core/reference.ts';
import type { HostTensor } from '../../src/core/tensor.ts';
import { readOnnxModel } from '../../src/formats/onnx/index.ts';
import type { Graph, Node } from '../../src/graph/graph.ts';
import type { ResizeAttributes } from '../../src/ops/resize/attributes.ts';
import { optimise, prepare, shapeInputs } from '../../src/passes/index.ts';
import { accuracyOf } from '../../src/session/accuracy.ts';
import { boundOf } from '../../src/session/compare.ts';
import { type EvaluatedTensor, References } from '../../src/session/evaluate.ts';
import { generator } from '../support/random.ts';
import type { FuzzCase } from './draft.ts';
import { nearestTies } from './nearest-ties.ts';

export interface Expectation {
  readonly name: string;
  readonly type: HostTensor['type'];
  readonly dims: readonly number[];
  readonly value: ReferenceArray;
  /** For each element; infinite where nothing can be said. */
  readonly tolerance: Float64Array;
}

export interface Expectations {
  readonly outputs: readonly Expectation[];
  /** Values between nodes that are no finite numbers: implementations may go on as they like. */
  readonly nonFinite: boolean;
}

/**
 * Two errors of one size and of random signs cancel in half of all tries, and in a large tensor some
 * element has that luck in six of six: so there are many tries, and sizes are random, too.
 */
const repetitions = 12;
/** The measured spread is of a few tries, and two implementations may be off in opposite ways. */
const safety = 4;

export async function expectationsOf({ model, feeds }: FuzzCase): Promise<Expectations> {
  // Folding would hide how constants' errors travel.
  const read = await optimise(await readOnnxModel(model));
  const shapes = Object.fromEntries([...feeds].map(([name, { dims }]) => [name, dims]));
  const values = Object.fromEntries(
    shapeInputs(read).map((name) => [name, feeds.get(name) as HostTensor]),
  );
  const { original } = await prepare(read, shapes, { values });
  const references = new References();
  await references.load(original.nodes);
  const plain = evaluate(original, feeds, references);
  const spreads = new Map(
    original.outputs.map((name) => [
      name,
      new Float64Array(plain.values.get(name)?.value.length ?? 0),
    ]),
  );
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const random = generator(repetition + 1);
    const moved = evaluate(original, feeds, references, plain.bounds, random);
    for (const [name, spread] of spreads) {
      const wanted = plain.values.get(name)?.value;
      const got = moved.values.get(name)?.value;
      spread.forEach((before, index) => {
        const difference = Math.abs(Number(got?.[index]) - Number(wanted?.[index]));
        const same = Object.is(got?.[index], wanted?.[index]);
        // NaN here, and not there: nothing can be said.
        spread[index] = same
          ? before
          : Math.max(before, Number.isNaN(difference) ? Infinity : difference);
      });
    }
  }
  const outputs = original.outputs.map((name): Expectation => {
    const value = plain.values.get(name) ?? constantOf(original, name);
    const bound = plain.bounds.get(name) ?? (isFloat(value.type) ? foldedBound(value) : undefined);
    const spread = spreads.get(name);
    const tolerance = new Float64Array(value.value.length);
    for (let index = 0; index < tolerance.length; index++) {
      const unclear =
        plain.unclear.has(name) || value.ambiguous?.[index] || isTooLarge(value.value[index]);
      tolerance[index] = unclear
        ? Number.POSITIVE_INFINITY
        : safety * Math.max(bound?.(index) ?? 0, spread?.[index] ?? 0);
    }
    return { name, type: value.type, dims: value.dims, value: value.value, tolerance };
  });
  return { outputs, nonFinite: plain.nonFinite };
}

/**
 * What comes of constants alone is folded, and nothing is known of its bound but that it was rounded:
 * it may be off as a function's result may.
 */
function foldedBound({ value }: EvaluatedTensor): (index: number) => number {
  return (index) => 8 * 2 ** -24 * (1 + Math.abs(Number(value[index])));
}

/** No number, or one that float32 may not hold. */
function isTooLarge(value: unknown): boolean {
  return typeof value === 'number' && !(Math.abs(value) < 1e37);
}

interface Evaluated {
  readonly values: ReadonlyMap<string, EvaluatedTensor>;
  readonly bounds: ReadonlyMap<string, (index: number) => number>;
  /** Values that depend on a decision that may be taken either way. */
  readonly unclear: ReadonlySet<string>;
  readonly nonFinite: boolean;
}

function evaluate(
  graph: Graph,
  feeds: ReadonlyMap<string, HostTensor>,
  references: References,
  bounds?: ReadonlyMap<string, (index: number) => number>,
  random: () => number = () => 0,
): Evaluated {
  const given = new Map([...feeds].map(([name, tensor]) => [name, toReference(tensor)]));
  const values = new Map<string, EvaluatedTensor>();
  const own = new Map<string, (index: number) => number>();
  const unclear = new Set<string>();
  let nonFinite = false;
  const lookup = (name: string): ReferenceTensor | undefined => {
    const value = values.get(name);
    // Only the value goes on: bounds are for single nodes.
    return value ? { type: value.type, dims: value.dims, value: value.value } : given.get(name);
  };
  for (const node of graph.nodes) {
    const results = withTies(node, references.evaluate(node, graph, lookup), (name) => {
      const constant = graph.constants.get(name);
      return lookup(name) ?? (constant && toReference(constant));
    });
    const accuracy = accuracyOf(node, graph);
    const tainted = node.inputs.some(
      (name) => unclear.has(name) || values.get(name)?.ambiguous?.includes(1),
    );
    node.outputs.forEach((name, index) => {
      const result = results[index];
      if (!result || name === '') return;
      if (tainted) unclear.add(name);
      const bound = boundOf(result, accuracy);
      const extra =
        coordinateError(node.op, node.inputs.map(lookup), result) +
        // exp(x) − 1, log(1 + x): written so, they are off by the rounding of 1, however small they are.
        (accuracy === 'function' && isFloat(result.type) ? 8 * 2 ** -24 : 0);
      own.set(name, extra === 0 ? bound : (index) => bound(index) + extra);
      nonFinite ||= Array.prototype.some.call(result.value, isTooLarge);
      values.set(name, bounds ? moved(result, bounds.get(name), random) : result);
    });
  }
  return { values, bounds: own, unclear, nonFinite };
}

function withTies(
  { op, inputs, attributes }: Node,
  results: readonly EvaluatedTensor[],
  lookup: (name: string) => ReferenceTensor | undefined,
): readonly EvaluatedTensor[] {
  if (op !== 'Resize' && op !== 'Upsample') return results;
  const ambiguous = nearestTies(inputs.map(lookup), attributes as ResizeAttributes);
  return ambiguous ? results.map((result) => ({ ...result, ambiguous })) : results;
}

/** Operators that compute where in an image they read. */
const samplers = ['Resize', 'Upsample', 'GridSample', 'RoiAlign', 'DeformConv'];

/**
 * wgconv's reference has exact coordinates, and its kernels are held to that, node by node. Others
 * compute them in float32: off by some units in the last place of the image's extent, times the
 * slope between neighbours.
 */
function coordinateError(
  op: string,
  [image]: readonly (ReferenceTensor | undefined)[],
  { dims }: EvaluatedTensor,
): number {
  if (!samplers.includes(op) || !image) return 0;
  let greatest = 0;
  for (const x of image.value) greatest = Math.max(greatest, Math.abs(Number(x)));
  return 8 * 2 ** -24 * Math.max(...image.dims.slice(2), ...dims.slice(2)) * greatest;
}

function moved(
  result: EvaluatedTensor,
  bound: ((index: number) => number) | undefined,
  random: () => number,
): EvaluatedTensor {
  if (!bound || !isFloat(result.type)) return result;
  const value = Float64Array.from(result.value as Float64Array, (x, index) => {
    // By half of the bound to all of it, up or down.
    const share = 2 * random() - 1;
    return x + ((Math.sign(share) + share) / 2) * bound(index);
  });
  return { ...result, value };
}

function constantOf(graph: Graph, name: string): EvaluatedTensor {
  const tensor = graph.constants.get(name);
  if (!tensor) throw new Error(`the output "${name}" has no value`);
  return toReference(tensor);
}

/** A sentence where the tensor is not what is expected. */
export function difference(
  expected: Expectation,
  actual: HostTensor,
  factor = 1,
): string | undefined {
  const { name, type, dims, value, tolerance } = expected;
  if (actual.type !== type) return `${name} is of type ${actual.type}, not ${type}`;
  if (`${actual.dims}` !== `${dims}`)
    return `${name} has the shape [${actual.dims}], not [${dims}]`;
  const got = toReference(actual).value;
  let worst = 1;
  let message: string | undefined;
  value.forEach((wanted: number | bigint, index: number) => {
    const have = got[index] as number | bigint;
    if (have === wanted || (Number.isNaN(have) && Number.isNaN(wanted))) return;
    const allowed = factor * (tolerance[index] as number) || Number.MIN_VALUE;
    const error = Math.abs(Number(have) - Number(wanted));
    const ratio = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / allowed;
    if (!(ratio > worst) || allowed === Number.POSITIVE_INFINITY) return;
    worst = ratio;
    message = `${name}[${index}] is ${have}, not ${wanted} (± ${allowed.toExponential(1)})`;
  });
  return message;
}
