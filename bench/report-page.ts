/**
 * `npm run bench:report`: writes `docs/performance.md` and its charts from the JSON files of
 * `bench/results/`. What stands between the two `by hand` markers of the page is kept.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coldChart, memoryChart, problemChart, toPng } from './chart.ts';
import {
  coldMarkdown,
  comparisons,
  environmentText,
  headlineText,
  memoryMarkdown,
  suiteMarkdown,
} from './report.ts';
import type { BenchResult } from './result.ts';
import { root } from './server.ts';

const results = join(root, 'bench/results');
const page = join(root, 'docs/performance.md');
const charts = join(root, 'docs/performance');
const begin = '<!-- by hand: begin -->';
const end = '<!-- by hand: end -->';

const files = existsSync(results)
  ? readdirSync(results)
      .filter((name) => name.endsWith('.json'))
      .sort()
  : [];
if (files.length === 0) {
  console.error(
    'There are no results: run `npm run bench -- --suite conv --json bench/results/…`.',
  );
  process.exit(1);
}

const lines = [
  '# Performance',
  '',
  'wgconv beside onnxruntime-web and tfjs: the same page, the same adapter, the same inputs, every output checked first. [The benchmark](../bench/README.md) says how. This page is made by `npm run bench:report` from the files in `bench/results/`, losses included.',
  '',
  handWritten(),
  '',
  '## Overview',
  '',
  '| results | adapter | suite | GPU-resident | end to end |',
  '|---|---|---|---|---|',
];
const details: string[] = [];
rmSync(charts, { recursive: true, force: true });
mkdirSync(charts, { recursive: true });
for (const file of files) describe(file);
writeFileSync(page, `${[...lines, '', ...details].join('\n').trimEnd()}\n`);
console.log(`Wrote ${page} from ${files.length} files`);

function describe(file: string): void {
  const result = JSON.parse(readFileSync(join(results, file), 'utf8')) as BenchResult;
  const name = file.replace(/\.json$/, '');
  details.push(`## ${name}`, '', ...environmentText(result).map((line) => `- ${line}`), '');
  details.push('To repeat it:', '', '```sh', commandOf(result, file), '```', '');
  for (const suite of new Set(result.results.map(({ suite }) => suite))) {
    const cells = (['resident', 'endToEnd'] as const).map((mode) => {
      const list = comparisons(result, mode, suite);
      if (list.length === 0) return '';
      const title = `${suite}, best peer ÷ wgconv, ${mode === 'resident' ? 'GPU-resident' : 'end to end'}`;
      picture(`${name}-${suite}-${mode}`, title, problemChart(result, mode, suite));
      return headlineText(list, mode).replace(/.*: /, '');
    });
    lines.push(`| [${name}](#${name}) | ${result.recipe} | ${suite} | ${cells.join(' | ')} |`);
    details.push('<details><summary>Tables</summary>', '', ...suiteMarkdown(result, suite));
    details.push('</details>', '');
  }
  const memory = memoryChart(result);
  if (memory) picture(`${name}-memory`, 'Peak GPU memory', memory);
  details.push(...memoryMarkdown(result));
  const cold = coldChart(result);
  if (cold) picture(`${name}-cold`, 'Time to the first result', cold);
  details.push(...coldMarkdown(result));
}

function picture(name: string, title: string, svg: string): void {
  writeFileSync(join(charts, `${name}.svg`), svg);
  writeFileSync(join(charts, `${name}.png`), toPng(svg));
  details.push(`![${title}](performance/${name}.svg)`, '');
}

function commandOf(result: BenchResult, file: string): string {
  const suites = new Set([
    ...result.results.map(({ suite }) => suite),
    ...(result.cold.length > 0 ? ['cold'] : []),
  ]);
  const [only] = suites;
  return [
    'npm run bench --',
    result.host === 'node' ? '--host node' : `--adapter ${result.recipe}`,
    suites.size === 1 ? `--suite ${only}` : '',
    result.quick ? '--quick' : '',
    `--seconds ${result.seconds}`,
    `--json bench/results/${file}`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** The part of the page that a person writes; a first one where there is none. */
function handWritten(): string {
  const old = existsSync(page) ? readFileSync(page, 'utf8') : '';
  const from = old.indexOf(begin);
  const to = old.indexOf(end);
  if (from >= 0 && to > from) return old.slice(from, to + end.length);
  return `${begin}

## Where wgconv loses, and why

- **Problems of a few microseconds.** Every run of a session is one submission. tfjs collects the dispatches of several runs into one, so on an operator of a few elements it spends less on each.
- **The CPU.** On a machine without a GPU the adapters are software, and onnxruntime-web's WebAssembly is faster than any WebGPU engine on them. It is listed, but it is no peer: where there is a GPU, the order is another.
- **Memory of tiny networks.** The measurement of the device when a session opens takes two buffers of 1 MiB for a moment, which is more than LeNet-5 needs.

All figures below are from software adapters, unless the adapter's name says otherwise; they say nothing about a GPU.

${end}`;
}
