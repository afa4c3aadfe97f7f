/** `wgconv check`: ONNX backend tests, one line each, against their published results. */

import { WgconvError } from '../../core/errors.ts';
import type { CaseResult, Engine, ModelFile, NamedTensor, RanOn } from '../engine.ts';
import { exitFailed, exitOk } from '../failure.ts';
import { writeJson } from '../json.ts';
import { withEngine } from '../open-engine.ts';
import { type CommonOptions, checkCommon } from '../options.ts';
import { agrees, evaluateOracle } from '../oracle.ts';
import { ProgressDisplay } from '../progress.ts';
import { compareToPublished, type Deviation } from '../published.ts';
import type { Terminal } from '../terminal.ts';
import { type DataSet, findTests, readTest, type TestFolder } from '../test-case.ts';

export interface CheckOptions extends CommonOptions {
  readonly allowUnsupported?: boolean | undefined;
}

export type CaseStatus = 'pass' | 'fail' | 'unsupported' | 'error';

export interface CaseReport {
  readonly name: string;
  readonly status: CaseStatus;
  /** Why it did not pass, or what else is to be known; '' otherwise. */
  readonly reason: string;
  readonly maxError?: number | undefined;
  /** What is allowed at the element nearest to (or furthest beyond) it. */
  readonly bound?: number | undefined;
  readonly ranOn?: RanOn | undefined;
  /** The published value is further from the float64 reference than rounding explains. */
  readonly referenceDecided?: boolean | undefined;
}

export type CheckSummary = Readonly<Record<CaseStatus, number>>;

export async function check(
  folders: readonly string[],
  options: CheckOptions,
  terminal: Terminal,
): Promise<number> {
  checkCommon(options);
  const tests = findTests(folders);
  const progress = new ProgressDisplay(terminal, !!options.quiet);

  return withEngine(options, terminal, progress, async (engine, place) => {
    progress.clear();
    if (!options.quiet) terminal.out(place.description);
    const cases: CaseReport[] = [];
    // Lines would tear a moving bar: on a terminal they wait until it is done.
    const waiting: string[] = [];
    const width = Math.max(...tests.map(({ name }) => name.length));
    for (const [index, test] of tests.entries()) {
      progress.update('Cases', index, tests.length, test.name);
      const report = await runTest(engine, test, options.algorithm);
      cases.push(report);
      if (options.quiet && report.status === 'pass' && !report.referenceDecided) continue;
      const line = describeCase(report, width);
      if (terminal.interactive && !options.quiet) waiting.push(line);
      else terminal.out(line);
    }
    progress.clear();
    for (const line of waiting) terminal.out(line);
    const summary = summarise(cases);
    terminal.out(describeSummary(cases, summary));
    if (options.json) writeJson(options.json, { adapter: place, summary, cases });
    const bad = summary.fail + summary.error + (options.allowUnsupported ? 0 : summary.unsupported);
    return bad > 0 ? exitFailed : exitOk;
  });
}

async function runTest(
  engine: Engine,
  test: TestFolder,
  algorithm: string | undefined,
): Promise<CaseReport> {
  const { name } = test;
  try {
    const { model, sets } = readTest(test);
    const result = await engine.runCase(
      model,
      sets.map(({ inputs }) => inputs),
      { algorithm },
    );
    return { name, ranOn: result.ranOn, ...(await judgeCase(model, sets, result)) };
  } catch (error) {
    const lacking =
      error instanceof WgconvError &&
      (error.code === 'unsupported-operator' || error.code === 'unsupported-type');
    const reason = error instanceof Error ? error.message : String(error);
    return { name, status: lacking ? 'unsupported' : 'error', reason };
  }
}

type Judgement = Pick<CaseReport, 'status' | 'reason' | 'maxError' | 'bound' | 'referenceDecided'>;

