/** Chromium for tests that open pages from Node, and what goes wrong in a page. */

import { type Browser, chromium, type Page } from 'playwright';
import { findBrowser, launchArguments, type Recipe } from '../../src/cli/browser.ts';

/** @param more arguments besides those of the recipe */
export async function launchBrowser(
  recipe: Recipe,
  more: readonly string[] = [],
): Promise<Browser> {
  const executablePath = await findBrowser();
  return chromium.launch({
    ...(executablePath && { executablePath }),
    args: [...launchArguments(recipe), ...more],
  });
}

/** Uncaught errors, console errors and requests that failed, from now on. */
export function problemsOf(page: Page): readonly string[] {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`);
  });
  return problems;
}

/** Takes `navigator.gpu` away, as in a browser without WebGPU; a worker keeps its own. */
export async function withoutWebGpu(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined });
  });
}
