/** `npm run fuzz:loader`: damaged models, of which none may hang, crash or surprise. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ProgressDisplay } from '../../../src/cli/progress.ts';
import { processTerminal } from '../../../src/cli/terminal.ts';
import { loadOperators, operatorNames } from '../../../src/ops/index.ts';
import { hasSharedModels, makeBases } from './bases.ts';
import { defaultLimits, type Finding, megabytes, runCampaign, type Tally } from './campaign.ts';
import { mutantOf } from './mutants.ts';

interface Arguments {
  readonly models: number;
  readonly seed: number;
  readonly from: number;
  readonly processes: number;
  readonly output: string;
}

const terminal = processTerminal();
const display = new ProgressDisplay(terminal, false);

const given = new Command('fuzz:loader')
  .description('damaged models: is each loaded, or refused with an error that says why, in time?')
  .option('--models <n>', 'how many', readNumber, 20_000)
  .option('--seed <n>', 'the same seed makes the same models', readNumber, 1)
  .option('--from <n>', 'the first model’s number', readNumber, 0)
  .option('--processes <n>', 'that load models beside each other', readNumber, 2)
  .option('--output <folder>', 'where models that are a find are written', 'fuzz-found')
  .parse()
  .opts<Arguments>();

const abort = new AbortController();
// The second one ends it as ever.
process.once('SIGINT', () => abort.abort());
if (!hasSharedModels()) terminal.err('The models of ../shared are not there: fewer bases.');

const start = performance.now();
const tally = await runCampaign({ ...given, signal: abort.signal }, ({ models, findings }) =>
  display.update('Loading models', models, given.models, `${findings.length} findings`),
);
display.clear();
summarise(tally, (performance.now() - start) / 1000);
await write(tally.findings);
process.exit(tally.findings.length > 0 ? 1 : 0);

function summarise({ models, outcomes, findings, peakBytes, slowest }: Tally, seconds: number) {
  const { milliseconds, bytes } = defaultLimits;
  const count = (kind: Finding['kind']) =>
    findings.filter((finding) => finding.kind === kind).length;
  terminal.out(`${models} models of seed ${given.seed} in ${Math.round(seconds)} s:`);
  for (const [kind, times] of Object.entries(outcomes).sort(([, a], [, b]) => b - a)) {
    terminal.out(`  ${String(times).padStart(6)} ${kind}`);
  }
  terminal.out(
    `${count('hang')} hangs (limit ${milliseconds} ms), ${count('crash')} crashes, ` +
      `${count('error')} errors that are a defect, ${count('memory')} above ${megabytes(bytes)}`,
  );
  terminal.out(
    `Most memory above the start: ${megabytes(peakBytes)}. ` +
      `Slowest: ${Math.round(slowest.milliseconds)} ms, number ${slowest.index} (${slowest.name})`,
  );
}

/** Each kind of finding once. */
async function write(findings: readonly Finding[]): Promise<void> {
  if (findings.length === 0) return;
  await loadOperators(operatorNames);
  const bases = makeBases(given.seed);
  mkdirSync(given.output, { recursive: true });
  const byNote = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = finding.kind === 'error' ? finding.note : `${finding.kind} ${finding.index}`;
    byNote.set(key, [...(byNote.get(key) ?? []), finding]);
  }
  for (const [first, ...others] of byNote.values()) {
    if (!first) continue;
    const { kind, bytes, name } = mutantOf(bases, given.seed, first.index);
    const ending = { onnx: 'onnx', keras: 'json', safetensors: 'safetensors' }[kind];
    const file = join(given.output, `seed-${given.seed}-model-${first.index}.${ending}`);
    writeFileSync(file, bytes);
    const again = others.length > 0 ? `, and ${others.length} more` : '';
    terminal.out(`${first.kind}: ${first.note}\n  ${file} (${name})${again}`);
  }
}

function readNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('It is not a whole number.');
}
