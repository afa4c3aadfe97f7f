/**
 * ONNX backend tests on disk: a folder with `model.onnx` and, for each data set,
 * `test_data_set_N/input_M.pb` and `output_M.pb`.
 */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ModelFile, NamedTensor } from './engine.ts';
import { UsageError } from './failure.ts';
import { readModelBytes, readTensorFile } from './inputs.ts';

export interface TestFolder {
  readonly name: string;
  readonly folder: string;
}

export interface DataSet {
  readonly inputs: readonly NamedTensor[];
  /** The published results, in the order of the model's outputs. */
  readonly outputs: readonly NamedTensor[];
}

export interface TestCase {
  readonly model: ModelFile;
  readonly sets: readonly DataSet[];
}

/**
 * The test folders among `folders`, and those right below them, in the order of their names.
 * @throws UsageError where a folder is not there, or holds no test at all
 */
export function findTests(folders: readonly string[]): TestFolder[] {
  return folders.flatMap((folder) => {
    if (!existsSync(folder)) throw new UsageError(`the folder "${folder}" does not exist`);
    if (!statSync(folder).isDirectory()) throw new UsageError(`"${folder}" is no folder`);
    if (isTest(folder)) return [{ name: basename(join(folder, '.')), folder }];
    const below = readdirSync(folder)
      .sort()
      .map((name) => ({ name, folder: join(folder, name) }))
      .filter((test) => isTest(test.folder));
    if (below.length === 0) {
      throw new UsageError(
        `"${folder}" holds no ONNX backend test: neither it nor a folder in it has a model.onnx and a test_data_set_0`,
      );
    }
    return below;
  });
}

function isTest(folder: string): boolean {
  return existsSync(join(folder, 'model.onnx')) && existsSync(join(folder, 'test_data_set_0'));
}

export function readTest({ folder }: TestFolder): TestCase {
  const sets = numbered(folder, /^test_data_set_(\d+)$/).map((path) => ({
    inputs: numbered(path, /^input_(\d+)\.pb$/).map(readTensorFile),
    outputs: numbered(path, /^output_(\d+)\.pb$/).map(readTensorFile),
  }));
  return { model: readModelBytes(join(folder, 'model.onnx')), sets };
}

/** Files of a folder whose names match, by their numbers: 10 comes after 9. */
function numbered(folder: string, pattern: RegExp): string[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const number = pattern.exec(name)?.[1];
      return number === undefined ? [] : [{ name, number: Number(number) }];
    })
    .sort((a, b) => a.number - b.number)
    .map(({ name }) => join(folder, name));
}
