/** The import rule, run on small planted sources: it lets good imports through and names bad ones. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { checkRooms } from '../../../scripts/check-rooms.ts';

const planted: string[] = [];

afterEach(() => {
  for (const folder of planted.splice(0)) rmSync(folder, { recursive: true });
});

/** Writes the files into a new folder and returns the import rule's findings there. */
async function findings(files: Record<string, string>): Promise<string[]> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'wgconv-rooms-')));
  planted.push(base);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  }
  return (await checkRooms(base)).violations;
}

describe('the order of the rooms', () => {
  test('a room may import from rooms above it', async () => {
    expect(
      await findings({
        'src/core/shape.ts': 'export const rank = 4;',
        'shaders/copy.ts': "import { rank } from '../src/core/shape.ts'; export const copy = rank;",
        'src/ops/relu.ts': "export { copy } from '../../shaders/copy.ts';",
        'src/index.ts': "export * from './ops/relu.ts';",
        'src/cli/main.ts': "export { copy } from '../index.ts';",
      }),
    ).toEqual([]);
  });

  test('an import from a room below is named, with the rooms that are allowed', async () => {
    const [violation, ...others] = await findings({
      'src/core/shape.ts': "export { relu } from '../ops/relu.ts';",
      'src/ops/relu.ts': 'export const relu = 1;',
    });
    expect(violation).toContain('src/core/shape.ts → src/ops/relu.ts');
    expect(violation).toContain('src/core may import from: core');
    expect(others).toEqual([]);
  });

  test.each([
    ['a type', "import type { A } from '../src/gpu/a.ts'; export type B = A;"],
    ['a lazy import', "export const load = () => import('../src/gpu/a.ts');"],
    ['a type in an expression', "export type B = import('../src/gpu/a.ts').A;"],
  ])('%s counts as an import', async (_, text) => {
    const found = await findings({
      'shaders/copy.ts': text,
      'src/gpu/a.ts': 'export type A = 1;',
    });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('shaders/copy.ts → src/gpu/a.ts');
  });

  test('the index is no way around the order', async () => {
    const found = await findings({
      'src/index.ts': 'export const version = 1;',
      'src/core/shape.ts': "export { version } from '../index.ts';",
    });
    expect(found.join()).toContain('src/core/shape.ts → src/index.ts');
  });

  test('the index does not reach the command', async () => {
    const found = await findings({
      'src/index.ts': "export * from './cli/main.ts';",
      'src/cli/main.ts': 'export const main = 1;',
    });
    expect(found.join()).toContain('index without Node');
  });

  test('a new folder of src is not a room until it is listed', async () => {
    const found = await findings({
      'src/core/shape.ts': "export { a } from '../misc/a.ts';",
      'src/misc/a.ts': 'export const a = 1;',
    });
    expect(found.join()).toContain('known rooms');
  });
});

test('a cycle between files is named in full', async () => {
  const found = await findings({
    'src/core/a.ts': "import type { B } from './b.ts'; export type A = B;",
    'src/core/b.ts': "import type { A } from './a.ts'; export type B = A[];",
  });
  expect(found).not.toEqual([]);
  expect(found[0]).toMatch(/src\/core\/(a|b)\.ts → src\/core\/(a|b)\.ts → src\/core\/(a|b)\.ts/);
});

describe('what reaches a page', () => {
  test('the engine imports no module of Node', async () => {
    const found = await findings({
      'src/gpu/a.ts': "export { readFileSync } from 'node:fs';",
      'src/cli/main.ts': "export { readFileSync } from 'node:fs';",
    });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('src/gpu/a.ts → fs');
  });

  test('the engine imports only the packages listed for it', async () => {
    const found = await findings({
      'node_modules/pbf/package.json': '{ "main": "index.js" }',
      'node_modules/pbf/index.js': 'export default 1;',
      'node_modules/other/package.json': '{ "main": "index.js" }',
      'node_modules/other/index.js': 'export default 1;',
      'src/formats/a.ts': "import a from 'pbf'; import b from 'other'; export default [a, b];",
    });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('src/formats/a.ts → node_modules/other/index.js');
  });

  test('an import that leads nowhere is named', async () => {
    const found = await findings({ 'src/core/a.ts': "export * from './absent.ts';" });
    expect(found.join()).toContain('resolvable');
  });
});
