/**
 * The frame of the site and what every page owes, at phone and desktop size: layout, accessibility,
 * no console errors, both languages, both themes, the keyboard, no WebGPU.
 *
 * `UPDATE_LAYOUT=1` stores the layouts as they are now.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  accessibilityFindings,
  desktop,
  expectLayout,
  expectNoSidewaysScroll,
  layoutOf,
  layoutText,
  openPage,
  phone,
  ready,
} from './site.ts';

const routes = ['digit', 'convolution', 'pooling', 'why', 'model', 'gallery'];
const sizes = { phone, desktop };

describe.each(routes)('the page %s', (route) => {
  it.each(Object.entries(sizes))('keeps its layout and is accessible: %s', async (name, size) => {
    // On a phone in the dark and Korean, on a desktop in the light and English.
    const { page, problems, close } = await openPage(route, {
      size,
      ...(size === phone && { colours: 'dark', language: 'ko' }),
    });
    await page.locator('[data-ready="false"]').waitFor({ state: 'detached', timeout: 60_000 });
    await expectNoSidewaysScroll(page);
    const file = join(import.meta.dirname, 'layout', `${route}-${name}.json`);
    const layout = await layoutOf(page);
    if (process.env.UPDATE_LAYOUT) writeFileSync(file, layoutText(layout));
    expect(existsSync(file), `${file} (UPDATE_LAYOUT=1 writes it)`).toBe(true);
    expectLayout(layout, JSON.parse(readFileSync(file, 'utf8')));
    expect(await accessibilityFindings(page)).toEqual([]);
    expect(problems).toEqual([]);
    await close();
  });
});

describe('the frame', () => {
  it('goes from page to page, and the title and the focus follow', async () => {
    const { page, problems, close } = await openPage('pooling');
    await page.getByRole('link', { name: 'Why CNN' }).click();
    await page.locator('main[data-page="why"] h1').waitFor();
    expect(await page.title()).toBe('Why CNN · wgconv');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    expect(await page.locator('nav [aria-current="page"]').textContent()).toContain('Why CNN');
    await page.goBack();
    await page.locator('main[data-page="pooling"] h1').waitFor();
    expect(problems).toEqual([]);
    await close();
  });

  it('leaves every page while it still computes, and nothing is heard of it', async () => {
    const { page, problems, close } = await openPage('pooling');
    for (const route of [...routes, ...routes.toReversed()]) {
      await page.locator(`nav a[href="#/${route}"]`).click();
      await page.locator(`main[data-page="${route}"] h1`).waitFor();
    }
    await ready(page);
    expect(problems).toEqual([]);
    await close();
  });

  it('shows the digit page where the address names no page', async () => {
    const { page, close } = await openPage('pooling');
    await page.goto(page.url().replace('#/pooling', '#/nowhere'));
    await page.locator('main[data-page="digit"] h1').waitFor();
    await close();
  });

  it('skips to the content with the keyboard', async () => {
    const { page, close } = await openPage('pooling');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('Skip');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    expect(page.url()).toContain('#/pooling');
    await close();
  });

  it('speaks the language of the browser, or the one that was chosen, also on the next visit', async () => {
    const { page, close } = await openPage('pooling', { language: 'ko' });
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('ko');
    expect(await page.locator('nav').textContent()).toContain('갤러리');
    await page.getByLabel('언어').selectOption('en');
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('en');
    await page.reload();
    await page.locator('nav', { hasText: 'Gallery' }).waitFor();
    await close();
  });

  it('follows the colours of the system until others are chosen', async () => {
    const { page, close } = await openPage('pooling', { colours: 'dark' });
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await paper();
    await page.getByRole('button', { name: /Colours/ }).click(); // light
    expect(await paper()).not.toBe(dark);
    await page.getByRole('button', { name: /Colours/ }).click(); // dark
    expect(await paper()).toBe(dark);
    await page.reload();
    await page.locator('h1').waitFor();
    expect(await page.getByRole('button', { name: 'Colours: Dark' }).count()).toBe(1);
    await close();
  });

  it('says what computes: the adapter, the CPU for want of WebGPU, or the CPU on demand', async () => {
    const note = async (options: Parameters<typeof openPage>[1]) => {
      const { page, problems, close } = await openPage('pooling', options);
      const text = await page.locator('[data-backend]').first().textContent();
      expect(problems).toEqual([]);
      await close();
      return text;
    };
    expect(await note({})).toMatch(/WebGPU.*swiftshader/i);
    expect(await note({ withoutWebGpu: true })).toContain('offers no WebGPU');
    expect(await note({ query: 'backend=cpu' })).toContain('as the address asks');
  });
});
