/**
 * The digit page, used as a person would: samples, drawing with the mouse, keys, the explanation of
 * single values, both networks, no WebGPU.
 */

import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { three } from '../../scripts/demo/three.ts';
import {
  accessibilityFindings,
  expectNoSidewaysScroll,
  type OpenPage,
  openPage,
  phone,
  ready,
} from './site.ts';

const answered = (page: Page, digit: string) =>
  page.waitForFunction(
    (wanted) => document.getElementById('digit')?.textContent === wanted,
    digit,
    { timeout: 20_000 },
  );

/** Draws through points given as shares of the pad's side, with the mouse. */
async function draw(page: Page, points: readonly (readonly [number, number])[]): Promise<void> {
  await page.locator('#pad').scrollIntoViewIfNeeded();
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

/** Points at a place of a stage's maps, given as shares of them, and waits for the explanation. */
async function pointAt(page: Page, stage: string, x: number, y: number): Promise<void> {
  const canvas = page.locator(`[data-stage="${stage}"] canvas`);
  await canvas.scrollIntoViewIfNeeded();
  const box = await canvas.boundingBox();
  if (!box) throw new Error(`no maps of ${stage}`);
  await page.mouse.move(box.x + box.width * x, box.y + box.height * y);
  await page
    .locator('aside .value', { hasText: stage === 'flatten' ? 'Flatten' : stage })
    .waitFor();
}

/** A number of the explanation, kept in full in an attribute. */
const number = async (page: Page, attribute: string): Promise<number> =>
  Number(await page.locator(`aside [${attribute}]`).first().getAttribute(attribute));

/** The numbers that a grid of the explanation shows, with two decimals. */
async function grid(page: Page, caption: string): Promise<number[]> {
  const cells = page.locator('aside figure', { hasText: caption }).locator('.grid span');
  return (await cells.allTextContents()).map((text) => Number(text.replace('−', '-')));
}

/** Different colours among a canvas's pixels, as the screen shows them. */
async function coloursOf(page: Page, stage: string): Promise<number> {
  const canvas = page.locator(`[data-stage="${stage}"] canvas`);
  await canvas.scrollIntoViewIfNeeded();
  const picture = (await canvas.screenshot()).toString('base64');
  return page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    if (!context) throw new Error('no 2D context');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    return new Set(new Uint32Array(data.buffer)).size;
  }, picture);
}

