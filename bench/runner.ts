/** Checks every engine's output of a problem, then times the engines in turn; for any host. */

import { InferenceSession } from '../src/index.ts';
import { ceilingOf } from './ceiling.ts';
import type { Engine, PreparedProblem, Resident } from './engine.ts';
import { type Budget, interleave, ratioOf, timingOf } from './measure.ts';
import { at, hookMemory, restart, usageOf } from './memory.ts';
import { loadOnnxruntime, loadWasm, reference } from './onnxruntime.ts';
import { type Chosen, headline, type Selection, type Suite, selected } from './problems/suites.ts';
import type { EngineRow, Environment, ProblemResult } from './result.ts';
import { open, untuned, useOptions, wgconv, withoutWinograd } from './wgconv.ts';

export interface BenchOptions extends Budget, Selection {
  readonly peers: readonly string[];
  readonly tune?: string | undefined;
  /** Measured earlier in the same run, on another page. */
  readonly environment?: Environment | undefined;
}

export interface Started {
  readonly environment: Environment;
  readonly problems: readonly { readonly name: string; readonly suite: Suite }[];
}

export interface Prepared {
  readonly prepared: PreparedProblem;
  resident?: Resident;
}

/** A batch of GPU-resident runs takes about so long, so that waiting is not what is timed. */
const batchMilliseconds = 60;
const mostRepeats = 24;
/** Milliseconds of a run from which an engine is only timed end to end, a few times. */
const verySlow = 10_000;
const tolerance = 1e-3;
/** A rate may exceed the measured ceiling by measurement error, not by more than this. */
const plausible = 1.5;

let problems: readonly Chosen[] = [];
let engines: readonly Engine[] = [];
let budget: Budget;
let environment: Environment;
let report: (line: string) => void = () => {};

const loaders: Readonly<Record<string, () => Promise<Engine>>> = {
  onnxruntime: () => loadOnnxruntime('webgpu'),
  'onnxruntime-default': () => loadOnnxruntime('default'),
  wasm: loadWasm,
  tfjs: async () => (await import('./tfjs.ts')).tfjs,
};

export async function start(
  options: BenchOptions,
  onProgress: (line: string) => void,
): Promise<Started> {
  report = onProgress;
  budget = options;
  problems = selected(options);
  if (options.tune) useOptions({ tune: options.tune } as object);
  hookMemory();
  const loaded: Engine[] = [wgconv, withoutWinograd];
  if (options.tune === 'full') loaded.push(untuned);
  for (const peer of options.peers) {
    at(peer);
    const engine = await loaders[peer]?.();
    if (engine) loaded.push(engine);
  }
  engines = loaded;
  environment = options.environment ?? (await measureEnvironment());
  return {
    environment,
    problems: problems.map(({ problem: { name }, suite }) => ({ name, suite })),
  };
}

async function measureEnvironment(): Promise<Environment> {
  at(wgconv.name);
  const session = await InferenceSession.create(await headline.model());
  const info = session.report().adapter;
  const device = session.device as GPUDevice;
  const ceiling = await ceilingOf(device);
  const { limits } = device;
  await session.dispose();
  const adapter = [info?.vendor, info?.architecture, info?.description].filter(Boolean).join(' ');
  return {
    adapter: adapter || 'an adapter without a name',
    browser: navigator.userAgent,
    ceiling,
    clockStep: clockStep(),
    limits:
      `${limits.maxComputeInvocationsPerWorkgroup} invocations, ` +
      `${limits.maxComputeWorkgroupStorageSize / 1024} KiB of workgroup memory, ` +
      `${limits.maxStorageBufferBindingSize / 2 ** 20} MiB bindings`,
  };
}

/** Chrome rounds a page's clock, to 0.1 ms where the page is not isolated. */
function clockStep(): number {
  let least = Number.POSITIVE_INFINITY;
  for (let step = 0; step < 20; step++) {
    const before = performance.now();
    let now = before;
    while (now === before) now = performance.now();
    least = Math.min(least, now - before);
  }
  return Number(least.toPrecision(2));
}

