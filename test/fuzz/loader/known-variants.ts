/** What shaders a plan may ask for: finitely many, whatever a model says. */

import { kernels } from '../../../shaders/index.ts';
import { binaryFunctions } from '../../../shaders/lib/binary.ts';
import type { Dispatch, Variant } from '../../../shaders/lib/kernel.ts';
import { floatFunctions } from '../../../shaders/lib/unary.ts';
import { maxChainSteps, pointwiseChain } from '../../../shaders/pointwise_chain.ts';

const identity = (variant: Variant) => JSON.stringify(Object.entries(variant).sort());

const variantsOf = new Map(
  kernels.map((kernel) => [kernel.name, new Set(kernel.variants().map(identity))]),
);

/** The functions that a chain of steps is made of; operands are small numbers. */
const functions = new Set([
  ...floatFunctions.keys(),
  ...[...binaryFunctions.values()].map(({ name }) => name),
]);

/**
 * Whether the shader is one of the kernel's list. A chain of pointwise functions is one of so many that
 * the list has samples only: it must be up to eight functions of the tables and places of their operands.
 */
export function isKnownVariant({ kernel, variant }: Dispatch): boolean {
  if (variantsOf.get(kernel.name)?.has(identity(variant))) return true;
  if (kernel.name !== pointwiseChain.name) return false;
  const { steps, ...rest } = variant;
  const [sample] = pointwiseChain
    .variants()
    .filter(({ mode, element, mask, operands }) =>
      Object.entries({ mode, element, mask, operands }).every(
        ([key, value]) => rest[key] === value,
      ),
    );
  const list = String(steps).split(', ');
  return (
    (sample !== undefined || (Number(rest.operands) >= 1 && Number(rest.operands) <= 4)) &&
    Object.keys(rest).length === 4 &&
    list.length <= maxChainSteps &&
    list.every((step) => {
      const [name = '', ...of] = step.split(' ');
      return functions.has(name) && of.length <= 2 && of.every((at) => /^(\d|1[01])$/.test(at));
    })
  );
}
