/**
 * The models that the loader fuzzer damages: graphs of every operator that `npm run fuzz` makes, the
 * project's own models, a model of Keras, and those of the optional sibling folder `shared/`, whose
 * weights are replaced by places in one file beside the model, so that they are small.
 */

import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import * as fc from 'fast-check';
import type { ExternalData } from '../../../src/formats/files-beside.ts';
import { caseOf, recipes } from '../recipe.ts';
import { kerasModels } from './keras-models.ts';
import {
  encodeTree,
  externalEntry,
  isBytes,
  isMessage,
  type Message,
  messagesOf,
  parseTree,
} from './protobuf-tree.ts';

export interface Base {
  readonly name: string;
  readonly kind: 'onnx' | 'keras' | 'safetensors';
  readonly bytes: Uint8Array;
}

const root = resolve(import.meta.dirname, '../../..');
const shared = resolve(root, '../shared/models');

/** Those that a plan is made for in a fraction of a second. */
const sharedModels = [
  ...['mnist-8/model.onnx', 'squeezenet1.1/model.onnx', 'mobilenet-v1-0.25/model.onnx'],
  ...['mobilenet-v2/model.onnx', 'ultraface-320/model.onnx', 'super-resolution-10/model.onnx'],
  ...['portrait-prisma/model.onnx', 'onnx-light/light_shufflenet.onnx'],
];

const ownModels = [
  ...['models/lenet5/lenet5.onnx', 'models/zip1989/weights.safetensors'],
  ...['models/mlp/weights.safetensors'],
];

/** The file that weights were moved to. */
export const weightsFile: ExternalData = {
  path: 'weights',
  data: new Uint8Array(Float32Array.from({ length: 2 ** 21 }, (_, at) => Math.sin(at) / 8).buffer),
};

/** Larger tensors are moved. */
const smallBytes = 256;

/** A few hundred graphs, the same for the same seed. */
const graphCount = 400;

/** How often each kind has its turn, of a hundred. */
export const shares = { graphs: 80, own: 6, keras: 8, shared: 6 } as const;
export type Share = keyof typeof shares;

export type Bases = Readonly<Record<Share, readonly Base[]>>;

export function hasSharedModels(): boolean {
  return existsSync(shared);
}

/** Operators must be loaded. */
export function makeBases(seed: number): Bases {
  const graphs = fc.sample(recipes, { seed, numRuns: graphCount }).flatMap((recipe, at): Base[] => {
    const made = caseOf(recipe);
    return made ? [{ name: `graph ${at}`, kind: 'onnx', bytes: made.model }] : [];
  });
  const own = ownModels.map((path) => read(resolve(root, path)));
  return {
    graphs,
    own,
    keras: kerasModels,
    shared: hasSharedModels() ? sharedModels.map((path) => read(resolve(shared, path))) : [],
  };
}

function read(path: string): Base {
  const bytes = new Uint8Array(readFileSync(path));
  if (path.endsWith('.safetensors')) return { name: basename(path), kind: 'safetensors', bytes };
  return { name: path.split('/').slice(-2).join('/'), kind: 'onnx', bytes: withoutWeights(bytes) };
}

function withoutWeights(bytes: Uint8Array): Uint8Array {
  const tree = parseTree(bytes);
  for (const tensor of messagesOf(tree)) if (tensor.kind === 'Tensor') moveData(tensor);
  return encodeTree(tree);
}

function moveData(tensor: Message): void {
  // `raw_data`, or packed floats.
  const data = tensor.fields.filter(({ number }) => number === 9 || number === 4);
  const length = data.reduce((sum, { value }) => sum + (isBytes(value) ? value.length : 0), 0);
  if (length < smallBytes || data.some(({ value }) => isMessage(value))) return;
  tensor.fields = [
    ...tensor.fields.filter((field) => !data.includes(field)),
    ...[externalEntry('location', weightsFile.path), externalEntry('length', String(length))],
    { number: 14, wire: 0, value: 1n },
  ];
}
