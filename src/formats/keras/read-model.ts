/** A layers model of Keras or TensorFlow.js (`model.json` and its shards) → Graph. */

import { WgconvError } from '../../core/errors.ts';
import type { Graph } from '../../graph/graph.ts';
import type { ExternalSource } from '../files-beside.ts';
import { type BuiltModel, buildModel } from './build-model.ts';
import { readWeights, type StoredWeight, shardPaths } from './manifest.ts';
import { readModelJson } from './model-json.ts';
import { type ModelConfig, readTopology } from './topology.ts';
import { matchWeights } from './weight-names.ts';

/**
 * Inputs and outputs are as in TensorFlow.js: channels last, with the batch in front.
 *
 * @param bytes of the `model.json`
 * @param source where its shards are
 * @throws WgconvError `invalid-model`, `invalid-shape`, `unsupported-operator` (with all layers in
 * `data.unsupported`) or `unsupported-type`
 */
export async function readKerasModel(
  bytes: Uint8Array,
  source: ExternalSource = {},
): Promise<Graph> {
  const { topology, weightsManifest } = readModelJson(bytes);
  const built = build(readTopology(topology));
  if (weightsManifest.length === 0 && built.wanted.length > 0) {
    throw new WgconvError(
      'invalid-model',
      'the model.json has no weightsManifest: save the model with its weights',
    );
  }
  setWeights(built, await readWeights(weightsManifest, source));
  return built.model.toGraph();
}

/** The files of weights that a `model.json` names, as paths below its folder. */
export function kerasShards(bytes: Uint8Array): string[] {
  return shardPaths(readModelJson(bytes).weightsManifest);
}

/** What layers refuse as a caller's arguments is the file's here. */
function build(config: ModelConfig): BuiltModel {
  try {
    return buildModel(config);
  } catch (cause) {
    if (!(cause instanceof WgconvError) || cause.code !== 'invalid-argument') throw cause;
    const { node, data } = cause;
    throw new WgconvError('invalid-model', `in the model.json, ${cause.message}`, {
      ...{ node, data, cause },
    });
  }
}

function setWeights({ model, wanted }: BuiltModel, stored: readonly StoredWeight[]): void {
  model.setWeights(matchWeights(wanted, stored).map(({ data }) => data));
}
