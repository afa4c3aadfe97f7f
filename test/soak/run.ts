/**
 * `npm run soak -- --minutes N`: one page runs mixed models for a long time. What it holds is sampled
 * all the while, and whenever it is at rest: those samples must stay where they are.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CDPSession, chromium, type Page } from 'playwright-core';
import { availableModels, startServer } from '../../bench/server.ts';
import { findOrInstallBrowser, launchArguments } from '../../src/cli/browser.ts';
import { readArguments } from './arguments.ts';
import { soakChart } from './chart.ts';
import { megabytes, type Sample, summarise } from './sample.ts';
import type { SoakTally } from './soak.ts';

/** Milliseconds between two samples of a busy page. */
const interval = 2000;
/** A stretch that takes so much longer than it was told hangs. */
const graceSeconds = 180;

const given = readArguments();
process.exitCode = await soak();

async function soak(): Promise<number> {
  const server = await startServer({ entries: ['test/soak/index.html'], include: [] });
  const browser = await chromium.launch({
    executablePath: await findOrInstallBrowser((line) => console.error(line)),
    args: launchArguments(given.adapter),
  });
  const problems: string[] = [];
  const samples: Sample[] = [];
  let tally: SoakTally = { done: {}, faults: [] };
  let stopped = false;
  process.once('SIGINT', () => {
    stopped = true; // a second one ends it as ever
  });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(`uncaught in the page: ${error}`));
    page.on('crash', () => problems.push('the page crashed'));
    await page.goto(`${server.url}test/soak/index.html`);
    await page.waitForFunction(() => typeof window.startSoak === 'function', undefined, {
      timeout: 180_000,
    });
    console.log(`Chrome, ${given.adapter}; seed ${given.seed}`);
    await page.exposeFunction('soakModel', (name: string) => console.log(`  warming up: ${name}`));
    await page.evaluate(([paths, seed]) => window.startSoak(paths, seed), [
      availableModels(),
      given.seed,
    ] as const);
    const session = await page.context().newCDPSession(page);
    const start = performance.now();
    const seconds = () => (performance.now() - start) / 1000;
    const sample = async (atRest: boolean) => {
      samples.push({ ...(await look(page, session, atRest)), seconds: seconds(), atRest });
    };
    await sample(true);
    while (!stopped && seconds() < given.minutes * 60) {
      const timer = setInterval(() => void sample(false).catch(() => undefined), interval);
      try {
        tally = await within(
          page.evaluate((length) => window.soakStretch(length), given.rest),
          (given.rest + graceSeconds) * 1000,
        );
      } finally {
        clearInterval(timer);
      }
      await sample(true);
      progress(seconds(), samples, tally);
    }
    await page.evaluate(() => window.endSoak());
    const { bytes, resources } = await page.evaluate(() => window.soakState());
    if (bytes > 0 || resources > 0) {
      problems.push(`after the last session ${resources} buffers with ${bytes} bytes are left`);
    }
  } catch (error) {
    problems.push(String(error));
  } finally {
    await browser.close().catch(() => undefined);
    await server.close();
  }
  return report(samples, tally, problems);
}

async function look(page: Page, session: CDPSession, collect: boolean) {
  if (collect) {
    // What finalizers free is collected the second time.
    for (let turn = 0; turn < 2; turn++) {
      await session.send('HeapProfiler.collectGarbage');
      await page.waitForTimeout(100);
    }
  }
  const usage = (await session.send('Runtime.getHeapUsage')) as {
    readonly usedSize: number;
    readonly backingStorageSize?: number;
  };
  const state = await page.evaluate(() => window.soakState());
  return { ...state, heap: usage.usedSize, buffers: usage.backingStorageSize ?? 0 };
}

async function report(
  samples: readonly Sample[],
  tally: SoakTally,
  problems: readonly string[],
): Promise<number> {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
  const minutes = ((samples.at(-1)?.seconds ?? 0) / 60).toFixed(1);
  const done = Object.entries(tally.done).map(([name, count]) => `${count} × ${name}`);
  console.log(`\n${minutes} minutes: ${done.join(', ')}\n`);
  const summaries = summarise(samples);
  const show = (value: number, unit: string) => (unit ? megabytes(value) : `${value}`).padStart(10);
  console.log(`${''.padEnd(34)}     start       peak        end   (start, end: at rest)`);
  for (const { name, unit, start, peak, end } of summaries) {
    console.log(`${name.padEnd(34)}${show(start, unit)} ${show(peak, unit)} ${show(end, unit)}`);
  }
  await mkdir(given.output, { recursive: true });
  const picture = join(given.output, 'soak.png');
  const caption = `${minutes} minutes on ${given.adapter}, seed ${given.seed}; dots: at rest, after a garbage collection`;
  await writeFile(picture, soakChart(caption, samples));
  await writeFile(
    join(given.output, 'soak.json'),
    `${JSON.stringify({ given, tally, samples })}\n`,
  );
  console.log(`\nDrawn in ${picture}`);
  const complaints = [
    ...summaries.flatMap(({ complaint }) => complaint ?? []),
    ...tally.faults,
    ...problems,
  ];
  for (const complaint of complaints) console.log(`FAULT  ${complaint}`);
  if (complaints.length === 0) console.log('Nothing is held on to, and every answer was right.');
  return complaints.length > 0 ? 1 : 0;
}

function progress(seconds: number, samples: readonly Sample[], { done, faults }: SoakTally): void {
  const latest = samples.at(-1);
  const runs = Object.values(done).reduce((sum, count) => sum + count, 0);
  const left = Math.max(0, given.minutes - seconds / 60).toFixed(1);
  const text = `${runs} actions, ${faults.length} faults; at rest ${megabytes(latest?.bytes ?? 0)} of GPU, ${megabytes(latest?.heap ?? 0)} heap; ${left} minutes left`;
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[2K${text}` : `${text}\n`);
}

function within<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the page hangs')), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
