/** Files that people load by mistake, told apart by their first bytes: looked at when reading has failed. */

import { type ModelProto, readModelProto } from './proto.ts';
import { malformed } from './wire.ts';

/** As `readModelProto`, whose error says what the file is, where that is known. */
export function readProtoOrExplain(bytes: Uint8Array): ModelProto {
  try {
    return readModelProto(bytes);
  } catch (error) {
    refuseOtherFile(bytes);
    throw error;
  }
}

function refuseOtherFile(bytes: Uint8Array): void {
  if (bytes.length === 0) malformed('the model file is empty');
  const start = String.fromCharCode(...bytes.subarray(0, 40));
  const text = start.replace('\xef\xbb\xbf', '').trimStart();
  const isAt = (at: number | 'text', magic: string) =>
    at === 'text' ? text.startsWith(magic) : start.startsWith(magic, at);
  const [, , kind] = kinds.find(([at, magic]) => isAt(at, magic)) ?? [];
  if (kind) malformed(`the file is no ONNX model but ${kind}`);
}

const toOnnx = 'export the model to ONNX';
const pickle = `a Python pickle, as PyTorch has it; ${toOnnx}`;

const kinds: readonly (readonly [at: number | 'text', magic: string, kind: string])[] = [
  ['text', '<', 'an HTML or XML page (often a server that answers "not found"); check the URL'],
  [
    ...(['text', 'version https://git-lfs'] as const),
    'a Git LFS pointer, not the file itself; fetch it with "git lfs pull"',
  ],
  [0, 'PK\x03\x04', `a ZIP archive: unpack it first; if it is a PyTorch or .keras file, ${toOnnx}`],
  [0, '\x1f\x8b', 'a gzip file; unpack it first'],
  [4, 'ORTM', "onnxruntime's own ORT format; load the .onnx file it was made from"],
  [4, 'TFL3', `a TensorFlow Lite model; ${toOnnx}`],
  [0, '\x89HDF', `an HDF5 file, as Keras has it (.h5); ${toOnnx}, or to a model.json`],
  [0, '\x80\x02', pickle],
  [0, '\x80\x04', pickle],
  [8, '{"', 'a safetensors file, which holds weights without a network'],
  [0, '\x89PNG', 'a PNG picture'],
  [0, '\xff\xd8\xff', 'a JPEG picture'],
  ['text', '{', 'JSON text'],
];
