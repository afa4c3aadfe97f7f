/** The operators that the start of a file names, so that they load while the weights are on their way. */

import { WireReader } from './wire.ts';

/** Operator names in the nodes that `start` holds; a writer puts nodes before initialisers. */
export function operatorsIn(start: Uint8Array): Set<string> {
  const names = new Set<string>();
  const reader = new WireReader(start, Number.MAX_SAFE_INTEGER);
  try {
    reader.fields((inModel) => {
      if (inModel !== 7) return;
      reader.message((inGraph) => {
        if (inGraph !== 1) return;
        reader.message((inNode) => {
          if (inNode === 4) names.add(reader.string());
        });
      });
    });
  } catch {
    // Where the start ends, or is damaged: whoever reads the whole file says so.
  }
  return names;
}
