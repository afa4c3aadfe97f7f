/**
 * Opens pages of the built site in a real browser, as a person would, and holds them against what
 * every page owes: no errors in the console, no serious finding of axe, its layout.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { launchBrowser, problemsOf, withoutWebGpu } from '../support/browser.ts';

export const phone = { width: 390, height: 844 };
export const desktop = { width: 1440, height: 900 };

export interface OpenOptions {
  readonly size?: { readonly width: number; readonly height: number };
  readonly language?: 'en' | 'ko';
  readonly colours?: 'light' | 'dark';
  /** What the address asks for, for example `backend=cpu`. */
  readonly query?: string;
  /** Take `navigator.gpu` away, as in a browser without WebGPU. */
  readonly withoutWebGpu?: boolean;
}

export interface OpenPage {
  readonly page: Page;
  /** What went wrong so far: uncaught errors, console errors, requests that failed. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

/** Chromium with SwiftShader's WebGPU; one for each test file that imports this. */
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser('cr-ss');
});
afterAll(() => browser?.close());

/** A fresh visitor on the page, which waits until the page has loaded its code and knows its engine. */
export async function openPage(route: string, options: OpenOptions = {}): Promise<OpenPage> {
  const { size = desktop, language = 'en', colours = 'light', query = '' } = options;
  const context = await browser.newContext({
    viewport: size,
    locale: language === 'ko' ? 'ko-KR' : 'en-GB',
    colorScheme: colours,
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const problems = problemsOf(page);
  if (options.withoutWebGpu) await withoutWebGpu(page);
  await page.goto(`${inject('site')}${query && `?${query}`}#/${route}`);
  await page.locator(`main[data-page="${route}"] h1`).waitFor();
  await page.locator('[data-backend]:not([data-backend="opening"])').first().waitFor();
  return { page, problems, close: () => context.close() };
}

/** The page has computed and drawn what it begins with, or what was asked of it. */
export function ready(page: Page): Promise<void> {
  return page.locator('[data-ready="true"]').waitFor({ timeout: 60_000 });
}

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

/** Serious and critical findings of axe (WCAG 2.1 A and AA, best practices), one line each. */
export async function accessibilityFindings(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(root: Document): Promise<{ violations: Finding[] }> };
    };
    return (await axe.run(document)).violations;
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
    );
}

/** Where a landmark lies: rounded CSS pixels from the top left of the document. */
type Box = readonly [left: number, top: number, width: number, height: number];

/**
 * The boxes of a page's landmarks: navigation, main, headings of the first level, cards. Fonts differ
 * between machines, pictures of text with them; boxes do only a little.
 */
export async function layoutOf(page: Page): Promise<Record<string, Box>> {
  // A picture that is still loading is as high as its words.
  await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
  const boxes = await page.evaluate(() => {
    const found: Record<string, [number, number, number, number]> = {};
    const add = (name: string, element: Element | null | undefined) => {
      if (!element) return;
      const { left, top, width, height } = element.getBoundingClientRect();
      found[name] = [left + scrollX, top + scrollY, width, height];
    };
    add('nav', document.querySelector('nav'));
    add('main', document.querySelector('main'));
    add('h1', document.querySelector('h1'));
    document.querySelectorAll('main .card').forEach((card, at) => {
      add(`card ${at + 1}: ${card.querySelector('h2')?.textContent ?? ''}`, card);
    });
    return found;
  });
  return Object.fromEntries(
    Object.entries(boxes).map(([name, box]) => [
      name,
      box.map((value) => Math.round(value)) as unknown as Box,
    ]),
  );
}

/** A layout as a file: one landmark a line. */
export function layoutText(layout: Record<string, Box>): string {
  const lines = Object.entries(layout).map(
    ([name, box]) => `  ${JSON.stringify(name)}: [${box.join(', ')}]`,
  );
  return `{\n${lines.join(',\n')}\n}\n`;
}

/**
 * Holds a layout against the stored one. Columns must be where they were, to `slack` pixels; what lies
 * below text may move by the lines that another font needs: `give`, as a share.
 */
export function expectLayout(
  actual: Record<string, Box>,
  stored: Record<string, Box>,
  { slack = 12, give = 0.15 } = {},
): void {
  expect(Object.keys(actual), 'landmarks of the page').toEqual(Object.keys(stored));
  const differences: string[] = [];
  for (const [name, wanted] of Object.entries(stored)) {
    const box = actual[name] as Box;
    for (const [at, side] of (['left', 'top', 'width', 'height'] as const).entries()) {
      const value = box[at] as number;
      const expected = wanted[at] as number;
      const vertical = side === 'top' || side === 'height';
      const allowed = vertical ? Math.max(3 * slack, give * expected) : slack;
      if (Math.abs(value - expected) > allowed) {
        differences.push(`${name}: ${side} is ${value}, stored ${expected}, allowed ±${allowed}`);
      }
    }
  }
  expect(differences).toEqual([]);
}

/** The page fits its window: nothing makes the document wider than the screen. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  expect(content, 'width of the document').toBeLessThanOrEqual(window as number);
}
