/** The command line: its commands and options, and the exit code of what happens. */

import { Command, CommanderError, Option } from 'commander';
import { channelOrders, presets } from '../image/preprocessing.ts';
import type { CheckOptions } from './commands/check.ts';
import type { InspectOptions } from './commands/inspect.ts';
import type { ProfileCommandOptions } from './commands/profile.ts';
import type { RunOptions } from './commands/run.ts';
import type { StartOptions } from './commands/start.ts';
import type { TuneOptions } from './commands/tune.ts';
import type { VerifyOptions } from './commands/verify.ts';
import { describeFailure, exitCodeOf, exitOk, exitUsage } from './failure.ts';
import {
  addCommonOptions,
  parseAssignment,
  parseNumber,
  parseNumbers,
  parsePositive,
  parseSeed,
  parseShape,
} from './options.ts';
import type { Terminal } from './terminal.ts';

export interface Manifest {
  readonly version: string;
  readonly description: string;
}

/**
 * Runs one command line and answers its exit code: 0, 1 where a check or the work failed, 2 where
 * the command line is wrong. `args` are those after the program's name.
 */
export async function runProgram(
  args: readonly string[],
  manifest: Manifest,
  terminal: Terminal,
): Promise<number> {
  let code = exitOk;
  const program = createProgram(manifest, terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // commander has said already what is wrong; asking for help or the version is no error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitOk : exitUsage;
    terminal.err(describeFailure(error, args.includes('--debug')));
    return exitCodeOf(error);
  }
}

/** What every command that takes a model reads. */
const modelFile = 'an ONNX file, or a model.json of Keras or TensorFlow.js';

function createProgram(
  manifest: Manifest,
  terminal: Terminal,
  end: (exitCode: number) => void,
): Command {
  const program = new Command('wgconv')
    .description(manifest.description)
    .version(manifest.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
    .showHelpAfterError('(--help lists what there is)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 a check or the work failed, 2 the command line is wrong.',
    );

  addImageOptions(addInputOptions(addCommonOptions(program.command('run'))))
    .description('run a model on pictures or tensors')
    .argument('<model>', modelFile)
    .option('--labels <file>', 'names of the classes, one a line, the first for index 0')
    .option('--top <n>', 'classes to show for each picture', parsePositive, 5)
    .option(
      '--output <name=file.npy>',
      'write an output to a file (may be given again)',
      parseAssignment,
    )
    .action(async (model: string, options: RunOptions) => {
      const { run } = await import('./commands/run.ts');
      end(await run(model, options, terminal));
    });

  addImageOptions(addInputOptions(addCommonOptions(program.command('verify'))))
    .description('compare every node of a model on the GPU with its float64 reference')
    .argument('<model>', modelFile)
    .option('--random-weights <seed>', 'replace every floating-point weight first', parseSeed)
    .option('--seed <n>', 'of the random inputs, for those that are not given', parseSeed, 1)
    .option('--all', 'list every node, not only those that did not pass')
    .action(async (model: string, options: VerifyOptions) => {
      const { verify } = await import('./commands/verify.ts');
      end(await verify(model, options, terminal));
    });

  addShapeOption(addCommonOptions(program.command('inspect')))
    .description('show what is in a model, how it would run, and everything it lacks')
    .argument('<model>', modelFile)
    .action(async (model: string, options: InspectOptions) => {
      const { inspect } = await import('./commands/inspect.ts');
      end(await inspect(model, options, terminal));
    });

  addImageOptions(addInputOptions(addCommonOptions(program.command('profile'))))
    .description('time every node of a model, beside what the device could do')
    .argument('<model>', modelFile)
    .option('--runs <n>', 'how often each node is timed', parsePositive)
    .option('--trace <file>', 'write a trace for Perfetto or chrome://tracing')
    .option('--seed <n>', 'of the random inputs, for those that are not given', parseSeed, 1)
    .option('--all', 'list every node that takes time, not only the slowest')
    .action(async (model: string, options: ProfileCommandOptions) => {
      const { profile } = await import('./commands/profile.ts');
      end(await profile(model, options, terminal));
    });

  addShapeOption(addCommonOptions(program.command('tune')))
    .description(
      'time the likely algorithms of a model on the GPU, and keep the fastest right ones',
    )
    .argument('<model>', modelFile)
    .option('--cache <file>', 'where choices are kept; default: tuning.json in ~/.cache/wgconv')
    .action(async (model: string, options: TuneOptions) => {
      const { tune } = await import('./commands/tune.ts');
      end(await tune(model, options, terminal));
    });

  addCommonOptions(program.command('check'))
    .description('run ONNX backend tests: folders with model.onnx and test_data_set_*')
    .argument('<dir...>', 'test folders, or folders of test folders')
    .option('--allow-unsupported', 'do not fail because of what wgconv does not support')
    .action(async (folders: string[], options: CheckOptions) => {
      const { check } = await import('./commands/check.ts');
      end(await check(folders, options, terminal));
    });

  addCommonOptions(program.command('start'))
    .description('see it work: classify the digits that come with wgconv, and check every node')
    .action(async (options: StartOptions) => {
      const { start } = await import('./commands/start.ts');
      end(await start(options, terminal));
    });

  program
    .command('browser')
    .description('print the path of the Chrome or Chromium that wgconv drives')
    .option('--install', 'install Chromium where no browser is found')
    .option('--debug', 'with an error, show where it happened')
    .action(async (options: { install?: boolean }) => {
      const { browser } = await import('./commands/browser.ts');
      end(await browser(options, terminal));
    });

  return program;
}

function addShapeOption(command: Command): Command {
  return command.option(
    '--input-shape <name=dims>',
    'sizes of an input, as data=1,3,224,224 (may be given again; a batch is 1 by itself)',
    parseShape,
  );
}

function addInputOptions(command: Command): Command {
  return addShapeOption(command).option(
    '--input <name=file>',
    'a tensor for an input, .npy or .pb (may be given again)',
    parseAssignment,
  );
}

function addImageOptions(command: Command): Command {
  const numbers = ['mean', 'std', 'channels', 'scale'];
  return command
    .option('--image <file...>', 'PNG or JPEG pictures')
    .addOption(
      new Option('--preset <name>', 'how pixels become numbers')
        .choices(Object.keys(presets))
        .conflicts(numbers),
    )
    .addOption(
      new Option('--mean <a,b,c>', 'taken off each channel, after --scale').argParser(parseNumbers),
    )
    .addOption(new Option('--std <a,b,c>', 'each channel is divided by it').argParser(parseNumbers))
    .addOption(new Option('--channels <order>', 'of the model').choices(channelOrders))
    .addOption(
      new Option('--scale <s>', 'pixels in 0–255 are multiplied by it first, as 1/255').argParser(
        parseNumber,
      ),
    )
    .addOption(
      new Option('--resize <mode>', 'crop: short side fitted, long one cut; stretch: all of it')
        .choices(['crop', 'stretch'])
        .default('crop'),
    );
}
