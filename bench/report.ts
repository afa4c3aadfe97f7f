/** The results in words: for a terminal and as Markdown, losses first. */

import type { Ratio, Timing } from './measure.ts';
import type { BenchResult, EngineRow, ProblemResult } from './result.ts';

/** wgconv beside the fastest peer of one problem, in one mode. */
export interface Comparison {
  readonly problem: string;
  readonly peer: string;
  readonly ratio: Ratio;
}

export type Mode = 'resident' | 'endToEnd';

const modes: Readonly<Record<Mode, string>> = {
  resident: 'GPU-resident',
  endToEnd: 'end to end',
};

/** Problems that wgconv and a peer both ran, the smallest ratio first. */
export function comparisons(
  { results }: Pick<BenchResult, 'results'>,
  mode: Mode,
  suite?: string,
): Comparison[] {
  const list: Comparison[] = [];
  for (const { problem, rows, suite: of } of results) {
    if (suite && of !== suite) continue;
    const timed = rows.filter((row) => row[mode] && !row.implausible);
    const peers = timed.filter(({ role }) => role === 'peer');
    if (!timed.some(({ role }) => role === 'own')) continue;
    const median = (row: EngineRow) => row[mode]?.median ?? Number.POSITIVE_INFINITY;
    const best = peers.sort((a, b) => median(a) - median(b))[0];
    const ratio = mode === 'resident' ? best?.residentRatio : best?.endToEndRatio;
    if (best && ratio) list.push({ problem, peer: best.engine, ratio });
  }
  return list.sort((a, b) => a.ratio.median - b.ratio.median);
}

export function geometricMean(list: readonly Comparison[]): number {
  const logarithms = list.map(({ ratio }) => Math.log(ratio.median));
  return Math.exp(logarithms.reduce((sum, value) => sum + value, 0) / list.length);
}

export function environmentText(result: BenchResult): string[] {
  const { ceiling } = result;
  return [
    `Adapter  ${result.recipe}: ${result.adapter} (${result.limits})`,
    `Browser  ${result.browser.match(/Chrom\S*/)?.[0] ?? result.browser}; its clock has steps of ${result.clockStep} ms`,
    `Machine  ${result.machine}`,
    `Date     ${result.date}${result.quick ? ', quick' : ''}, ${result.seconds} s for each problem and mode`,
    `Ceiling  ${ceiling.gflops.toFixed(1)} GFLOP/s and ${ceiling.gbps.toFixed(1)} GB/s, measured in this run`,
    `Costs    ${ceiling.dispatchMicroseconds.toFixed(1)} µs a dispatch; a readback ${ceiling.readbackMilliseconds.toFixed(2)} ms, then ${ceiling.readbackGbps.toFixed(1)} GB/s`,
  ];
}

export function problemText(result: ProblemResult): string[] {
  const head = `${headOf(result)} (${result.algorithm})`;
  if (result.error) return [head, `  failed: ${result.error}`];
  return [
    head,
    ...result.rows.flatMap((row) => {
      const name = `  ${row.engine} ${row.version}`.padEnd(34);
      if (!row.endToEnd) return [`${name}${row.error}`];
      const isOwn = row.role === 'own';
      const ratio = (r?: Ratio) => (isOwn || !r ? '' : ratioText(r)).padEnd(22);
      const times = [
        `end to end ${timeText(row.endToEnd).padEnd(26)}${ratio(row.endToEndRatio)}`,
        row.resident && `resident ${timeText(row.resident).padEnd(26)}${ratio(row.residentRatio)}`,
      ];
      const memory =
        result.suite === 'nets' && row.peakBytes ? `, ${megabytes(row.peakBytes)}` : '';
      const note = row.note ? [`    ${row.note}`] : [];
      return [`${name}${times.filter(Boolean).join('')}${rateText(row)}${memory}`, ...note];
    }),
  ];
}

