/** Files that a model has its weights in: given by the caller, or fetched from the model's folder. */

import { WgconvError } from '../core/errors.ts';
import { checkModelSize } from '../core/fetch-bytes.ts';
import { host } from '../core/host.ts';
import { insist, refuseUnknown } from '../core/refuse-unknown.ts';
import type { Graph } from '../graph/graph.ts';
import { type FileSource, readFile } from './read-file.ts';

/**
 * A file of external data: its content or its address, under the name that the model has for it.
 * With an `integrity` alone it is fetched from the model's folder.
 */
export interface ExternalData {
  readonly path: string;
  readonly data?: Uint8Array | ArrayBuffer | Blob | string | URL | undefined;
  /** Hashes of its bytes, as the attribute of that name in HTML has them. */
  readonly integrity?: string | undefined;
}

export interface ExternalSource extends FileSource {
  readonly files?: readonly ExternalData[] | undefined;
  /** Address of the model: files that are not given are fetched from its folder. */
  readonly model?: string | URL | undefined;
  /**
   * Hears of a model whose files take long, until these are there (`signal`): `make` gives its graph
   * with zeros in place of their weights.
   */
  readonly onSketch?: OnSketch | undefined;
}

export type MakeSketch = () => Graph;

export type OnSketch = (make: MakeSketch, signal: AbortSignal) => Promise<void>;

/**
 * The path of a file below the model's folder, with forward slashes and without a leading `./`;
 * undefined for what a model must not name: another folder, an address.
 */
export function pathBeside(path: string): string | undefined {
  const plain = withoutDot(path);
  const inside =
    plain !== '' &&
    !/[\\:?#%]/.test(plain) &&
    plain.split('/').every((part) => !/^\.{0,2}$/.test(part));
  return inside ? plain : undefined;
}

const fileOptions: Readonly<Record<keyof ExternalData, true>> = {
  ...{ path: true, data: true, integrity: true },
};

/** @throws WgconvError `invalid-argument` where these are no files, whether a model needs them or not */
export function checkFiles(files: readonly ExternalData[]): void {
  insist(
    Array.isArray(files) && files.every((file) => typeof file?.path === 'string'),
    "externalData is a list of files, as [{ path: 'model.onnx.data', data }]",
  );
  for (const file of files) refuseUnknown('option of externalData', file, fileOptions);
}

/**
 * The content of each file, in order; each is read once.
 * @param paths as `pathBeside` gives them
 * @throws WgconvError `invalid-argument`, `invalid-model` where a file is not there, `limit-exceeded`
 */
export async function readBeside(
  paths: readonly string[],
  source: ExternalSource,
): Promise<Uint8Array[]> {
  const { files = [] } = source;
  checkFiles(files);
  const contents = await Promise.all(paths.map((path) => read(path, source)));
  checkModelSize(
    contents.reduce((sum, { length }) => sum + length, 0),
    `external data (${paths.map((path) => `"${path}"`).join(', ')})`,
  );
  return contents;
}

async function read(path: string, source: ExternalSource): Promise<Uint8Array> {
  const { files = [], model } = source;
  const { data, integrity } = files.find((file) => withoutDot(file.path) === path) ?? {};
  if (data !== undefined) {
    const bytes = await readFile(data, path, source, integrity);
    if (bytes) return bytes;
    throw new WgconvError(
      'invalid-argument',
      `externalData "${path}" must be bytes (Uint8Array, ArrayBuffer, Blob) or an address`,
    );
  }
  const base = model !== undefined && host.address(model);
  // Nothing is beside a blob.
  const address = base && URL.canParse(path, base) && new URL(path, base);
  const bytes = address && (await readFile(address, path, source, integrity));
  if (bytes) return bytes;
  const given = files.map((file) => `"${file.path}"`).join(', ') || 'none';
  throw new WgconvError(
    'invalid-model',
    `the model has weights in the file "${path}"; give it as externalData: [{ path: '${path}', data }], or load the model by its address with the file beside it (files given: ${given})`,
    { data: { file: path } },
  );
}

function withoutDot(path: string): string {
  return path.replace(/^(\.\/)+/, '');
}
