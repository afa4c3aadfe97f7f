/** wgconv.ConvertLayout: the same tensor in the other layout. The layout pass inserts it. */

import { convertLayout } from '../../../shaders/convert_layout.ts';
import {
  type BufferRole,
  type Dispatch,
  dispatch,
  type Element,
  input,
  output,
} from '../../../shaders/lib/kernel.ts';
import { channelBlocks } from '../../../shaders/lib/layout.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { sizeOf } from '../../core/shape.ts';
import type { Layout } from '../../graph/graph.ts';
import { movement } from '../movement/candidate.ts';
import { defineOperator } from '../operator.ts';

export interface ConvertLayoutAttributes {
  readonly to: Layout;
}

export const convertLayoutOperator = defineOperator<ConvertLayoutAttributes>({
  type: 'wgconv.ConvertLayout',
  arity: { inputs: [1, 1], outputs: [1, 1] },
  attributes(source) {
    const to = source.string('to');
    return to === 'c4' || to === 'linear' ? { to } : source.fail(`"${to}" is no layout`);
  },
  infer: ([x]) => (x ? [x] : []),
  accuracy: 'exact',
  traits: {
    layouts: ({ attributes: { to } }) => [
      { inputs: [to === 'c4' ? 'linear' : 'c4'], outputs: [to] },
    ],
  },
  reference: () => import('../movement/reference.ts').then((m) => m.sameReference),
  lower({ inputs: [x], outputs }, { to }) {
    if (!x) return [];
    return [movement('convert_layout', convert(to, x.element, x.dims, output(0)), outputs)];
  },
});

/** Dispatches that write input 0, of `dims`, to `target` in the other layout. */
export function convert(
  to: Layout,
  element: Element,
  [batch = 1, channels = 1, ...spatial]: readonly number[],
  target: BufferRole,
): Dispatch[] {
  const quad = sizeOf(spatial) % 4 === 0;
  const pixels = sizeOf(spatial) / (quad ? 4 : 1);
  const blocks = channelBlocks(channels);
  const count = batch * blocks * pixels;
  if (count === 0) return [];
  const work = dispatch(
    convertLayout,
    { to, word: element === 'f16' ? 'f16' : 'u32', quad },
    { count, channels, channelBlocks: blocks, pixels },
    [input(0), target],
    lineWorkgroups(count),
  );
  return [work];
}
