/** Progress of reading the files of one model: their bytes together, as they arrive. */

import type { OnBytes } from '../core/fetch-bytes.ts';

/** Bytes of all files of the model that are known of so far; `detail` is the one that came on. */
export interface BytesRead {
  readonly stage: 'read';
  readonly unit: 'bytes';
  readonly done: number;
  /** undefined as long as a server has not said, or does not say, how long a file is. */
  readonly total: number | undefined;
  readonly detail: string;
}

/** Counts the bytes of one file of the model. */
export type CountFile = (file: string) => OnBytes;

export function countBytes(onProgress: (progress: BytesRead) => void): CountFile {
  const files = new Map<string, readonly [done: number, total: number | undefined]>();
  return (file) => {
    const count: OnBytes = ({ length }, size) => {
      files.set(file, [length, size]);
      let done = 0;
      let total: number | undefined = 0;
      for (const [arrived, all] of files.values()) {
        done += arrived;
        total = all === undefined || total === undefined ? undefined : total + all;
      }
      onProgress({ stage: 'read', unit: 'bytes', done, total, detail: file });
    };
    count(new Uint8Array(), undefined);
    return count;
  };
}
