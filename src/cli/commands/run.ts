/** `wgconv run`: a model on pictures or tensors, and its outputs for a person. */

import { writeFileSync } from 'node:fs';
import { extname } from 'node:path';
import {
  type Classification,
  classificationTable,
  classify,
  describeTensor,
  readLabels,
  type Statistics,
  scoresOf,
  statisticsOf,
} from '../classification.ts';
import type { Engine, ModelFacts, NamedTensor, RunResult } from '../engine.ts';
import { exitOk, UsageError } from '../failure.ts';
import { readFeeds, readModelFile, resolveShapes } from '../inputs.ts';
import { writeJson } from '../json.ts';
import { writeNpy } from '../npy.ts';
import { type Place, withEngine } from '../open-engine.ts';
import {
  type Assignment,
  type CommonOptions,
  checkAlgorithm,
  checkCommon,
  type Shapes,
} from '../options.ts';
import {
  batchOf,
  choosePreprocessing,
  findPictureInput,
  type LoadedPicture,
  type PictureOptions,
  readPictures,
  sizedInput,
} from '../picture-feeds.ts';
import { ProgressDisplay } from '../progress.ts';
import { formatMilliseconds } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export interface RunOptions extends CommonOptions, PictureOptions {
  readonly input?: readonly Assignment[] | undefined;
  readonly inputShape?: Shapes | undefined;
  readonly labels?: string | undefined;
  readonly top: number;
  readonly output?: readonly Assignment[] | undefined;
}

/** One output of one sample, as it is shown and written as JSON. */
interface ShownOutput {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly number[];
  readonly classification?: Classification | undefined;
  readonly statistics?: Statistics | undefined;
}

interface ShownRun {
  /** The picture; undefined where tensors were given. */
  readonly file?: string | undefined;
  /** Of the run that the sample was in. */
  readonly milliseconds: number;
  readonly outputs: readonly ShownOutput[];
}

export async function run(model: string, options: RunOptions, terminal: Terminal): Promise<number> {
  checkCommon(options);
  const { image = [], input = [], output = [] } = options;
  for (const [, file] of output) {
    if (extname(file) !== '.npy') throw new UsageError(`--output: "${file}" must end in .npy`);
  }
  const bytes = await readModelFile(model);
  const labels = options.labels === undefined ? undefined : readLabels(options.labels);
  const pictures = readPictures(image);
  const progress = new ProgressDisplay(terminal, !!options.quiet);

  return withEngine(options, terminal, progress, async (engine, place) => {
    const facts = await engine.open(bytes, { algorithm: options.algorithm });
    const feeds = readFeeds(input, facts.inputs);
    const show = (result: RunResult, batch: number, index: number, file?: string): ShownRun => ({
      file,
      milliseconds: result.milliseconds,
      outputs: result.outputs.map((tensor) =>
        showOutput(tensor, batch, index, options.top, labels),
      ),
    });
    progress.clear();
    if (!options.quiet) terminal.out(place.description);
    const shown: ShownRun[] = [];
    const add = (entry: ShownRun, result: RunResult) => {
      progress.clear();
      terminal.out(`\n${describeRun(entry, result)}`);
      shown.push(entry);
    };
    if (pictures.length === 0) {
      const batch = feeds[0]?.dims[0] ?? 1;
      requireAll(facts, feeds);
      await forceAlgorithm(engine, options, feeds);
      const result = await engine.run(feeds);
      writeOutputs(result, output);
      add(show(result, batch, 0), result);
    } else {
      for await (const { result, batch, files } of runPictures(engine, facts, feeds, pictures, {
        options,
        place,
        note: (line) => terminal.err(line),
      })) {
        writeOutputs(result, output);
        files.forEach((file, index) => {
          add(show(result, batch, index, file), result);
        });
      }
    }
    if (options.json) {
      writeJson(options.json, { adapter: place, backend: place.backend, model, runs: shown });
    }
    return exitOk;
  });
}

interface PictureRun {
  readonly options: RunOptions;
  readonly place: Place;
  readonly note: (line: string) => void;
}