/** The worst of all outputs of all data sets; the reference is asked where one does not fit. */
export async function judgeCase(
  model: ModelFile,
  sets: readonly DataSet[],
  { outputs }: Pick<CaseResult, 'outputs'>,
): Promise<Judgement> {
  let maxError = 0;
  let bound = 0;
  let referenceDecided = false;
  for (const [index, set] of sets.entries()) {
    const got = outputs[index] ?? [];
    if (got.length !== set.outputs.length) {
      const reason = `the model gives ${got.length} outputs, ${set.outputs.length} are published`;
      return { status: 'fail', reason };
    }
    const deviations = set.outputs.map((published, at) =>
      compareToPublished(got[at] as NamedTensor, published),
    );
    for (const deviation of deviations) {
      maxError = Math.max(maxError, deviation.maxError);
      bound = Math.max(bound, deviation.bound);
    }
    const wrong = deviations.findIndex(({ ok }) => !ok);
    if (wrong < 0) continue;
    const deviation = deviations[wrong] as Deviation;
    if (!(await referenceSides(model, set, got, deviations))) {
      const which = set.outputs.length > 1 ? `output ${wrong}: ` : '';
      return {
        status: 'fail',
        reason: which + deviation.reason,
        maxError: deviation.maxError,
        bound: deviation.bound,
      };
    }
    referenceDecided = true;
  }
  const reason = referenceDecided
    ? 'the published value lies outside the bound of the float64 reference, the result within'
    : '';
  return { status: 'pass', reason, maxError, bound, referenceDecided };
}

/** Every output that differs: the reference contradicts the published value and agrees with ours. */
async function referenceSides(
  model: ModelFile,
  set: DataSet,
  got: readonly NamedTensor[],
  deviations: readonly Deviation[],
): Promise<boolean> {
  const oracle = await evaluateOracle(model, set.inputs).catch(() => undefined);
  if (!oracle) return false;
  return deviations.every(({ ok }, at) => {
    const value = oracle[at];
    const published = set.outputs[at];
    const actual = got[at];
    if (ok) return true;
    // A wrong type or shape is wrong, whatever the values.
    if (actual?.type !== published?.type || actual?.dims.join() !== published?.dims.join()) {
      return false;
    }
    return value && published && actual && !agrees(value, published) && agrees(value, actual);
  });
}

const places: Readonly<Record<RanOn, string>> = {
  gpu: 'gpu',
  mixed: 'gpu+host',
  host: 'host',
  cpu: 'cpu',
};

export function describeCase(report: CaseReport, width: number): string {
  const { name, status, reason, maxError, bound, ranOn } = report;
  const place = ranOn ? places[ranOn] : '';
  const facts =
    status === 'pass' && maxError !== undefined && bound !== undefined
      ? `max error ${maxError === 0 ? '0' : maxError.toExponential(1)}`
      : '';
  const note = [facts, reason].filter((part) => part !== '').join('; ');
  // One line each, whatever an error says.
  const line = `${status.padEnd(11)}  ${name.padEnd(width)}  ${place.padEnd(8)}  ${note}`;
  return line.replace(/\s*\n\s*/g, ' ').trimEnd();
}

export function summarise(cases: readonly CaseReport[]): CheckSummary {
  const count = (status: CaseStatus) => cases.filter((report) => report.status === status).length;
  return {
    pass: count('pass'),
    fail: count('fail'),
    unsupported: count('unsupported'),
    error: count('error'),
  };
}

function describeSummary(cases: readonly CaseReport[], summary: CheckSummary): string {
  const { pass, fail, unsupported, error } = summary;
  const passed = cases.filter(({ status }) => status === 'pass');
  const on = (place: RanOn) => passed.filter(({ ranOn }) => ranOn === place).length;
  const where = (['gpu', 'mixed', 'host', 'cpu'] as const)
    .filter((place) => on(place) > 0)
    .map((place) => `${on(place)} ${places[place]}`);
  const decided = passed.filter(({ referenceDecided }) => referenceDecided);
  const lines = [
    '',
    `${pass} of ${cases.length} pass${where.length > 0 ? ` (${where.join(', ')})` : ''}, ` +
      `${fail} fail, ${unsupported} unsupported, ${error} errors`,
  ];
  if (decided.length > 0) {
    lines.push(
      `Decided by the float64 reference against the published value: ${decided.map(({ name }) => name).join(', ')}`,
    );
  }
  return lines.join('\n');
}
