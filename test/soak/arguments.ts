/** The options of `npm run soak`. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { defaultRecipe, type Recipe, recipes } from '../../src/cli/browser.ts';

export interface Arguments {
  readonly minutes: number;
  readonly rest: number;
  readonly seed: number;
  readonly adapter: Recipe;
  readonly output: string;
}

export function readArguments(): Arguments {
  return new Command('soak')
    .description(
      'one page runs mixed models, shapes and aborts for a long time: what does it hold on to?',
    )
    .option('--minutes <n>', 'how long', readNumber, 10)
    .option('--rest <seconds>', 'how often all sessions but one are disposed', readNumber, 20)
    .option('--seed <n>', 'the same seed does the same things', readNumber, 1)
    .addOption(
      new Option('--adapter <name>', 'a way of starting Chrome')
        .choices(recipes)
        .default(defaultRecipe()),
    )
    .option('--output <folder>', 'where the plot (PNG) and the samples (JSON) go', 'soak')
    .parse()
    .opts<Arguments>();
}

function readNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('It is not a number above 0.');
  }
  return value;
}
