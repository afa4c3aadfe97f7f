/**
 * Which stored weight is which layer's. Names are as the writing program had them:
 * `conv2d_1/kernel`, `model/conv2d_1/kernel:0`, `conv2d_1/cell/kernel`, or, from Keras 3,
 * `layers/conv2d_1/vars/0`.
 */

import { WgconvError } from '../../core/errors.ts';
import { formatDims } from '../../core/shape.ts';
import type { StoredWeight } from './manifest.ts';

/** A weight that a layer needs. */
export interface WantedWeight {
  /** Names of the models around the layer, and its own. */
  readonly path: readonly string[];
  /** Within the layer: `kernel`. */
  readonly name: string;
  /** Its place among the layer's weights. */
  readonly index: number;
  readonly dims: readonly number[];
}

interface Candidate {
  readonly stored: StoredWeight;
  /** Of the layer and what is around it. */
  readonly folders: readonly string[];
  readonly own: string;
}

/** Names that weights have elsewhere, by TensorFlow.js's. */
const otherNames: ReadonlyMap<string, readonly string[]> = new Map([
  // Keras 3
  ['depthwise_kernel', ['kernel']],
]);

/** What Keras 3 and checkpoints put into names. */
const noLayers = ['vars', 'layer_checkpoint_dependencies', '.ATTRIBUTES', 'VARIABLE_VALUE'];

/**
 * The stored weight of each wanted one, in order. A stored one that nothing wants is left alone.
 * @throws WgconvError `invalid-model`, naming what is missing or has another shape
 */
export function matchWeights(
  wanted: readonly WantedWeight[],
  stored: readonly StoredWeight[],
): StoredWeight[] {
  const byLayer = new Map<string, Candidate[]>();
  for (const candidate of stored.map(candidateOf)) {
    for (const folder of new Set(candidate.folders)) {
      const list = byLayer.get(folder);
      if (list) list.push(candidate);
      else byLayer.set(folder, [candidate]);
    }
  }
  const taken = new Set<Candidate>();
  const missing: WantedWeight[] = [];
  const found = wanted.flatMap((weight) => {
    const candidate = bestOf(weight, byLayer.get(weight.path.at(-1) ?? '') ?? [], taken);
    if (!candidate) {
      missing.push(weight);
      return [];
    }
    taken.add(candidate);
    return [candidate.stored];
  });
  if (missing.length > 0) throw missingError(missing, stored);
  return found;
}

function candidateOf(stored: StoredWeight): Candidate {
  const parts = stored.name
    .replace(/:\d+$/, '')
    .split('/')
    .filter((part) => !noLayers.includes(part.replace(/^_/, '')));
  return { stored, folders: parts.slice(0, -1), own: parts.at(-1) ?? '' };
}

/** Where several have the layer's name in theirs: the nearest one, and then the first one left. */
function bestOf(
  { path, name, index, dims }: WantedWeight,
  candidates: readonly Candidate[],
  taken: ReadonlySet<Candidate>,
): Candidate | undefined {
  const names = [name, ...(otherNames.get(name) ?? []), `${index}`];
  let best: Candidate | undefined;
  let bestNearness = -1;
  for (const candidate of candidates) {
    if (taken.has(candidate) || !names.includes(candidate.own)) continue;
    const nearness = nearnessOf(candidate, path, dims);
    if (nearness > bestNearness) [best, bestNearness] = [candidate, nearness];
  }
  if (!best || best.stored.dims.join() === dims.join()) return best;
  throw new WgconvError(
    'invalid-model',
    `the weight "${best.stored.name}" has the shape ${formatDims(best.stored.dims)}, but the layer "${path.join('/')}" takes ${formatDims(dims)} for its ${name}`,
    { value: best.stored.name, data: { expected: dims, actual: best.stored.dims } },
  );
}

/** First of all the right shape; then how many names before the weight's own are those of `path`. */
function nearnessOf(
  { stored, folders }: Candidate,
  path: readonly string[],
  dims: readonly number[],
): number {
  let alike = 0;
  while (alike < path.length && path.at(-1 - alike) === folders.at(-1 - alike)) alike++;
  const fits = stored.dims.join() === dims.join();
  // Of two that end alike the one with fewer names around.
  return (fits ? 1e6 : 0) + 1e3 * alike + 999 - Math.min(folders.length, 999);
}

function missingError(
  missing: readonly WantedWeight[],
  stored: readonly StoredWeight[],
): WgconvError {
  const names = missing.map(
    ({ path, name, dims }) => `${path.join('/')}/${name} ${formatDims(dims)}`,
  );
  const there = stored.slice(0, 5).map(({ name }) => `"${name}"`);
  if (stored.length > 5) there.push(`${stored.length - 5} more`);
  return new WgconvError(
    'invalid-model',
    `the weightsManifest of model.json has no ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}; its weights are ${there.join(', ') || 'none'}`,
    { value: names[0], data: { missing: names } },
  );
}
