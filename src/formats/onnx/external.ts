/**
 * Tensors whose data lies in files beside the model (TensorProto.data_location EXTERNAL). A location
 * comes from the model, so it must stay in the model's own folder.
 * Definition: https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
 */

import { bytesPerElement } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { checkModelSize } from '../../core/fetch-bytes.ts';
import { type ExternalSource, type MakeSketch, pathBeside, readBeside } from '../files-beside.ts';
import type { ModelProto, TensorProto } from './proto.ts';
import { elementTypeOf } from './tensor.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Gives every tensor its bytes, as views of the files; each file is read once.
 * @throws WgconvError `invalid-model`, `limit-exceeded`
 */
export async function readExternalData(
  tensors: readonly Writable<TensorProto>[],
  source: ExternalSource,
): Promise<void> {
  const locations = externalLocations(tensors);
  const contents = await readBeside(locations, source);
  const files = new Map(locations.map((location, index) => [location, contents[index]]));
  for (const tensor of tensors) {
    const location = locationOf(tensor);
    const file = files.get(location) as Uint8Array;
    const offset = placeOf(tensor, 'offset') ?? 0;
    const length = placeOf(tensor, 'length') ?? Math.max(file.length - offset, 0);
    if (offset + length > file.length) {
      fail(
        tensor,
        `takes bytes ${offset} to ${offset + length} of "${location}", which has only ${file.length}`,
      );
    }
    tensor.raw = file.subarray(offset, offset + length);
    delete tensor.external;
  }
}

/** Files that are there sooner are not worth a sketch. */
const shortMilliseconds = 50;

/** Waits for a model's files; meanwhile `make` may be asked for a sketch of it. */
export async function sketchedMeanwhile<T>(
  reading: Promise<T>,
  { onSketch }: ExternalSource,
  make: MakeSketch,
): Promise<T> {
  if (!onSketch) return reading;
  const controller = new AbortController();
  const timer = setTimeout(() => onSketch(make, controller.signal), shortMilliseconds);
  try {
    return await reading;
  } finally {
    clearTimeout(timer);
    controller.abort();
  }
}

/**
 * The model with zeros where its data is elsewhere; they share one piece of memory.
 * @throws WgconvError `limit-exceeded`
 */
export function withZeros(model: ModelProto): ModelProto {
  const sizeOf = ({ dims, dataType }: TensorProto) => {
    const type = elementTypeOf(dataType);
    return dims.reduce((size, dim) => size * Number(dim), type ? bytesPerElement(type) : 0);
  };
  const { graph } = model;
  const external = graph.initializers.filter((tensor) => tensor.external);
  const most = external.reduce((largest, tensor) => Math.max(largest, sizeOf(tensor)), 0);
  checkModelSize(most, 'a tensor of the model');
  const zeros = new Uint8Array(most);
  const initializers = graph.initializers.map(({ external: elsewhere, ...tensor }) =>
    elsewhere ? { ...tensor, raw: zeros.subarray(0, sizeOf(tensor)) } : tensor,
  );
  return { ...model, graph: { ...graph, initializers } };
}

/** The files that the tensors need, as paths below the model's folder. */
export function externalLocations(tensors: readonly TensorProto[]): string[] {
  return [...new Set(tensors.map(locationOf))];
}

/** A path below the model's folder, with forward slashes. */
function locationOf(tensor: TensorProto): string {
  const location = tensor.external?.get('location') ?? '';
  return (
    pathBeside(location) ??
    fail(tensor, `has its data in "${location}", which is no plain path below the model's folder`)
  );
}

function placeOf(tensor: TensorProto, key: 'offset' | 'length'): number | undefined {
  const text = tensor.external?.get(key);
  if (text === undefined || text === '') return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) fail(tensor, `has the ${key} "${text}" in its file of data`);
  return value;
}

function fail(tensor: TensorProto, message: string): never {
  throw new WgconvError('invalid-model', `the tensor "${tensor.name}" ${message}`, {
    value: tensor.name,
  });
}
