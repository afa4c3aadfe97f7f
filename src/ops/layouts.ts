/** Layout choices that many operators share. */

import { isFloat } from '../core/dtype.ts';
import type { TensorType } from '../core/shape.ts';
import type { Layout } from '../graph/graph.ts';
import type { LayoutChoice, NodeFacts } from './operator.ts';

/** An image tensor, [N,C,H,W] of floats: the only ones that may be laid out in C4. */
export function isImage(type: TensorType | undefined): boolean {
  return type !== undefined && type.dims.length === 4 && isFloat(type.type);
}

/** Images among `device` inputs (all, where left out) and outputs in `layout`, the rest linear. */
export function uniformChoice(
  facts: NodeFacts<unknown>,
  layout: Layout,
  device?: readonly number[],
): LayoutChoice {
  return {
    inputs: facts.inputs.map((type, index) =>
      isImage(type) && (device?.includes(index) ?? true) ? layout : 'linear',
    ),
    outputs: facts.outputs.map((type) => (isImage(type) ? layout : 'linear')),
  };
}

/** All C4 where input 0 and every output are images, else (or as second best) all linear. */
export function c4OrLinear(
  facts: NodeFacts<unknown>,
  device?: readonly number[],
): readonly LayoutChoice[] {
  const linear = uniformChoice(facts, 'linear', device);
  const images = isImage(facts.inputs[0]) && facts.outputs.every(isImage);
  return images ? [uniformChoice(facts, 'c4', device), linear] : [linear];
}
