/** The page of `gpu-crash.test.ts`: runs a network until its GPU is lost, and then again. */

import { elementsOf } from '../../src/core/tensor.ts';
import { DeviceLostError, InferenceSession, Tensor } from '../../src/index.ts';
import { uniform } from '../support/random.ts';

const dims = [1, 1, 28, 28];
const picture = new Tensor('float32', elementsOf(uniform(dims, 5)), dims);
const model = new Uint8Array(await (await fetch('/models/lenet5/lenet5.onnx')).arrayBuffer());

/** What happened around one crash. */
export interface Aftermath {
  /** How each loop of calls ended, '' for well, and how long after the loss. */
  readonly failures: readonly { readonly name: string; readonly milliseconds: number }[];
  /** Whether the same session runs on a new device, which another session shares, and both are right. */
  readonly isRight: boolean;
  readonly isNewDevice: boolean;
}

declare global {
  interface Window {
    /** Makes the session. Resolves to whether it computes right. */
    openSession(): Promise<boolean>;
    /** Keeps the GPU busy, if it is told to, from now until it is lost; `aftermath` has the end. */
    begin(busy: boolean): void;
    aftermath(): Promise<Aftermath>;
  }
}

let session: InferenceSession;
let expected: Float32Array;
let ended: Promise<Aftermath>;

const run = async (one: InferenceSession) => {
  const outputs = await one.run({ [one.inputNames[0] as string]: picture });
  return outputs[one.outputNames[0] as string]?.data as Float32Array;
};
const isRight = (scores: Float32Array) =>
  scores.length === 10 &&
  scores.every((score, at) => Math.abs(score - Number(expected[at])) < 1e-4);

window.openSession = async () => {
  // The float64 loops, which need no GPU.
  const cpu = await InferenceSession.create(model, { backend: 'cpu' });
  expected = await run(cpu);
  session = await InferenceSession.create(model);
  return isRight(await run(session));
};

window.begin = (busy) => {
  ended = follow(busy);
};
window.aftermath = () => ended;

async function follow(busy: boolean): Promise<Aftermath> {
  const { device } = session;
  let isLost = false;
  const loss = device?.lost.then(() => {
    isLost = true;
    return performance.now();
  });
  const runs = async () => {
    while (!isLost) if (!isRight(await run(session))) throw new Error('a wrong answer');
  };
  const sessions = async () => {
    // With a device of its own each time, so that the crash may come while one is requested.
    const gpu = { powerPreference: 'low-power' } as const;
    while (!isLost) {
      await (await InferenceSession.create(model, { gpu })).dispose();
      await new Promise((resolve) => setTimeout(resolve, 1)); // others want to run, too
    }
  };
  const inside = async () => {
    while (!isLost) await session.activations({ [session.inputNames[0] as string]: picture });
  };
  const failing = (busy ? [runs(), runs(), inside(), sessions()] : []).map((work) =>
    work.then(
      () => ({ name: '', at: performance.now() }),
      (error: unknown) => {
        const isTyped = error instanceof DeviceLostError;
        return { name: isTyped ? 'DeviceLostError' : String(error), at: performance.now() };
      },
    ),
  );
  const lost = Number(await loss);
  const failures = (await Promise.all(failing)).map(({ name, at }) => {
    return { name, milliseconds: Math.max(at - lost, 0) };
  });
  const answer = await run(session);
  const other = await InferenceSession.create(model);
  const isShared = other.device === session.device;
  const both = isRight(answer) && isRight(await run(other)) && isShared;
  await other.dispose();
  return { failures, isRight: both, isNewDevice: session.device !== device };
}
