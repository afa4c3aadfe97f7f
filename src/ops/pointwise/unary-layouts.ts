/** In which layouts a function of one tensor can be computed. */

import { isFloat } from '../../core/dtype.ts';
import type { LayoutChoice, NodeFacts } from '../operator.ts';

/** C4 is as good as linear; what fits the neighbours is chosen. */
export function unaryLayouts({ inputs, outputs }: NodeFacts): LayoutChoice[] {
  const linear: LayoutChoice = { inputs: inputs.map(() => 'linear'), outputs: ['linear'] };
  const [x] = inputs;
  if (x?.dims.length !== 4 || !isFloat(x.type) || outputs[0]?.type !== x.type) return [linear];
  return [{ inputs: inputs.map((_, index) => (index ? 'linear' : 'c4')), outputs: ['c4'] }, linear];
}
