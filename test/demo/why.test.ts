/** The page on why there is convolution: a digit is dragged, turned and scaled; both networks answer. */

import type { Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OpenPage, openPage, phone, ready } from './site.ts';

const answer = (page: Page, network: string) =>
  page.locator(`[data-network="${network}"]`).getAttribute('data-answer');
const answered = (page: Page, network: string, right: boolean) =>
  page.locator(`[data-network="${network}"][data-right="${right}"]`).waitFor({ timeout: 20_000 });
/** How many places each network reads rightly. */
const places = async (page: Page) => {
  await ready(page);
  const [cnn, mlp] = await Promise.all(
    ['cnn', 'mlp'].map((name) => page.locator(`[data-map="${name}"]`).getAttribute('data-right')),
  );
  return { cnn: Number(cnn), mlp: Number(mlp) };
};

/** Does something after which the places are counted anew, and waits until they are. */
async function counted(page: Page, act: () => Promise<void>): Promise<void> {
  const before = await page.locator('[data-counts]').getAttribute('data-counts');
  await act();
  await page.locator(`[data-counts]:not([data-counts="${before}"])`).waitFor({ timeout: 60_000 });
}

describe('the page on why there is convolution', () => {
  let open: OpenPage;
  let page: Page;

  beforeAll(async () => {
    open = await openPage('why');
    page = open.page;
    await ready(page);
  });
  afterAll(() => open?.close());

  it('has both networks read a digit that lies in the middle', async () => {
    await answered(page, 'cnn', true);
    await answered(page, 'mlp', true);
    expect([await answer(page, 'cnn'), await answer(page, 'mlp')]).toEqual(['3', '3']);
    const cards = await page.locator('main').textContent();
    expect(cards).toContain('61,706 parameters');
    expect(cards).toContain('61,676 parameters');
  });

  it('counts the places at which they read it: the CNN knows more', async () => {
    const { cnn, mlp } = await places(page);
    expect(await page.locator('[data-map="cnn"]').getAttribute('data-answers')).toBe('289');
    expect(cnn).toBeGreaterThan(mlp);
    expect(mlp).toBeGreaterThan(8);
  });

  it('moves it with the mouse, as far as the picture is wide, and puts it back', async () => {
    const box = await page.locator('#stage').boundingBox();
    if (!box) throw new Error('no stage');
    const pixel = box.width / 28;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 7 * pixel, box.y + box.height / 2, { steps: 7 });
    await page.mouse.up();
    expect(await page.locator('.shift').textContent()).toBe('moved by 7 and 0 pixels');
    await answered(page, 'mlp', false);
    await page.click('#back');
    expect(await page.locator('.shift').textContent()).toBe('moved by 0 and 0 pixels');
    await answered(page, 'mlp', true);
  });

  it('moves it with the arrow keys, and stops at the border of the grid', async () => {
    await page.focus('#stage');
    for (let press = 0; press < 10; press++) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('.shift').textContent()).toBe('moved by 1 and −8 pixels');
    await page.click('#back');
  });

  it('moves it to the place that is chosen on a map', async () => {
    await page.locator('[data-map="mlp"] svg').click({ position: { x: 3, y: 3 } });
    expect(await page.locator('.shift').textContent()).toBe('moved by −8 and −8 pixels');
    await page.click('#back');
  });

  it('turns it, and counts the places again', async () => {
    const upright = await places(page);
    await counted(page, () => page.getByRole('slider', { name: 'Turn' }).fill('45'));
    const turned = await places(page);
    expect(turned.cnn).toBeLessThan(upright.cnn);
    await counted(page, () => page.click('#back'));
    expect(await places(page)).toEqual(upright);
  });

  it('knows more places with the networks that learnt moved digits', async () => {
    const plain = await places(page);
    await counted(page, () => page.getByText('moved and turned ones, too').click());
    const augmented = await places(page);
    expect(augmented.cnn).toBeGreaterThan(plain.cnn);
    expect(augmented.mlp).toBeGreaterThan(plain.mlp);
  });

  it('shows other digits', async () => {
    await page.click('.samples button[title$=" 7"]');
    await page.waitForFunction(
      () => document.querySelector('[data-network="cnn"]')?.getAttribute('data-answer') === '7',
    );
  });

  it('has met no error', () => {
    expect(open.problems).toEqual([]);
  });
});

it('has both answers in sight while the digit is dragged on a phone', async () => {
  const { page, close } = await openPage('why', { size: phone });
  await ready(page);
  await page.locator('[data-network="cnn"]').scrollIntoViewIfNeeded();
  const [cnn, mlp, stage] = await Promise.all(
    ['[data-network="cnn"]', '[data-network="mlp"]', '#stage'].map((name) =>
      page.locator(name).boundingBox(),
    ),
  );
  if (!cnn || !mlp || !stage) throw new Error('something is not shown');
  expect(mlp.y).toBe(cnn.y);
  expect(stage.y).toBeGreaterThan(cnn.y);
  expect(stage.y + stage.height - cnn.y).toBeLessThan(0.75 * phone.height);
  await close();
});

it('answers on the CPU, with a coarser grid, and in Korean', async () => {
  const { page, problems, close } = await openPage('why', {
    query: 'backend=cpu',
    language: 'ko',
  });
  await ready(page);
  expect(await page.locator('[data-map="cnn"]').getAttribute('data-answers')).toBe('81');
  await answered(page, 'cnn', true);
  expect(await page.locator('[data-network="cnn"]').textContent()).toContain('맞음');
  expect(problems).toEqual([]);
  await close();
});
