/** `wgconv verify`: every node of the plan on the GPU against its float64 reference. */

import type { NodeCheck, VerifyReport } from '../../session/verify.ts';
import { exitFailed, exitOk, UsageError } from '../failure.ts';
import { type FeedOptions, makeFeeds } from '../feeds.ts';
import { readModelFile } from '../inputs.ts';
import { writeJson } from '../json.ts';
import { withEngine } from '../open-engine.ts';
import { type CommonOptions, checkAlgorithm, checkCommon } from '../options.ts';
import { readPictures } from '../picture-feeds.ts';
import { ProgressDisplay } from '../progress.ts';
import { plural, table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export interface VerifyOptions extends CommonOptions, FeedOptions {
  readonly randomWeights?: number | undefined;
  readonly all?: boolean | undefined;
}

export async function verify(
  model: string,
  options: VerifyOptions,
  terminal: Terminal,
): Promise<number> {
  if (options.backend === 'cpu') {
    throw new UsageError(
      'verify compares the GPU with the cpu backend, which is the reference itself; ' +
        'leave --backend out',
    );
  }
  checkCommon(options);
  const { algorithm, randomWeights, seed } = options;
  const bytes = await readModelFile(model);
  const pictures = readPictures(options.image);
  const progress = new ProgressDisplay(terminal, !!options.quiet);

  return withEngine(options, terminal, progress, async (engine, place) => {
    const facts = await engine.open(bytes, { algorithm, randomWeights });
    const feeds = makeFeeds(facts, pictures, options);
    const report = await engine.verify(feeds);
    checkAlgorithm(algorithm, report.nodes);
    progress.clear();
    if (!options.quiet) terminal.out(`${place.description}\n`);
    terminal.out(describeReport(report, !!options.all, !!options.quiet));
    if (options.json) {
      writeJson(options.json, { adapter: place, model, seed, randomWeights, ...report });
    }
    return report.ok ? exitOk : exitFailed;
  });
}

/** Text of a report: what did not pass (or every node), the first wrong one, the whole. */
export function describeReport(report: VerifyReport, all: boolean, quiet: boolean): string {
  const shown = report.nodes.filter((check) => all || check.status !== 'pass');
  const parts: string[] = [];
  if (shown.length > 0 && !quiet) {
    const rows = shown.map((check) => [
      check.status === 'pass' ? 'pass' : check.status.toUpperCase(),
      check.node,
      check.operator,
      check.algorithm,
      check.message,
    ]);
    parts.push(table([['status', 'node', 'operator', 'algorithm', 'what was found'], ...rows]));
  }
  const { firstWrong } = report;
  if (firstWrong) parts.push(describeWrong(firstWrong));
  if (report.unchecked > 0) {
    parts.push(
      `${plural(report.unchecked, 'result')} could not be checked: an output that is not finite, ` +
        'constant or all zero shows nothing. Try other inputs (--seed, --image) or --random-weights.',
    );
  }
  if (!report.identicalToRun) {
    parts.push(
      'The outputs are not bit for bit those of run(): results depend on more than inputs.',
    );
  }
  for (const { output, maxError, relativeError } of report.endToEnd) {
    parts.push(
      `End to end, "${output}" differs from the float64 reference of the whole model by at most ` +
        `${maxError.toExponential(2)} (${relativeError.toExponential(2)} of its greatest value).`,
    );
  }
  const { passed, failed, unchecked } = report;
  const total = passed + failed + unchecked;
  const verdict = report.ok ? 'OK' : 'FAILED';
  const rest = failed + unchecked > 0 ? `, ${failed} failed, ${unchecked} unchecked` : '';
  parts.push(`${verdict}: ${passed} of ${plural(total, 'node output')} pass${rest}`);
  return parts.join('\n');
}

/** The first wrong node: where, what, and how far from what is allowed. */
function describeWrong({
  node,
  operator,
  algorithm,
  originals,
  output,
  message,
  comparison,
}: NodeCheck) {
  const lines = [`First wrong node: ${operator} "${node}" (${algorithm}), output "${output}"`];
  if (originals.length > 0) lines.push(`  stands for: ${originals.join(', ')}`);
  const worst = comparison?.worst;
  if (worst) {
    lines.push(
      `  worst element: [${worst.index.join(',')}]`,
      `  got:           ${worst.actual}`,
      `  expected:      ${worst.expected}`,
      `  bound:         ${worst.bound.toExponential(3)} (off by ${Math.abs(worst.actual - worst.expected).toExponential(3)})`,
      `  wrong:         ${plural(comparison.wrong, 'element')}`,
    );
  } else {
    lines.push(`  ${message}`);
  }
  return lines.join('\n');
}
