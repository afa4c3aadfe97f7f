/** Integrity of a model's bytes, against the hashes of Node's own crypto. */
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { InferenceSession } from '../../../src/index.ts';
import { type FileServer, serveFiles } from '../../support/file-server.ts';
import { encodeModel } from '../../support/onnx-writer.ts';

const weights = new Uint8Array(Float32Array.of(10, 20, 30).buffer);
const model = Uint8Array.from(
  encodeModel({
    nodes: [{ op: 'Add', inputs: ['x', 'a'], outputs: ['y'] }],
    inputs: [{ name: 'x', dims: [3] }],
    outputs: ['y'],
    initializers: { a: { dims: [3], dataType: 1, external: { location: 'net.bin' } } },
  }),
);
const externalData = [{ path: 'net.bin', data: weights }];

const hash = (kind: 'sha256' | 'sha384' | 'sha512', bytes: Uint8Array) =>
  `${kind}-${createHash(kind).update(bytes).digest('base64')}`;
const other = Uint8Array.of(1, 2, 3);

let server: FileServer | undefined;
afterEach(() => {
  server?.close();
  vi.unstubAllGlobals();
});

async function load(integrity: string, bytes: Uint8Array = model): Promise<void> {
  const options = { backend: 'cpu', integrity, externalData } as const;
  await (await InferenceSession.create(bytes, options)).dispose();
}

describe('bytes that are given', () => {
  test.each(['sha256', 'sha384', 'sha512'] as const)('have the %s that is wanted', async (kind) => {
    await load(hash(kind, model));
    await load(hash(kind, model).replaceAll('+', '-').replaceAll('/', '_'));
    await expect(load(hash(kind, other))).rejects.toMatchObject({
      code: 'wrong-integrity',
      message: `the model has the hash ${hash(kind, model)}, not ${hash(kind, other)}: it is not the file that was meant`,
    });
  });

  test('need one hash of the strongest kind', async () => {
    await load(`${hash('sha384', other)} ${hash('sha384', model)}`);
    await load(`${hash('sha256', other)}\n ${hash('sha512', model)}?ct=onnx md5-x`);
    await expect(load(`${hash('sha256', model)} ${hash('sha512', other)}`)).rejects.toThrow(
      hash('sha512', other),
    );
  });

  test('are refused before they are read', async () => {
    await expect(load(hash('sha256', model), other)).rejects.toMatchObject({
      code: 'wrong-integrity',
    });
  });

  test.each(['', 'md5-abc', 'sha256', 'sha256-', 'sha256-%', 7])(
    '%j is no hash',
    async (integrity) => {
      await expect(load(integrity as string)).rejects.toMatchObject({
        code: 'invalid-argument',
        message: `the integrity ${JSON.stringify(integrity)} of the model has no hash that wgconv knows: write sha256-, sha384- or sha512- and the hash in base64`,
      });
    },
  );

  test('cannot be checked where the page may not', async () => {
    vi.stubGlobal('crypto', {});
    await expect(load(hash('sha256', model))).rejects.toThrow(
      'the integrity of the model cannot be checked: browsers have crypto.subtle in secure contexts only (https, or localhost)',
    );
  });

  test('a graph has none', async () => {
    const session = await InferenceSession.create(model, { backend: 'cpu', externalData });
    const options = { backend: 'cpu', integrity: hash('sha256', model) } as const;
    await expect(InferenceSession.create(session.graph, options)).rejects.toThrow(
      'a graph has no bytes that could have an integrity',
    );
  });
});

describe('files of a model at an address', () => {
  async function fetched(integrity: string, beside: string): Promise<void> {
    server = await serveFiles({ 'net.onnx': model, 'net.bin': weights });
    const session = await InferenceSession.create(`${server.address}net.onnx`, {
      ...{ backend: 'cpu', integrity },
      externalData: [{ path: 'net.bin', integrity: beside }],
    });
    await session.dispose();
  }

  test('have their own hashes', async () => {
    await fetched(hash('sha256', model), hash('sha512', weights));
    expect(server?.requests).toEqual(['GET net.onnx', 'GET net.bin']);
  });

  test('are refused by name', async () => {
    await expect(fetched(hash('sha256', model), hash('sha512', other))).rejects.toThrow(
      `"net.bin" has the hash ${hash('sha512', weights)}, not ${hash('sha512', other)}`,
    );
    server?.close();
    await expect(fetched(hash('sha256', other), hash('sha512', weights))).rejects.toThrow(
      /net\.onnx" has the hash sha256-/,
    );
  });
});