/** As many pictures at once as the model's batch has. */
async function* runPictures(
  engine: Engine,
  facts: ModelFacts,
  feeds: readonly NamedTensor[],
  pictures: readonly LoadedPicture[],
  { options, place, note }: PictureRun,
) {
  const shapes = options.inputShape ?? {};
  const found = findPictureInput(facts.inputs, feeds);
  const input = sizedInput(found, shapes[found.name]);
  const chosen = choosePreprocessing(options, input.channels);
  if (chosen.note && !options.quiet) note(chosen.note);
  const batch = typeof input.batch === 'number' ? input.batch : 1;
  if (batch < 1) throw new UsageError(`--input-shape: the batch of "${input.name}" is ${batch}`);
  if (options.output && pictures.length > batch) {
    throw new UsageError('--output writes one result; give one --image, or as many as the batch');
  }
  let warm = place.backend === 'cpu';
  for (let at = 0; at < pictures.length; at += batch) {
    const group = pictures.slice(at, at + batch);
    const tensor = batchOf(
      group.map(({ picture }) => picture),
      { ...input, batch },
      chosen.preprocessing,
      options.resize,
    );
    const all = [...feeds, tensor];
    resolveShapes(facts.inputs, shapes, all);
    if (at === 0) await forceAlgorithm(engine, options, all);
    // A first run also pays for what the driver does only once; the time shown is that of the next.
    if (!warm) await engine.run(all);
    warm = true;
    yield { result: await engine.run(all), batch, files: group.map(({ file }) => file) };
  }
}

/** Plans before the first run where an algorithm is forced, to see whether any node has it. */
async function forceAlgorithm(
  engine: Engine,
  { algorithm }: RunOptions,
  feeds: readonly NamedTensor[],
): Promise<void> {
  if (algorithm === undefined) return;
  const shapes = Object.fromEntries(feeds.map(({ name, dims }) => [name, dims]));
  const { nodes } = await engine.prepare(shapes);
  checkAlgorithm(algorithm, nodes);
}

function requireAll({ inputs }: ModelFacts, feeds: readonly NamedTensor[]): void {
  const missing = inputs.filter(({ name }) => !feeds.some((feed) => feed.name === name));
  if (missing.length === 0) return;
  const list = missing.map(({ name, type, dims }) => `"${name}" (${type}[${dims.join(',')}])`);
  throw new UsageError(
    `nothing is given for ${list.join(', ')}: use --image FILE, or --input NAME=FILE`,
  );
}

function showOutput(
  tensor: NamedTensor,
  batch: number,
  index: number,
  top: number,
  labels: readonly string[] | undefined,
): ShownOutput {
  const { name, type, dims } = tensor;
  const scores = scoresOf(tensor, batch, index);
  if (scores) return { name, type, dims, classification: classify(scores, top, labels) };
  return { name, type, dims, statistics: statisticsOf(tensor) };
}

function describeRun({ file, milliseconds, outputs }: ShownRun, result: RunResult): string {
  const title = `${file ?? 'result'}  (${formatMilliseconds(milliseconds)})`;
  const parts = outputs.map(({ name, classification }, index) => {
    if (!classification) return describeTensor(name, result.outputs[index] as NamedTensor);
    const notes = [
      ...(classification.softmaxApplied
        ? [`"${name}" holds no probabilities: softmax made these from its values.`]
        : []),
      ...classification.warnings,
    ];
    const which = outputs.length > 1 ? `"${name}"\n` : '';
    return which + [classificationTable(classification), ...notes].join('\n');
  });
  return [title, ...parts].join('\n');
}

function writeOutputs({ outputs }: RunResult, assignments: readonly Assignment[]): void {
  for (const [name, file] of assignments) {
    const tensor = outputs.find((output) => output.name === name);
    if (!tensor) {
      const names = outputs.map((output) => `"${output.name}"`).join(', ');
      throw new UsageError(`--output: the model has no output "${name}"; it has ${names}`);
    }
    try {
      writeFileSync(file, writeNpy(tensor));
    } catch (error) {
      throw new UsageError(`--output: "${file}" cannot be written: ${(error as Error).message}`);
    }
  }
}
