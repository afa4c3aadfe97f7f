/**
 * Tensors whose data lies in files beside the model (TensorProto.data_location EXTERNAL). A location
 * comes from the model, so it must stay in the model's own folder.
 * Definition: https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
 */

import { WgconvError } from '../../core/errors.ts';
import { checkModelSize, fetchBytes } from '../../core/fetch-bytes.ts';
import type { TensorProto } from './proto.ts';

/** A file of external data: its content or its address, under the name that the model has for it. */
export interface ExternalData {
  readonly path: string;
  readonly data: Uint8Array | ArrayBuffer | Blob | string | URL;
}

export interface ExternalSource {
  readonly files?: readonly ExternalData[] | undefined;
  /** Address of the model: files that are not given are fetched from its folder. */
  readonly model?: string | URL | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Gives every tensor its bytes, as views of the files; each file is read once.
 * @throws WgconvError `invalid-model`, `limit-exceeded`
 */
export async function readExternalData(
  tensors: readonly Writable<TensorProto>[],
  source: ExternalSource,
): Promise<void> {
  const { files: given = [] } = source;
  if (!Array.isArray(given) || given.some((file) => typeof file?.path !== 'string')) {
    throw new WgconvError(
      'invalid-argument',
      "externalData is a list of files, as [{ path: 'model.onnx.data', data }]",
    );
  }
  const locations = externalLocations(tensors);
  const contents = await Promise.all(locations.map((location) => read(location, source)));
  const files = new Map(locations.map((location, index) => [location, contents[index]]));
  checkModelSize(
    contents.reduce((sum, { length }) => sum + length, 0),
    `external data (${locations.map((location) => `"${location}"`).join(', ')})`,
  );
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

/** The files that the tensors need, as paths below the model's folder. */
export function externalLocations(tensors: readonly TensorProto[]): string[] {
  return [...new Set(tensors.map(locationOf))];
}

/** A path below the model's folder, with forward slashes. */
function locationOf(tensor: TensorProto): string {
  const location = (tensor.external?.get('location') ?? '').replace(/^(\.\/)+/, '');
  const parts = location.split('/');
  if (
    location === '' ||
    /[\\:?#%]/.test(location) ||
    parts.some((part) => /^\.{0,2}$/.test(part))
  ) {
    fail(tensor, `has its data in "${location}", which is no plain path below the model's folder`);
  }
  return location;
}

function placeOf(tensor: TensorProto, key: 'offset' | 'length'): number | undefined {
  const text = tensor.external?.get(key);
  if (text === undefined || text === '') return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) fail(tensor, `has the ${key} "${text}" in its file of data`);
  return value;
}

async function read(location: string, { files, model }: ExternalSource): Promise<Uint8Array> {
  const data = files?.find(({ path }) => path.replace(/^(\.\/)+/, '') === location)?.data;
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (typeof Blob !== 'undefined' && data instanceof Blob) {
    checkModelSize(data.size, `"${location}"`);
    return new Uint8Array(await data.arrayBuffer());
  }
  if (typeof data === 'string' || data instanceof URL) return fetchBytes(data);
  if (data !== undefined) {
    throw new WgconvError(
      'invalid-argument',
      `externalData "${location}" must be bytes (Uint8Array, ArrayBuffer, Blob) or an address`,
    );
  }
  if (model === undefined) {
    const given = (files ?? []).map(({ path }) => `"${path}"`).join(', ') || 'none';
    throw new WgconvError(
      'invalid-model',
      `the model has weights in the file "${location}"; give it as externalData: [{ path: '${location}', data }], or load the model by its address with the file beside it (files given: ${given})`,
      { data: { file: location } },
    );
  }
  // Relative addresses of a model are those of the page.
  return fetchBytes(new URL(location, new URL(model, globalThis.location?.href)));
}

function fail(tensor: TensorProto, message: string): never {
  throw new WgconvError('invalid-model', `the tensor "${tensor.name}" ${message}`, {
    value: tensor.name,
  });
}
