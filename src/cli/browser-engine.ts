/** The engine in a page of headless Chrome: one browser and one GPU device until it is closed. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { WgconvError } from '../core/errors.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import type { OnProgress, Progress } from '../session/backend.ts';
import type { ProfileOptions } from '../session/profile/index.ts';
import type { ProfileData } from '../session/profile/times.ts';
import type { SessionReport } from '../session/report.ts';
import type { VerifyReport } from '../session/verify.ts';
import { launchArguments, type Recipe } from './browser.ts';
import type {
  CaseInputs,
  CaseResult,
  Engine,
  EngineOptions,
  ModelFacts,
  ModelFile,
  ModelOptions,
  NamedTensor,
  RemoteMethod,
  RunResult,
  TuningResult,
} from './engine.ts';
import { type ErrorMessage, errorFromMessage, InterruptedError } from './failure.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { PageServer } from './page-server.ts';

/** A case that takes this many milliseconds hangs; the ones after it get a new page. */
const caseTimeout = 180_000;

export interface BrowserOptions {
  readonly executablePath: string;
  readonly recipe: Recipe;
  readonly compatibilityLimits?: boolean | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Gets the lines that the page writes to its console. */
  readonly onConsole?: ((line: string) => void) | undefined;
}

export class BrowserEngine implements Engine {
  readonly #server: PageServer;
  readonly #browser: Browser;
  readonly #options: BrowserOptions;
  readonly #interrupt: Interrupt;
  #page: Page;
  #calls = 0;

  private constructor(
    server: PageServer,
    browser: Browser,
    page: Page,
    interrupt: Interrupt,
    options: BrowserOptions,
  ) {
    this.#server = server;
    this.#interrupt = interrupt;
    this.#browser = browser;
    this.#page = page;
    this.#options = options;
  }

  /** @throws WgconvError `no-webgpu` where the browser does not start */
  static async launch(options: BrowserOptions): Promise<BrowserEngine> {
    const server = await PageServer.start(pageFolder());
    const interrupt = new Interrupt();
    let browser: Browser | undefined;
    try {
      browser = await launchBrowser(options);
      // Until here Playwright did not listen.
      if (interrupt.happened) throw new InterruptedError();
      const page = await openPage(browser, server.url, options);
      return new BrowserEngine(server, browser, page, interrupt, options);
    } catch (error) {
      await browser?.close();
      await server.close();
      interrupt.forget();
      throw interrupt.happened ? new InterruptedError() : error;
    }
  }

  /** As `156.0.8078.108`. */
  get browserVersion(): string {
    return this.#browser.version();
  }

  device(): Promise<DeviceCaps | undefined> {
    return this.#call('device', []);
  }

  open(model: ModelFile, options: ModelOptions): Promise<ModelFacts> {
    return this.#call('open', [model, options]);
  }

  prepare(shapes: Readonly<Record<string, readonly number[]>>): Promise<SessionReport> {
    return this.#call('prepare', [shapes]);
  }

  tuning(): Promise<TuningResult> {
    return this.#call('tuning', []);
  }

  run(feeds: readonly NamedTensor[]): Promise<RunResult> {
    return this.#call('run', [feeds]);
  }

  verify(feeds: readonly NamedTensor[]): Promise<VerifyReport> {
    return this.#call('verify', [feeds]);
  }

  profile(feeds: readonly NamedTensor[], options: ProfileOptions): Promise<ProfileData> {
    return this.#call('profile', [feeds, options]);
  }

