/** The three poolings of one picture, side by side in one graph. */

import type { Graph } from '../../../src/index.ts';
import { smallGraph } from '../../lib/small-graph.ts';
import { padsOf, type WindowSetting } from '../../lib/window.ts';

export interface PoolingShape extends WindowSetting {
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  /** The average divides by all cells of the window, padded ones too, which count as zeros. */
  readonly countPads: boolean;
}

/** `picture` [1, C, H, W] to `max`, `average` and `min`. */
export function poolingGraph(shape: PoolingShape): Promise<Graph> {
  const { channels, width, height, kernel, stride, dilation, countPads } = shape;
  const across = padsOf(width, shape);
  const down = padsOf(height, shape);
  const attributes = {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    pads: [down.before, across.before, down.after, across.after],
  };
  return smallGraph('pooling', ['MaxPool', 'AveragePool', 'wgconv.MinPool'], (pen) => {
    const picture = pen.input('picture', [1, channels, height, width]);
    const count_include_pad = countPads ? 1 : 0;
    return [
      pen.node('MaxPool', [picture], 'max', attributes),
      pen.node('AveragePool', [picture], 'average', { ...attributes, count_include_pad }),
      pen.node('wgconv.MinPool', [picture], 'min', attributes),
    ];
  });
}
