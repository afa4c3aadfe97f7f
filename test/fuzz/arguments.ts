/** The options of `npm run fuzz`. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { type Recipe, recipes } from '../../src/cli/browser.ts';

export interface Arguments {
  readonly seconds: number;
  readonly seed: number;
  /** Without it: Node's where it has one, else Chrome's. */
  readonly adapter?: Recipe | 'node' | 'none';
  readonly only?: readonly string[];
  readonly output: string;
}

export function readArguments(): Arguments {
  return new Command('fuzz')
    .description('random graphs on wgconv’s two backends and on onnxruntime: do they agree?')
    .option('--seconds <n>', 'how long', readNumber, 60)
    .option(
      '--seed <n>',
      'the first seed; the same seed makes the same graphs',
      readNumber,
      Date.now() % 1e6,
    )
    .addOption(
      new Option(
        '--adapter <name>',
        'node: the package webgpu in Node (the default where that finds an adapter); a way of starting Chrome; or none: no GPU',
      ).choices(['node', ...recipes, 'none']),
    )
    .option('--only <operators>', 'graphs of these operators alone, comma-separated', (text) =>
      text.split(','),
    )
    .option('--output <folder>', 'where graphs on which they disagree are written', 'fuzz-found')
    .parse()
    .opts<Arguments>();
}

function readNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('It is not a whole number.');
  return value;
}
