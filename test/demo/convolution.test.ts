/** The convolution page, used as a person would, and its numbers against sums worked out here. */

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

async function openConvolution(options: OpenOptions = {}): Promise<OpenPage> {
  const open = await openPage('convolution', options);
  await ready(open.page);
  return open;
}

const card = (page: Page, title: string): Locator =>
  page.locator('.card', { has: page.getByRole('heading', { name: title, exact: true }) });

/** Moves a slider with the keyboard, as who cannot drag does. */
async function press(slider: Locator, key: string, times = 1): Promise<void> {
  await slider.focus();
  for (let count = 0; count < times; count++) await slider.press(key);
}

/** Numbers that the page shows in cells, with a typographic minus. */
async function numbersIn(cells: Locator): Promise<number[]> {
  return (await cells.allTextContents()).map((shown) => Number(shown.trim().replace('−', '-')));
}

/** Text of the grid called so, cell by cell. */
const grid = (within: Locator, name: string | RegExp) =>
  numbersIn(within.getByRole('img', { name }).locator('text'));

/** Waits until the sum is what its products say, and gives it. */
async function sumOfProducts(step: Locator): Promise<number> {
  let products: number[] = [];
  await expect
    .poll(async () => {
      products = await step
        .locator('[data-product]')
        .evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('data-product'))));
      const total = products.reduce((sum, product) => sum + product, 0);
      return (await numbersIn(step.locator('[data-sum]')))[0] === Number(total.toFixed(2));
    })
    .toBe(true);
  return products.reduce((sum, product) => sum + product, 0);
}

/** The pixels of a map's canvas as the page shows it, to tell whether they change. */
const picture = (map: Locator) => map.screenshot().then((bytes) => bytes.toString('base64'));

