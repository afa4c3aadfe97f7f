/** The page of the benchmark: checks every engine's output, then times them in turn. */

import { sizeOf } from '../src/core/shape.ts';
import { InferenceSession, Tensor } from '../src/index.ts';
import {
  type Engine,
  loadOnnxruntime,
  modelOf,
  type PreparedProblem,
  tfjs,
  wgconv,
} from './engines.ts';
import { type Budget, interleave, type Ratio, ratioOf, type Timing, timingOf } from './measure.ts';
import { type ConvProblem, inputDims, macsOf, problems, seededData } from './problems.ts';

export interface EngineRow {
  readonly engine: string;
  readonly version: string;
  /** Greatest |output − float64 reference|, in units of the output's scale. */
  readonly relativeError: number;
  readonly endToEnd?: Timing;
  readonly resident?: Timing;
  readonly gflops?: number;
  /** This engine's time ÷ wgconv's, in the same rounds. */
  readonly endToEndRatio?: Ratio;
  readonly residentRatio?: Ratio;
  readonly error?: string;
}

export interface ProblemResult {
  readonly problem: string;
  readonly macs: number;
  readonly rows: readonly EngineRow[];
}

export interface BenchResult {
  readonly adapter: string;
  readonly browser: string;
  readonly ceilingGflops: number;
  readonly algorithms: Readonly<Record<string, string>>;
  readonly results: readonly ProblemResult[];
}

export interface BenchOptions extends Budget {
  readonly filter?: string | undefined;
  readonly peers?: readonly string[] | undefined;
}

/** Runs in a GPU-resident batch, so that waiting for the queue is not what is timed. */
const batch = 4;
const tolerance = 1e-3;

declare global {
  interface Window {
    runBench(options: BenchOptions): Promise<BenchResult>;
    benchProgress?(line: string): void;
  }
}

window.runBench = async (options) => {
  const engines: Engine[] = [wgconv];
  const wanted = (name: string) =>
    !options.peers || options.peers.some((peer) => name.includes(peer));
  if (wanted('onnxruntime-web webgpu')) engines.push(await loadOnnxruntime());
  if (wanted(tfjs.name)) engines.push(tfjs);
  const results: ProblemResult[] = [];
  const algorithms: Record<string, string> = {};
  let adapter = '';
  let ceilingGflops = 0;
  for (const problem of problems) {
    if (options.filter && !problem.name.includes(options.filter)) continue;
    const session = await InferenceSession.create(modelOf(problem));
    const report = session.report();
    algorithms[problem.name] =
      report.nodes.find((node) => node.operator === 'Conv')?.algorithm ?? '';
    const info = report.adapter;
    adapter = [info?.vendor, info?.architecture, info?.description].filter(Boolean).join(' ');
    ceilingGflops = report.ceiling?.gflops ?? 0;
    await session.dispose();
    results.push(await runProblem(problem, engines, options));
  }
  return {
    adapter: adapter || 'an adapter without a name',
    browser: navigator.userAgent,
    ceilingGflops,
    algorithms,
    results,
  };
};

async function runProblem(
  problem: ConvProblem,
  engines: readonly Engine[],
  budget: Budget,
): Promise<ProblemResult> {
  const expected = await reference(problem);
  const ready = new Map<string, PreparedProblem>();
  const rows = new Map<string, EngineRow>();
  for (const engine of engines) {
    const base = { engine: engine.name, version: engine.version };
    try {
      window.benchProgress?.(`${problem.name}: ${engine.name} is checked`);
      const prepared = await engine.prepare(problem);
      const relativeError = difference(await prepared.endToEnd(), expected);
      if (!(relativeError <= tolerance))
        throw new Error(`wrong output (relative error ${relativeError})`);
      ready.set(engine.name, prepared);
      rows.set(engine.name, { ...base, relativeError });
    } catch (error) {
      rows.set(engine.name, { ...base, relativeError: Number.NaN, error: String(error) });
    }
  }
  const timed = async (what: string, run: (prepared: PreparedProblem) => Promise<unknown>) =>
    interleave(
      new Map([...ready].map(([name, prepared]) => [name, async () => void (await run(prepared))])),
      budget,
      (round) => window.benchProgress?.(`${problem.name}: ${what}, round ${round}`),
    );
  const endToEnd = await timed('end to end', (prepared) => prepared.endToEnd());
  const resident = await timed('GPU-resident', (prepared) => prepared.resident(batch));
  for (const [name, row] of rows) {
    if (!ready.has(name)) continue;
    const residentTimes = (resident.get(name) ?? []).map((time) => time / batch);
    const timing = timingOf(residentTimes);
    rows.set(name, {
      ...row,
      endToEnd: timingOf(endToEnd.get(name) ?? []),
      resident: timing,
      gflops: (2 * macsOf(problem)) / timing.median / 1e6,
      endToEndRatio: ratioOf(endToEnd.get(wgconv.name) ?? [], endToEnd.get(name) ?? []),
      residentRatio: ratioOf(resident.get(wgconv.name) ?? [], resident.get(name) ?? []),
    });
  }
  for (const prepared of ready.values()) await prepared.dispose();
  return { problem: problem.name, macs: macsOf(problem), rows: [...rows.values()] };
}

/** wgconv's float64 loops: no GPU engine is its own judge. */
async function reference(problem: ConvProblem): Promise<Float32Array> {
  const session = await InferenceSession.create(modelOf(problem), { backend: 'cpu' });
  const data = seededData(sizeOf(inputDims(problem)), 1);
  const { y } = await session.run({ x: new Tensor('float32', data, inputDims(problem)) });
  await session.dispose();
  return (y as Tensor).data as Float32Array;
}

function difference(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  let scale = 0;
  expected.forEach((value, index) => {
    error = Math.max(error, Math.abs(value - (actual[index] as number)));
    scale = Math.max(scale, Math.abs(value));
  });
  return error / scale;
}
