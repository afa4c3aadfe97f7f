/** A short run of `npm run fuzz:loader` in this process; and its judges, which must notice faults. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { internal, WgconvError } from '../../../src/core/errors.ts';
import { attempt, isOfModel } from '../../fuzz/loader/attempt.ts';
import { type Bases, makeBases } from '../../fuzz/loader/bases.ts';
import { runCampaign } from '../../fuzz/loader/campaign.ts';
import { Chance } from '../../fuzz/loader/chance.ts';
import { mutantOf } from '../../fuzz/loader/mutants.ts';
import { encodeTree, parseTree } from '../../fuzz/loader/protobuf-tree.ts';

const seed = 11;
const models = 300;

describe('damaged models', () => {
  let bases: Bases;
  beforeAll(() => {
    bases = { ...makeBases(seed), shared: [] };
  });

  it('are loaded or refused with an error that says why', { timeout: 120_000 }, async () => {
    const outcomes: Record<string, number> = {};
    for (let index = 0; index < models; index++) {
      const mutant = mutantOf(bases, seed, index);
      const { kind, defect } = await attempt(mutant, new Chance(seed, index, 1));
      expect(defect, `seed ${seed}, number ${index} (${mutant.name})`).toBeUndefined();
      outcomes[kind] = (outcomes[kind] ?? 0) + 1;
    }
    // Many come far: only what is planned tests the planner.
    expect(outcomes.planned).toBeGreaterThan(models / 8);
    expect(outcomes['invalid-model']).toBeGreaterThan(models / 8);
    expect(Object.keys(outcomes).length).toBeGreaterThan(6);
  });

  it('are the same for the same seed, and others for another', () => {
    const bytesOf = (of: number, index: number) => mutantOf(bases, of, index).bytes;
    expect(bytesOf(seed, 5)).toEqual(bytesOf(seed, 5));
    const differ = [1, 2, 3, 4].map((index) => `${bytesOf(1, index)}` !== `${bytesOf(2, index)}`);
    expect(differ).toContain(true);
  });

  it('start from models that load and are written as they were read', async () => {
    for (const base of [...bases.own, ...bases.keras, ...bases.graphs.slice(0, 20)]) {
      const { kind } = await attempt(base, new Chance(1));
      expect(['planned', 'planned in stages', 'read'], base.name).toContain(kind);
      if (base.kind === 'onnx') expect(encodeTree(parseTree(base.bytes))).toEqual(base.bytes);
    }
  });
});

describe('what counts as a defect', () => {
  it('is any error that does not speak of the model', () => {
    expect(isOfModel(new WgconvError('invalid-model', 'cut short'))).toBe(true);
    expect(isOfModel(new WgconvError('limit-exceeded', 'too large'))).toBe(true);
    expect(isOfModel(new WgconvError('invalid-argument', 'an index', { node: 'n' }))).toBe(true);
    expect(isOfModel(new WgconvError('invalid-argument', 'an option'))).toBe(false);
    expect(isOfModel(internal('nowhere'))).toBe(false);
    expect(isOfModel(new RangeError('Invalid array length'))).toBe(false);
  });
});

describe('a campaign', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wgconv-loader-'));
  const worker = join(folder, 'worker.mjs');
  // Model 3 hangs, 5 dies, 7 takes memory, 8 throws, 9 waits for ever; the others are planned.
  writeFileSync(
    worker,
    `const kept = [];
    const peak = () => process.resourceUsage().maxRSS * 1024;
    let index = 0;
    process.on('message', async (task) => {
      if ('index' in task) {
        index = task.index;
        process.send({ name: 'model' });
        return;
      }
      if (index === 3) for (;;);
      if (index === 5) process.exit(7);
      if (index === 7) kept.push(new Float64Array(1e7).fill(1));
      if (index === 9) await new Promise(() => {});
      const outcome = index === 8 ? { kind: 'untyped', defect: 'TypeError' } : { kind: 'planned' };
      process.send({ outcome, milliseconds: 1, peakBytes: peak() });
    });
    process.on('disconnect', () => process.exit());
    process.send({ ready: true, startBytes: peak() });`,
  );
  afterAll(() => rmSync(folder, { recursive: true }));
  const limits = { milliseconds: 120, bytes: 40 * 2 ** 20 };

  it('goes on after what hangs, dies, throws or takes memory, and names it', async () => {
    const options = { seed: 1, models: 12, processes: 2, worker, limits };
    const { models: loaded, findings, outcomes } = await runCampaign(options);
    expect(loaded).toBe(12);
    expect(findings.map(({ kind, index }) => [index, kind])).toEqual([
      [3, 'hang'],
      [5, 'crash'],
      [7, 'memory'],
      [8, 'error'],
      [9, 'hang'],
    ]);
    expect(outcomes.planned).toBe(8);
  }, 120_000);

  it('ends early when it is told to', async () => {
    const controller = new AbortController();
    const options = { seed: 1, models: 1000, processes: 1, worker, limits, from: 100 };
    const tally = await runCampaign(
      { ...options, signal: controller.signal },
      ({ models: done }) => {
        if (done === 4) controller.abort();
      },
    );
    expect(tally.models).toBe(4);
  }, 60_000);
});