export function summaryText(result: BenchResult): string[] {
  const lines = [
    'Times are medians in ms (p10 to p90). A ratio is the peer\u2019s time over wgconv\u2019s, 95 % interval.',
  ];
  for (const suite of new Set(result.results.map(({ suite }) => suite))) {
    for (const mode of ['resident', 'endToEnd'] as const) {
      const list = comparisons(result, mode, suite);
      if (list.length === 0) continue;
      const losses = list.filter(({ ratio }) => ratio.median < 1);
      lines.push('', `${suite}: ${headlineText(list, mode)}:`);
      for (const { problem, peer, ratio } of losses)
        lines.push(`  ${ratioText(ratio).padEnd(22)}${problem} (${peer})`);
      if (losses.length === 0) lines.push(`  none is lost`);
    }
  }
  const failed = result.results.filter(({ rows, error }) => error ?? rows[0]?.error);
  for (const { problem, rows, error } of failed)
    lines.push(`  wgconv failed: ${problem}: ${error ?? rows[0]?.error}`);
  return lines.length > 1 ? lines : [];
}

/** The peer with the lowest peak, and its peak ÷ wgconv's. */
export interface MemoryRow {
  readonly net: string;
  readonly own: number;
  readonly bound: number | undefined;
  readonly peer: string;
  readonly best: number;
}

export function memoryRows({ results }: Pick<BenchResult, 'results'>): MemoryRow[] {
  return results.flatMap(({ problem, suite, rows, boundBytes }) => {
    const own = rows.find(({ role }) => role === 'own')?.peakBytes;
    const peers = rows.filter(({ role, peakBytes }) => role === 'peer' && peakBytes);
    const peer = peers.sort((a, b) => (a.peakBytes ?? 0) - (b.peakBytes ?? 0))[0];
    if (suite !== 'nets' || !own || !peer?.peakBytes) return [];
    return [{ net: problem, own, bound: boundBytes, peer: peer.engine, best: peer.peakBytes }];
  });
}

export function coldText({ cold }: Pick<BenchResult, 'cold'>): string[] {
  return [
    'Cold start: new profile, localhost, gzip; ms from opening the page, median (p10 to p90)',
    ...cold.map((row) => {
      const name = `  ${row.net}, ${row.engine} ${row.version}`.padEnd(52);
      if (!row.session || !row.firstResult) return `${name}${row.error}`;
      const times = `session ${timeText(row.session)}, first result ${timeText(row.firstResult)}`;
      return `${name}${times}, ${megabytes(row.bytes ?? 0)} in ${row.requests} requests`;
    }),
  ];
}

export function markdown(result: BenchResult): string {
  const lines = ['# Benchmark', '', ...environmentText(result).map((line) => `- ${line}`), ''];
  lines.push(
    'Medians in ms (p10 to p90). A ratio is the peer\u2019s time over wgconv\u2019s in the same rounds, with its 95 % interval; above 1 wgconv is faster.',
    '',
  );
  for (const suite of new Set(result.results.map(({ suite }) => suite)))
    lines.push(...suiteMarkdown(result, suite));
  lines.push(...memoryMarkdown(result), ...coldMarkdown(result));
  return `${lines.join('\n')}\n`;
}

export function suiteMarkdown(result: BenchResult, suite: string): string[] {
  const lines: string[] = [];
  for (const mode of ['resident', 'endToEnd'] as const) {
    const list = comparisons(result, mode, suite);
    if (list.length === 0) continue;
    lines.push(`### ${suite}: best peer, ${modes[mode]}`, '');
    lines.push(`${headlineText(list, mode)}. Losses first.`, '');
    lines.push('| problem | best peer | ratio |', '|---|---|---|');
    for (const { problem, peer, ratio } of list)
      lines.push(`| ${problem} | ${peer} | ${ratioText(ratio)} |`);
    lines.push('');
  }
  lines.push(`### ${suite}: every problem and engine`, '');
  lines.push('| problem | engine | end to end | ratio | resident | ratio | rate |');
  lines.push('|---|---|---|---|---|---|---|');
  for (const problem of result.results.filter((one) => one.suite === suite)) {
    if (problem.error) lines.push(`| ${problem.problem} | ${cell(problem.error)} | | | | | |`);
    for (const row of problem.rows) {
      const start = `| ${headOf(problem)} | ${row.engine} ${row.version} |`;
      if (!row.endToEnd) {
        lines.push(`${start} ${cell(row.error ?? '')} | | | | |`);
        continue;
      }
      const ratio = (r?: Ratio) => (row.role === 'own' || !r ? '' : ratioText(r));
      const cells = [
        ...[timeText(row.endToEnd), ratio(row.endToEndRatio)],
        ...[row.resident ? timeText(row.resident) : '', ratio(row.residentRatio)],
        cell([rateText(row), row.note].filter(Boolean).join('; ')),
      ];
      lines.push(`${start} ${cells.join(' | ')} |`);
    }
  }
  return [...lines, ''];
}

