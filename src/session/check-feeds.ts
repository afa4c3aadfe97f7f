/** Holds what a caller feeds against the model's inputs. */

import { WgconvError } from '../core/errors.ts';
import { insist } from '../core/refuse-unknown.ts';
import { type Dim, formatDims } from '../core/shape.ts';
import { Tensor } from '../core/tensor.ts';
import type { ValueInfo } from '../graph/graph.ts';
import type { Feeds } from './backend.ts';

export type FeedsObject = Readonly<Record<string, Tensor>>;

/** @throws WgconvError `missing-input`, `unknown-input`, `wrong-type`, `wrong-shape`, naming it */
export function checkFeeds(inputs: readonly ValueInfo[], feeds: FeedsObject): Feeds {
  insist(
    isByName(feeds),
    `feeds are an object of tensors by input name, as { ${inputs[0]?.name}: tensor }`,
  );
  checkNames(inputs, feeds);
  return new Map(inputs.map((input) => [input.name, checkFeed(input, feeds[input.name])]));
}

/**
 * The shapes of all inputs, where those with symbolic dimensions are given.
 * @throws WgconvError `unknown-input`, `wrong-shape`, naming it
 */
export function checkShapes(
  inputs: readonly ValueInfo[],
  shapes: Readonly<Record<string, readonly number[]>>,
): Map<string, readonly number[]> {
  insist(
    isByName(shapes) && Object.values(shapes).every(Array.isArray),
    `shapes are an object of sizes by input name, as { ${inputs[0]?.name}: [1, 3, 224, 224] }`,
  );
  checkNames(inputs, shapes);
  for (const { name, dims } of inputs) {
    const given = shapes[name];
    if (given && !fits(dims, given)) {
      throw new WgconvError(
        'wrong-shape',
        `the input "${name}" takes the shape ${formatDims(dims)}, not ${formatDims(given)}`,
        { value: name, data: { expected: dims, actual: given } },
      );
    }
  }
  return new Map(inputs.map(({ name, dims }) => [name, shapes[name] ?? (dims as number[])]));
}

/** What has names of inputs: not a lone tensor, nor a list. */
function isByName(given: unknown): boolean {
  return (
    typeof given === 'object' &&
    given !== null &&
    !(given instanceof Tensor || Array.isArray(given))
  );
}

function checkNames(inputs: readonly ValueInfo[], given: object): void {
  const names = inputs.map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new WgconvError(
    'unknown-input',
    `the model has no input "${unknown}"; its inputs are ${names.map((name) => `"${name}"`).join(', ')}`,
    { value: unknown },
  );
}

function checkFeed(input: ValueInfo, tensor: Tensor | undefined): Tensor {
  const { name, type, dims } = input;
  if (!tensor) {
    throw new WgconvError(
      'missing-input',
      `the input "${name}" (${type}${formatDims(dims)}) is missing from the feeds`,
      { value: name },
    );
  }
  if (!(tensor instanceof Tensor)) {
    throw new WgconvError('wrong-type', `the input "${name}" must be a Tensor`, { value: name });
  }
  if (tensor.type !== type) {
    throw new WgconvError(
      'wrong-type',
      `the input "${name}" takes ${type} elements, but the tensor holds ${tensor.type}`,
      { value: name, data: { expected: type, actual: tensor.type } },
    );
  }
  if (!fits(dims, tensor.dims)) {
    throw new WgconvError(
      'wrong-shape',
      `the input "${name}" takes the shape ${formatDims(dims)}, but the tensor has ${formatDims(tensor.dims)}`,
      { value: name, data: { expected: dims, actual: tensor.dims } },
    );
  }
  return tensor;
}

function fits(expected: readonly Dim[], dims: readonly number[]): boolean {
  return (
    dims.length === expected.length &&
    expected.every((dim, axis) => typeof dim === 'string' || dim === dims[axis])
  );
}