describe('the convolution page', () => {
  let open: OpenPage;
  let page: Page;
  let step: Locator;

  beforeAll(async () => {
    open = await openConvolution();
    page = open.page;
    page.setDefaultTimeout(15_000);
    step = card(page, 'One position after another');
  });
  afterAll(() => open?.close());

  it('drags the stride: sizes and formulas follow', async () => {
    const stride = card(page, 'The filter').getByRole('slider', { name: 'Stride s' });
    await stride.scrollIntoViewIfNeeded();
    const box = await stride.boundingBox();
    if (!box) throw new Error('no slider');
    await page.mouse.move(box.x + 8, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.36, box.y + box.height / 2, { steps: 4 });
    await page.mouse.up();
    // (9 − 3) / 2 + 1 = 4 and (192 − 3) / 2 = 94.5, + 1 = 95.
    await expect
      .poll(() => step.locator('[data-formula="H"]').textContent())
      .toMatch(/⌊\(9 \+\s+0 \+ 0 −\s+1·\(3 − 1\) − 1\) \/\s+2⌋ \+ 1 = 4/);
    await expect
      .poll(() => card(page, 'On a picture').locator('[data-size]').allTextContents())
      .toEqual(['95', '95']);
    await expect.poll(() => step.getByText('Output, 4 × 4').count()).toBe(1);
    await press(stride, 'Home');
  });

  it('brings back what a smaller kernel cut away when it grows again', async () => {
    const filter = card(page, 'The filter');
    const size = filter.getByRole('slider', { name: 'Kernel size' });
    const weights = () =>
      filter
        .locator('.kernel input')
        .evaluateAll((cells) => cells.map((cell) => Number((cell as HTMLInputElement).value)));
    const sobel = [-1, 0, 1, -2, 0, 2, -1, 0, 1];
    expect(await weights()).toEqual(sobel);
    await press(size, 'Home');
    await expect.poll(weights).toEqual([0]);
    await press(size, 'ArrowRight', 2);
    await expect.poll(weights).toEqual(sobel);
  });

  it('steps through the positions: the sum is that of the products', async () => {
    const place = step.getByRole('slider', { name: 'Position' });
    await expect.poll(() => place.getAttribute('aria-valuetext')).toBe('1 of 49');
    const pixels = await grid(step, /^Pixels of the square/);
    expect(pixels).toHaveLength(81);
    const sobel = [-1, 0, 1, -2, 0, 2, -1, 0, 1];
    const at = (x: number, y: number) =>
      sobel.reduce(
        (sum, weight, tap) =>
          sum + weight * (pixels[(y + Math.floor(tap / 3)) * 9 + x + (tap % 3)] ?? 0),
        0,
      );
    expect(await sumOfProducts(step)).toBe(at(0, 0));
    await step.getByRole('button', { name: 'Next position' }).click();
    expect(await sumOfProducts(step)).toBe(at(1, 0));
    await press(place, 'End');
    expect(await sumOfProducts(step)).toBe(at(6, 6));
    const output = await grid(step, 'The sums so far');
    expect(output).toEqual(Array.from({ length: 49 }, (_, n) => at(n % 7, Math.floor(n / 7))));
  });

  it('plays from position to position, and pauses', async () => {
    const place = step.getByRole('slider', { name: 'Position' });
    await press(place, 'Home');
    await step.getByRole('button', { name: 'Play' }).click();
    await expect
      .poll(async () => Number(await place.inputValue()), { timeout: 10_000 })
      .toBeGreaterThanOrEqual(3);
    await step.getByRole('button', { name: 'Pause' }).click();
    expect(await step.getByRole('button', { name: 'Play' }).count()).toBe(1);
  });

  it('pads with what is asked for', async () => {
    const filter = card(page, 'The filter');
    await filter.getByText('Explicit', { exact: true }).click();
    await expect.poll(async () => (await grid(step, /^Pixels/)).length).toBe(121);
    await press(filter.getByRole('slider', { name: 'Value' }), 'End');
    await expect
      .poll(async () => (await grid(step, /^Pixels/)).slice(0, 11))
      .toEqual(new Array(11).fill(255));
    await filter.getByText('Replicate', { exact: true }).click();
    await expect
      .poll(async () => {
        const cells = await grid(step, /^Pixels/);
        return cells.slice(0, 11).join() === [cells[12], ...cells.slice(12, 21), cells[20]].join();
      })
      .toBe(true);
    await filter.getByText('Reflect', { exact: true }).click();
    await press(step.getByRole('slider', { name: 'Position' }), 'Home');
    await expect
      .poll(async () => {
        const cells = await grid(step, /^Pixels/);
        return cells[0] === cells[24]; // the corner mirrors row 2, column 2
      })
      .toBe(true);
    await sumOfProducts(step);
    await filter.getByText('None', { exact: true }).click();
    await expect.poll(async () => (await grid(step, /^Pixels/)).length).toBe(81);
  });

  it('takes a weight written by hand, and the map changes', async () => {
    const map = page.getByRole('img', { name: 'The map that the filter makes of the picture' });
    const drawn = page.locator('figure[data-drawn]');
    const count = async () => Number(await drawn.getAttribute('data-drawn'));
    const before = await count();
    await page.locator('[data-filter="identity"]').click();
    await expect.poll(count).toBeGreaterThan(before);
    const identity = await picture(map);
    const [drawnAgain] = [await count()];
    await page.getByRole('spinbutton', { name: 'Weight in row 1, column 1' }).fill('-1');
    await expect.poll(count).toBeGreaterThan(drawnAgain);
    expect(await picture(map)).not.toBe(identity);
    const pixels = await grid(step, /^Pixels/);
    expect(await sumOfProducts(step)).toBe((pixels[10] ?? 0) - (pixels[0] ?? 0));
  });

  it('shows the filters that LeNet-5 learned', async () => {
    await page.locator('[data-filter="c1-5"]').click();
    expect(await page.getByRole('spinbutton').count()).toBe(25);
    await page.locator('[data-filter="sobelX"]').click();
    expect(await page.getByRole('spinbutton').count()).toBe(9);
  });

  it('adds up three channels of a colour picture', async () => {
    await page.getByRole('button', { name: 'Balloons, a drawing' }).click();
    await card(page, 'The filter').getByText('RGB', { exact: true }).click();
    expect(await page.getByRole('spinbutton').count()).toBe(27);
    await page
      .getByRole('group', { name: 'Weights for green' })
      .getByRole('spinbutton')
      .nth(4)
      .fill('3');
    const total = await sumOfProducts(step);
    const parts = await step
      .locator('[data-part]')
      .evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('data-part'))));
    expect(parts).toHaveLength(3);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
    expect(await page.getByRole('img', { name: 'The maps of the three channels' }).count()).toBe(1);
    await card(page, 'The filter').getByText('Greyscale', { exact: true }).click();
  });

  it('moves the square with the arrow keys', async () => {
    const square = page.getByRole('application', { name: /marked square/ });
    await square.focus();
    const before = await grid(step, /^Pixels/);
    await page.keyboard.press('ArrowRight');
    await expect
      .poll(async () => (await grid(step, /^Pixels/)).slice(0, 8))
      .toEqual(before.slice(1, 9));
  });

  it('shows what padding saves over layers', async () => {
    const border = card(page, 'What padding saves at the border');
    const sizes = (chain: string) =>
      border.locator(`[data-chain="${chain}"] li .number`).allTextContents();
    expect(await sizes('bare')).toEqual(['24×24', '20×20', '16×16', '12×12', '8×8', '4×4']);
    expect(await sizes('padded')).toEqual(new Array(6).fill('24×24'));
    // A corner has one way through one layer of 3×3, most pixels nine; with padding four.
    await press(border.getByRole('slider', { name: 'Layers' }), 'Home');
    await border.getByText('3 × 3', { exact: true }).click();
    await expect.poll(() => border.locator('[data-share="bare"]').textContent()).toBe('11 %');
    await expect.poll(() => border.locator('[data-share="padded"]').textContent()).toBe('44 %');
  });

  it('holds two 3×3 against one 5×5', async () => {
    const pair = card(page, 'Two 3 × 3 against one 5 × 5');
    const largest = pair.locator('[data-largest]');
    await expect
      .poll(async () => Number(await largest.getAttribute('data-largest')))
      .toBeLessThan(0.01);
    await pair.getByText('ReLU between the two').click();
    await expect
      .poll(async () => Number(await largest.getAttribute('data-largest')))
      .toBeGreaterThan(10);
    expect(await pair.locator('[data-weights]').allTextContents()).toEqual(['73,728', '102,400']);
  });

  it('draws activation functions and applies them', async () => {
    const activation = card(page, 'Activation functions');
    const after = activation.locator('[data-activated] canvas');
    await expect.poll(() => activation.locator('[data-y]').textContent()).toContain('f(1) = 1');
    await press(activation.getByRole('slider', { name: 'x' }), 'Home');
    await expect.poll(() => activation.locator('[data-y]').textContent()).toContain('f(−4) = 0');
    const relu = await picture(after);
    await activation.getByRole('button', { name: 'Leaky ReLU' }).click();
    await expect.poll(() => activation.locator('[data-y]').textContent()).toContain('= −0.4');
    await expect.poll(() => picture(after)).not.toBe(relu);
  });

  it('lights up what a column and a row of the patch matrix stand for', async () => {
    const patch = card(page, 'im2col: a convolution as one matrix product');
    const marked = () => patch.locator('[data-marked]').getAttribute('data-marked');
    await patch.getByRole('button', { name: /Column 5:/ }).hover();
    expect(await marked()).toBe('6 7 8 11 12 13 16 17 18');
    await patch.getByRole('button', { name: /Row 1:/ }).focus();
    expect(await marked()).toBe('0 1 2 5 6 7 10 11 12');
    const pixels = await grid(patch, /^Pixels/);
    const column = [6, 7, 8, 11, 12, 13, 16, 17, 18].map((cell) => pixels[cell] ?? 0);
    const rows = patch.locator('tbody tr');
    expect(await numbersIn(rows.locator('td:nth-child(6)'))).toEqual(column);
    const sobel = [-1, 0, 1, -2, 0, 2, -1, 0, 1];
    const sum = sobel.reduce((total, weight, at) => total + weight * (column[at] ?? 0), 0);
    expect(await patch.locator('[data-product]').nth(4).getAttribute('data-product')).toBe(
      String(sum),
    );
  });

  it('has had no errors', async () => {
    expect(open.problems).toEqual([]);
  });
});

describe('the convolution page elsewhere', () => {
  it('computes on the CPU, in Korean, in colours, on a phone', async () => {
    const { page, problems, close } = await openConvolution({
      ...{ size: phone, language: 'ko', colours: 'dark', query: 'backend=cpu' },
    });
    expect(await page.locator('[data-backend="cpu"]').textContent()).toContain('CPU로 계산');
    await page.getByText('RGB', { exact: true }).click();
    await page.getByText('같은 크기', { exact: true }).click();
    await sumOfProducts(card(page, '한 자리씩 계산'));
    await expectNoSidewaysScroll(page);
    expect(await accessibilityFindings(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });
});
