/** `wgconv inspect`: what is in a model, how it would run on this device, and all that it lacks. */

import { WgconvError } from '../../core/errors.ts';
import { formatDims } from '../../core/shape.ts';
import { readModel } from '../../formats/read-model.ts';
import type { Unsupported } from '../../formats/unsupported.ts';
import type { NodeReport, SessionReport } from '../../session/report.ts';
import type { ModelFacts } from '../engine.ts';
import { errorToMessage, exitFailed, exitOk } from '../failure.ts';
import { describeFile, readFileFacts } from '../file-facts.ts';
import { namingFile, readModelBytes, resolveShapes } from '../inputs.ts';
import { writeJson } from '../json.ts';
import { type Place, withEngine } from '../open-engine.ts';
import { type CommonOptions, checkAlgorithm, checkCommon, type Shapes } from '../options.ts';
import { ProgressDisplay } from '../progress.ts';
import { formatBytes, formatCount, plural, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export interface InspectOptions extends CommonOptions {
  readonly inputShape?: Shapes | undefined;
}

export async function inspect(
  model: string,
  options: InspectOptions,
  terminal: Terminal,
): Promise<number> {
  checkCommon(options);
  const read = readModelBytes(model);
  const { bytes, externalData } = read;
  const file = namingFile(`the model "${model}"`, () => readFileFacts(bytes));
  terminal.out(describeFile(model, file));
  const progress = new ProgressDisplay(terminal, !!options.quiet);
  const write = (rest: object) => {
    if (options.json) writeJson(options.json, { model, file, ...rest });
  };
  try {
    // What is unsupported is known without a device.
    await readModel(bytes, { files: externalData });
    return await withEngine(options, terminal, progress, async (engine, place) => {
      const facts = await engine.open(read, { algorithm: options.algorithm });
      const shapes = resolveShapes(facts.inputs, options.inputShape ?? {});
      const report = await engine.prepare(shapes);
      checkAlgorithm(options.algorithm, report.nodes);
      progress.clear();
      terminal.out(describePlan(facts, shapes, report, place));
      write({ adapter: place, inputs: facts.inputs, outputs: facts.outputs, shapes, report });
      return exitOk;
    });
  } catch (error) {
    if (!(error instanceof WgconvError) || error.code === 'no-webgpu') throw error;
    progress.clear();
    terminal.out(describeLack(error));
    const { stack: _, ...message } = errorToMessage(error);
    write({ error: message, unsupported: unsupportedOf(error) });
    return exitFailed;
  }
}

function halfNote({ float16 }: SessionReport): string[] {
  if (!float16) return [];
  const why = float16.endsWith('32') ? ', since the device has no shader-f16' : '';
  return [`float16 tensors are ${float16}${why}; sums are float32`];
}

function describePlan(
  facts: ModelFacts,
  shapes: Shapes,
  report: SessionReport,
  place: Place,
): string {
  const { memory } = report;
  const values = [
    ...facts.inputs.map(({ name, type, dims }) => [
      'input',
      name,
      type,
      formatDims(dims),
      formatDims(shapes[name] ?? dims),
    ]),
    ...facts.outputs.map(({ name, type, dims }) => [
      'output',
      name,
      type ?? 'unknown',
      dims ? formatDims(dims) : 'unknown',
      '',
    ]),
  ];
  const lines = [
    '',
    table([['', 'name', 'type', 'shape in the model', 'planned for'], ...values]),
    '',
    `${formatCount(report.parameters)} parameters, ${formatCount(report.macs)} multiply-adds a run`,
    place.description,
    ...halfNote(report),
    '',
    nodeTable(report.nodes),
  ];
  if (memory) {
    lines.push(
      '',
      table(
        [
          ['activations, peak', formatBytes(memory.peakBytes)],
          ['  lower bound of this plan', formatBytes(memory.lowerBoundBytes)],
          ['  bound of the model as it was written', formatBytes(memory.originalBoundBytes)],
          ['weights', formatBytes(memory.weightBytes)],
        ],
        ['left', 'right'],
      ),
      '',
      `${plural(report.dispatches, 'dispatch')}, ${plural(report.pipelines, 'pipeline')}, ` +
        plural(report.layoutConversions, 'layout conversion'),
    );
  }
  const { leftOut } = report;
  if (leftOut.length > 0) {
    const rows = leftOut.map(({ name, operator, reason }) => [name, operator, reason]);
    const heading = ['not run', 'operator', 'why'];
    lines.push('', table([heading, ...rows]));
  }
  const places = countPlaces(report.nodes);
  lines.push('', `Everything is supported: ${places}.`);
  return lines.join('\n');
}

function nodeTable(nodes: readonly NodeReport[]): string {
  const rows = nodes.map(
    ({ name, operator, runsOn, algorithm, outputs, macs, reason, originals }) => [
      name,
      originals.length > 1 ? `${operator} (of ${originals.length})` : operator,
      runsOn,
      algorithm ?? (runsOn === 'gpu' ? '' : reason),
      outputs.map(({ dims }) => formatDims(dims)).join(' '),
      macs > 0 ? formatCount(macs) : '',
    ],
  );
  const heading = ['node', 'operator', 'on', 'algorithm, or why', 'output', 'multiply-adds'];
  return table([heading, ...rows], ['left', 'left', 'left', 'left', 'left', 'right']);
}

function countPlaces(nodes: readonly NodeReport[]): string {
  const counts = new Map<NodeReport['runsOn'], number>();
  for (const { runsOn } of nodes) counts.set(runsOn, (counts.get(runsOn) ?? 0) + 1);
  const words: Readonly<Record<NodeReport['runsOn'], string>> = {
    gpu: 'on the GPU',
    host: 'on the host',
    view: 'as views, without work',
    cpu: 'on the cpu backend',
    later: 'planned in a run',
  };
  const parts = [...counts].map(([place, count]) => `${plural(count, 'node')} ${words[place]}`);
  return parts.join(', ') || 'nothing is left to run, the outputs are constants';
}

/** All unsupported operators of the model, where the error has a list of them. */
function unsupportedOf(error: WgconvError): readonly Unsupported[] {
  const list = error.data.unsupported;
  return Array.isArray(list) ? (list as Unsupported[]) : [];
}

function describeLack(error: WgconvError): string {
  const list = unsupportedOf(error);
  if (list.length === 0) return `\nwgconv cannot run it: ${error.message}`;
  const isOnnx = list.some(({ opset }) => opset !== undefined);
  const rows = list.map(({ operator, node, domain = 'ai.onnx', opset, reason }) => [
    domain === 'ai.onnx' ? operator : `${domain}.${operator}`,
    node,
    ...(isOnnx ? [`${opset}`] : []),
    reason ?? `wgconv has no such ${isOnnx ? 'operator' : 'layer'}`,
  ]);
  const heading = isOnnx ? ['operator', 'node', 'operator set'] : ['class', 'layer'];
  const [one, why] = isOnnx
    ? ['node', 'with something unsupported']
    : ['layer', 'of unsupported classes'];
  return [
    '',
    `wgconv cannot run it: ${plural(list.length, one)} ${why}`,
    table([[...heading, 'why'], ...rows]),
  ].join('\n');
}
