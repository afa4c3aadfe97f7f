/** Holds what a caller feeds against the model's inputs. */

import { WgconvError } from '../core/errors.ts';
import { type Dim, formatDims } from '../core/shape.ts';
import { Tensor } from '../core/tensor.ts';
import type { ValueInfo } from '../graph/graph.ts';
import type { Feeds } from './backend.ts';

export type FeedsObject = Readonly<Record<string, Tensor>>;

/** @throws WgconvError `missing-input`, `unknown-input`, `wrong-type`, `wrong-shape`, naming it */
export function checkFeeds(inputs: readonly ValueInfo[], feeds: FeedsObject): Feeds {
  if (typeof feeds !== 'object' || feeds === null) {
    throw new WgconvError(
      'invalid-argument',
      `feeds are an object of tensors by input name, as { ${inputs[0]?.name}: tensor }`,
    );
  }
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
