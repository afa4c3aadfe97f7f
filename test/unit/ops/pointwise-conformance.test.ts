/** Published ONNX cases of the pointwise operators, through their references. */

import { describe, expect, it } from 'vitest';
import { binaryOperators } from '../../../src/ops/pointwise/binary.ts';
import { clipOperator } from '../../../src/ops/pointwise/clip.ts';
import { unaryOperators } from '../../../src/ops/pointwise/unary.ts';
import { variadicOperators } from '../../../src/ops/pointwise/variadic.ts';
import { whereOperator } from '../../../src/ops/pointwise/where.ts';
import { conformanceCases, expectPublished, hasConformance } from '../../support/conformance.ts';

const operators = [
  ...unaryOperators,
  clipOperator,
  ...binaryOperators,
  ...variadicOperators,
  whereOperator,
].map(({ type }) => type);

describe.skipIf(!hasConformance)('published ONNX cases (skipped without ../shared)', () => {
  it('are all there', () => {
    // Activations, elementwise unary, elementwise binary and variadic, comparisons and logic.
    expect(conformanceCases(operators)).toHaveLength(49 + 22 + 95 + 69);
  });

  it.each(conformanceCases(operators))('%s', expectPublished);
});
