/** Drives the benchmark's page in a headless Chrome; opens another one where it is lost. */

import { type Browser, chromium, type Page } from 'playwright-core';
import { findOrInstallBrowser, launchArguments, type Recipe } from '../src/cli/browser.ts';
import type { Environment, ProblemResult } from './result.ts';
import type { BenchOptions, Started } from './runner.ts';

export class Driver {
  readonly #url: string;
  readonly #recipe: Recipe;
  readonly #progress: (line: string) => void;
  #options: BenchOptions;
  #browser: Browser | undefined;
  #page: Page | undefined;

  constructor(
    url: string,
    recipe: Recipe,
    options: BenchOptions,
    progress: (line: string) => void,
  ) {
    this.#url = url;
    this.#recipe = recipe;
    this.#options = options;
    this.#progress = progress;
  }

  async open(environment?: Environment): Promise<Started> {
    if (environment) this.#options = { ...this.#options, environment };
    this.#browser ??= await chromium.launch({
      executablePath: await findOrInstallBrowser((line) => console.error(line)),
      args: launchArguments(this.#recipe),
    });
    const page = await this.#browser.newPage();
    this.#page = page;
    page.on('pageerror', (error) => console.error(String(error)));
    await page.exposeFunction('benchProgress', this.#progress);
    await page.goto(`${this.#url}bench/index.html`);
    await page.waitForFunction(() => typeof window.runProblem === 'function', undefined, {
      timeout: 180_000,
    });
    const started = await within(
      300,
      page.evaluate((value) => window.startBench(value), this.#options),
    );
    this.#options = { ...this.#options, environment: started.environment };
    return started;
  }

  /** @throws where the page is lost or `seconds` are over; the next call opens another browser. */
  async run(problem: string, seconds: number): Promise<ProblemResult> {
    try {
      if (!this.#page) await this.open();
      const page = this.#page as Page;
      const run = page.evaluate((name) => window.runProblem(name), problem);
      return await withinPage(page, seconds, run);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** The next problem gets a page in which nothing is left of others. */
  async renew(): Promise<void> {
    const page = this.#page;
    this.#page = undefined;
    await page?.close().catch(() => undefined);
  }

  async close(): Promise<void> {
    const browser = this.#browser;
    this.#browser = undefined;
    this.#page = undefined;
    await within(20, browser?.close() ?? Promise.resolve()).catch(() => undefined);
  }
}

/** What the page answers. @throws where it is lost meanwhile, or the seconds are over. */
export async function withinPage<T>(page: Page, seconds: number, answer: Promise<T>): Promise<T> {
  const crash = new Promise<never>((_, reject) => {
    page.once('crash', () => reject(new Error('the page crashed')));
    page.once('close', () => reject(new Error('the page was closed')));
  });
  crash.catch(() => undefined);
  return within(seconds, Promise.race([answer, crash]));
}

/** @throws where nothing came after so many seconds. */
export async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing after ${seconds} s`)), seconds * 1000);
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
