/** Where graphs are judged: in this process, or in a page of a headless Chrome. */

import { type Browser, chromium, type Page } from 'playwright-core';
import { findOrInstallBrowser, launchArguments, type Recipe } from '../../src/cli/browser.ts';
import { emptyTally, type FuzzOptions, fuzz, type Tally } from './fuzz.ts';
import { runOnnxruntime } from './onnxruntime.ts';

/** Plain data: it goes into a page. */
export type HostOptions = Omit<FuzzOptions, 'opinions' | 'isOver'> & { readonly seconds: number };

type Result = Awaited<ReturnType<typeof fuzz>>;

export interface Host {
  readonly name: string;
  /** The graphs of one seed. */
  run(options: HostOptions, onGraph: (tally: Tally) => void): Promise<Result>;
  /** Ends a run early. */
  stop(): void;
  close(): Promise<void>;
}

/** Undefined where the package `webgpu` finds no adapter. */
export async function nodeHost(): Promise<Host | undefined> {
  await import('../support/node-gpu.ts');
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) return undefined;
  const { vendor, architecture, description } = adapter.info;
  return inProcess(`Node, ${[vendor, architecture, description].filter(Boolean).join(' ')}`, true);
}

export function inProcess(name: string, webgpu: boolean): Host {
  let stopped = false;
  return {
    name,
    run({ seconds, ...options }, onGraph) {
      const end = performance.now() + seconds * 1000;
      const isOver = () => stopped || performance.now() > end;
      const opinions = { webgpu, onnxruntime: runOnnxruntime };
      return fuzz({ ...options, opinions, isOver }, onGraph);
    },
    stop() {
      stopped = true;
    },
    close: async () => {},
  };
}

/** Shrinking and one slow graph may come after the time is up. */
const graceSeconds = 180;

export async function chromeHost(recipe: Recipe): Promise<Host> {
  // Loaded when it is asked for: the server is large.
  const { startServer } = await import('../../bench/server.ts');
  const server = await startServer({ entries: ['test/fuzz/index.html'], include: ['fast-check'] });
  let browser: Browser | undefined;
  let page: Page | undefined;
  let latest = emptyTally();
  let onGraph: (tally: Tally) => void = () => {};
  let fail: (reason: Error) => void = () => {};
  const open = async (): Promise<Page> => {
    browser = await chromium.launch({
      executablePath: await findOrInstallBrowser((line) => console.error(line)),
      args: launchArguments(recipe),
    });
    const opened = await browser.newPage();
    opened.on('pageerror', (error) => console.error(String(error)));
    opened.on('crash', () => fail(new Error('the page crashed')));
    await opened.exposeFunction('fuzzProgress', (tally: Tally) => {
      latest = tally;
      onGraph(tally);
    });
    await opened.goto(`${server.url}test/fuzz/index.html`);
    const isReady = () => typeof window.runFuzz === 'function';
    await opened.waitForFunction(isReady, undefined, { timeout: 180_000 });
    return opened;
  };
  const closeBrowser = async () => {
    await browser?.close().catch(() => undefined);
    page = undefined;
  };
  return {
    name: `Chrome, ${recipe}`,
    async run(options, report) {
      onGraph = report;
      latest = emptyTally();
      let timer: NodeJS.Timeout | undefined;
      const ended = new Promise<never>((_, reject) => {
        fail = reject;
        const limit = (options.seconds + graceSeconds) * 1000;
        timer = setTimeout(() => reject(new Error('the page hangs')), limit);
      });
      ended.catch(() => undefined);
      try {
        page ??= await open();
        const work = page.evaluate((value) => window.runFuzz(value), options);
        work.catch(() => undefined);
        return await Promise.race([work, ended]);
      } catch (error) {
        await closeBrowser();
        if (error instanceof Stopped) return { tally: latest };
        const note = `webgpu: ${String(error).slice(0, 200)}`;
        return { tally: latest, found: { seed: options.seed, note, signature: note } };
      } finally {
        clearTimeout(timer);
      }
    },
    stop: () => fail(new Stopped()),
    async close() {
      await closeBrowser();
      await server.close();
    },
  };
}

class Stopped extends Error {}
