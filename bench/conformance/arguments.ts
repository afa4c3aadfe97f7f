/** The options of `npm run conformance`. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { defaultRecipe, type Recipe, recipes } from '../../src/cli/browser.ts';
import { type EngineName, engineNames } from './result.ts';

export interface Arguments {
  readonly adapter: Recipe;
  readonly filter?: string;
  readonly engines: readonly EngineName[];
  readonly output?: string;
}

export function readArguments(): Arguments {
  return new Command('conformance')
    .description('published cases on wgconv, onnxruntime-web and tfjs, in one headless Chrome')
    .addOption(
      new Option('--adapter <name>', 'which adapter')
        .choices([...recipes])
        .default(defaultRecipe()),
    )
    .option('--filter <text>', 'only cases whose name contains it; docs/ stays as it is')
    .option(
      '--engines <names>',
      `only engines whose name contains one of these, comma-separated; the others' results stay: ${engineNames.join(', ')}`,
      readEngines,
      [...engineNames],
    )
    .option('--output <folder>', 'where conformance.json and conformance.md go (docs)')
    .parse()
    .opts<Arguments>();
}

function readEngines(text: string): EngineName[] {
  const parts = text.split(',');
  const unknown = parts.find((part) => !engineNames.some((name) => name.includes(part)));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`"${unknown}" is part of none of ${engineNames.join(', ')}.`);
  return engineNames.filter((name) => parts.some((part) => name.includes(part)));
}
