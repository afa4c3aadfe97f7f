/** `wgconv tune`: times the likely algorithms of a model's problems, and keeps what was fastest. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TimedCandidate, type TunedProblem, tuningOf } from '../../session/tune/tuning.ts';
import { exitOk, UsageError } from '../failure.ts';
import { readModelFile, resolveShapes } from '../inputs.ts';
import { toJson, writeJson } from '../json.ts';
import { withEngine } from '../open-engine.ts';
import { type CommonOptions, checkCommon, type Shapes } from '../options.ts';
import { ProgressDisplay } from '../progress.ts';
import { formatMilliseconds, plural, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export interface TuneOptions extends CommonOptions {
  readonly inputShape?: Shapes | undefined;
  readonly cache?: string | undefined;
}

export async function tune(
  model: string,
  options: TuneOptions,
  terminal: Terminal,
): Promise<number> {
  checkCommon(options);
  if (options.backend === 'cpu') {
    throw new UsageError('tune times algorithms on the GPU; the cpu backend has only one');
  }
  if (options.algorithm !== undefined) {
    throw new UsageError('--algorithm leaves tune nothing to choose; leave it out');
  }
  const file = options.cache ?? defaultCache();
  const bytes = await readModelFile(model);
  const kept = readCache(file, options.cache !== undefined, (line) => terminal.err(line));
  const progress = new ProgressDisplay(terminal, !!options.quiet);

  return withEngine(options, terminal, progress, async (engine, place) => {
    const facts = await engine.open(bytes, { tune: 'full', tuning: kept });
    await engine.prepare(resolveShapes(facts.inputs, options.inputShape ?? {}, []));
    const { problems, tuning } = await engine.tuning();
    progress.clear();
    if (!options.quiet) terminal.out(`${place.description}\n`);
    terminal.out(describeTuning(problems, !!options.quiet));
    writeCache(file, tuning);
    if (!options.quiet) terminal.out(`What was found is kept in ${file}`);
    if (options.json) writeJson(options.json, { ...tuning, adapter: place, model, problems });
    return exitOk;
  });
}

/** Candidates by time with the choice marked, for each problem, and what the choices save. */
export function describeTuning(problems: readonly TunedProblem[], quiet: boolean): string {
  if (problems.length === 0) {
    return 'Nothing was timed: every problem has its choice already, or only one algorithm.';
  }
  const rows = problems.flatMap((problem) => [
    [`${problem.operator} ${shapesOf(problem)}`, '', '', ofNodes(problem)],
    ...problem.candidates.toSorted(byMedian).map((candidate) => candidateRow(candidate, problem)),
  ]);
  const sum = (which: 'expected' | 'chosen') =>
    problems.reduce((total, problem) => total + medianOf(problem, which) * problem.nodes.length, 0);
  const changed = problems.filter(({ expected, chosen }) => expected !== chosen).length;
  const rejected = problems.flatMap(({ candidates }) => candidates.filter((one) => one.rejected));
  const lines = [
    `${plural(problems.length, 'problem')} timed, ${changed} with another choice than the cost ` +
      `model's: ${formatMilliseconds(sum('expected'))} before, ${formatMilliseconds(sum('chosen'))} after, ` +
      'all nodes together',
  ];
  if (rejected.length > 0) {
    lines.push(`${plural(rejected.length, 'candidate')} rejected, as the table says`);
  }
  if (problems.some(({ quantised }) => quantised)) {
    lines.push('The clock is coarse: times are means over many of its steps.');
  }
  const heading = ['algorithm', 'median', 'quartiles', ''];
  const shown = quiet ? [] : [table([heading, ...rows], ['left', 'right', 'right', 'left']), ''];
  return [...shown, ...lines].join('\n');
}

function candidateRow(candidate: TimedCandidate, { expected, chosen }: TunedProblem): string[] {
  const { algorithm, milliseconds, rejected } = candidate;
  const notes = [
    ...(algorithm === chosen ? ['chosen'] : []),
    ...(algorithm === expected ? ["the cost model's"] : []),
    ...(rejected ? [`rejected: ${rejected}`] : []),
  ];
  const times = milliseconds
    ? [
        formatMilliseconds(milliseconds.median),
        `${formatMilliseconds(milliseconds.low)} – ${formatMilliseconds(milliseconds.high)}`,
      ]
    : ['', ''];
  return [`  ${algorithm}`, ...times, notes.join(', ')];
}

function byMedian(a: TimedCandidate, b: TimedCandidate): number {
  const time = ({ milliseconds }: TimedCandidate) => milliseconds?.median ?? Number.MAX_VALUE;
  return time(a) - time(b);
}

/** A rejected choice of the cost model's has no time; what is chosen in its place always has. */
function medianOf(problem: TunedProblem, which: 'expected' | 'chosen'): number {
  const find = (name: string) =>
    problem.candidates.find(({ algorithm }) => algorithm === name)?.milliseconds?.median;
  return find(problem[which]) ?? find(problem.chosen) ?? 0;
}

function ofNodes({ nodes }: TunedProblem): string {
  return nodes.length === 1 ? `"${nodes[0]}"` : `"${nodes[0]}" and ${nodes.length - 1} more`;
}

/** The shapes in a problem's key, which `problemKey` makes. */
function shapesOf({ problem }: TunedProblem): string {
  const [, , , inputs = [], outputs = []] = JSON.parse(problem) as unknown[][];
  const list = (values: readonly unknown[]) =>
    values
      .flatMap((value) => (Array.isArray(value) ? (value[1] as number[]).join('×') : []))
      .join(', ');
  return `${list(inputs)} → ${list(outputs)}`;
}

export function defaultCache(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'wgconv', 'tuning.json');
}

/**
 * What was kept. A file that the caller names and that holds something else is left alone: a slip
 * must not cost a model, and it is found before minutes of timing. The cache of our own is written
 * anew, with a note.
 */
export function readCache(file: string, isNamed: boolean, note: (line: string) => void): unknown {
  if (!existsSync(file)) return undefined;
  try {
    const text = readFileSync(file, 'utf8');
    if (text.trim() === '') return undefined;
    const kept: unknown = JSON.parse(text);
    if (tuningOf(kept)) return kept;
    throw new Error('it is in another format');
  } catch (error) {
    const problem = `"${file}" holds no tuning (${(error as Error).message})`;
    if (isNamed) throw new UsageError(`--cache: ${problem}; name another file, or delete it`);
    note(`${problem}; it is written anew`);
    return undefined;
  }
}

function writeCache(file: string, tuning: unknown): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${toJson(tuning)}\n`);
  } catch (error) {
    throw new UsageError(`--cache: "${file}" cannot be written: ${(error as Error).message}`);
  }
}
