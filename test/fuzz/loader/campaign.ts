/**
 * Loads models number 0 to `models` − 1 of a seed in processes of their own: one that takes longer
 * than the limit is killed, and what hung, died, threw or took too much memory is found by its number.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Go, Made, Ready, Report, Task } from './worker.ts';

export interface CampaignOptions {
  readonly seed: number;
  readonly models: number;
  /** The first model's number. */
  readonly from?: number;
  readonly processes?: number;
  readonly signal?: AbortSignal | undefined;
  /** Tests bring a worker of their own. */
  readonly worker?: string;
  readonly limits?: Partial<Limits>;
}

export interface Limits {
  /** Of the processor, so that a busy machine makes no hangs; of the clock where that is not told. */
  readonly milliseconds: number;
  /** Above what the process had at its start. */
  readonly bytes: number;
}

export const defaultLimits: Limits = { milliseconds: 2000, bytes: 512 * 2 ** 20 };

export interface Finding {
  readonly kind: 'hang' | 'crash' | 'memory' | 'error';
  readonly index: number;
  readonly name: string;
  readonly note: string;
}

export interface Tally {
  models: number;
  /** By the outcome's kind. */
  readonly outcomes: Record<string, number>;
  readonly findings: Finding[];
  /** The most that a process had above its start. */
  peakBytes: number;
  slowest: { readonly index: number; readonly name: string; readonly milliseconds: number };
}

/** Time for a process to load the engine on a busy machine. */
const startMilliseconds = 120_000;

export async function runCampaign(
  options: CampaignOptions,
  onProgress: (tally: Tally) => void = () => {},
): Promise<Tally> {
  const { models, from = 0, processes = Math.min(2, availableParallelism()), signal } = options;
  const tally: Tally = {
    ...{ models: 0, outcomes: {}, findings: [], peakBytes: 0 },
    slowest: { index: -1, name: 'none', milliseconds: 0 },
  };
  let next = from;
  const work = async () => {
    const worker = new Worker(options);
    try {
      while (next < from + models && !signal?.aborted) {
        record(tally, await worker.load(next++));
        onProgress(tally);
      }
    } finally {
      worker.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(processes, models) }, work));
  tally.findings.sort((a, b) => a.index - b.index);
  return tally;
}

interface Result {
  readonly index: number;
  readonly name: string;
  readonly kind: string;
  readonly milliseconds: number;
  readonly grownBytes: number;
  readonly findings: readonly Finding[];
}

function record(tally: Tally, result: Result): void {
  const { kind, grownBytes, findings, milliseconds } = result;
  tally.models++;
  tally.outcomes[kind] = (tally.outcomes[kind] ?? 0) + 1;
  tally.findings.push(...findings);
  tally.peakBytes = Math.max(tally.peakBytes, grownBytes);
  if (milliseconds > tally.slowest.milliseconds) tally.slowest = result;
}

class Worker {
  readonly #options: CampaignOptions;
  readonly #limits: Limits;
  #process: ChildProcess | undefined;
  #startBytes = 0;

  constructor(options: CampaignOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
  }

  async load(index: number): Promise<Result> {
    const first = await this.#try(index);
    // A new process compiles its code first: what hangs, hangs again.
    return first.kind === 'hang' ? this.#try(index) : first;
  }

  kill(): void {
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
  }

  async #try(index: number): Promise<Result> {
    const { milliseconds: limit, bytes } = this.#limits;
    const process = await this.#started();
    const made = await answerOf<Made>(process, startMilliseconds, () => {
      process.send({ index } satisfies Task);
    });
    if (typeof made === 'string') throw new Error(`model ${index} cannot be made: ${made}`);
    const { name } = made;
    const report = await answerOf<Report>(process, limit, () => {
      process.send({ go: true } satisfies Go);
    });
    if (typeof report === 'string' || report.milliseconds > limit) {
      this.kill();
      const isCrash = typeof report === 'string' && report !== 'late';
      const [kind, note] = isCrash
        ? (['crash', `the process ended: ${report}`] as const)
        : (['hang', `more than ${limit} ms`] as const);
      const findings = [{ kind, index, name, note }];
      return { index, name, kind, milliseconds: limit, grownBytes: 0, findings };
    }
    const { outcome, peakBytes, milliseconds } = report;
    const findings: Finding[] = [];
    const grownBytes = Math.max(0, peakBytes - this.#startBytes);
    if (outcome.defect) findings.push({ kind: 'error', index, name, note: outcome.defect });
    if (grownBytes > bytes) {
      const note = `${megabytes(grownBytes)} above the start (${outcome.kind})`;
      findings.push({ kind: 'memory', index, name, note });
      this.kill();
    }
    return { index, name, kind: outcome.kind, milliseconds, grownBytes, findings };
  }

  async #started(): Promise<ChildProcess> {
    if (this.#process) return this.#process;
    const { worker = new URL('./worker.ts', import.meta.url).pathname, seed } = this.#options;
    const execArgv = ['--import', 'tsx', '--expose-gc'];
    const started = fork(worker, [String(seed)], { execArgv });
    this.#process = started;
    const ready = await answerOf<Ready>(started, startMilliseconds, () => {});
    if (typeof ready === 'string') throw new Error(`the fuzzer's process does not start: ${ready}`);
    this.#startBytes = ready.startBytes;
    return started;
  }
}

/** What the process says next; `late` after so many milliseconds, or how it ended. */
function answerOf<T extends object>(
  process: ChildProcess,
  limit: number,
  ask: () => void,
): Promise<T | string> {
  return new Promise((resolve) => {
    const settle = (answer: T | string) => {
      clearInterval(timer);
      process.off('message', settle);
      process.off('exit', onExit);
      resolve(answer);
    };
    const onExit = (code: number | null, signal: string | null) => settle(signal ?? `code ${code}`);
    const [start, began] = [millisecondsOf(process), performance.now()];
    const timer = setInterval(() => {
      // What waits for ever takes no time of the processor.
      const isIdle = performance.now() - began > idleFactor * limit;
      if (isIdle || millisecondsOf(process) - start > limit) settle('late');
    }, limit / 8);
    process.on('message', settle);
    process.on('exit', onExit);
    ask();
  });
}

/** So many times the limit may pass on the clock. */
const idleFactor = 30;

/** Time that a process has had of the processor; the clock where the system does not tell. */
function millisecondsOf({ pid }: ChildProcess): number {
  try {
    // proc(5): fields 14 and 15, in hundredths of a second; the second may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return performance.now();
  }
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`;
}
