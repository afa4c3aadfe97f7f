/** `npm run fuzz`: random graphs on wgconv's two backends and on onnxruntime, until time is up. */

import { join } from 'node:path';
import { defaultRecipe } from '../../src/cli/browser.ts';
import { loadOperators, operatorNames } from '../../src/ops/index.ts';
import { type Arguments, readArguments } from './arguments.ts';
import { describe, writeCase } from './describe.ts';
import { withoutGenerator } from './families/index.ts';
import { emptyTally, type Found, sumOf, type Tally } from './fuzz.ts';
import { chromeHost, type Host, inProcess, nodeHost } from './hosts.ts';
import { caseOf } from './recipe.ts';

/** After so many graphs the next seed begins: what is found is found again in seconds. */
const graphsPerSeed = 50;

let lastLine = 0;

const given = readArguments();
const found = await fuzzUntil(given);
process.exit(found.length > 0 ? 1 : 0);

async function fuzzUntil(given: Arguments): Promise<Found[]> {
  await loadOperators(operatorNames);
  const host = await hostOf(given);
  const end = performance.now() + given.seconds * 1000;
  console.log(`${host.name}; seed ${given.seed}, ${given.seconds} s`);
  const found: Found[] = [];
  let total = emptyTally();
  let stopped = false;
  process.once('SIGINT', () => {
    stopped = true;
    host.stop();
    // The second one ends it as ever.
  });
  for (let seed = given.seed; !stopped && performance.now() < end; seed++) {
    const seen = found.map(({ signature }) => signature);
    const seconds = (end - performance.now()) / 1000;
    const options = { seed, seconds, graphs: graphsPerSeed, only: given.only, seen };
    const before = total;
    const result = await host.run(options, (tally) => progress(sumOf(before, tally), found, end));
    total = sumOf(before, result.tally);
    if (!result.found) continue;
    found.push(result.found);
    await show(result.found, found.length, given);
  }
  clearProgress();
  summarise(total, found);
  await host.close();
  return found;
}

async function hostOf({ adapter }: Arguments): Promise<Host> {
  if (adapter === 'none') return inProcess('without a GPU', false);
  if (adapter === 'node' || !adapter) {
    const host = await nodeHost();
    if (host) return host;
    if (adapter) throw new Error('the package webgpu finds no adapter; try --adapter cr-ss');
  }
  return chromeHost(adapter ?? defaultRecipe());
}

async function show({ seed, note, recipe }: Found, number: number, given: Arguments) {
  clearProgress();
  console.log(`\nDisagreement ${number}, found with --seed ${seed}\n  ${note}`);
  const fuzzCase = recipe && caseOf(recipe, given.only);
  if (!fuzzCase) return;
  for (const line of describe(fuzzCase)) console.log(`    ${line}`);
  const folder = join(given.output, `seed-${seed}`);
  await writeCase(folder, fuzzCase);
  console.log(`  written to ${folder} (npx wgconv check ${folder})\n`);
}

function summarise({ graphs, nodes, outcomes, operators, notes }: Tally, found: readonly Found[]) {
  const parts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  console.log(`\n${graphs} graphs of ${nodes} nodes: ${parts.join(', ')}`);
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).sort(([, a], [, b]) => b - a);
  for (const [note, count] of list(notes)) console.log(`  ${String(count).padStart(4)} × ${note}`);
  const times = list(operators).map(([op, count]) => `${op} ${count}`);
  console.log(`Nodes in graphs that all agree on: ${times.join(', ')}`);
  const lacking = withoutGenerator();
  if (lacking.length > 0) console.log(`Operators without a generator: ${lacking.join(', ')}`);
  console.log(
    found.length === 0
      ? 'No disagreement.'
      : `${found.length} disagreements: ${found.map(({ note }) => `\n  ${note}`).join('')}`,
  );
}

function progress({ graphs, nodes }: Tally, found: readonly Found[], end: number): void {
  const now = performance.now();
  const isTerminal = process.stderr.isTTY;
  if (now - lastLine < (isTerminal ? 200 : 20_000)) return;
  lastLine = now;
  const left = Math.max(0, Math.round((end - now) / 1000));
  const text = `${graphs} graphs, ${nodes} nodes, ${found.length} disagreements, ${left} s left`;
  process.stderr.write(isTerminal ? `\r\u001b[2K${text}` : `${text}\n`);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
}
