/** `wgconv start`: finds a browser, classifies the digits that come with wgconv, checks every node. */

import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WgconvError } from '../../core/errors.ts';
import { presets } from '../../image/preprocessing.ts';
import { classify, scoresOf } from '../classification.ts';
import { halfBlocks, sideBySide } from '../digit-art.ts';
import type { Engine, NamedTensor, RunResult } from '../engine.ts';
import { exitFailed, exitOk } from '../failure.ts';
import { readModelFile } from '../inputs.ts';
import { writeJson } from '../json.ts';
import { withEngine } from '../open-engine.ts';
import { type CommonOptions, checkCommon } from '../options.ts';
import { batchOf, type LoadedPicture, readPictures } from '../picture-feeds.ts';
import { type PictureInput, pictureInputOf } from '../preprocess.ts';
import { ProgressDisplay } from '../progress.ts';
import { bar, formatMilliseconds, plural, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { describeReport } from './verify.ts';

export type StartOptions = CommonOptions;

/** Width in characters of a drawn digit. */
const artColumns = 14;

interface Digit {
  readonly file: string;
  readonly digit: number;
  readonly probability: number;
  readonly second: { readonly digit: number; readonly probability: number };
  readonly milliseconds: number;
}

export async function start(options: StartOptions, terminal: Terminal): Promise<number> {
  checkCommon(options);
  const folder = sampleFolder();
  const modelFile = join(folder, 'lenet5.onnx');
  const files = readdirSync(join(folder, 'digits')).filter((name) => name.endsWith('.png'));
  const pictures = readPictures(files.sort().map((name) => join(folder, 'digits', name)));
  const model = await readModelFile(modelFile);
  const progress = new ProgressDisplay(terminal, !!options.quiet);

  return withEngine(options, terminal, progress, async (engine, place) => {
    const { inputs } = await engine.open(model, { algorithm: options.algorithm });
    const [info] = inputs;
    if (!info) throw new WgconvError('invalid-model', `${modelFile} has no input`);
    const input: PictureInput = { ...pictureInputOf(info), batch: 1 };
    const feeds = pictures.map(({ picture }) => batchOf([picture], input, presets.digit, 'crop'));
    const digits = await classifyAll(engine, pictures, feeds, progress);
    const [first] = feeds;
    const report = place.backend === 'webgpu' && first ? await engine.verify([first]) : undefined;
    progress.clear();

    const shown = relative(process.cwd(), modelFile) || modelFile;
    terminal.out(`${shown}: LeNet-5 on ${plural(digits.length, 'handwritten digit')}`);
    terminal.out(`${place.description}\n`);
    if (terminal.columns !== undefined && terminal.columns >= 60) {
      const art = pictures.map(({ picture }) => halfBlocks(picture, artColumns));
      terminal.out(`${sideBySide(art, terminal.columns).join('\n')}\n`);
    }
    terminal.out(digitTable(digits));
    if (report) {
      terminal.out('\nEvery node on the GPU was compared with its float64 reference on the CPU.');
      terminal.out(describeReport(report, false, false));
    }
    terminal.out(nextSteps(shown, relative(process.cwd(), pictures[0]?.file ?? '')));
    if (options.json) writeJson(options.json, { adapter: place, digits, verify: report });
    return report && !report.ok ? exitFailed : exitOk;
  });
}

async function classifyAll(
  engine: Engine,
  pictures: readonly LoadedPicture[],
  feeds: readonly NamedTensor[],
  progress: ProgressDisplay,
): Promise<Digit[]> {
  const digits: Digit[] = [];
  for (const [index, feed] of feeds.entries()) {
    // The first run pays for what the driver does only once; it is run again for its time.
    if (index === 0) await engine.run([feed]);
    digits.push(readDigit(pictures[index]?.file ?? '', await engine.run([feed])));
    progress.update('Pictures', index + 1, feeds.length);
  }
  return digits;
}

function readDigit(file: string, { outputs, milliseconds }: RunResult): Digit {
  const scores = outputs[0] && scoresOf(outputs[0], 1, 0);
  const [best, second] = scores ? classify(scores, 2, undefined).top : [];
  if (!best || !second) throw new WgconvError('invalid-model', 'the model gives no classes');
  return {
    file: basename(file),
    digit: best.index,
    probability: best.probability,
    second: { digit: second.index, probability: second.probability },
    milliseconds,
  };
}

function digitTable(digits: readonly Digit[]): string {
  const rows = digits.map(({ file, digit, probability, second, milliseconds }) => [
    file,
    `${digit}`,
    bar(probability, 20),
    probability.toFixed(4),
    `${second.digit} (${second.probability.toFixed(4)})`,
    formatMilliseconds(milliseconds),
  ]);
  return table(
    [['picture', 'digit', 'probability', '', 'next', 'time'], ...rows],
    ['left', 'right', 'left', 'right', 'left', 'right'],
  );
}

function nextSteps(model: string, picture: string): string {
  return [
    '',
    'Where to go next:',
    `  npx wgconv inspect ${model}    what is in the model and how it runs`,
    `  npx wgconv run ${model} --image ${picture} --preset digit`,
    '  npx wgconv verify YOUR-MODEL.onnx    check every node of your own model',
    '  npx wgconv --help',
  ].join('\n');
}

/** `models/lenet5` of this package, wherever the command was built to. */
function sampleFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let up = dirname(folder); up !== folder; up = dirname(folder)) {
    folder = up;
    const found = join(folder, 'models', 'lenet5');
    if (existsSync(join(found, 'lenet5.onnx')) && existsSync(join(found, 'digits'))) return found;
    if (existsSync(join(folder, 'package.json'))) break;
  }
  throw new WgconvError(
    'invalid-argument',
    `this copy of wgconv has no sample model: ${join(folder, 'models', 'lenet5')} is missing. ` +
      'Try "wgconv run MODEL --image FILE" with a model of yours.',
  );
}
