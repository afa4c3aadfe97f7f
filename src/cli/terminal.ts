/** Where a command writes: results on standard output, everything else on standard error. */

export interface Terminal {
  /** One line or more of the result. */
  readonly out: (text: string) => void;
  /** One line or more about the work. */
  readonly err: (text: string) => void;
  /** Standard error is a terminal, where a progress bar can move. */
  readonly interactive: boolean;
  /** Characters in a line of standard output; undefined where it is no terminal. */
  readonly columns: number | undefined;
}

export function processTerminal(): Terminal {
  // A reader such as `head` may leave early; the work and its exit code go on without it.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    interactive: process.stderr.isTTY === true,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  };
}
