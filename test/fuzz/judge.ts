/** Runs one graph on wgconv's backends and on onnxruntime, and says where they disagree. */

import { WgconvError } from '../../src/core/errors.ts';
import { elementsOf, type HostTensor, Tensor } from '../../src/core/tensor.ts';
import type { SessionOptions } from '../../src/session/options.ts';
import { InferenceSession } from '../../src/session/session.ts';
import type { FuzzCase } from './draft.ts';
import { difference, type Expectations, expectationsOf } from './expectation.ts';
import { knownDifferenceIn } from './known-differences.ts';

export type Outcome =
  /** All that were asked agree. */
  | 'agree'
  /** wgconv's backends agree; why onnxruntime was not heard is in `note`. */
  | 'no third opinion'
  /** wgconv lacks an operator or an element type, and says so. */
  | 'unsupported'
  /** wgconv and onnxruntime both refuse the model: the generator's mistake. */
  | 'refused'
  | 'disagree';

export interface Verdict {
  readonly outcome: Outcome;
  readonly note: string;
}

export interface Opinions {
  readonly webgpu: boolean;
  /** Runs a model on onnxruntime. */
  readonly onnxruntime?:
    | ((fuzzCase: FuzzCase) => Promise<ReadonlyMap<string, HostTensor>>)
    | undefined;
}

/** Winograd with 4×4 outputs rounds more than the plain sum; verify() has its own bound for it. */
const winogradFactor = 20;

export async function judge(fuzzCase: FuzzCase, opinions: Opinions): Promise<Verdict> {
  let expected: Expectations;
  try {
    expected = await expectationsOf(fuzzCase);
    await runCpu(fuzzCase, expected);
    if (opinions.webgpu) await runGpu(fuzzCase, expected);
  } catch (error) {
    return judgeFailure(fuzzCase, opinions, error);
  }
  if (!opinions.onnxruntime) return { outcome: 'agree', note: '' };
  const known = knownDifferenceIn(fuzzCase);
  if (known) return { outcome: 'no third opinion', note: `known: ${known.reason}` };
  if (expected.nonFinite) return { outcome: 'no third opinion', note: 'not finite' };
  let third: ReadonlyMap<string, HostTensor>;
  try {
    third = await opinions.onnxruntime(fuzzCase);
  } catch (error) {
    return { outcome: 'no third opinion', note: `onnxruntime: ${firstLine(error)}` };
  }
  for (const output of expected.outputs) {
    const actual = third.get(output.name);
    const message = actual ? difference(output, actual) : `${output.name} is missing`;
    if (message) return { outcome: 'disagree', note: `onnxruntime: ${message}` };
  }
  return { outcome: 'agree', note: '' };
}

class Disagreement extends Error {}

async function runCpu(fuzzCase: FuzzCase, { outputs }: Expectations): Promise<void> {
  const got = await run(fuzzCase, { backend: 'cpu' });
  for (const output of outputs) {
    const message = difference(output, got.outputs[output.name] as Tensor);
    if (message) throw new Disagreement(`cpu: ${message}`);
  }
}

async function runGpu(fuzzCase: FuzzCase, { outputs }: Expectations): Promise<void> {
  const got = await run(fuzzCase, { gpu: { ceiling: 'assume' } }, async (session, feeds) => {
    const report = await session.verify(feeds);
    const { firstWrong } = report;
    if (firstWrong) {
      const { operator, node, algorithm, output, message } = firstWrong;
      throw new Disagreement(
        `webgpu: ${operator} ${node} (${algorithm || 'host'}) ${output}: ${message}`,
      );
    }
    if (!report.identicalToRun) throw new Disagreement('webgpu: run() and its replay differ');
  });
  const factor = got.algorithms.some((name) => name.includes('winograd')) ? winogradFactor : 1;
  for (const output of outputs) {
    const message = difference(output, got.outputs[output.name] as Tensor, factor);
    if (message) throw new Disagreement(`webgpu, end to end: ${message}`);
  }
}

type Feeds = Readonly<Record<string, Tensor>>;

async function run(
  { model, feeds }: FuzzCase,
  options: SessionOptions,
  check: (session: InferenceSession, feeds: Feeds) => Promise<void> = async () => {},
) {
  const session = await InferenceSession.create(model, options);
  try {
    const tensors = Object.fromEntries(
      [...feeds].map(([name, tensor]) => [
        name,
        new Tensor(tensor.type, elementsOf(tensor), tensor.dims),
      ]),
    );
    const outputs = await session.run(tensors);
    const algorithms = session.report().nodes.map(({ algorithm = '' }) => algorithm);
    await check(session, tensors);
    return { outputs, algorithms };
  } finally {
    await session.dispose();
  }
}

/** wgconv threw: right where onnxruntime refuses the model, too. */
async function judgeFailure(
  fuzzCase: FuzzCase,
  { onnxruntime }: Opinions,
  error: unknown,
): Promise<Verdict> {
  if (error instanceof Disagreement) return { outcome: 'disagree', note: error.message };
  const message = `wgconv: ${firstLine(error)}`;
  if (!(error instanceof WgconvError)) return { outcome: 'disagree', note: message };
  if (error.code === 'unsupported-operator' || error.code === 'unsupported-type')
    return { outcome: 'unsupported', note: message };
  const isRefusal = [
    'invalid-model',
    'invalid-attribute',
    'invalid-shape',
    'wrong-type',
    'wrong-shape',
    'missing-input',
  ].includes(error.code);
  if (!isRefusal || !onnxruntime) return { outcome: 'disagree', note: message };
  try {
    await onnxruntime(fuzzCase);
  } catch (third) {
    return { outcome: 'refused', note: `${message}; onnxruntime: ${firstLine(third)}` };
  }
  return { outcome: 'disagree', note: `${message}; onnxruntime runs it` };
}

function firstLine(error: unknown): string {
  return (
    String(error instanceof Error ? error.message : error)
      .split('\n', 1)[0]
      ?.slice(0, 300) ?? ''
  );
}