  runCase(
    model: ModelFile,
    sets: readonly CaseInputs[],
    options: ModelOptions,
  ): Promise<CaseResult> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      const error = new Error(`it took longer than ${caseTimeout / 1000} seconds`);
      timer = setTimeout(() => reject(error), caseTimeout);
    });
    return this.#call<CaseResult>('runCase', [model, sets, options], timeout).finally(() =>
      clearTimeout(timer),
    );
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.close();
    this.#interrupt.forget();
  }

  async #call<T>(method: RemoteMethod, args: unknown[], timeout?: Promise<never>): Promise<T> {
    const id = ++this.#calls;
    const { compatibilityLimits } = this.#options;
    const options: EngineOptions = { backend: 'webgpu', compatibilityLimits };
    this.#server.offer(id, encodeMessage([options, method, args]));
    const done = this.#page.evaluate(async (call) => globalThis.wgconvCall?.(call), id);
    try {
      await (timeout ? Promise.race([done, timeout]) : done);
    } catch (error) {
      done.catch(() => {});
      this.#server.take(id);
      if (this.#interrupt.happened) throw new InterruptedError();
      // Where the browser is going, too, its last words say less than the page's.
      await this.#reopen().catch(() => {});
      throw new WgconvError(
        'device-lost',
        `the page in the browser ended while it worked (${firstLine(error)})`,
        { cause: error },
      );
    }
    const bytes = this.#server.take(id);
    if (!bytes) throw new Error(`the page gave no answer to "${method}"`);
    const answer = decodeMessage(bytes) as { result?: T; error?: ErrorMessage };
    if (answer.error) throw this.#advise(errorFromMessage(answer.error));
    return answer.result as T;
  }

  /** A page that crashed or hangs is of no more use; the browser may be. */
  async #reopen(): Promise<void> {
    if (!this.#browser.isConnected()) return;
    void this.#page.close().catch(() => {});
    this.#page = await openPage(this.#browser, this.#server.url, this.#options);
  }

  #advise(error: Error): Error {
    if (!(error instanceof WgconvError) || error.code !== 'no-webgpu') return error;
    const { recipe } = this.#options;
    const other = recipe === 'cr-ss' ? '' : ', "--adapter cr-ss" to compute in software';
    return new WgconvError(
      'no-webgpu',
      `${error.message} (Chrome ${this.browserVersion}, --adapter ${recipe}). ` +
        `Try "--backend cpu" to run without a browser${other}, ` +
        'or set CHROME_PATH to another browser.',
      { cause: error },
    );
  }
}

/** Playwright closes the browser on Ctrl-C and then ends the process: what fails meanwhile is no error. */
class Interrupt {
  happened = false;
  readonly #note = () => {
    this.happened = true;
  };

  constructor() {
    process.once('SIGINT', this.#note);
  }

  forget(): void {
    process.off('SIGINT', this.#note);
  }
}

async function openPage(browser: Browser, url: string, options: BrowserOptions): Promise<Page> {
  const page = await browser.newPage();
  page.on('console', (message) => options.onConsole?.(`page: ${message.text()}`));
  page.on('pageerror', (error) => options.onConsole?.(`page: ${error.stack ?? error}`));
  await page.exposeFunction('wgconvProgress', (progress: Progress) =>
    options.onProgress?.(progress),
  );
  await page.goto(url);
  // The script is a module: it may still be loading when the document is there.
  await page.waitForFunction(() => globalThis.wgconvCall !== undefined);
  return page;
}

/** Where the built page lies: beside this module once that is built. */
function pageFolder(): string {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  // The bundler may have put this module into a folder of chunks.
  const found = [folder, join(folder, '..')].find((path) => existsSync(join(path, 'page.js')));
  if (!found) {
    throw new WgconvError('internal', 'the page of the command is not built; run: npm run build');
  }
  return found;
}

async function launchBrowser({ executablePath, recipe }: BrowserOptions): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  try {
    return await chromium.launch({ executablePath, args: launchArguments(recipe) });
  } catch (error) {
    throw new WgconvError(
      'no-webgpu',
      `the browser ${executablePath} does not start (${firstLine(error)}). ` +
        'Set CHROME_PATH to another one, or run with "--backend cpu".',
      { cause: error },
    );
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').trim();
}
