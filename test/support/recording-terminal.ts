/** A terminal that keeps what a command writes, for tests. */

import type { Terminal } from '../../src/cli/terminal.ts';

export interface RecordingTerminal extends Terminal {
  readonly outLines: string[];
  readonly errLines: string[];
}

export function recordingTerminal(options: Partial<Terminal> = {}): RecordingTerminal {
  const outLines: string[] = [];
  const errLines: string[] = [];
  return {
    outLines,
    errLines,
    out: (text) => outLines.push(...text.split('\n')),
    err: (text) => errLines.push(...text.split('\n')),
    interactive: false,
    columns: undefined,
    ...options,
  };
}
