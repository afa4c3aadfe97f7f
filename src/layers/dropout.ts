/** Dropout, which only training has: here its input passes as it is. */

import type { Layer, LayerOptions } from './layer.ts';
import { makeLayer, OptionReader } from './options.ts';

export interface DropoutOptions extends LayerOptions {
  /** The share that training drops, from 0 to 1. */
  readonly rate: number;
  /** Of training; without meaning here. */
  readonly seed?: number | undefined;
}

export function dropout(options: DropoutOptions): Layer {
  const kind = { className: 'Dropout', defaultName: 'dropout' };
  const reader = new OptionReader(kind, options, { rate: true, seed: true });
  const { rate } = options;
  if (!(rate >= 0 && rate <= 1)) reader.fail(`rate must be from 0 to 1, not ${rate}`);
  return makeLayer({ ...kind, build: ([shape]) => ({ shape, emit: (_, [x]) => x }) }, options);
}