describe('the digit page', () => {
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    open = await openPage('digit');
    page = open.page;
    await ready(page);
  });
  afterAll(() => open?.close());

  it('shows a digit at first, which gives way to the first stroke', async () => {
    await answered(page, '3');
    await draw(page, [
      [0.5, 0.15],
      [0.5, 0.85],
    ]);
    await answered(page, '1');
  });

  it('knows every shipped digit', async () => {
    for (let digit = 0; digit <= 9; digit++) {
      await page.click(`.samples button[title$=" ${digit}"]`);
      await answered(page, String(digit));
    }
    expect(await page.locator('.bars .best').count()).toBe(1);
    expect(await page.locator('[data-time]').textContent()).toMatch(/\d ms/);
  });

  it('answers a 3 that is drawn with the mouse, and forgets it when cleared', async () => {
    await page.click('#clear');
    await answered(page, '');
    await draw(page, three);
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
    await page.keyboard.press('5');
    await answered(page, '5');
    await page.focus('[data-stage="C3"] .maps');
    await page.keyboard.press('Enter');
    await page.locator('aside', { hasText: 'C3, map 1, row 6, column 6' }).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.locator('aside', { hasText: 'C3, map 1, row 5, column 6' }).waitFor();
    for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowRight');
    await page.locator('aside', { hasText: 'C3, map 2, row 5, column 1' }).waitFor();
  });

  it('draws the maps of every stage', async () => {
    for (const stage of ['input', 'C1', 'S2', 'C3', 'S4', 'C5', 'flatten', 'F6', 'output']) {
      expect(await coloursOf(page, stage), stage).toBeGreaterThan(4);
    }
  });

  it('explains a value of a convolution by its window: the sum is the value', async () => {
    await pointAt(page, 'C1', 0.42, 0.45); // the third map of six
    expect(await page.locator('aside .value').textContent()).toContain('C1, map 3');
    const value = await number(page, 'data-value');
    expect(Math.abs((await number(page, 'data-result')) - value)).toBeLessThan(1e-4);
    // The shown numbers have two decimals: 25 products of rounded factors are off by little.
    const window = await grid(page, 'Window');
    const filter = await grid(page, 'filter');
    const products = await grid(page, 'products');
    expect([window.length, filter.length, products.length]).toEqual([25, 25, 25]);
    for (const [at, product] of products.entries()) {
      expect(Math.abs(product - (window[at] ?? 0) * (filter[at] ?? 0))).toBeLessThan(0.02);
    }
    const sum = window.reduce((total, element, at) => total + element * (filter[at] ?? 0), 0);
    expect(Math.abs(sum - (await number(page, 'data-part-sum')))).toBeLessThan(0.2);
    expect(await page.locator('[data-stage="input"] .window').count()).toBe(1);
  });

  it('explains values of every other kind of stage', async () => {
    const agrees = async () =>
      Math.abs((await number(page, 'data-result')) - (await number(page, 'data-value')));
    await pointAt(page, 'C3', 0.3, 0.3);
    expect(await agrees()).toBeLessThan(1e-3);
    expect(await page.locator('[data-stage="S2"] .window').count()).toBe(6);
    await page.locator('aside .parts button').nth(4).click();
    expect(await page.locator('aside .parts [aria-pressed="true"] .map').textContent()).toBe(
      'Map 5',
    );

    await pointAt(page, 'S2', 0.3, 0.5);
    const window = await grid(page, 'Window');
    expect(window.length).toBe(4);
    expect(Math.abs(Math.max(...window) - (await number(page, 'data-value')))).toBeLessThan(0.006);

    await pointAt(page, 'C5', 0.5, 0.4);
    expect(await agrees()).toBeLessThan(1e-3);
    const ofC5 = await number(page, 'data-value');
    await pointAt(page, 'flatten', 0.5, 0.4);
    expect(await number(page, 'data-value')).toBe(ofC5);

    await pointAt(page, 'F6', 0.5, 0.5);
    expect(await agrees()).toBeLessThan(1e-3);
    expect(await page.locator('[data-stage="flatten"] .window').count()).toBe(8);
    await pointAt(page, 'output', 0.55, 0.3); // the unit of the digit 5
    expect(await agrees()).toBeLessThan(1e-3);
  });

  it('keeps the explanation of the selected value up to date', async () => {
    await page.focus('#pad');
    await page.keyboard.press('5');
    await answered(page, '5');
    await pointAt(page, 'output', 0.55, 0.3);
    const before = await number(page, 'data-value');
    await page.focus('#pad');
    await page.keyboard.press('0');
    await answered(page, '0');
    await page.waitForFunction(
      (old) => document.querySelector('aside [data-value]')?.getAttribute('data-value') !== old,
      String(before),
    );
    expect(await number(page, 'data-value')).toBeLessThan(before);
  });

  it('shows the softmax from outputs to shares that make one', async () => {
    const rows = await page.locator('tbody.bars tr').all();
    const cells = await Promise.all(rows.map((row) => row.locator('td').allTextContents()));
    const logits = cells.map(([logit]) => Number(logit?.replace('−', '-')));
    const shares = cells.map(([, , share]) => Number.parseFloat(share ?? '') / 100);
    const exponentials = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
    const sum = exponentials.reduce((total, value) => total + value, 0);
    for (const [digit, share] of shares.entries()) {
      expect(Math.abs(share - (exponentials[digit] ?? 0) / sum)).toBeLessThan(2e-4);
    }
    expect(shares.reduce((total, share) => total + share, 0)).toBeCloseTo(1, 2);
  });

  it('reads single pixels of the picture', async () => {
    const table = page.locator('.pixels-card .scroll');
    await table.scrollIntoViewIfNeeded();
    await table.evaluate((element) => element.scrollTo(0, 0));
    const box = await table.locator('canvas').boundingBox();
    if (!box) throw new Error('no table of pixels');
    await page.mouse.move(box.x + 5, box.y + 5);
    await page.getByText('Row 1, column 1: 0.0000 (0 of 255)').waitFor({ timeout: 10_000 });
  });

  it('answers with the network of 1989, too', async () => {
    await page.getByText('Zip codes, 1989').click();
    await page.locator('[data-stage="H2"]').waitFor();
    await ready(page);
    await page.focus('#pad');
    for (const digit of ['1', '3', '6']) {
      await page.keyboard.press(digit);
      await answered(page, digit);
    }
    expect(await coloursOf(page, 'H1')).toBeGreaterThan(4);
    for (const stage of ['H1', 'H2', 'H3', 'output']) {
      await pointAt(page, stage, 0.31, 0.4);
      const off = (await number(page, 'data-result')) - (await number(page, 'data-value'));
      expect(Math.abs(off), stage).toBeLessThan(1e-3);
      if (stage === 'H2') expect(await page.locator('[data-stage="H1"] .window').count()).toBe(8);
    }
    await page.getByText('LeNet-5, 1998').click();
    await page.locator('[data-stage="C1"]').waitFor();
    await ready(page);
    await answered(page, '6');
  });

  it('is accessible with an explanation open, and has met no error', async () => {
    await pointAt(page, 'C3', 0.3, 0.3);
    expect(await accessibilityFindings(page)).toEqual([]);
    await pointAt(page, 'F6', 0.5, 0.5);
    expect(await accessibilityFindings(page)).toEqual([]);
    expect(open.problems).toEqual([]);
  });
});

