/** Feeds of a command that takes tensors, pictures, and random numbers for what is not given. */

import type { ModelFacts, NamedTensor } from './engine.ts';
import { randomTensor, readFeeds, resolveShapes } from './inputs.ts';
import type { Assignment, Shapes } from './options.ts';
import {
  batchOf,
  choosePreprocessing,
  findPictureInput,
  type LoadedPicture,
  type PictureOptions,
  sizedInput,
} from './picture-feeds.ts';

export interface FeedOptions extends PictureOptions {
  readonly input?: readonly Assignment[] | undefined;
  readonly inputShape?: Shapes | undefined;
  readonly seed: number;
}

/** What was given, and seeded random tensors for the rest. */
export function makeFeeds(
  { inputs }: ModelFacts,
  pictures: readonly LoadedPicture[],
  options: FeedOptions,
): NamedTensor[] {
  const shapes = options.inputShape ?? {};
  const feeds = readFeeds(options.input ?? [], inputs);
  if (pictures.length > 0) {
    const found = findPictureInput(inputs, feeds);
    const input = sizedInput(found, shapes[found.name]);
    const { preprocessing } = choosePreprocessing(options, input.channels);
    const all = pictures.map(({ picture }) => picture);
    feeds.push(batchOf(all, input, preprocessing, options.resize));
  }
  const dims = resolveShapes(inputs, shapes, feeds);
  return inputs.map(
    (input) =>
      feeds.find((feed) => feed.name === input.name) ??
      randomTensor(input, dims[input.name] as readonly number[], options.seed),
  );
}
