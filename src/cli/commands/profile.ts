/** `wgconv profile`: what each node of a model takes, and how near that is to what the device can do. */

import type { NodeProfile, ProfileData } from '../../session/profile/times.ts';
import { chromeTrace } from '../../session/profile/trace.ts';
import { exitOk } from '../failure.ts';
import { type FeedOptions, makeFeeds } from '../feeds.ts';
import { readModelFile } from '../inputs.ts';
import { writeJson } from '../json.ts';
import { withEngine } from '../open-engine.ts';
import { type CommonOptions, checkAlgorithm, checkCommon } from '../options.ts';
import { readPictures } from '../picture-feeds.ts';
import { ProgressDisplay } from '../progress.ts';
import { formatMilliseconds, plural, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export interface ProfileCommandOptions extends CommonOptions, FeedOptions {
  readonly runs?: number | undefined;
  readonly trace?: string | undefined;
  readonly all?: boolean | undefined;
}

/** Nodes that are listed without `--all`. */
const mostListed = 25;

export async function profile(
  model: string,
  options: ProfileCommandOptions,
  terminal: Terminal,
): Promise<number> {
  checkCommon(options);
  const { algorithm, runs, trace, json } = options;
  const bytes = await readModelFile(model);
  const pictures = readPictures(options.image);
  const progress = new ProgressDisplay(terminal, !!options.quiet);

  return withEngine(options, terminal, progress, async (engine, place) => {
    const facts = await engine.open(bytes, { algorithm });
    const found = await engine.profile(makeFeeds(facts, pictures, options), { runs });
    checkAlgorithm(algorithm, found.nodes);
    progress.clear();
    if (!options.quiet) terminal.out(`${place.description}\n`);
    terminal.out(describeProfile(found, !!options.all, !!options.quiet));
    if (trace) {
      writeJson(trace, chromeTrace(found), '--trace');
      if (!options.quiet) terminal.out(`The trace is in ${trace}; open it in ui.perfetto.dev`);
    }
    if (json) writeJson(json, { place, model, ...found });
    return exitOk;
  });
}

/** The nodes that take longest with their rates, what all take, and how that was found. */
export function describeProfile(profile: ProfileData, all: boolean, quiet: boolean): string {
  const timed = profile.nodes
    .filter(({ milliseconds }) => milliseconds > 0)
    .toSorted((a, b) => b.milliseconds - a.milliseconds);
  const listed = all ? timed : timed.slice(0, mostListed);
  const parts: string[] = [];
  if (!quiet && listed.length > 0) {
    const rows = listed.map((node) => rowOf(node, profile.milliseconds));
    const heading = [
      'time',
      'share',
      'node',
      'operator',
      'algorithm',
      'GFLOP/s',
      'GB/s',
      'of ceiling',
    ];
    const right = 'right' as const;
    const left = 'left' as const;
    parts.push(table([heading, ...rows], [right, right, left, left, left, right, right, right]));
    const rest = timed.slice(listed.length);
    if (rest.length > 0) {
      const sum = rest.reduce((total, { milliseconds }) => total + milliseconds, 0);
      parts.push(`and ${plural(rest.length, 'faster node')}: ${formatMilliseconds(sum)} (--all)`);
    }
    parts.push('');
  }
  return [...parts, ...totals(profile, timed.length)].join('\n');
}

function rowOf(node: NodeProfile, total: number): string[] {
  const { name, operator, originals, algorithm, runsOn, milliseconds, gflops, gbps, share } = node;
  const rate = (value: number | undefined) => (value === undefined ? '' : value.toPrecision(3));
  const percent = (value: number) => `${(value * 100).toFixed(1)} %`;
  return [
    formatMilliseconds(milliseconds),
    percent(milliseconds / total),
    name,
    originals.length > 1 ? `${operator} (of ${originals.length})` : operator,
    algorithm ?? (runsOn === 'gpu' ? '' : runsOn),
    rate(gflops),
    rate(gbps),
    share === undefined ? '' : percent(share),
  ];
}

function totals(profile: ProfileData, count: number): string[] {
  const { timing, quantised, runs, milliseconds, splitMilliseconds, runMilliseconds } = profile;
  const lines = [
    `${plural(count, 'node')} ${count === 1 ? 'takes' : 'take'} ${formatMilliseconds(milliseconds)}`,
  ];
  if (timing === 'timestamps' && splitMilliseconds !== undefined) {
    lines.push(
      `A run with a pass for each node, as they were timed: ${formatMilliseconds(splitMilliseconds)}`,
      `A run as run() records it: ${formatMilliseconds(runMilliseconds)}; with its nodes timed ${change(splitMilliseconds, runMilliseconds)}`,
      `By the GPU's timestamps, ${plural(runs, 'run')}${quantised ? '; their clock is coarse, so that times are means over its steps' : ', of which the middle one'}`,
    );
  } else if (timing === 'estimated') {
    lines.push(
      `A run as run() records it: ${formatMilliseconds(runMilliseconds)}; its nodes one by one ${change(milliseconds, runMilliseconds)}`,
      'Estimated: the device has no timestamps, so that each node was repeated by itself, its data in whatever cache they fit',
    );
  } else {
    lines.push(`By the wall clock around each reference, ${plural(runs, 'run')}`);
  }
  return lines;
}

/** As `+4.2 %`. */
function change(milliseconds: number, from: number): string {
  const percent = ((milliseconds / from - 1) * 100).toFixed(1);
  return `${percent.startsWith('-') ? '' : '+'}${percent} %`;
}
