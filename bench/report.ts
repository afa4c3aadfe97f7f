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
export function comparisons(result: BenchResult, mode: Mode): Comparison[] {
  const list: Comparison[] = [];
  for (const { problem, rows } of result.results) {
    const [own, ...peers] = rows.filter((row) => row[mode] && !row.implausible);
    if (own?.engine !== 'wgconv') continue;
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
  return [
    `Adapter  ${result.recipe}: ${result.adapter}`,
    `Browser  ${result.browser.match(/Chrom\S*/)?.[0] ?? result.browser}`,
    `Ceiling  ${result.ceilingGflops.toFixed(1)} GFLOP/s and ${result.ceilingGbps.toFixed(1)} GB/s, measured in this run`,
  ];
}

export function problemText(result: ProblemResult): string[] {
  return [
    `${headOf(result)} (${result.algorithm})`,
    ...result.rows.map((row) => {
      const name = `  ${row.engine} ${row.version}`.padEnd(34);
      if (!row.endToEnd || !row.resident) return `${name}${row.error}`;
      const isOwn = row.engine === 'wgconv';
      const ratio = (r?: Ratio) => (isOwn || !r ? '' : ratioText(r)).padEnd(22);
      const times = [
        `end to end ${timeText(row.endToEnd).padEnd(26)}${ratio(row.endToEndRatio)}`,
        `resident ${timeText(row.resident).padEnd(26)}${ratio(row.residentRatio)}`,
      ];
      return `${name}${times.join('')}${rateText(row)}`;
    }),
  ];
}

export function summaryText(result: BenchResult): string[] {
  const lines = [
    'Times are medians in ms (p10 to p90). A ratio is the peer\u2019s time over wgconv\u2019s, 95 % interval.',
  ];
  for (const mode of ['resident', 'endToEnd'] as const) {
    const list = comparisons(result, mode);
    if (list.length === 0) continue;
    const losses = list.filter(({ ratio }) => ratio.median < 1);
    lines.push('', `${headline(list, mode)}:`);
    for (const { problem, peer, ratio } of losses)
      lines.push(`  ${ratioText(ratio).padEnd(22)}${problem} (${peer})`);
    if (losses.length === 0) lines.push(`  none is lost`);
  }
  return lines;
}

export function markdown(result: BenchResult): string {
  const lines = ['# Benchmark', '', ...environmentText(result).map((line) => `- ${line}`), ''];
  lines.push(
    'Medians in ms (p10 to p90). A ratio is the peer\u2019s time over wgconv\u2019s in the same rounds, with its 95 % interval; above 1 wgconv is faster.',
    '',
  );
  for (const mode of ['resident', 'endToEnd'] as const) {
    const list = comparisons(result, mode);
    if (list.length === 0) continue;
    lines.push(`## Best peer, ${modes[mode]}`, '', `${headline(list, mode)}. Losses first.`, '');
    lines.push('| problem | best peer | ratio |', '|---|---|---|');
    for (const { problem, peer, ratio } of list)
      lines.push(`| ${problem} | ${peer} | ${ratioText(ratio)} |`);
    lines.push('');
  }
  lines.push('## Every problem', '');
  lines.push('| problem | engine | end to end | ratio | resident | ratio | rate |');
  lines.push('|---|---|---|---|---|---|---|');
  for (const problem of result.results) {
    for (const row of problem.rows) {
      const start = `| ${headOf(problem)} | ${row.engine} ${row.version} |`;
      if (!row.endToEnd || !row.resident) {
        lines.push(`${start} ${(row.error ?? '').replaceAll(/[|\n]/g, ' ')} | | | | |`);
        continue;
      }
      const ratio = (r?: Ratio) => (row.engine === 'wgconv' || !r ? '' : ratioText(r));
      const cells = [
        ...[timeText(row.endToEnd), ratio(row.endToEndRatio)],
        ...[timeText(row.resident), ratio(row.residentRatio), rateText(row)],
      ];
      lines.push(`${start} ${cells.join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function headOf({ problem, macs }: ProblemResult): string {
  return macs > 0 ? `${problem}, ${(macs / 1e6).toFixed(1)} M multiply-adds` : problem;
}

function headline(list: readonly Comparison[], mode: Mode): string {
  const losses = list.filter(({ ratio }) => ratio.median < 1).length;
  const mean = geometricMean(list).toFixed(2);
  return `Best peer ÷ wgconv, ${modes[mode]}: geometric mean ${mean}x over ${list.length} problems, ${losses} lost`;
}

function ratioText({ median, low, high }: Ratio): string {
  return `${median.toFixed(2)}x [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

function timeText({ median, p10, p90 }: Timing): string {
  const text = (time: number) => time.toFixed(time < 1 ? 2 : 1);
  return `${text(median)} (${text(p10)} to ${text(p90)})`;
}

function rateText({ gflops, gbps, shareOfCeiling, implausible }: EngineRow): string {
  const parts = [];
  if (gflops !== undefined)
    parts.push(`${gflops.toFixed(1)} GFLOP/s, ${((shareOfCeiling ?? 0) * 100).toFixed(0)} %`);
  if (gbps !== undefined) parts.push(`${gbps.toFixed(1)} GB/s`);
  if (implausible) parts.push('implausible: not counted');
  return parts.join(', ');
}
