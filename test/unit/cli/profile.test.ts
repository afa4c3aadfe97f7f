/** What `wgconv profile` prints. */

import { describe, expect, it } from 'vitest';
import { describeProfile } from '../../../src/cli/commands/profile.ts';
import type { NodeProfile, ProfileData } from '../../../src/session/profile/times.ts';

const node = (
  name: string,
  milliseconds: number,
  rest: Partial<NodeProfile> = {},
): NodeProfile => ({
  ...{ name, operator: 'Conv', originals: [], outputs: [], runsOn: 'gpu', reason: '' },
  ...{ candidates: [], macs: 0, bytes: 0, milliseconds, algorithm: 'conv_direct' },
  ...rest,
});

const profile: ProfileData = {
  backend: 'webgpu',
  timing: 'timestamps',
  quantised: false,
  runs: 10,
  nodes: [
    node('small', 1, { gflops: 0.5, gbps: 12.34, share: 0.25 }),
    node('view', 0, { runsOn: 'view' }),
    node('large', 3, { originals: ['large', 'relu'], gflops: 123.4, gbps: 1, share: 0.5 }),
    node('shapes', 0.5, { operator: 'Unique', runsOn: 'host', algorithm: undefined }),
  ],
  milliseconds: 4.5,
  splitMilliseconds: 5,
  runMilliseconds: 4,
};

describe('the table', () => {
  it('has the nodes that take time, the slowest first, with their rates', () => {
    const lines = describeProfile(profile, false, false).split('\n');
    expect(lines[0]).toMatch(/time +share +node +operator +algorithm +GFLOP\/s +GB\/s +of ceiling/);
    expect(lines[1]).toMatch(
      /^3\.00 ms +66\.7 % +large +Conv \(of 2\) +conv_direct +123 +1\.00 +50\.0 %$/,
    );
    expect(lines[2]).toMatch(
      /^1\.00 ms +22\.2 % +small +Conv +conv_direct +0\.500 +12\.3 +25\.0 %$/,
    );
    expect(lines[3]).toMatch(/^0\.50 ms +11\.1 % +shapes +Unique +host$/);
    expect(lines).not.toContainEqual(expect.stringContaining('view'));
  });

  it('stops after the slowest, unless all are asked for', () => {
    const nodes = Array.from({ length: 30 }, (_, at) => node(`n${at}`, at + 1));
    const many = { ...profile, nodes, milliseconds: 465 };
    expect(describeProfile(many, false, false)).toContain('and 5 faster nodes: 15.0 ms (--all)');
    expect(describeProfile(many, true, false)).toMatch(/ n0 /);
  });

  it('is left out where little is to be said', () => {
    expect(describeProfile(profile, false, true)).not.toContain('large');
  });
});

describe('the totals', () => {
  it('say what timing nodes costs', () => {
    const text = describeProfile(profile, false, true);
    expect(text).toContain('3 nodes take 4.50 ms');
    expect(text).toContain('a pass for each node, as they were timed: 5.00 ms');
    expect(text).toContain('as run() records it: 4.00 ms; with its nodes timed +25.0 %');
    const faster = describeProfile({ ...profile, splitMilliseconds: 3 }, false, true);
    expect(faster).toContain('with its nodes timed -25.0 %');
    expect(text).toContain("By the GPU's timestamps, 10 runs, of which the middle one");
  });

  it('say where the clock is coarse, the times are estimated, or of the host', () => {
    expect(describeProfile({ ...profile, quantised: true }, false, true)).toContain('coarse');
    const { splitMilliseconds: _, ...rest } = profile;
    const estimated = { ...rest, timing: 'estimated' } as const;
    expect(describeProfile(estimated, false, true)).toContain('Estimated: the device has no');
    expect(describeProfile(estimated, false, true)).toContain(
      'A run as run() records it: 4.00 ms; its nodes one by one +12.5 %',
    );
    const wall = { ...rest, timing: 'wall', runs: 1 } as const;
    expect(describeProfile(wall, false, true)).toContain(
      'By the wall clock around each reference, 1 run',
    );
  });
});
