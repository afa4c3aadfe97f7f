/** The digit page, driven in a real browser: samples, drawing with the mouse, keys, and no WebGPU. */

import { resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultRecipe, findOrInstallBrowser, launchArguments } from '../../../src/cli/browser.ts';

describe('the digit page', () => {
  let server: ViteDevServer;
  let browser: Browser;
  let page: Page;
  let address = '';
  const problems: string[] = [];

  beforeAll(async () => {
    server = await createServer({
      configFile: resolve('demo/vite.config.ts'),
      logLevel: 'error',
      server: { port: 0, open: false },
    });
    await server.listen();
    address = server.resolvedUrls?.local[0] ?? '';
    browser = await chromium.launch({
      executablePath: await findOrInstallBrowser(() => {}),
      args: launchArguments(defaultRecipe()),
    });
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    await page.goto(address);
    await ready(page, 'webgpu');
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const ready = (on: Page, backend: string) =>
    on.waitForFunction((wanted) => document.body.dataset.ready === wanted, backend, {
      timeout: 60_000,
    });
  const answered = (digit: string) =>
    page.waitForFunction(
      (wanted) => document.getElementById('digit')?.textContent === wanted,
      digit,
      {
        timeout: 20_000,
      },
    );

  it('knows every shipped digit', async () => {
    for (let digit = 0; digit <= 9; digit++) {
      await page.click(`#samples button[title$=" ${digit}"]`);
      await answered(String(digit));
    }
    expect(await page.locator('.bars li.best').count()).toBe(1);
    expect(await page.textContent('#status')).toMatch(/\d ms\. It runs on WebGPU/);
  }, 60_000);

  it('answers what is drawn with the mouse, and forgets it when cleared', async () => {
    await page.click('#clear');
    await answered('\u00a0');
    const box = await page.locator('#pad').boundingBox();
    if (!box) throw new Error('no drawing area');
    const at = (x: number, y: number) => [box.x + box.width * x, box.y + box.height * y] as const;
    await page.mouse.move(...at(0.5, 0.2));
    await page.mouse.down();
    for (let y = 0.25; y <= 0.8; y += 0.05) await page.mouse.move(...at(0.5, y));
    await page.mouse.up();
    await answered('1');
  }, 60_000);

  it('is used with the keyboard', async () => {
    await page.focus('#pad');
    await page.keyboard.press('7');
    await answered('7');
    await page.keyboard.press('Delete');
    await answered('\u00a0');
  }, 60_000);

  it('has met no error so far', () => {
    expect(problems).toEqual([]);
  });

  it('offers the CPU where there is no WebGPU', async () => {
    const plain = await browser.newPage();
    await plain.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
    });
    await plain.goto(address);
    await plain.click('text=Run on the CPU instead', { timeout: 30_000 });
    await ready(plain, 'cpu');
    await plain.click('#samples button[title$=" 4"]');
    await plain.waitForFunction(() => document.getElementById('digit')?.textContent === '4');
    await plain.close();
  }, 60_000);
});
