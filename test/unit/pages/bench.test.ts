/** The benchmark, run briefly: every engine's output is checked, and ratios come out. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { BenchResult } from '../../../bench/page.ts';

const run = promisify(execFile);

describe('the benchmark', () => {
  it('times wgconv beside its peers on one adapter and prints the ratios', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wgconv-bench-'));
    const json = join(folder, 'bench.json');
    try {
      const { stdout } = await run(process.execPath, [
        ...['--import', 'tsx', 'bench/run.ts'],
        ...['--filter', '1x1', '--rounds', '5', '--seconds', '1', '--json', json],
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
        expect(row.endToEnd?.runs).toBeGreaterThanOrEqual(5);
        expect(row.residentRatio?.median).toBeGreaterThan(0);
        expect(stdout).toContain(`${row.engine} ${row.version}`);
      }
      expect(stdout).toMatch(/Adapter .*\n.*Chrome/);
      expect(stdout).toMatch(/\d\.\d\dx \[/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 240_000);
});
