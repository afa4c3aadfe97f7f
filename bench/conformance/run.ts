/** `npm run conformance`: every published case on every engine, judged by one rule. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { startServer } from '../server.ts';
import { type Arguments, readArguments } from './arguments.ts';
import { hasCases, type PublishedCase, readCases } from './cases.ts';
import { ConformanceHost } from './host.ts';
import { judgeAnswer } from './judge.ts';
import { countsText, markdown } from './report.ts';
import {
  type CaseResult,
  type ConformanceResult,
  type EngineName,
  type EngineRun,
  engineNames,
} from './result.ts';

const docs = resolve(import.meta.dirname, '../../docs');

const given = readArguments();
await conformance(given);

async function conformance(given: Arguments): Promise<void> {
  if (!hasCases) {
    console.log(
      'Skipped: the cases are in ../shared (conformance/onnx-node, cases), which is not there.',
    );
    return;
  }
  const { filter, engines, adapter } = given;
  const cases = readCases().filter(({ name }) => !filter || name.includes(filter));
  const folder = given.output ?? (filter ? undefined : docs);
  console.log(`${cases.length} cases, ${engines.length} engines, adapter ${adapter}`);
  const server = await startServer({
    entries: ['bench/conformance/index.html'],
    include: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu'],
  });
  const host = new ConformanceHost(server.url, adapter);
  const runs = new Map<
    EngineName,
    { readonly run: EngineRun; readonly results: ReadonlyMap<string, CaseResult> }
  >();
  try {
    for (const engine of engines) {
      const found = await runEngine(host, engine, cases, given);
      if (!found) continue;
      runs.set(engine, found);
      if (folder) write(folder, merged(earlier(folder), cases, runs));
    }
  } finally {
    await host.close();
    await server.close();
  }
  const result = merged(folder ? earlier(folder) : undefined, cases, runs);
  console.log(`\n${countsText(result).join('\n')}`);
  if (folder)
    console.log(`\nWritten: ${relative('.', join(folder, 'conformance.md'))}, conformance.json`);
}

async function runEngine(
  host: ConformanceHost,
  engine: EngineName,
  cases: readonly PublishedCase[],
  { adapter, filter }: Arguments,
) {
  const start = performance.now();
  const opened = await host.open(engine).catch((error: unknown) => {
    console.log(`\n${engine}: it cannot be loaded: ${String(error).slice(0, 300)}`);
  });
  if (!opened) return undefined;
  const results = new Map<string, CaseResult>();
  const counts = { pass: 0, wrong: 0, error: 0, unsupported: 0 };
  for (const [index, one] of cases.entries()) {
    progress(`${engine}: ${index} of ${cases.length}, ${one.name}`);
    const result = await judgeAnswer(one, await host.run(one));
    results.set(one.name, result);
    counts[result.status]++;
    const tells = filter ? result.status !== 'pass' : result.status === 'wrong';
    if (tells) {
      progress('');
      console.log(`${engine}: ${result.status} ${one.name}: ${result.reason ?? ''}`);
    }
  }
  progress('');
  const seconds = (performance.now() - start) / 1000;
  const text = Object.entries(counts).map(([status, count]) => `${count} ${status}`);
  console.log(`${engine} ${opened.version}: ${text.join(', ')} (${seconds.toFixed(0)} s)`);
  const run: EngineRun = {
    ...{ name: engine, ...opened, recipe: adapter, date: new Date().toISOString().slice(0, 10) },
    minutes: Number((seconds / 60).toFixed(1)),
  };
  return { run, results };
}

/** What was found now, over what the file has of other engines. */
function merged(
  before: ConformanceResult | undefined,
  cases: readonly PublishedCase[],
  runs: ReadonlyMap<
    EngineName,
    { readonly run: EngineRun; readonly results: ReadonlyMap<string, CaseResult> }
  >,
): ConformanceResult {
  const old = new Map(before?.cases.map((one) => [one.name, one.results]));
  return {
    engines: engineNames.flatMap(
      (name) => runs.get(name)?.run ?? before?.engines.find((run) => run.name === name) ?? [],
    ),
    cases: cases.map(({ name, family, what }) => {
      const now = [...runs].flatMap(([engine, { results }]) => {
        const result = results.get(name);
        return result ? [[engine, result] as const] : [];
      });
      return { name, family, what, results: { ...old.get(name), ...Object.fromEntries(now) } };
    }),
  };
}

function earlier(folder: string): ConformanceResult | undefined {
  const file = join(folder, 'conformance.json');
  return existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as ConformanceResult)
    : undefined;
}

/** One line for each case. */
function write(folder: string, result: ConformanceResult): void {
  const lines = (list: readonly unknown[]) =>
    `[\n${list.map((one) => JSON.stringify(one)).join(',\n')}\n]`;
  const text = `{"engines":${lines(result.engines)},\n"cases":${lines(result.cases)}}\n`;
  writeFileSync(join(folder, 'conformance.json'), text);
  writeFileSync(join(folder, 'conformance.md'), markdown(result));
}

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${line}`);
}
