/** Published ONNX cases of the pointwise operators, through their references. */

import { describe, expect, it } from 'vitest';
import { isFloat } from '../../../src/core/dtype.ts';
import { toReference } from '../../../src/core/reference.ts';
import { binaryOperators } from '../../../src/ops/pointwise/binary.ts';
import { clipOperator } from '../../../src/ops/pointwise/clip.ts';
import { unaryOperators } from '../../../src/ops/pointwise/unary.ts';
import { variadicOperators } from '../../../src/ops/pointwise/variadic.ts';
import { whereOperator } from '../../../src/ops/pointwise/where.ts';
import { conformanceCases, hasConformance, runConformanceCase } from '../../support/conformance.ts';

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

  it.each(conformanceCases(operators))('%s', async (name) => {
    for (const { expected, actual } of await runConformanceCase(name)) {
      expect(actual.type).toBe(expected.type);
      expect(actual.dims).toEqual(expected.dims);
      const want = toReference(expected).value;
      const got = toReference(actual).value;
      if (!isFloat(expected.type)) {
        expect(got).toEqual(want);
        continue;
      }
      // The ONNX runner's tolerance.
      want.forEach((value, index) => {
        const error = Math.abs(Number(got[index]) - Number(value));
        const allowed = 1e-7 + 1e-3 * Math.abs(Number(value));
        const equal = Object.is(got[index], value);
        if (!(equal || error <= allowed)) {
          expect.fail(`${name}[${index}]: got ${got[index]}, expected ${value}`);
        }
      });
    }
  });
});
