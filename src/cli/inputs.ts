/** The tensors that a model is fed: from files, from a seed, in the shapes it takes. */

import { dirname, extname, join } from 'node:path';
import { allocate, isBigInt, kindOf, numberToFloat16 } from '../core/dtype.ts';
import { WgconvError } from '../core/errors.ts';
import { formatDims, sizeOf } from '../core/shape.ts';
import { type HostTensor, hostTensor } from '../core/tensor.ts';
import { kerasShards } from '../formats/keras/index.ts';
import { externalLocations } from '../formats/onnx/external.ts';
import { readTensorProto } from '../formats/onnx/index.ts';
import { readProtoOrExplain } from '../formats/onnx/other-files.ts';
import { isJson, readModel } from '../formats/read-model.ts';
import type { ValueInfo } from '../graph/graph.ts';
import { randomOf } from '../passes/random-weights.ts';
import type { ModelFile, NamedTensor } from './engine.ts';
import { UsageError } from './failure.ts';
import { readNpy } from './npy.ts';
import type { Assignment, Shapes } from './options.ts';
import { readBytes } from './pictures.ts';

/**
 * A model that can be read and whose operators are all there: what is wrong with a file is said
 * before a browser is started for it.
 */
export async function readModelFile(file: string): Promise<ModelFile> {
  const model = readModelBytes(file);
  await readModel(model.bytes, { files: model.externalData }).catch((error: unknown) => {
    throw inFile(`the model "${file}"`, error);
  });
  return model;
}

/** The bytes of a model and of the files of weights beside it. */
export function readModelBytes(file: string): ModelFile {
  const bytes = readBytes(file, 'model');
  const locations = namingFile(`the model "${file}"`, () =>
    isJson(bytes) ? kerasShards(bytes) : externalLocations(readProtoOrExplain(bytes).external),
  );
  const externalData = locations.map((path) => ({
    path,
    data: readBytes(join(dirname(file), path), 'external data'),
  }));
  return { bytes, externalData };
}

/** Runs `read`; an error about the content of a file says which file. */
export function namingFile<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw inFile(what, error);
  }
}

function inFile(what: string, error: unknown): unknown {
  if (!(error instanceof WgconvError)) return error;
  const { code, message, value, data } = error;
  return new WgconvError(code, `${what}: ${message}`, { value, data, cause: error });
}

/** A `.npy` file, or a TensorProto in a `.pb` file, which may know its name ('' otherwise). */
export function readTensorFile(file: string): NamedTensor {
  const kind = extname(file).toLowerCase();
  if (kind !== '.npy' && kind !== '.pb') {
    throw new UsageError(`the tensor "${file}" must be a .npy or a .pb file`);
  }
  const bytes = readBytes(file, 'tensor');
  return namingFile(`the tensor "${file}"`, () => {
    if (kind === '.npy') return { name: '', ...readNpy(bytes) };
    const { name, tensor } = readTensorProto(bytes);
    return { name, ...tensor };
  });
}

/** `--input NAME=FILE`, each for an input that the model has. */
export function readFeeds(
  assignments: readonly Assignment[],
  inputs: readonly ValueInfo[],
): NamedTensor[] {
  return assignments.map(([name, file]) => {
    requireInput(name, inputs, '--input');
    return { ...readTensorFile(file), name };
  });
}

function requireInput(name: string, inputs: readonly ValueInfo[], option: string): void {
  if (inputs.some((input) => input.name === name)) return;
  const names = inputs.map((input) => `"${input.name}"`).join(', ');
  throw new UsageError(`${option}: the model has no input "${name}"; it has ${names || 'none'}`);
}

/**
 * A number for every dimension: from `--input-shape`, from tensors that are there, and 1 for a
 * batch, which is the first dimension.
 */
export function resolveShapes(
  inputs: readonly ValueInfo[],
  given: Shapes,
  feeds: readonly NamedTensor[] = [],
): Record<string, readonly number[]> {
  for (const name of Object.keys(given)) requireInput(name, inputs, '--input-shape');
  const symbols = new Map<string, number>();
  const known = (name: string) => feeds.find((feed) => feed.name === name)?.dims ?? given[name];
  for (const { name, dims } of inputs) {
    dims.forEach((dim, axis) => {
      const size = known(name)?.[axis];
      if (typeof dim === 'string' && size !== undefined) symbols.set(dim, size);
    });
  }
  for (const { name, dims } of inputs) {
    const [batch] = dims;
    if (typeof batch === 'string' && !known(name) && !symbols.has(batch)) symbols.set(batch, 1);
  }
  return Object.fromEntries(
    inputs.map(({ name, dims }) => {
      const chosen = known(name);
      if (chosen) return [name, chosen];
      const sizes = dims.map((dim) => (typeof dim === 'string' ? symbols.get(dim) : dim));
      if (sizes.some((size) => size === undefined)) {
        throw new UsageError(
          `the input "${name}" has the shape ${formatDims(dims)}; ` +
            `say its sizes with --input-shape ${name}=${dims.map((dim) => (typeof dim === 'string' ? '…' : dim)).join(',')}`,
        );
      }
      return [name, sizes as number[]];
    }),
  );
}

/**
 * Seeded values: floats uniform in [-1, 1), small whole numbers for integers, both truth values
 * for bool.
 */
export function randomTensor(
  { name, type }: ValueInfo,
  dims: readonly number[],
  seed: number,
): NamedTensor {
  const random = randomOf(`${seed}:${name}`);
  const data = allocate(type, sizeOf(dims)) as Float32Array;
  const big = data as unknown as BigInt64Array;
  const kind = kindOf(type);
  for (let index = 0; index < data.length; index++) {
    const uniform = random();
    if (kind === 'bool') data[index] = uniform < 0.5 ? 0 : 1;
    else if (isBigInt(type)) big[index] = BigInt(Math.floor(uniform * 8));
    else if (kind === 'int') data[index] = Math.floor(uniform * 16) - 8;
    else if (kind === 'uint') data[index] = Math.floor(uniform * 16);
    else if (type === 'float16') data[index] = numberToFloat16(2 * uniform - 1);
    else data[index] = 2 * uniform - 1;
  }
  const tensor: HostTensor = hostTensor(type, dims, data);
  return { name, ...tensor };
}
