/** The page of the benchmark: checks every engine's output, then times them in turn. */

import { measureCeiling } from '../src/gpu/ceiling.ts';
import { InferenceSession } from '../src/index.ts';
import {
  type Engine,
  loadOnnxruntime,
  type PreparedProblem,
  reference,
  wgconv,
} from './engines.ts';
import { type Budget, interleave, ratioOf, timingOf } from './measure.ts';
import { problemOf } from './problems/conv.ts';
import { type Problem, type Selection, selected } from './problems/suites.ts';
import type { EngineRow, Environment, ProblemResult } from './result.ts';
import { tfjs } from './tfjs.ts';

export interface BenchOptions extends Budget, Selection {
  readonly peers?: readonly string[] | undefined;
}

export interface Started extends Environment {
  readonly problems: readonly string[];
}

/** Runs in a GPU-resident batch, so that waiting for the queue is not what is timed. */
const batch = 4;
/** Where a run takes longer than this the wait does not matter, and a batch would take long. */
const longMilliseconds = 150;
const tolerance = 1e-3;
/** A rate may exceed the measured ceiling by measurement error, not by more than this. */
const plausible = 1.5;

declare global {
  interface Window {
    startBench(options: BenchOptions): Promise<Started>;
    runProblem(name: string): Promise<ProblemResult>;
    benchProgress?(line: string): void;
  }
}

let problems: readonly Problem[] = [];
let engines: readonly Engine[] = [];
let budget: Budget;
let environment: Environment;

window.startBench = async (options) => {
  budget = options;
  problems = selected(options);
  const wanted = (name: string) =>
    !options.peers || options.peers.some((peer) => name.includes(peer));
  const loaded: Engine[] = [wgconv];
  if (wanted('onnxruntime-web webgpu')) loaded.push(await loadOnnxruntime());
  if (wanted(tfjs.name)) loaded.push(tfjs);
  engines = loaded;
  environment = await measureEnvironment();
  return { ...environment, problems: problems.map(({ name }) => name) };
};

/** The ceiling is the best of five: what else runs on the machine can only lower it. */
async function measureEnvironment(): Promise<Environment> {
  const session = await InferenceSession.create(await problemOf([4, 4, 4, 1, 1, 0]).model());
  const info = session.report().adapter;
  const ceilings = [];
  for (let run = 0; run < 5; run++)
    ceilings.push(await measureCeiling(session.device as GPUDevice));
  await session.dispose();
  const adapter = [info?.vendor, info?.architecture, info?.description].filter(Boolean).join(' ');
  return {
    adapter: adapter || 'an adapter without a name',
    browser: navigator.userAgent,
    ceilingGflops: Math.max(...ceilings.map(({ gflops }) => gflops)),
    ceilingGbps: Math.max(...ceilings.map(({ gbps }) => gbps)),
  };
}

window.runProblem = async (name) => {
  const problem = problems.find((candidate) => candidate.name === name) as Problem;
  const { algorithm, macs } = await describe(problem);
  const expected = await reference(problem);
  const ready = new Map<string, PreparedProblem>();
  const rows = new Map<string, EngineRow>();
  let slowest = 0;
  for (const engine of engines) {
    const base = { engine: engine.name, version: engine.version };
    let prepared: PreparedProblem | undefined;
    try {
      window.benchProgress?.(`${name}: ${engine.name} is checked`);
      const lack = engine.lacks(problem);
      if (lack) {
        rows.set(engine.name, { ...base, relativeError: Number.NaN, error: lack });
        continue;
      }
      prepared = await engine.prepare(problem);
      const output = await prepared.endToEnd();
      const relativeError = difference(prepared.inNchw?.(output) ?? output, expected);
      if (!(relativeError <= tolerance))
        throw new Error(`wrong output (relative error ${relativeError})`);
      const start = performance.now();
      await prepared.endToEnd();
      slowest = Math.max(slowest, performance.now() - start);
      ready.set(engine.name, prepared);
      rows.set(engine.name, { ...base, relativeError });
    } catch (error) {
      rows.set(engine.name, { ...base, relativeError: Number.NaN, error: String(error) });
      await prepared?.dispose().catch(() => undefined);
    }
  }
  const runs = slowest > longMilliseconds ? 1 : batch;
  const timed = async (what: string, run: (prepared: PreparedProblem) => Promise<unknown>) =>
    interleave(
      new Map([...ready].map(([name, prepared]) => [name, async () => void (await run(prepared))])),
      budget,
      (round) => window.benchProgress?.(`${name}: ${what}, round ${round}`),
    );
  const endToEnd = await timed('end to end', (prepared) => prepared.endToEnd());
  const resident = await timed('GPU-resident', (prepared) => prepared.resident(runs));
  for (const [engine, row] of rows) {
    if (!ready.has(engine)) continue;
    const timing = timingOf((resident.get(engine) ?? []).map((time) => time / runs));
    const gflops = (2 * macs) / timing.median / 1e6;
    rows.set(engine, {
      ...row,
      endToEnd: timingOf(endToEnd.get(engine) ?? []),
      resident: timing,
      ...(macs > 0 ? { gflops, shareOfCeiling: gflops / environment.ceilingGflops } : {}),
      ...(problem.bytes ? { gbps: problem.bytes / timing.median / 1e6 } : {}),
      ...(gflops > plausible * environment.ceilingGflops ? { implausible: true } : {}),
      ...ratio('endToEndRatio', endToEnd, engine),
      ...ratio('residentRatio', resident, engine),
    });
  }
  for (const prepared of ready.values()) await prepared.dispose();
  return { problem: name, macs, algorithm, rows: [...rows.values()] };
};

/** There is none where wgconv itself failed. */
function ratio(
  name: 'endToEndRatio' | 'residentRatio',
  times: ReadonlyMap<string, number[]>,
  engine: string,
): Partial<EngineRow> {
  const own = times.get(wgconv.name);
  return own ? { [name]: ratioOf(own, times.get(engine) ?? []) } : {};
}

/** What wgconv's own plan says of the problem. */
async function describe(problem: Problem): Promise<{ algorithm: string; macs: number }> {
  try {
    const session = await InferenceSession.create(await problem.model());
    await session.prepare({ [problem.input.name]: problem.input.dims });
    const { nodes, macs } = session.report();
    await session.dispose();
    const main = nodes.find((node) => node.macs > 0) ?? nodes.find((node) => node.algorithm);
    const algorithm = problem.kind === 'net' ? `${nodes.length} nodes` : (main?.algorithm ?? '');
    return { algorithm, macs: problem.kind === 'net' ? macs : problem.macs };
  } catch {
    // Its row will say what is wrong.
    return { algorithm: 'no plan', macs: problem.macs };
  }
}

function difference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  let scale = 0;
  for (let index = 0; index < expected.length; index++) {
    const value = expected[index] as number;
    const off = Math.abs(value - (actual[index] as number));
    if (Number.isNaN(off)) return Number.POSITIVE_INFINITY;
    error = Math.max(error, off);
    scale = Math.max(scale, Math.abs(value));
  }
  return error / scale;
}
