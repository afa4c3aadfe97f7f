/** The options of `npm run bench`. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { defaultRecipe, type Recipe, recipes } from '../src/cli/browser.ts';
import { type Suite, suites } from './problems/suites.ts';

export interface Arguments {
  readonly adapter: Recipe;
  readonly host: 'chrome' | 'node';
  readonly userChrome?: boolean;
  readonly suite?: Suite;
  readonly quick?: boolean;
  readonly filter?: string;
  readonly peers: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly minutes?: number;
  readonly tune?: string;
  readonly json?: string;
  readonly resume?: boolean;
  readonly markdown?: string;
  readonly chart?: string;
}

export const peerNames = ['onnxruntime', 'onnxruntime-default', 'wasm', 'tfjs'];

export function readArguments(): Arguments {
  const given = new Command('bench')
    .description('times wgconv beside onnxruntime-web and tfjs, all on WebGPU in one Chrome')
    .addOption(
      new Option('--adapter <name>', 'which adapter')
        .choices([...recipes])
        .default(defaultRecipe()),
    )
    .addOption(
      new Option('--host <name>', 'node: only wgconv, in Node with the webgpu package')
        .choices(['chrome', 'node'])
        .default('chrome'),
    )
    .option('--user-chrome', 'open your own Chrome without flags; it shows a report to copy')
    .addOption(
      new Option('--suite <name>', 'what is timed (without it, two convolutions)').choices(suites),
    )
    .option('--quick', 'a part of the suite, or of all suites, in under five minutes')
    .option('--filter <text>', 'only problems whose name contains the text')
    .option('--peers <names>', `only these peers, comma-separated: ${peerNames}`, readPeers)
    .option('--rounds <n>', 'rounds at the most', readNumber, 30)
    .option('--seconds <n>', 'for each problem and mode (5, with --quick 0.5)', readNumber)
    .option('--minutes <n>', 'begin no problem after so many minutes', readNumber)
    .addOption(new Option('--tune <mode>', 'wgconv’s tuner').choices(['off', 'cached', 'full']))
    .option('--json <file>', 'write the results as JSON, after each problem')
    .option('--resume', 'leave out what the JSON file has already')
    .option('--markdown <file>', 'write the results as Markdown')
    .option('--chart <file>', 'draw the ratios to the best peer, as SVG or PNG')
    .parse()
    .opts<Omit<Arguments, 'peers' | 'seconds'> & Partial<Arguments>>();
  return {
    ...given,
    peers: given.peers ?? peerNames,
    seconds: given.seconds ?? (given.quick ? 0.5 : 5),
  };
}

function readPeers(text: string): string[] {
  const names = text.split(',').filter((name) => name !== 'none');
  const unknown = names.find((name) => !peerNames.includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`"${unknown}" is none of ${peerNames.join(', ')}.`);
  return names;
}

function readNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It is not a number above 0.');
  return value;
}
