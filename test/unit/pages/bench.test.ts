/** The benchmark, run briefly: every engine's output is checked, and ratios come out. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { problemChart, toPng } from '../../../bench/chart.ts';
import { convProblems, networkConvolutions } from '../../../bench/problems/conv.ts';
import { selected } from '../../../bench/problems/suites.ts';
import { comparisons, geometricMean, markdown, summaryText } from '../../../bench/report.ts';
import type { BenchResult, EngineRow } from '../../../bench/result.ts';

const run = promisify(execFile);

describe('the benchmark', () => {
  it('times wgconv beside its peers on one adapter and prints the ratios', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wgconv-bench-'));
    const json = join(folder, 'bench.json');
    const chart = join(folder, 'bench.svg');
    try {
      const { stdout } = await run(process.execPath, [
        ...['--import', 'tsx', 'bench/run.ts', '--filter', '1x1', '--rounds', '5'],
        ...['--seconds', '1', '--peers', 'onnxruntime,tfjs', '--json', json, '--chart', chart],
      ]);
      const result = JSON.parse(readFileSync(json, 'utf8')) as BenchResult;
      expect(result.results.map(({ problem }) => problem)).toEqual(['conv 1x1, 64 to 256, 56x56']);
      const rows = result.results[0]?.rows ?? [];
      expect(rows.map(({ engine }) => engine)).toEqual([
        'wgconv',
        'onnxruntime-web webgpu',
        'tfjs webgpu',
      ]);
      for (const row of rows) {
        expect(row.error).toBeUndefined();
        expect(row.relativeError).toBeLessThan(1e-3);
        // Five, unless the machine is so busy that the row says it got fewer.
        expect(row.endToEnd?.runs).toBeGreaterThanOrEqual(row.note?.includes('fewer') ? 2 : 5);
        expect(row.residentRatio?.median).toBeGreaterThan(0);
        expect(stdout).toContain(`${row.engine} ${row.version}`);
      }
      expect(stdout).toMatch(/Adapter .*\n.*Chrome/);
      expect(stdout).toMatch(/\d\.\d\dx \[/);
      expect(stdout).toMatch(/geometric mean \d+\.\d\dx over 1 problems/);
      expect(readFileSync(chart, 'utf8')).toContain('conv 1x1, 64 to 256, 56x56');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 240_000);

  it('has the distinct convolutions of six networks and what these lack', () => {
    const problems = convProblems();
    const names = problems.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(80);
    const macs = (name: string) => problems.find((problem) => problem.name === name)?.macs;
    expect(macs('conv 3x3, 64 to 64, 56x56')).toBe(56 * 56 * 64 * 64 * 9);
    expect(macs('conv 7x7, 3 to 64, 224x224, stride 2')).toBe(112 * 112 * 64 * 3 * 49);
    expect(macs('conv 3x3, 128 to 128, 56x56, 32 groups')).toBe(56 * 56 * 128 * 4 * 9);
    expect(macs('conv 3x3, 96 to 96, 112x112, stride 2, pads 0 0 1 1, depthwise')).toBe(
      56 * 56 * 96 * 9,
    );
    expect(names).toContain('conv 3x3, 64 to 64, 56x56, dilation 2');
    expect(names).toContain('conv 1x1, 63 to 65, 56x56');
    expect(names.some((name) => name.endsWith('batch 8'))).toBe(true);
    // Published counts of the whole networks, less what is repeated.
    expect(networkConvolutions.vgg19).toHaveLength(9);
    expect(networkConvolutions.resnet50).toHaveLength(24);
    expect(macs('transposed 2x2, 64 to 32, 56x56, stride 2, pads 0')).toBe(56 * 56 * 64 * 32 * 4);
  });

  it('gives a model to every problem, and a quick part of every suite', () => {
    const available = ['models/lenet5/lenet5.onnx'];
    for (const suite of ['conv', 'ops', 'nets'] as const) {
      const all = selected({ suite, available }).map(({ problem }) => problem.name);
      const quick = selected({ suite, available, quick: true }).map(({ problem }) => problem.name);
      expect(quick.length).toBeGreaterThan(0);
      expect(quick.length).toBeLessThanOrEqual(21);
      expect(all).toEqual(expect.arrayContaining(quick));
    }
    const mixed = selected({ quick: true, available }).map(({ problem }) => problem.name);
    expect(mixed).toContain('LeNet-5');
    expect(new Set(mixed).size).toBe(mixed.length);
    for (const { problem } of selected({ suite: 'ops', available }))
      expect(problem.model()).toBeInstanceOf(Uint8Array);
  });
});

describe('the report', () => {
  const row = (engine: string, time: number, more: Partial<EngineRow> = {}): EngineRow => ({
    ...{ engine, version: '1', relativeError: 0, role: engine === 'wgconv' ? 'own' : 'peer' },
    endToEnd: { median: time, p10: time, p90: time, runs: 5 },
    resident: { median: time, p10: time, p90: time, runs: 5 },
    endToEndRatio: { median: time / 2, low: time / 2, high: time / 2 },
    residentRatio: { median: time / 2, low: time / 2, high: time / 2 },
    ...more,
  });
  const result: BenchResult = {
    ...{ recipe: 'cr-ss', adapter: 'swiftshader', browser: 'Chrome/1' },
    ...{ host: 'chrome', date: '2026-01-01T00:00:00Z', machine: 'm', quick: false, seconds: 5 },
    ...{ limits: 'l', clockStep: 0.1, cold: [] },
    ceiling: {
      ...{ gflops: 10, gbps: 1, dispatchMicroseconds: 10 },
      ...{ readbackMilliseconds: 1, readbackGbps: 1 },
    },
    results: [
      {
        ...{ suite: 'conv', problem: 'won', macs: 1e6, algorithm: 'a' },
        rows: [
          row('wgconv', 2),
          row('slow', 16),
          row('fast', 8),
          row('cpu', 1, { role: 'yardstick' }),
        ],
      },
      {
        ...{ suite: 'conv', problem: 'lost', macs: 1e6, algorithm: 'a' },
        rows: [row('wgconv', 2), row('fast', 1), row('wrong', 0.01, { implausible: true })],
      },
      {
        ...{ suite: 'conv', problem: 'alone', macs: 0, algorithm: 'a' },
        rows: [row('wgconv', 2), { engine: 'p', version: '', role: 'peer', error: 'no | op' }],
      },
    ],
  };

  it('compares with the best peer; what is implausible or failed is not counted', () => {
    const list = comparisons(result, 'resident');
    expect(list.map(({ problem, peer, ratio }) => [problem, peer, ratio.median])).toEqual([
      ['lost', 'fast', 0.5],
      ['won', 'fast', 4],
    ]);
    expect(geometricMean(list)).toBeCloseTo(Math.sqrt(2), 12);
  });

  it('lists losses and says why a row has no time', () => {
    const text = summaryText(result).join('\n');
    expect(text).toContain('GPU-resident: geometric mean 1.41x over 2 problems, 1 lost');
    expect(text).toMatch(/0\.50x .*lost \(fast\)/);
    expect(text).not.toContain('won (');
    const table = markdown(result);
    expect(table.indexOf('| lost |')).toBeLessThan(table.indexOf('| won |'));
    expect(table).toContain('implausible: not counted');
    expect(table).toContain('| no   op |');
  });

  it('draws the ratios as SVG and PNG', () => {
    const svg = problemChart(result);
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg.match(/<circle /g)).toHaveLength(2);
    expect(toPng(svg).subarray(1, 4).toString()).toBe('PNG');
    expect(svg.indexOf('>lost<')).toBeLessThan(svg.indexOf('>won<'));
  });
});
