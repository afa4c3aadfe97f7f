/** Models of TensorFlow.js as files (`model.json` and shards), and what TensorFlow.js computes of them. */

import * as tf from '@tensorflow/tfjs';
import type { ExternalData } from '../../src/formats/files-beside.ts';
import type { InferenceSession } from '../../src/index.ts';
import { Tensor } from '../../src/index.ts';
import { uniform } from './random.ts';

/** Of a `model.json` what tests read and change. */
export interface ModelFile {
  readonly modelTopology: {
    readonly config: { readonly layers: { readonly class_name: string }[] };
  };
  readonly weightsManifest: readonly [{ paths: string[]; weights: tf.io.WeightsManifestEntry[] }];
}

export interface KerasFiles {
  readonly json: ModelFile;
  readonly shards: readonly ExternalData[];
}

export const bytesOf = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));

/** Gives every weight seeded values that keep a deep network's values near 1. */
export function seedWeights(model: tf.LayersModel, seed = 1): tf.LayersModel {
  model.setWeights(
    model.weights.map(({ shape, name }, index) => {
      const dims = shape as number[];
      const scale = /kernel/.test(name)
        ? Math.sqrt(
            3 /
              Math.max(
                1,
                dims.slice(0, -1).reduce((a, b) => a * b, 1),
              ),
          )
        : 1;
      const values = seededFloats(dims, seed * 1000 + index).map((value) => value * scale);
      return tf.tensor(/variance/.test(name) ? values.map((v) => Math.abs(v) + 0.5) : values, dims);
    }),
  );
  return model;
}

/** As the library saves it, with shards of so many bytes. */
export async function saveModel(model: tf.LayersModel, shardBytes = 1000): Promise<KerasFiles> {
  let saved: tf.io.ModelArtifacts = {};
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  const bytes = new Uint8Array(saved.weightData as ArrayBuffer);
  const shards = cut(bytes, shardBytes);
  const json = {
    format: 'layers-model',
    generatedBy: 'TensorFlow.js',
    modelTopology: saved.modelTopology,
    weightsManifest: [{ paths: shards.map(({ path }) => path), weights: saved.weightSpecs }],
  };
  // The library says of a topology only that it is an object.
  return { json: structuredClone(json) as unknown as ModelFile, shards };
}

/** Bytes in files `shard1.bin`, `shard2.bin`, … */
export function cut(bytes: Uint8Array, size: number): { path: string; data: Uint8Array }[] {
  const count = Math.max(1, Math.ceil(bytes.length / size));
  return Array.from({ length: count }, (_, index) => ({
    path: `shard${index + 1}.bin`,
    data: bytes.slice(index * size, (index + 1) * size),
  }));
}

/** Reads the files with the library. */
export function loadModel({ json, shards }: KerasFiles): Promise<tf.LayersModel> {
  const parts = shards.map(({ data }) => data as Uint8Array);
  const weightData = Uint8Array.from(parts.flatMap((part) => [...part])).buffer;
  const [{ weights: weightSpecs }] = json.weightsManifest;
  return tf.loadLayersModel(
    tf.io.fromMemory({ modelTopology: json.modelTopology, weightSpecs, weightData }),
  );
}

/** Seeded values for all inputs of a session; sizes that are open are 2 for the batch, else 6. */
export function feedsFor({ inputs }: InferenceSession, seed = 7): Record<string, Tensor> {
  return Object.fromEntries(
    inputs.map(({ name, dims }, index) => {
      const sizes = dims.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? 2 : 6));
      return [name, new Tensor('float32', seededFloats(sizes, seed + index), sizes)];
    }),
  );
}

/**
 * Outputs of both, in the model's order, must be equal but for `slack` times the largest value of each:
 * both round every layer's values to float32, after sums of other orders.
 */
export async function differences(
  session: InferenceSession,
  model: tf.LayersModel,
  feeds: Readonly<Record<string, Tensor>>,
  slack = 1e-5,
): Promise<string[]> {
  const results = await session.run(feeds);
  const inputs = session.inputNames.map((name) => {
    const { data, dims } = feeds[name] as Tensor;
    return tf.tensor(data as Float32Array, [...dims]);
  });
  const predicted = model.predict(inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs);
  return [predicted].flat().flatMap((expected, index) => {
    const name = session.outputNames[index] ?? 'no output';
    return differenceOf(name, results[name], expected, slack);
  });
}

function differenceOf(name: string, own: Tensor | undefined, peer: tf.Tensor, slack: number) {
  if (own?.dims.join() !== peer.shape.join()) {
    return [`${name} has the shape [${own?.dims}], not [${peer.shape}]`];
  }
  const values = own.data as Float32Array;
  const expected = Float32Array.from(peer.dataSync());
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(largest > 1e-3)) return [`${name} is all zero, or no number: that compares nothing`];
  const at = expected.findIndex((value, i) => {
    return !(Math.abs((values[i] as number) - value) <= slack * largest);
  });
  if (at < 0) return [];
  return [`${name}[${at}] is ${values[at]}, not ${expected[at]} ± ${slack * largest}`];
}

/** Uniform in (-1, 1). */
export function seededFloats(dims: readonly number[], seed: number): Float32Array {
  const { bytes } = uniform(dims, seed);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice();
}
