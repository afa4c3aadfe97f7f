/** Lays out graphs beside the page: a graph of a thousand nodes takes seconds. */

import { type GraphOutline, layoutGraph } from './graph-layout.ts';

addEventListener('message', ({ data }: MessageEvent<GraphOutline>) => {
  postMessage(layoutGraph(data));
});
