/** `npm run bench`: times wgconv beside its peers in one headless Chrome and prints the ratios. */

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';
import {
  defaultRecipe,
  findOrInstallBrowser,
  launchArguments,
  type Recipe,
  recipes,
} from '../src/cli/browser.ts';
import type { BenchOptions, BenchResult, EngineRow } from './page.ts';

interface Arguments {
  adapter: Recipe;
  filter?: string;
  peers?: string;
  rounds: string;
  seconds: string;
  json?: string;
}

const options = new Command('bench')
  .description('times wgconv beside onnxruntime-web and tfjs, all on WebGPU in one Chrome')
  .addOption(
    new Option('--adapter <name>', 'which adapter').choices([...recipes]).default(defaultRecipe()),
  )
  .option('--filter <text>', 'only problems whose name contains the text')
  .option('--peers <names>', 'only these peers, comma-separated: onnxruntime,tfjs')
  .option('--rounds <n>', 'rounds at the most', '30')
  .option('--seconds <n>', 'seconds at the most for each problem and mode', '5')
  .option('--json <file>', 'write the results as JSON')
  .parse()
  .opts<Arguments>();

const result = await bench(options);
print(result, options.adapter);
if (options.json) writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);

async function bench({ adapter, filter, peers, rounds, seconds }: Arguments): Promise<BenchResult> {
  const server = await createServer({
    root: resolve(import.meta.dirname, '..'),
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
  const browser = await chromium.launch({ executablePath, args: launchArguments(adapter) });
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => console.error(String(error)));
    await page.exposeFunction('benchProgress', progress);
    await page.goto(`${server.resolvedUrls?.local[0]}bench/index.html`);
    await page.waitForFunction(() => typeof window.runBench === 'function', undefined, {
      timeout: 180_000,
    });
    const settings: BenchOptions = {
      filter,
      peers: peers?.split(','),
      rounds: Number(rounds),
      seconds: Number(seconds),
      leastRounds: 5,
    };
    return await page.evaluate((given) => window.runBench(given), settings);
  } finally {
    await browser.close();
    await server.close();
  }
}

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${line}`);
}

function print(result: BenchResult, adapter: string): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
  console.log(`Adapter  ${adapter}: ${result.adapter}`);
  console.log(`Browser  ${result.browser.match(/Chrom\S*/)?.[0] ?? result.browser}`);
  console.log(`Ceiling  ${result.ceilingGflops.toFixed(1)} GFLOP/s, measured in this run\n`);
  for (const { problem, macs, rows } of result.results) {
    console.log(
      `${problem} (${(macs / 1e6).toFixed(1)} M multiply-adds, ${result.algorithms[problem]})`,
    );
    for (const row of rows) console.log(`  ${describe(row, result.ceilingGflops)}`);
    console.log();
  }
  console.log(
    'Times are medians in ms (p10 to p90). A ratio is the peer\u2019s time over wgconv\u2019s, 95 % interval.',
  );
}

function describe(row: EngineRow, ceiling: number): string {
  const name = `${row.engine} ${row.version}`.padEnd(32);
  if (row.error || !row.endToEnd || !row.resident) return `${name}${row.error}`;
  const time = ({ median, p10, p90 }: NonNullable<EngineRow['endToEnd']>) =>
    `${median.toFixed(1)} (${p10.toFixed(1)} to ${p90.toFixed(1)})`.padEnd(24);
  const ratio = (r: EngineRow['residentRatio']) =>
    r ? `${r.median.toFixed(2)}x [${r.low.toFixed(2)}, ${r.high.toFixed(2)}]`.padEnd(22) : '';
  const isOwn = row.engine === 'wgconv';
  const share = `${(row.gflops ?? 0).toFixed(1)} GFLOP/s, ${(((row.gflops ?? 0) / ceiling) * 100).toFixed(0)} %`;
  return `${name}end to end ${time(row.endToEnd)}${isOwn ? ''.padEnd(22) : ratio(row.endToEndRatio)}resident ${time(row.resident)}${isOwn ? ''.padEnd(22) : ratio(row.residentRatio)}${share}`;
}
