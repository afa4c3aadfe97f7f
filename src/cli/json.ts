/** `--json FILE` and `--trace FILE`: the result of a command for other programs. */

import { writeFileSync } from 'node:fs';
import { UsageError } from './failure.ts';

/** JSON has no NaN, infinity or integer beyond 2^53; they are written as strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(
    value,
    (_, item: unknown) => {
      if (typeof item === 'bigint') return String(item);
      if (typeof item === 'number' && !Number.isFinite(item)) return String(item);
      return item;
    },
    2,
  );
}

/** @param option the option that names the file, for an error's words */
export function writeJson(file: string, value: unknown, option = '--json'): void {
  try {
    writeFileSync(file, `${toJson(value)}\n`);
  } catch (error) {
    throw new UsageError(`${option}: "${file}" cannot be written: ${(error as Error).message}`);
  }
}
