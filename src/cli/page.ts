/**
 * The page that the command drives in the browser: fetches a call's arguments from the command's
 * server, runs it on WebGPU, and posts the result back. Built to `dist/cli/page.js`.
 */

import { WgconvError } from '../core/errors.ts';
import type { Progress } from '../session/backend.ts';
import type { EngineOptions, RemoteMethod } from './engine.ts';
import { errorToMessage } from './failure.ts';
import { decodeMessage, encodeMessage } from './message.ts';
import { SessionEngine } from './session-engine.ts';

declare global {
  /** Set by the command before the page loads. */
  var wgconvProgress: ((progress: Progress) => Promise<void>) | undefined;
  /** Called by the command. */
  var wgconvCall: ((id: number) => Promise<void>) | undefined;
}

/** A call to Node costs a message: a bar needs no more than this many milliseconds between two. */
const progressInterval = 50;

let engine: SessionEngine | undefined;
let reported = 0;

function report(progress: Progress): void {
  const now = performance.now();
  if (progress.done !== progress.total && now - reported < progressInterval) return;
  reported = now;
  void globalThis.wgconvProgress?.(progress);
}

globalThis.wgconvCall = async (id) => {
  const request = await fetch(`request/${id}`);
  const [options, method, args] = decodeMessage(new Uint8Array(await request.arrayBuffer())) as [
    EngineOptions,
    RemoteMethod,
    unknown[],
  ];
  engine ??= new SessionEngine(options, report);
  let answer: unknown;
  try {
    const call = engine[method] as (...args: unknown[]) => Promise<unknown>;
    answer = { result: await call.apply(engine, args) };
  } catch (error) {
    answer = { error: errorToMessage(explain(error)) };
  }
  await fetch(`response/${id}`, { method: 'POST', body: encodeMessage(answer) });
};

/** The engine speaks to a page's author; here a person sits at a command line. */
function explain(error: unknown): unknown {
  if (!(error instanceof WgconvError) || error.code !== 'no-webgpu') return error;
  const why =
    'gpu' in navigator
      ? 'the browser has WebGPU, but offers no adapter'
      : 'the browser has no WebGPU';
  return new WgconvError('no-webgpu', why, { cause: error });
}
