/** The page in which random graphs are judged, where that is not done in Node. */

import { fuzz, type Tally } from './fuzz.ts';
import type { HostOptions } from './hosts.ts';
import { runOnnxruntime } from './onnxruntime.ts';

declare global {
  interface Window {
    runFuzz(options: HostOptions): ReturnType<typeof fuzz>;
    fuzzProgress(tally: Tally): void;
  }
}

window.runFuzz = ({ seconds, ...options }) => {
  const end = performance.now() + seconds * 1000;
  const opinions = { webgpu: true, onnxruntime: runOnnxruntime };
  const isOver = () => performance.now() > end;
  return fuzz({ ...options, opinions, isOver }, (tally) => window.fuzzProgress(tally));
};
