/** Progress on standard error: bars on a terminal, now and then a line elsewhere. */

import cliProgress from 'cli-progress';
import type { Progress } from '../session/backend.ts';
import type { Terminal } from './terminal.ts';

const stages: Readonly<Record<Progress['stage'], string>> = {
  read: 'Reading',
  prepare: 'Planning',
  compile: 'Compiling shaders',
  upload: 'Uploading weights',
  run: 'Computing nodes',
  verify: 'Checking nodes',
  tune: 'Timing algorithms',
  profile: 'Timing nodes',
};

type Amount = Pick<Progress, 'done' | 'total' | 'unit'>;

/** Milliseconds between two lines of one piece of work. */
const lineInterval = 5000;

export class ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  readonly #now: () => number;
  #bars: cliProgress.MultiBar | undefined;
  readonly #active = new Map<string, cliProgress.SingleBar>();
  readonly #lines = new Map<string, number>();

  constructor(terminal: Terminal, quiet: boolean, now: () => number = Date.now) {
    this.#terminal = terminal;
    this.#quiet = quiet;
    this.#now = now;
  }

  /** For a session's `onProgress`. */
  readonly report = ({ stage, detail, ...amount }: Progress): void => {
    this.#update(stages[stage], amount, detail);
  };

  update(what: string, done: number, total: number, detail?: string): void {
    this.#update(what, { done, total }, detail);
  }

  #update(what: string, amount: Amount, detail = ''): void {
    if (this.#quiet) return;
    if (this.#terminal.interactive) this.#updateBar(what, amount, detail);
    else this.#updateLine(what, amount);
  }

  /** A line between the bars, such as an installer's step. */
  note(line: string): void {
    if (this.#quiet) return;
    this.clear();
    this.#terminal.err(line);
  }

  /** Takes the bars off the terminal, so that results can be printed. */
  clear(): void {
    this.#bars?.stop();
    this.#bars = undefined;
    this.#active.clear();
    this.#lines.clear();
  }

  #updateBar(what: string, amount: Amount, detail: string): void {
    this.#bars ??= new cliProgress.MultiBar(
      {
        format: '{what} {bar} {amount} {detail}',
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
        barsize: 30,
        fps: 15,
        // Without it, an interrupted command leaves the terminal without a cursor.
        gracefulExit: true,
      },
      cliProgress.Presets.shades_classic,
    );
    const payload = {
      ...{ what: what.padEnd(17), detail: shorten(detail, 30) },
      amount: formatAmount(amount, '/'),
    };
    // Of an unknown whole nothing can be drawn.
    const [done, total] = amount.total === undefined ? [0, 1] : [amount.done, amount.total];
    const bar = this.#active.get(what);
    if (bar) {
      bar.setTotal(total);
      bar.update(done, payload);
    } else {
      this.#active.set(what, this.#bars.create(total, done, payload));
    }
  }

  #updateLine(what: string, amount: Amount): void {
    const now = this.#now();
    const last = this.#lines.get(what);
    if (last !== undefined && now - last < lineInterval) return;
    this.#lines.set(what, now);
    // "0 of 1" tells nothing, and work of one step is mentioned once.
    if (last === undefined) this.#terminal.err(what);
    else if (amount.total !== 1) this.#terminal.err(`${what}: ${formatAmount(amount, ' of ')}`);
  }
}

/** `3/8`, `1.5/13.6 MB`, or `1.5 MB` of an unknown whole. */
function formatAmount({ done, total, unit }: Amount, between: string): string {
  const isBytes = unit === 'bytes';
  const [value, all] = [done, total].map((count) =>
    isBytes && count !== undefined ? (count / 1e6).toFixed(1) : count,
  );
  return `${value}${all === undefined ? '' : `${between}${all}`}${isBytes ? ' MB' : ''}`;
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `…${text.slice(text.length - length + 1)}`;
}
