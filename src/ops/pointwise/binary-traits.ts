/** What the passes learn about operators of several inputs: layouts, residuals, affine maps. */

import { isFloat } from '../../core/dtype.ts';
import { toReference } from '../../core/reference.ts';
import { type Dim, sameDims, sizeOf, type TensorType } from '../../core/shape.ts';
import type { Layout } from '../../graph/graph.ts';
import type { ChannelAffine, EpilogueStep, LayoutChoice, NodeFacts } from '../operator.ts';
import type { BinaryAttributes } from './attributes.ts';
import { layoutsBesideC4 } from './beside-c4.ts';
import { operandDims } from './broadcasting.ts';

/**
 * Every combination in which the operands can be read beside a C4 result, then all linear.
 * `aligned` are the operands' dims under numpy's rule.
 */
export function operandLayouts(
  operands: readonly TensorType[],
  aligned: readonly (readonly Dim[])[],
  result: TensorType,
): LayoutChoice[] {
  const linear: LayoutChoice = { inputs: operands.map(() => 'linear'), outputs: ['linear'] };
  const floats = [...operands, result].every(({ type }) => isFloat(type));
  if (!floats || result.dims.length !== 4) return [linear];
  const options = operands.map((operand, index) => {
    const dims = aligned[index] ?? operand.dims;
    const layouts = layoutsBesideC4(dims, result.dims);
    // C4 means an NCHW tensor: one that was only aligned to be one stays linear.
    return sameDims(dims, operand.dims) ? layouts : layouts.filter((layout) => layout !== 'c4');
  });
  let combinations: Layout[][] = [[]];
  for (const layouts of options) {
    // Many operands: the first choice of each, so that the list stays short.
    const few = operands.length > 2 ? layouts.slice(0, 1) : layouts;
    combinations = combinations.flatMap((list) => few.map((layout) => [...list, layout]));
  }
  return [
    ...combinations
      .filter((inputs) => inputs.includes('c4'))
      .map((inputs): LayoutChoice => ({ inputs, outputs: ['c4'] })),
    linear,
  ];
}

/** The sum of two tensors of the result's shape can be a step of what makes one of them. */
export function residualStep({ inputs, outputs }: NodeFacts): EpilogueStep | undefined {
  const [output] = outputs;
  if (!output || inputs.length !== 2 || !isFloat(output.type)) return undefined;
  return inputs.every((input) => input && sameDims(input.dims, output.dims))
    ? { kind: 'residual' }
    : undefined;
}

/** No network has more; a model that does is computed as it is. */
const mostChannels = 2 ** 16;

/** Arithmetic with a constant for each channel (or one for all) of a rank-4 tensor. */
export function channelAffine(facts: NodeFacts<BinaryAttributes>): ChannelAffine | undefined {
  const { attributes, inputs, outputs } = facts;
  const [output] = outputs;
  const channels = output?.dims[1];
  if (output?.dims.length !== 4 || !isFloat(output.type) || typeof channels !== 'number') {
    return undefined;
  }
  for (const side of [0, 1]) {
    const values = facts.constant(side);
    const other = inputs[1 - side];
    if (!values || !other || facts.constant(1 - side) || !sameDims(other.dims, output.dims)) {
      continue;
    }
    const operands = inputs as TensorType[];
    const dims = operandDims(operands, side, attributes);
    const perChannel = dims.length >= 3 && dims.at(-3) === channels;
    const size = sizeOf(values.dims);
    if (size !== 1 && !(perChannel && size === channels)) return undefined;
    // One number is written out for every channel, of which there may be any number.
    if (channels > mostChannels) return undefined;
    const numbers = toReference(values).value as Float64Array;
    const constants = Float64Array.from(
      { length: channels },
      (_, channel) => numbers[size === 1 ? 0 : channel] as number,
    );
    return affineOf(attributes.function, 1 - side, constants);
  }
  return undefined;
}

function affineOf(name: string, input: number, c: Float64Array): ChannelAffine | undefined {
  const ones = c.map(() => 1);
  const zeros = c.map(() => 0);
  switch (name) {
    case 'add':
      return { input, scale: ones, shift: c };
    case 'sub':
      return input === 0
        ? { input, scale: ones, shift: c.map((value) => -value) }
        : { input, scale: c.map(() => -1), shift: c };
    case 'mul':
      return { input, scale: c, shift: zeros };
    case 'div':
      if (input !== 0 || c.includes(0)) return undefined;
      return { input, scale: c.map((value) => 1 / value), shift: zeros };
    default:
      return undefined;
  }
}
