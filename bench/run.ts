/** `npm run bench`: times wgconv beside its peers in one headless Chrome and prints the ratios. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { type Arguments, readArguments } from './arguments.ts';
import { coldStarts } from './cold.ts';
import { Driver } from './driver.ts';
import { NodeHost } from './node-host.ts';
import { fixedBatch } from './problems/nets.ts';
import type { Suite } from './problems/suites.ts';
import { coldText, environmentText, markdown, problemText, summaryText } from './report.ts';
import type { BenchResult, ProblemResult } from './result.ts';
import type { BenchOptions, Started } from './runner.ts';
import { availableModels, startServer } from './server.ts';
import { inUserChrome } from './user-chrome.ts';

await bench(readArguments());

interface Host {
  open(environment?: BenchResult): Promise<Started>;
  run(problem: string, seconds: number): Promise<ProblemResult>;
  renew(): Promise<void>;
  close(): Promise<void>;
}

async function bench(given: Arguments): Promise<void> {
  const { suite, quick, filter, peers, rounds, tune } = given;
  const options: BenchOptions = {
    ...{ suite, quick, filter, peers, rounds, tune },
    ...{ available: availableModels(), seconds: given.seconds, leastRounds: 5 },
  };
  if (given.userChrome) {
    const result = await inUserChrome(options);
    write(given, result);
    console.log(markdown(result));
    return writeLast(given, result);
  }
  const server = await startServer();
  const host: Host =
    given.host === 'node'
      ? new NodeHost(options, progress)
      : new Driver(server.url, given.adapter, options, progress);
  try {
    const result = await runAll(host, given);
    if (given.host !== 'node' && (suite === 'cold' || (quick && !suite)))
      await runCold(given, result);
    const summary = summaryText(result);
    if (summary.length > 0) console.log(`\n${summary.join('\n')}`);
    write(given, result);
    await writeLast(given, result);
  } finally {
    await host.close();
    await server.close();
  }
  // A device in Node keeps the process alive.
  if (given.host === 'node') process.exit(0);
}

async function runAll(host: Host, given: Arguments): Promise<BenchResult> {
  const earlier = given.resume ? readEarlier(given) : undefined;
  const { environment, problems } = await host.open(earlier);
  const result: BenchResult = {
    ...environment,
    recipe: given.host === 'node' ? 'node' : given.adapter,
    ...{ host: given.host, date: new Date().toISOString(), machine: machine() },
    ...{ quick: given.quick ?? false, seconds: given.seconds },
    ...{ results: [...(earlier?.results ?? [])], cold: [...(earlier?.cold ?? [])] },
  };
  progress('');
  console.log(environmentText(result).join('\n'));
  const { suite, filter } = given;
  if (problems.length === 0 && suite !== 'ceiling' && suite !== 'cold')
    console.log(`No problem fits the options${filter ? ` (--filter "${filter}")` : ''}.`);
  if (suite === 'nets')
    console.log(`Their files say batch 1, so there is no batch 8: ${fixedBatch.join(', ')}.`);
  const end = performance.now() + (given.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  const done = new Set(result.results.map(({ problem }) => problem));
  const left = problems.filter(({ name }) => !done.has(name));
  for (const [index, { name, suite }] of left.entries()) {
    if (performance.now() > end) {
      console.log(`\nTime is up: ${left.length - index} problems were not begun.`);
      break;
    }
    // A network's memory is counted in a page in which nothing is left of other problems.
    if (suite === 'nets') await host.renew();
    const found = await attempt(host, name, suite, given);
    result.results.push(found);
    progress('');
    console.log(`\n${problemText(found).join('\n')}`);
    if (found.rows.some(({ error }) => error?.match(/lost|destroyed|unreachable|memory access/i)))
      await host.close();
    write(given, result);
  }
  return result;
}

/** A problem that fails as a whole is tried once more, in another browser; then it is a result. */
async function attempt(
  host: Host,
  name: string,
  suite: Suite,
  { seconds }: Arguments,
): Promise<ProblemResult> {
  // A software adapter takes a peer minutes for each of the few runs of a large network at batch 8.
  const limit = (suite === 'nets' ? 1800 : 600) + 40 * seconds;
  let error: unknown;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      return await host.run(name, limit);
    } catch (failure) {
      error = failure;
      console.error(`${name}: ${String(failure).slice(0, 300)}`);
    }
  }
  const message = String(error).slice(0, 300);
  return { problem: name, suite, macs: 0, algorithm: '', rows: [], error: message };
}

async function runCold(given: Arguments, result: BenchResult): Promise<void> {
  const all = ['SqueezeNet 1.1', 'MobileNet v2'];
  const names = given.quick ? all.slice(0, 1) : all;
  const wanted = names.filter((name) => !given.filter || name.includes(given.filter));
  result.cold.length = 0;
  try {
    const rows = await coldStarts({
      ...{ recipe: given.adapter, peers: given.peers, progress },
      ...{ names: wanted, repeats: given.quick ? 2 : 5 },
    });
    result.cold.push(...rows);
    progress('');
    console.log(`\n${coldText(result).join('\n')}`);
  } catch (error) {
    console.log(`\nNo cold starts: ${String(error)}`);
  }
}

function readEarlier({ json, adapter, host }: Arguments): BenchResult | undefined {
  if (!json || !existsSync(json)) return undefined;
  const earlier = JSON.parse(readFileSync(json, 'utf8')) as BenchResult;
  const recipe = host === 'node' ? 'node' : adapter;
  if (earlier.recipe !== recipe) throw new Error(`${json} is of ${earlier.recipe}, not ${recipe}`);
  const whole = earlier.results.filter(({ error }) => !error);
  console.log(`${whole.length} problems are in ${json} already`);
  return { ...earlier, results: whole };
}

/** One line for each row of a problem: short, and still to be read and compared. */
function write({ json }: Arguments, result: BenchResult): void {
  if (!json) return;
  const short = (_key: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  const { results, cold, ...rest } = result;
  const lines = (list: readonly unknown[]) =>
    list.length === 0 ? '[]' : `[\n${list.map((one) => JSON.stringify(one, short)).join(',\n')}\n]`;
  const head = JSON.stringify(rest, short).slice(0, -1);
  writeFileSync(json, `${head},\n"results":${lines(results)},\n"cold":${lines(cold)}}\n`);
}

async function writeLast({ markdown: file, chart }: Arguments, result: BenchResult): Promise<void> {
  if (file) writeFileSync(file, markdown(result));
  if (!chart) return;
  // Loaded when they are asked for: the libraries are large.
  const { problemChart, toPng } = await import('./chart.ts');
  const svg = problemChart(result);
  writeFileSync(chart, chart.endsWith('.png') ? toPng(svg) : svg);
}

function machine(): string {
  const model = cpus()[0]?.model.trim() || process.arch;
  return `${model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
}

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${line}`);
}
