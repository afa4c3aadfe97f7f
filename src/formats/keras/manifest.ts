/**
 * The weights of a `model.json`: shards that belong together are one run of bytes, in which the
 * weights lie one after another, whatever shard a weight begins or ends in; some are quantised.
 * Definition: `io.WeightsManifestConfig` of https://js.tensorflow.org/api/latest/
 */

import { breathe } from '../../core/breathe.ts';
import { float16ToNumber, viewElements } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { mostModelBytes } from '../../core/fetch-bytes.ts';
import { formatDims, sizeOf } from '../../core/shape.ts';
import { type ExternalSource, pathBeside, readBeside } from '../files-beside.ts';
import { isObject, type JsonObject } from './model-json.ts';

/** A weight as layers compute with it, whatever it was stored as. */
export interface StoredWeight {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** How a weight lies in its shards. */
interface Entry {
  readonly name: string;
  readonly dims: readonly number[];
  /** Of the values; those of `quantization` are stored. */
  readonly type: StoredType;
  readonly quantization?: Quantization | undefined;
}

type Quantization =
  | { readonly type: 'float16' }
  | { readonly type: 'uint8' | 'uint16'; readonly scale: number; readonly min: number };

/** Bytes of an element. */
const storedTypes = { float32: 4, float16: 2, int32: 4, uint16: 2, uint8: 1, bool: 1 } as const;
type StoredType = keyof typeof storedTypes;

interface Group {
  readonly paths: readonly string[];
  readonly entries: readonly Entry[];
}

/** The files of weights that a model names, as paths below its folder. */
export function shardPaths(manifest: readonly JsonObject[]): string[] {
  return [...new Set(manifest.flatMap((group) => readGroup(group).paths))];
}

/**
 * Reads all weights, in the order of the manifest.
 * @throws WgconvError `invalid-model`, `unsupported-type`, `limit-exceeded`, naming the weight
 */
export async function readWeights(
  manifest: readonly JsonObject[],
  source: ExternalSource,
): Promise<StoredWeight[]> {
  const groups = manifest.map(readGroup);
  const paths = [...new Set(groups.flatMap((group) => group.paths))];
  const contents = await readBeside(paths, source);
  const weights: StoredWeight[] = [];
  for (const group of groups) {
    const shards = group.paths.map((path) => contents[paths.indexOf(path)] as Uint8Array);
    weights.push(...(await sliceGroup(group, shards)));
  }
  return weights;
}

function readGroup(group: JsonObject): Group {
  const { paths, weights } = group;
  if (!Array.isArray(paths) || !Array.isArray(weights)) {
    throw new WgconvError(
      'invalid-model',
      'a group of the weightsManifest has no list of paths or no list of weights',
    );
  }
  return {
    paths: paths.map((path: unknown) => {
      const plain = typeof path === 'string' ? pathBeside(path) : undefined;
      if (plain !== undefined) return plain;
      throw new WgconvError(
        'invalid-model',
        `the weightsManifest names the file ${JSON.stringify(path)}, which is no plain path below the model's folder`,
      );
    }),
    entries: weights.map(readEntry),
  };
}

function readEntry(weight: unknown): Entry {
  const { name, shape, dtype, quantization }: JsonObject = isObject(weight) ? weight : {};
  if (typeof name !== 'string' || name === '') {
    throw new WgconvError('invalid-model', 'a weight of the weightsManifest has no name');
  }
  const dims = Array.isArray(shape) ? (shape as readonly number[]) : undefined;
  if (!dims?.every((dim) => Number.isInteger(dim) && dim >= 0) || sizeOf(dims) > mostModelBytes) {
    fail(name, `has the impossible shape ${JSON.stringify(shape)}`);
  }
  const type = typeOf(dtype, name);
  return { name, dims, type, quantization: readQuantization(quantization, name) };
}

function typeOf(dtype: unknown, name: string): StoredType {
  if (typeof dtype === 'string' && Object.hasOwn(storedTypes, dtype)) return dtype as StoredType;
  throw new WgconvError(
    'unsupported-type',
    `the weight "${name}" has elements of type ${JSON.stringify(dtype)}; wgconv reads ${Object.keys(storedTypes).join(', ')}`,
    { value: name },
  );
}

function readQuantization(quantization: unknown, name: string): Quantization | undefined {
  if (quantization === undefined || quantization === null) return undefined;
  const { dtype, scale, min }: JsonObject = isObject(quantization) ? quantization : {};
  if (dtype === 'float16') return { type: dtype };
  if (dtype !== 'uint8' && dtype !== 'uint16') {
    return fail(name, `is quantised to ${JSON.stringify(dtype)}; that is float16, uint8 or uint16`);
  }
  if (typeof scale === 'number' && typeof min === 'number') return { type: dtype, scale, min };
  return fail(name, `is quantised to ${dtype} without a scale and a min`);
}

/** Cuts a group's shards into its weights. */
async function sliceGroup(
  { paths, entries }: Group,
  shards: readonly Uint8Array[],
): Promise<StoredWeight[]> {
  const files = paths.map((path) => `"${path}"`).join(', ');
  const stored = shards.reduce((sum, shard) => sum + shard.length, 0);
  let offset = 0;
  const weights: StoredWeight[] = [];
  for (const entry of entries) {
    await breathe();
    const { name, dims, type, quantization } = entry;
    const end = offset + sizeOf(dims) * storedTypes[quantization?.type ?? type];
    if (end > stored) {
      fail(
        name,
        `${formatDims(dims)} takes bytes ${offset} to ${end} of ${files}, which ${shards.length === 1 ? 'has' : 'have'} only ${stored}: a file is cut short, or belongs to another model`,
      );
    }
    const bytes = bytesOf(shards, offset, end);
    offset = end;
    weights.push({ name, dims, data: valuesOf(entry, bytes) });
  }
  if (offset === stored) return weights;
  throw new WgconvError(
    'invalid-model',
    `${files} ${shards.length === 1 ? 'has' : 'have'} ${stored} bytes, but the weights of model.json take ${offset}: a file belongs to another model`,
    { data: { expected: offset, actual: stored } },
  );
}

/** A view where the bytes lie in one shard, else a copy. */
function bytesOf(shards: readonly Uint8Array[], start: number, end: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let shardStart = 0;
  for (const shard of shards) {
    const from = Math.max(start - shardStart, 0);
    const to = Math.min(end - shardStart, shard.length);
    if (from < to) parts.push(shard.subarray(from, to));
    shardStart += shard.length;
  }
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const joined = new Uint8Array(end - start);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Dequantised in double precision and rounded once, as TensorFlow.js does. */
function valuesOf({ type, quantization }: Entry, bytes: Uint8Array): Float32Array {
  const stored = quantization?.type ?? type;
  const elements = viewElements(stored, bytes) as Float32Array | Uint16Array;
  if (stored === 'float32') return elements as Float32Array;
  if (stored === 'float16') return Float32Array.from(elements, float16ToNumber);
  if (!quantization || quantization.type === 'float16') return Float32Array.from(elements);
  const { scale, min } = quantization;
  const whole = type === 'int32';
  return Float32Array.from(elements, (value) => {
    const real = value * scale + min;
    return whole ? Math.round(real) : real;
  });
}

function fail(name: string, message: string): never {
  throw new WgconvError('invalid-model', `the weight "${name}" ${message}`, { value: name });
}