export async function runProblem(name: string): Promise<ProblemResult> {
  const entry = problems.find(({ problem }) => problem.name === name);
  if (!entry) throw new Error(`there is no problem "${name}"`);
  const { problem, suite } = entry;
  const plan = await describe(entry);
  const { macs } = plan;
  report(`${name}: computed on the CPU`);
  const expected = await reference(problem);
  const rows = new Map<string, EngineRow>();
  const ready = new Map<string, Prepared>();
  /** Seconds a run of engines that are very slow. */
  const known = new Map<string, number>();
  let slowest = 0;
  for (const engine of engines) {
    report(`${name}: ${engine.name} is checked`);
    const { name: label, version, role } = engine;
    const base = { engine: label, version, role };
    const lack = engine.lacks(problem);
    if (lack) {
      if (role !== 'variant') rows.set(label, { ...base, error: lack });
      continue;
    }
    let prepared: PreparedProblem | undefined;
    try {
      at(label);
      restart(label);
      const before = usageOf(label).live;
      prepared = await engine.prepare(problem);
      const output = await prepared.endToEnd();
      const relativeError = difference(prepared.inNchw?.(output) ?? output, expected);
      if (!(relativeError <= tolerance))
        throw new Error(`wrong output (relative error ${relativeError})`);
      const start = performance.now();
      await prepared.endToEnd();
      const took = performance.now() - start;
      slowest = Math.max(slowest, took);
      const peakBytes = usageOf(label).peak - before;
      const isVerySlow = took > verySlow;
      if (isVerySlow) known.set(label, took / 1000);
      const resident = isVerySlow ? undefined : await prepared.openResident?.();
      const note = isVerySlow ? 'so slow that only end to end was timed' : resident?.note;
      ready.set(label, { prepared, ...(resident ? { resident } : {}) });
      rows.set(label, {
        ...{ ...base, relativeError },
        ...(role === 'yardstick' ? {} : { peakBytes }),
        ...(note ? { note } : {}),
      });
    } catch (error) {
      rows.set(label, { ...base, error: String(error).slice(0, 300) });
      await prepared?.dispose().catch(() => undefined);
    }
  }
  const repeats = Math.max(1, Math.min(mostRepeats, Math.round(batchMilliseconds / slowest)));
  const timed = async (what: string, run: (engine: Prepared) => Promise<unknown> | undefined) =>
    interleave(
      new Map(
        [...ready]
          .filter(([, engine]) => what === 'end to end' || engine.resident)
          .map(([label, engine]) => [label, async () => void (await run(engine))]),
      ),
      budget,
      (round) => report(`${name}: ${what}, round ${round}`),
      known,
    );
  const endToEnd = await timed('end to end', ({ prepared }) => prepared.endToEnd());
  const resident = await timed('GPU-resident', (engine) => engine.resident?.run(repeats));
  for (const [label, row] of rows) {
    if (!ready.has(label)) continue;
    const times = resident.get(label)?.map((time) => time / repeats);
    const few = (endToEnd.get(label)?.length ?? 0) < budget.leastRounds;
    const note = [row.note, few && 'so slow that it took part in fewer rounds'];
    rows.set(label, {
      ...row,
      endToEnd: timingOf(endToEnd.get(label) ?? []),
      ...(times ? { resident: timingOf(times) } : {}),
      ...(times ? rates(row, timingOf(times).median, plan, macs) : {}),
      ...ratio('endToEndRatio', endToEnd, label),
      ...ratio('residentRatio', resident, label),
      ...(note.some(Boolean) ? { note: note.filter(Boolean).join('; ') } : {}),
    });
  }
  for (const { prepared } of ready.values()) await prepared.dispose().catch(() => undefined);
  return { problem: name, suite, ...plan, rows: [...rows.values()] };
}

type Described = Pick<
  ProblemResult,
  'algorithm' | 'macs' | 'bytes' | 'boundBytes' | 'plannedBytes'
>;

function rates(row: EngineRow, milliseconds: number, plan: Described, macs: number) {
  const { ceiling } = environment;
  const gflops = (2 * macs) / milliseconds / 1e6;
  const bytes = plan.bytes ?? 0;
  const least = Math.max((2 * macs) / ceiling.gflops, bytes / ceiling.gbps) / 1e6;
  const share = gflops / ceiling.gflops;
  const saved = row.role === 'own' ? winogradShare(plan.algorithm) : 1;
  return {
    ...(macs > 0 ? { gflops, shareOfCeiling: share } : {}),
    ...(macs > 0 && saved < 1 ? { actualShareOfCeiling: share * saved } : {}),
    ...(bytes > 0 ? { gbps: bytes / milliseconds / 1e6 } : {}),
    ...(least > 0 ? { shareOfRoofline: least / milliseconds } : {}),
    // Winograd does fewer multiply-adds than are counted.
    ...(gflops * saved > plausible * ceiling.gflops ? { implausible: true } : {}),
  };
}

/**
 * Multiply-adds of Winograd's products ÷ those of the direct form: F(m×m, 3×3) has (m + 2)² for
 * every 9 m². Its transforms come on top and are not counted.
 */
function winogradShare(algorithm: string): number {
  const tile = Number(algorithm.match(/winograd\D*(\d)/)?.[1] ?? Number.NaN);
  return tile >= 2 ? (tile + 2) ** 2 / (9 * tile ** 2) : 1;
}

/** There is none where wgconv itself failed. */
function ratio(
  name: 'endToEndRatio' | 'residentRatio',
  times: ReadonlyMap<string, number[]>,
  engine: string,
): Partial<EngineRow> {
  const own = times.get(wgconv.name);
  const other = times.get(engine);
  return own && other ? { [name]: ratioOf(own, other) } : {};
}

/** What wgconv's own plan says of the problem. */
async function describe({ problem }: Chosen): Promise<Described> {
  const { macs, bytes } = problem;
  try {
    at('plan');
    const session = await open(problem, {});
    const { nodes, memory, parameters, macs: planned } = session.report();
    await session.dispose();
    const main = nodes.find((node) => node.macs > 0) ?? nodes.find((node) => node.algorithm);
    if (problem.kind !== 'net') return { algorithm: main?.algorithm ?? '', macs, bytes };
    const output = nodes.at(-1)?.outputs[0]?.dims ?? [];
    const elements = (dims: readonly unknown[]) => dims.reduce<number>((a, b) => a * Number(b), 1);
    const boundary = elements(problem.input.dims) + elements(output);
    return {
      algorithm: `${nodes.length} nodes`,
      macs: planned,
      bytes: 4 * (parameters + boundary),
      ...(memory && {
        boundBytes: memory.lowerBoundBytes + memory.weightBytes,
        plannedBytes: memory.peakBytes + memory.weightBytes,
      }),
    };
  } catch {
    // Its row will say what is wrong.
    return { algorithm: 'no plan', macs, bytes };
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
  return scale > 0 ? error / scale : error;
}
