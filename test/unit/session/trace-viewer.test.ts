/** A profile's trace file as Chrome's DevTools read it: their trace engine is a package of its own. */

import { TraceModel, type Types } from '@paulirish/trace_engine';
import { describe, expect, it } from 'vitest';
import { Tensor } from '../../../src/core/tensor.ts';
import type { NodeProfile, ProfileData } from '../../../src/session/profile/times.ts';
import { chromeTrace } from '../../../src/session/profile/trace.ts';
import { InferenceSession } from '../../../src/session/session.ts';
import { profiledModel } from '../../support/profile.ts';

/** What a viewer shows of a file's text: the bounds in microseconds, and by track what is on it. */
async function shown(text: string) {
  const model = TraceModel.Model.createWithAllHandlers();
  const file = JSON.parse(text) as Types.File.TraceFile;
  await model.parse(file.traceEvents, { showAllEvents: true });
  const data = model.parsedTrace(0)?.data;
  if (!data) throw new Error('the trace engine reads nothing');
  const { Meta, Renderer } = data;
  const tracks = [...Renderer.processes].flatMap(([pid, process]) =>
    [...process.threads].map(([tid, { name, entries }]) => ({
      track: `${Meta.processNames.get(pid)?.args.name}: ${name} (${pid}, ${tid})`,
      spans: entries.map(({ name, ts, dur }) => [name, ts, dur] as const),
      args: entries.map(({ args }) => args as Readonly<Record<string, unknown>>),
    })),
  );
  return { bounds: [Meta.traceBounds.min, Meta.traceBounds.max], tracks };
}

const node = (name: string, milliseconds: number, rest: Partial<NodeProfile>): NodeProfile => ({
  ...{ name, operator: 'Conv', originals: [], outputs: [], runsOn: 'gpu', reason: '' },
  ...{ candidates: [], macs: 0, bytes: 0, milliseconds },
  ...rest,
});

describe('the trace engine of DevTools', () => {
  it('shows nodes end to end on the track of where they run', async () => {
    const profile: ProfileData = {
      ...{ backend: 'webgpu', timing: 'timestamps', quantised: false, runs: 3 },
      nodes: [
        node('first', 1.5, { macs: 12, algorithm: 'conv_direct' }),
        node('flatten', 0, { operator: 'Reshape', runsOn: 'view' }),
        node('shapes', 0.25, { operator: 'NonZero', runsOn: 'host' }),
        node('last "\\ ü', 2, {}),
      ],
      ...{ milliseconds: 3.75, splitMilliseconds: 4, runMilliseconds: 3 },
    };
    const { bounds, tracks } = await shown(JSON.stringify(chromeTrace(profile)));
    expect(bounds).toEqual([1, 3751]);
    expect(tracks.map(({ track, spans }) => [track, spans])).toEqual([
      [
        'wgconv: GPU (1, 1)',
        [
          ['first', 1, 1500],
          ['last "\\ ü', 1751, 2000],
        ],
      ],
      ['wgconv: host (1, 2)', [['shapes', 1501, 250]]],
    ]);
    expect(tracks[0]?.args[0]).toMatchObject({ algorithm: 'conv_direct', macs: 12 });
  });

  it('shows what a session measured', async () => {
    const session = await InferenceSession.create(profiledModel, { backend: 'cpu' });
    const x = new Tensor('float32', new Float32Array(3 * 64).fill(1), [1, 3, 8, 8]);
    const profile = await session.profile({ x });
    const { bounds, tracks } = await shown(JSON.stringify(profile.trace()));
    expect(tracks.map(({ track }) => track)).toEqual(['wgconv: host (1, 2)']);
    const timed = profile.nodes.filter(({ milliseconds }) => milliseconds > 0);
    expect(tracks[0]?.spans.map(([name]) => name)).toEqual(timed.map(({ name }) => name));
    expect((bounds[1] as number) - (bounds[0] as number)).toBeCloseTo(
      profile.milliseconds * 1000,
      3,
    );
    await session.dispose();
  });
});
