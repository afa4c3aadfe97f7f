/** `npm run bench`: times wgconv beside its peers in one headless Chrome and prints the ratios. */

import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { chromium, type Page } from 'playwright-core';
import { createServer } from 'vite';
import {
  defaultRecipe,
  findOrInstallBrowser,
  launchArguments,
  type Recipe,
  recipes,
} from '../src/cli/browser.ts';
import type { BenchOptions } from './page.ts';
import { modelUrl, nets } from './problems/nets.ts';
import { type Suite, suites } from './problems/suites.ts';
import { environmentText, markdown, problemText, summaryText } from './report.ts';
import type { BenchResult, ProblemResult } from './result.ts';

interface Arguments {
  adapter: Recipe;
  suite?: Suite;
  quick?: boolean;
  filter?: string;
  peers?: string[];
  rounds: number;
  seconds?: number;
  minutes?: number;
  json?: string;
  markdown?: string;
  chart?: string;
}

const peerNames = ['onnxruntime', 'tfjs'];
const root = resolve(import.meta.dirname, '..');
const options = new Command('bench')
  .description('times wgconv beside onnxruntime-web and tfjs, all on WebGPU in one Chrome')
  .addOption(
    new Option('--adapter <name>', 'which adapter').choices([...recipes]).default(defaultRecipe()),
  )
  .addOption(
    new Option('--suite <name>', 'what is timed (without it, two convolutions)').choices(suites),
  )
  .option('--quick', 'a part of the suite, or of all suites, in under five minutes')
  .option('--filter <text>', 'only problems whose name contains the text')
  .option('--peers <names>', `only these peers, comma-separated: ${peerNames}`, readPeers)
  .option('--rounds <n>', 'rounds at the most', readNumber, 30)
  .option('--seconds <n>', 'for each problem and mode (5, with --quick 0.5)', readNumber)
  .option('--minutes <n>', 'begin no problem after so many minutes', readNumber)
  .option('--json <file>', 'write the results as JSON')
  .option('--markdown <file>', 'write the results as Markdown')
  .option('--chart <file>', 'draw the ratios to the best peer, as SVG')
  .parse()
  .opts<Arguments>();

await bench(options);

async function bench(given: Arguments): Promise<void> {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    // A page that is timed must not be reloaded because a file changes.
    server: { port: 0, hmr: false, watch: null },
    cacheDir: 'node_modules/.vite-bench',
    // It finds its WebAssembly beside itself, which bundling would break.
    // The rest is bundled before the page opens: a late find would reload it.
    optimizeDeps: {
      exclude: ['onnxruntime-web'],
      entries: ['bench/index.html'],
      include: [
        'pbf',
        'wgsl-preprocessor/wgsl-preprocessor.js',
        '@tensorflow/tfjs',
        '@tensorflow/tfjs-backend-webgpu',
      ],
    },
  });
  await server.listen();
  const executablePath = await findOrInstallBrowser((line) => console.error(line));
  const browser = await chromium.launch({ executablePath, args: launchArguments(given.adapter) });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(String(error)));
    await page.exposeFunction('benchProgress', progress);
    const available = await serveModels(page);
    await page.goto(`${server.resolvedUrls?.local[0]}bench/index.html`);
    await page.waitForFunction(() => typeof window.runProblem === 'function', undefined, {
      timeout: 180_000,
    });
    await runAll(page, given, available);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Answers the page's requests for models from the files; says which there are. */
async function serveModels(page: Page): Promise<string[]> {
  const there = nets.filter(({ path }) => existsSync(resolve(root, path)));
  for (const { name, path } of there) {
    await page.route(`**${modelUrl}${encodeURIComponent(name)}`, (route) =>
      route.fulfill({ path: resolve(root, path), contentType: 'application/octet-stream' }),
    );
  }
  return there.map(({ name }) => name);
}

async function runAll(page: Page, given: Arguments, available: string[]): Promise<void> {
  const { suite, quick, filter, peers, rounds } = given;
  const seconds = given.seconds ?? (quick ? 0.5 : 5);
  const settings: BenchOptions = {
    ...{ suite, quick, filter, available },
    ...{ peers, rounds, seconds },
    leastRounds: 5,
  };
  const { problems, ...environment } = await page.evaluate(
    (value) => window.startBench(value),
    settings,
  );
  if (problems.length === 0 && suite !== 'ceiling') console.log('No problem fits the options.');
  const results: ProblemResult[] = [];
  const result: BenchResult = { ...environment, recipe: given.adapter, results };
  progress('');
  console.log(environmentText(result).join('\n'));
  if (suite === 'nets' && available.length < nets.length)
    console.log(`${nets.length - available.length} networks are not there and left out`);
  const end = performance.now() + (given.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  for (const [index, problem] of problems.entries()) {
    if (performance.now() > end) {
      console.log(`\nTime is up: ${problems.length - index} problems were not begun.`);
      break;
    }
    try {
      results.push(await page.evaluate((name) => window.runProblem(name), problem));
      progress('');
      console.log(`\n${problemText(results.at(-1) as ProblemResult).join('\n')}`);
    } catch (error) {
      console.log(`\n${problem}: ${error}`);
    }
    if (given.json) writeFileSync(given.json, `${JSON.stringify(result, null, 2)}\n`);
  }
  if (given.json) writeFileSync(given.json, `${JSON.stringify(result, null, 2)}\n`);
  if (results.length > 0) console.log(`\n${summaryText(result).join('\n')}`);
  if (given.markdown) writeFileSync(given.markdown, markdown(result));
  if (given.chart) {
    // Loaded when it is asked for: its library is large.
    const { chartOf } = await import('./chart.ts');
    writeFileSync(given.chart, chartOf(result));
  }
}

function readPeers(text: string): string[] {
  const names = text.split(',');
  const unknown = names.find((name) => !peerNames.includes(name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`"${unknown}" is none of ${peerNames.join(', ')}.`);
  return names;
}

function readNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It is not a number above 0.');
  return value;
}

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${line}`);
}
