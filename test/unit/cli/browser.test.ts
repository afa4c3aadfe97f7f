/** Which browser is taken, and how it is started. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findBrowser, launchArguments, recipes } from '../../../src/cli/browser.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wgconv-browser-'));
  vi.stubEnv('CHROME_PATH', '');
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.unstubAllEnvs();
});

function program(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, '');
  chmodSync(path, 0o755);
  return path;
}

describe('findBrowser', () => {
  test('takes CHROME_PATH first', async () => {
    program('chromium');
    const chosen = program('my-chrome');
    vi.stubEnv('PATH', folder);
    vi.stubEnv('CHROME_PATH', chosen);
    expect(await findBrowser()).toBe(chosen);
  });

  test('takes no other browser where CHROME_PATH is wrong', async () => {
    vi.stubEnv('CHROME_PATH', join(folder, 'absent'));
    await expect(findBrowser()).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  test.runIf(process.platform === 'linux')('finds Chromium on the path', async () => {
    const installed = program('chromium');
    vi.stubEnv('PATH', folder);
    expect(await findBrowser()).toBe(installed);
  });
});

test.each(recipes)('recipe %s starts quietly, and without a sandbox only as root', (recipe) => {
  const root = process.getuid?.() === 0;
  const args = launchArguments(recipe);
  expect(args).toContain('--disable-background-networking');
  expect(args.includes('--no-sandbox')).toBe(root);
});
