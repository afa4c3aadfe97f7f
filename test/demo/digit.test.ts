/** The digit page, used as a person would: samples, drawing with the mouse, keys, no WebGPU. */

import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, type OpenPage, openPage } from './site.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const ready = (page: Page) => page.locator('[data-ready="true"]').waitFor({ timeout: 60_000 });

const answered = (page: Page, digit: string) =>
  page.waitForFunction(
    (wanted) => document.getElementById('digit')?.textContent === wanted,
    digit,
    { timeout: 20_000 },
  );

/** Draws through points given as shares of the pad's side, with the mouse. */
async function draw(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
  const box = await page.locator('#pad').boundingBox();
  if (!box) throw new Error('no drawing area');
  const at = ([x, y]: readonly [number, number]) =>
    [box.x + box.width * x, box.y + box.height * y] as const;
  const [first, ...others] = points;
  await page.mouse.move(...at(first ?? [0.5, 0.5]));
  await page.mouse.down();
  for (const point of others) await page.mouse.move(...at(point), { steps: 4 });
  await page.mouse.up();
}

describe('the digit page', () => {
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    open = await openPage(browser, 'digit');
    page = open.page;
    await ready(page);
  });
  afterAll(() => open?.close());

  it('knows every shipped digit', async () => {
    for (let digit = 0; digit <= 9; digit++) {
      await page.click(`#samples button[title$=" ${digit}"]`);
      await answered(page, String(digit));
    }
    expect(await page.locator('.bars li.best').count()).toBe(1);
    expect(await page.locator('[data-time]').textContent()).toMatch(/\d ms/);
  });

  it('answers a 3 that is drawn with the mouse, and forgets it when cleared', async () => {
    await page.click('#clear');
    await answered(page, '');
    await draw(page, [
      [0.3, 0.25],
      [0.45, 0.17],
      [0.62, 0.22],
      [0.64, 0.36],
      [0.46, 0.47],
      [0.65, 0.58],
      [0.66, 0.74],
      [0.5, 0.84],
      [0.3, 0.76],
    ]);
    await answered(page, '3');
    await page.click('#clear');
    await answered(page, '');
  });

  it('is used with the keyboard', async () => {
    await page.focus('#pad');
    await page.keyboard.press('7');
    await answered(page, '7');
    await page.keyboard.press('Delete');
    await answered(page, '');
  });

  it('has met no error so far', () => {
    expect(open.problems).toEqual([]);
  });
});

describe('the digit page without WebGPU', () => {
  it.each([{ withoutWebGpu: true }, { query: 'backend=cpu' }])('answers: %o', async (options) => {
    const { page, problems, close } = await openPage(browser, 'digit', options);
    await ready(page);
    expect(await page.locator('[data-backend]').getAttribute('data-backend')).toBe('cpu');
    await page.click('#samples button[title$=" 4"]');
    await answered(page, '4');
    expect(problems).toEqual([]);
    await close();
  });
});
