/**
 * The browser's GPU process ends, as when a driver crashes: whatever waits for it rejects with
 * `DeviceLostError` in time, and the next call gives the right answer on a new device.
 */

import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startServer } from '../../bench/server.ts';
import { launchBrowser } from '../support/browser.ts';
import { generator } from '../support/random.ts';

let server: Awaited<ReturnType<typeof startServer>>;
let browser: Browser;
let page: Page;
const problems: string[] = [];

beforeAll(async () => {
  server = await startServer({ entries: ['test/pages/index.html'], include: [] });
  browser = await launchBrowser('cr-gles', [
    // Else Chrome keeps a page whose GPU process has crashed from using it again.
    '--disable-domain-blocking-for-3d-apis',
    '--disable-gpu-process-crash-limit',
  ]);
  page = await browser.newPage();
  page.on('pageerror', (error) => problems.push(String(error)));
  await page.goto(`${server.url}test/pages/index.html`);
  await page.waitForFunction(() => typeof window.aftermath === 'function');
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

it('crashes five times: all that waits fails within 2 s, and the next run is right', async () => {
  const devtools = await browser.newBrowserCDPSession();
  const random = generator(5);
  expect(await page.evaluate(() => window.openSession())).toBe(true);
  for (const busy of [true, true, false, true, true]) {
    await page.evaluate((isBusy) => window.begin(isBusy), busy);
    await page.waitForTimeout(50 + 200 * random());
    await devtools.send('Browser.crashGpuProcess');
    const { failures, isRight, isNewDevice } = await page.evaluate(() => window.aftermath());
    const names = failures.map(({ name }) => name);
    const lost = 'DeviceLostError';
    expect(names.slice(0, 3)).toEqual(busy ? [lost, lost, lost] : []);
    expect(['', lost]).toContain(names[3] ?? ''); // a session may just be complete
    for (const { milliseconds } of failures) expect(milliseconds).toBeLessThan(2000);
    expect({ isRight, isNewDevice }).toEqual({ isRight: true, isNewDevice: true });
  }
  expect(problems).toEqual([]);
});