export function memoryMarkdown(result: Pick<BenchResult, 'results'>): string[] {
  const rows = memoryRows(result);
  if (rows.length === 0) return [];
  return [
    '### Peak GPU memory',
    '',
    'Bytes of all GPU buffers at one time, weights, uploads and readbacks included, counted from outside. The bound is the least that the plan\u2019s activations and weights need.',
    '',
    '| network | wgconv | ÷ bound | best peer | peak | peer ÷ wgconv |',
    '|---|---|---|---|---|---|',
    ...rows.map(({ net, own, bound, peer, best }) => {
      const overBound = bound ? (own / bound).toFixed(2) : '';
      return `| ${net} | ${megabytes(own)} | ${overBound} | ${peer} | ${megabytes(best)} | ${(best / own).toFixed(2)}x |`;
    }),
    '',
  ];
}

export function coldMarkdown({ cold }: Pick<BenchResult, 'cold'>): string[] {
  if (cold.length === 0) return [];
  const own = (net: string) => cold.find((row) => row.net === net && row.role === 'own');
  return [
    '### Cold start',
    '',
    'A new browser profile each time, from localhost as a static host with gzip would serve it; from opening the page. Over a network the bytes count more than here.',
    '',
    '| network | engine | bytes, without the model | session, ms | first result, ms | ÷ wgconv |',
    '|---|---|---|---|---|---|',
    ...cold.map((row) => {
      const start = `| ${row.net} | ${row.engine} ${row.version} |`;
      if (!row.session || !row.firstResult) return `${start} ${cell(row.error ?? '')} | | | |`;
      const times = `${timeText(row.session)} | ${timeText(row.firstResult)}`;
      const ratio = row.firstResult.median / (own(row.net)?.firstResult?.median ?? Number.NaN);
      const bytes = (row.bytes ?? 0) - (row.modelBytes ?? 0);
      return `${start} ${megabytes(bytes)} | ${times} | ${ratio.toFixed(2)}x |`;
    }),
    '',
  ];
}

function cell(text: string): string {
  return text.replaceAll(/[|\n]/g, ' ');
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1)} MB`;
}

function headOf({ problem, macs }: ProblemResult): string {
  return macs > 0 ? `${problem}, ${(macs / 1e6).toFixed(1)} M multiply-adds` : problem;
}

export function headlineText(list: readonly Comparison[], mode: Mode): string {
  const losses = list.filter(({ ratio }) => ratio.median < 1).length;
  const clear = list.filter(({ ratio }) => ratio.high < 0.95).length;
  const mean = geometricMean(list).toFixed(2);
  return `Best peer ÷ wgconv, ${modes[mode]}: geometric mean ${mean}x over ${list.length} problems, ${losses} lost, ${clear} beyond doubt (interval below 0.95)`;
}

function ratioText({ median, low, high }: Ratio): string {
  return `${median.toFixed(2)}x [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

function timeText({ median, p10, p90 }: Timing): string {
  const text = (time: number) => time.toFixed(time < 1 ? 3 : 1);
  return `${text(median)} (${text(p10)} to ${text(p90)})`;
}

function rateText(row: EngineRow): string {
  const parts = [];
  const percent = (share = 0) => `${(share * 100).toFixed(0)} %`;
  if (row.gflops !== undefined)
    parts.push(`${row.gflops.toFixed(1)} GFLOP/s, ${percent(row.shareOfCeiling)} of ceiling`);
  if (row.actualShareOfCeiling) parts.push(`actually ${percent(row.actualShareOfCeiling)}`);
  if (row.gbps !== undefined) parts.push(`${row.gbps.toFixed(1)} GB/s`);
  if (row.shareOfRoofline !== undefined) parts.push(`${percent(row.shareOfRoofline)} of roofline`);
  if (row.implausible) parts.push('implausible: not counted');
  return parts.join(', ');
}
