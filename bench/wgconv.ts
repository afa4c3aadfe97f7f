/** wgconv itself, as it chooses, and held to its best algorithm without Winograd. */

import { InferenceSession, type SessionOptions, Tensor, version } from '../src/index.ts';
import { type Engine, inputOf, type PreparedProblem, uploaded } from './engine.ts';
import { headline, type Problem } from './problems/suites.ts';

/** Options that every session of the run gets. */
let common: SessionOptions = {};

export function useOptions(options: SessionOptions): void {
  common = options;
}

export const wgconv: Engine = {
  name: 'wgconv',
  version,
  role: 'own',
  lacks: () => undefined,
  prepare: (problem) => prepare(problem, {}),
};

/** Only for the problem that everybody quotes. */
export const withoutWinograd: Engine = {
  name: 'wgconv (no Winograd)',
  version,
  role: 'variant',
  lacks: ({ name }) => (name === headline.name ? undefined : 'not asked'),
  async prepare(problem) {
    const session = await open(problem, {});
    const candidates = session.report().nodes.flatMap((node) => node.candidates);
    await session.dispose();
    // They are sorted by the cost model: the first is the best.
    const direct = candidates.find((algorithm) => !algorithm.includes('winograd'));
    if (!direct) throw new Error('every candidate is Winograd');
    return prepare(problem, { algorithm: direct });
  },
};

/** Beside a tuned run: what the cost model alone would have chosen. */
export const untuned: Engine = {
  name: 'wgconv (tune: off)',
  version,
  role: 'variant',
  lacks: () => undefined,
  prepare: (problem) => prepare(problem, { tune: 'off' }),
};

export async function open(problem: Problem, options: SessionOptions): Promise<InferenceSession> {
  const session = await InferenceSession.create(await problem.model(), { ...common, ...options });
  await session.prepare({ [problem.input.name]: problem.input.dims });
  return session;
}

async function prepare(problem: Problem, options: SessionOptions): Promise<PreparedProblem> {
  const { name, dims } = problem.input;
  const session = await open(problem, options);
  const device = session.device as GPUDevice;
  const input = inputOf(problem);
  const x = new Tensor('float32', input, dims);
  let buffer: GPUBuffer | undefined;
  return {
    async endToEnd() {
      const outputs = await session.run({ [name]: x });
      return (outputs[problem.output] as Tensor).data as Float32Array;
    },
    async openResident() {
      buffer = uploaded(device, input);
      const onGpu = Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims });
      return {
        async run(repeats) {
          for (let run = 0; run < repeats; run++) {
            await session.run({ [name]: onGpu }, { location: 'gpu-buffer' });
          }
          await device.queue.onSubmittedWorkDone();
        },
      };
    },
    async dispose() {
      buffer?.destroy();
      await session.dispose();
    },
  };
}
