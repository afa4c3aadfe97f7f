/** The examples in a browser: each is built as its `npm run build` does, served, and reads its digit. */

import { join } from 'node:path';
import type { Browser } from 'playwright';
import { preview } from 'vite';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchBrowser, problemsOf, withoutWebGpu } from '../support/browser.ts';
import { npmRun } from './process.ts';

interface Page {
  readonly example: string;
  /** Folder to serve, below that of the example. */
  readonly site: string;
  /** What the test adds to the example's build. */
  readonly more?: readonly string[];
  /** It computes in a worker, which Playwright's scripts do not reach: it keeps its WebGPU. */
  readonly isWorker?: boolean;
}

const pages: readonly Page[] = [
  { example: 'vite', site: 'dist' },
  { example: 'esbuild', site: 'dist' },
  // Making it small takes most of the time, and is webpack's own matter.
  { example: 'webpack', site: '.', more: ['--', '--no-optimization-minimize'] },
  { example: 'script-module', site: '.' },
  { example: 'vite-worker', site: 'dist', isWorker: true },
  { example: 'esbuild-worker', site: 'dist', isWorker: true },
  {
    ...{ example: 'webpack-worker', site: '.', isWorker: true },
    more: ['--', '--no-optimization-minimize'],
  },
  { example: 'script-module-worker', site: '.', isWorker: true },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser('cr-ss');
});
afterAll(() => browser?.close());

describe.each(pages)('$example', ({ example, site, more = [], isWorker = false }) => {
  let address: string;
  let close: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    await npmRun(example, ['build', ...more]);
    ({ address, close } = await serve(join(inject('examples'), example, site)));
  });
  afterAll(() => close?.());

  test('on WebGPU', async () => {
    expect(await read(address)).toBe('This is a 7 (webgpu).');
  });

  test.skipIf(isWorker)('on the CPU, where there is no WebGPU', async () => {
    expect(await read(address, { lacksWebGpu: true })).toBe('This is a 7 (cpu).');
  });
});

/** Any web server will do. */
async function serve(folder: string) {
  const server = await preview({
    configFile: false,
    root: folder,
    appType: 'mpa',
    logLevel: 'error',
    build: { outDir: '.' },
    preview: { port: 0, host: 'localhost', open: false },
  });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error('the server has no address');
  return { address, close: () => server.close() };
}

/** What the page answers; anything that goes wrong in it fails. */
async function read(address: string, { lacksWebGpu = false } = {}): Promise<string | null> {
  const page = await browser.newPage();
  const problems = problemsOf(page);
  if (lacksWebGpu) await withoutWebGpu(page);
  try {
    await page.goto(address);
    const answer = page.locator('#answer', { hasText: 'This is' });
    await answer.waitFor({ timeout: 60_000 }).catch((error: unknown) => {
      throw new Error(`the page gives no answer: ${problems.join('; ') || error}`);
    });
    expect(problems).toEqual([]);
    return await answer.textContent();
  } finally {
    await page.close();
  }
}