describe('the digit page on a phone', () => {
  it('shows the answer beside the drawing, and explanations in a sheet that closes', async () => {
    const { page, problems, close } = await openPage('digit', {
      size: phone,
      language: 'ko',
      colours: 'dark',
    });
    await ready(page);
    await answered(page, '3');
    const digit = await page.locator('#digit').boundingBox();
    const pad = await page.locator('#pad').boundingBox();
    expect((digit?.y ?? 0) + (digit?.height ?? 0)).toBeLessThan(phone.height);
    expect((pad?.y ?? 0) + (pad?.height ?? 0)).toBeLessThan(phone.height);
    await page.locator('[data-stage="C1"] canvas').click({ position: { x: 60, y: 60 } });
    const sheet = page.locator('aside .card');
    await sheet.waitFor();
    expect(await sheet.textContent()).toContain('C1, 맵 1');
    expect(await accessibilityFindings(page)).toEqual([]);
    await expectNoSidewaysScroll(page);
    await page.getByRole('button', { name: '닫기' }).click();
    await sheet.waitFor({ state: 'hidden' });
    expect(problems).toEqual([]);
    await close();
  });
});

it('draws the maps anew in the columns of a phone that is turned', async () => {
  const { page, close } = await openPage('digit', { size: phone });
  await ready(page);
  await answered(page, '3');
  /** Width over height, of what is drawn. */
  const drawn = () =>
    page
      .locator('[data-stage="C1"] canvas')
      .evaluate((canvas: HTMLCanvasElement) => canvas.width / canvas.height);
  // Two rows of three maps, then a single row of six.
  expect(await drawn()).toBeCloseTo(1.5, 1);
  await page.setViewportSize({ width: phone.height, height: phone.width });
  await expect.poll(drawn).toBeCloseTo(6.2, 1);
  await close();
});

describe('the digit page without WebGPU', () => {
  it.each([{ withoutWebGpu: true }, { query: 'backend=cpu' }])('answers: %o', async (options) => {
    const { page, problems, close } = await openPage('digit', options);
    await ready(page);
    expect(await page.locator('[data-backend]').getAttribute('data-backend')).toBe('cpu');
    await page.click('.samples button[title$=" 4"]');
    await answered(page, '4');
    expect(await coloursOf(page, 'C1')).toBeGreaterThan(4);
    await pointAt(page, 'C3', 0.3, 0.3);
    const off = (await number(page, 'data-result')) - (await number(page, 'data-value'));
    expect(Math.abs(off)).toBeLessThan(1e-3);
    expect(problems).toEqual([]);
    await close();
  });
});
