/**
 * The page of the benchmark. A command drives it through `window`; opened with `?auto=…` (options as
 * JSON) it runs by itself, shows its progress and a report to copy, and posts the result.
 */

import { markdown } from './report.ts';
import type { BenchResult, ProblemResult } from './result.ts';
import { type BenchOptions, runProblem, type Started, start } from './runner.ts';

declare global {
  interface Window {
    startBench(options: BenchOptions): Promise<Started>;
    runProblem(name: string): Promise<ProblemResult>;
    benchProgress?(line: string): void;
  }
}

window.startBench = (options) => start(options, (line) => window.benchProgress?.(line));
window.runProblem = runProblem;

const auto = new URLSearchParams(location.search).get('auto');
if (auto) {
  runAlone(JSON.parse(auto)).catch((error: unknown) => {
    show(`It failed: ${String(error)}`);
    return post({ error: String(error) });
  });
}

async function runAlone(options: BenchOptions & { readonly seconds: number }): Promise<void> {
  show('The engines are loaded, and the adapter is measured …');
  const { environment, problems } = await start(options, show);
  const result: BenchResult = {
    ...environment,
    ...{ recipe: 'the reader’s Chrome', host: 'browser', date: new Date().toISOString() },
    ...{ machine: `${navigator.hardwareConcurrency} cores`, quick: options.quick ?? false },
    ...{ seconds: options.seconds, results: [], cold: [] },
  };
  for (const [index, { name, suite }] of problems.entries()) {
    show(`${index + 1} of ${problems.length}: ${name}`);
    try {
      result.results.push(await runProblem(name));
    } catch (error) {
      const failed = { problem: name, suite, macs: 0, algorithm: '', rows: [] };
      result.results.push({ ...failed, error: String(error) });
    }
  }
  const text = document.createElement('textarea');
  text.rows = 40;
  text.cols = 120;
  text.value = markdown(result);
  document.body.append(text);
  show('Done: here is the report to copy. The command that opened this page has it too.');
  await post(result);
}

function show(line: string): void {
  const place = document.querySelector('p');
  if (place) place.textContent = line;
}

async function post(value: unknown): Promise<void> {
  await fetch('/bench-result', { method: 'POST', body: JSON.stringify(value) });
}
