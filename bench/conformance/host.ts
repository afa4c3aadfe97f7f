/** Pages of one headless Chrome, one for each engine; a page that is lost or hangs is opened again. */

import { type Browser, chromium, type Page } from 'playwright-core';
import { findOrInstallBrowser, launchArguments, type Recipe } from '../../src/cli/browser.ts';
import { decodeMessage, encodeMessage } from '../../src/cli/message.ts';
import { within, withinPage } from '../driver.ts';
import type { PublishedCase } from './cases.ts';
import type { PageAnswer } from './judge.ts';
import type { EngineName } from './result.ts';

const secondsPerCase = 30;
const secondsToOpen = 180;

/** After these the engine, or the GPU's process, is in no state to go on. */
const fatal =
  /lost|destroyed|abort|unreachable|memory access|out of memory|crash|closed|nothing after/i;

export class ConformanceHost {
  readonly #url: string;
  readonly #recipe: Recipe;
  #browser: Browser | undefined;
  #page: Page | undefined;
  #engine: EngineName | undefined;

  constructor(url: string, recipe: Recipe) {
    this.#url = url;
    this.#recipe = recipe;
  }

  /** @throws where the engine cannot be loaded at all. */
  async open(engine: EngineName) {
    await this.#page?.close().catch(() => undefined);
    this.#browser ??= await chromium.launch({
      executablePath: await findOrInstallBrowser((line) => console.error(line)),
      args: launchArguments(this.#recipe),
    });
    const page = await this.#browser.newPage();
    await page.goto(`${this.#url}bench/conformance/index.html`);
    const isReady = () => typeof window.openEngine === 'function';
    await page.waitForFunction(isReady, undefined, { timeout: secondsToOpen * 1000 });
    this.#page = page;
    this.#engine = engine;
    return within(
      secondsToOpen,
      page.evaluate((name) => window.openEngine(name), engine),
    );
  }

  async run({ model, sets }: PublishedCase): Promise<PageAnswer> {
    const inputs = sets.map((set) => set.inputs);
    const message = Buffer.from(encodeMessage({ model, sets: inputs })).toString('base64');
    let answer: PageAnswer;
    try {
      if (!this.#page && this.#engine) await this.open(this.#engine);
      const page = this.#page as Page;
      const run = page.evaluate((text) => window.runCase(text), message);
      const text = await withinPage(page, secondsPerCase, run);
      answer = decodeMessage(Buffer.from(text, 'base64')) as PageAnswer;
    } catch (error) {
      answer = { error: String(error) };
    }
    if (answer.error !== undefined && fatal.test(answer.error)) await this.close();
    return answer;
  }

  async close(): Promise<void> {
    const browser = this.#browser;
    this.#browser = undefined;
    this.#page = undefined;
    await within(20, browser?.close() ?? Promise.resolve()).catch(() => undefined);
  }
}
