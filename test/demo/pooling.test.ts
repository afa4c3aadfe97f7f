/** The pooling page, used as a person would, and its numbers against those of the window shown. */

import type { Locator, Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accessibilityFindings,
  expectNoSidewaysScroll,
  type OpenOptions,
  type OpenPage,
  openPage,
  phone,
  ready,
} from './site.ts';

async function openPooling(options: OpenOptions = {}): Promise<OpenPage> {
  const open = await openPage('pooling', options);
  await ready(open.page);
  return open;
}

const numbers = (cells: Locator) =>
  cells.allTextContents().then((shown) => shown.map((text) => Number(text)));
const input = (page: Page) =>
  numbers(page.getByRole('img', { name: /^(Pixels of|패딩을)/ }).locator('text'));
const output = (page: Page, kind: string) =>
  numbers(page.locator(`[data-kind="${kind}"] svg text`));

/** A window's numbers pooled by hand, to the decimal that is shown. */
function pooled(pixels: readonly number[], side: number, kernel: number, stride: number) {
  const places = Math.floor((side - kernel) / stride) + 1;
  const windows = Array.from({ length: places * places }, (_, place) => {
    const x = (place % places) * stride;
    const y = Math.floor(place / places) * stride;
    return Array.from(
      { length: kernel * kernel },
      (_, tap) => pixels[(y + Math.floor(tap / kernel)) * side + x + (tap % kernel)] ?? 0,
    );
  });
  return {
    max: windows.map((window) => Math.max(...window)),
    min: windows.map((window) => Math.min(...window)),
    average: windows.map((window) => window.reduce((sum, value) => sum + value, 0) / window.length),
  };
}

async function expectPooled(page: Page, kernel: number, stride: number): Promise<void> {
  const pixels = await input(page);
  const side = Math.sqrt(pixels.length);
  const expected = pooled(pixels, side, kernel, stride);
  await expect.poll(() => output(page, 'max')).toEqual(expected.max);
  expect(await output(page, 'min')).toEqual(expected.min);
  const averages = await output(page, 'average');
  expect(averages).toHaveLength(expected.average.length);
  for (const [at, value] of expected.average.entries()) {
    expect(Math.abs((averages[at] ?? 0) - value), `average ${at}`).toBeLessThanOrEqual(0.0501);
  }
}

describe('the pooling page', () => {
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    open = await openPooling();
    page = open.page;
    page.setDefaultTimeout(15_000);
  });
  afterAll(() => open?.close());

  it('keeps the largest, the mean and the smallest of each window', async () => {
    await expectPooled(page, 2, 2);
  });

  it('follows the window and the stride', async () => {
    await page.getByRole('slider', { name: 'Window k' }).press('ArrowRight');
    await page.getByRole('slider', { name: 'Stride s' }).press('Home');
    // (192 − 3) / 1 + 1 = 190 and (8 − 3) / 1 + 1 = 6.
    await expect.poll(() => page.locator('p[data-size]').getAttribute('data-size')).toBe('190×190');
    await expect.poll(() => page.locator('[data-formula] [data-size]').textContent()).toBe('6');
    await expectPooled(page, 3, 1);
  });

  it('lights up the window of the cell that is pointed at', async () => {
    const max = page.locator('[data-kind="max"] svg');
    const box = await max.boundingBox();
    if (!box) throw new Error('no output');
    await max.hover({ position: { x: (box.width * 2.5) / 6, y: (box.height * 1.5) / 6 } });
    const position = page.getByRole('slider', { name: 'Position' });
    await expect.poll(() => position.inputValue()).toBe('8'); // row 1, column 2
    const pixels = await input(page);
    const seen = [10, 11, 12, 18, 19, 20, 26, 27, 28].map((cell) => pixels[cell]);
    expect(await page.locator('[data-window]').textContent()).toContain(seen.join(', '));
    const result = await page.locator('[data-kind="max"] [data-result]').textContent();
    expect(result).toBe(String(Math.max(...seen.map(Number))));
  });

  it('reads a map under the pointer', async () => {
    const map = page.locator('[data-map="min"]');
    await map.scrollIntoViewIfNeeded();
    await map.hover({ position: { x: 40, y: 40 } });
    await expect.poll(() => page.locator('[data-value="min"]').textContent()).toMatch(/^\d+$/);
    const [max, min] = await Promise.all(
      ['max', 'min'].map(async (kind) =>
        Number(await page.locator(`[data-value="${kind}"]`).textContent()),
      ),
    );
    expect(max).toBeGreaterThanOrEqual(min ?? Infinity);
  });

  it('counts padding in the average only when asked to', async () => {
    await page.getByText('Same', { exact: true }).click();
    const corner = page.locator('[data-kind="average"] [data-result]');
    await page.getByRole('slider', { name: 'Position' }).press('Home');
    await expect.poll(async () => (await input(page)).length).toBe(100);
    const pixels = await input(page);
    const sum = [11, 12, 21, 22].reduce((total, cell) => total + (pixels[cell] ?? 0), 0);
    await expect.poll(async () => Number(await corner.textContent())).toBeCloseTo(sum / 4, 1);
    await page.getByRole('switch', { name: /counts padded cells/ }).check();
    await expect.poll(async () => Number(await corner.textContent())).toBeCloseTo(sum / 9, 1);
    expect(await page.locator('[data-window]').textContent()).toContain('pad, pad, pad, pad');
  });

  it('has had no errors', () => {
    expect(open.problems).toEqual([]);
  });
});

it('pools on the CPU, in Korean and in colours, on a phone', async () => {
  const { page, problems, close } = await openPooling({
    ...{ size: phone, language: 'ko', colours: 'dark', query: 'backend=cpu' },
  });
  expect(await page.locator('[data-backend="cpu"]').textContent()).toContain('CPU로 계산');
  await page.getByText('RGB', { exact: true }).click();
  await expectPooled(page, 2, 2);
  await expectNoSidewaysScroll(page);
  expect(await accessibilityFindings(page)).toEqual([]);
  expect(problems).toEqual([]);
  await close();
});
