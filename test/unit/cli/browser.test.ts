/** Which browser is taken, and how it is started. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findBrowser, installBrowser, launchArguments, recipes } from '../../../src/cli/browser.ts';

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

test.runIf(process.platform === 'linux' && !existsSync('/opt/google/chrome/chrome'))(
  'installBrowser takes the system’s package and finds it afterwards',
  async () => {
    // Stand-ins for the system's programs: `sudo` runs what it is given, `apt-get` logs and installs.
    script('sudo', 'shift; exec "$@"');
    script('true', 'exit 0');
    const log = join(folder, 'log');
    const chromium = join(folder, 'chromium');
    script(
      'apt-get',
      `echo "$*" >> ${log}; if [ "$1" = install ]; then : > ${chromium}; /bin/chmod +x ${chromium}; fi`,
    );
    vi.stubEnv('PATH', folder);
    const lines: string[] = [];
    expect(await installBrowser((line) => lines.push(line))).toBe(chromium);
    expect(lines.at(-1)).toBe(`Chromium is installed: ${chromium}`);
    const [update, install] = readFileSync(log, 'utf8').split('\n');
    expect(update).toContain('update');
    expect(install).toMatch(/^install .*-y .*chromium/);
  },
);

function script(name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}
