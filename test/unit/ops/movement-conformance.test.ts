/** Published ONNX cases of the operators that move, reshape, cast and make constants. */

import { describe, expect, it } from 'vitest';
import { elementsOf } from '../../../src/core/tensor.ts';
import { conformanceCases, hasConformance, runConformanceCase } from '../../support/conformance.ts';

const operators = [
  'Cast',
  'CastLike',
  'Concat',
  'Constant',
  'ConstantOfShape',
  'DepthToSpace',
  'Dropout',
  'Expand',
  'Flatten',
  'Gather',
  'Identity',
  'Pad',
  'Range',
  'Reshape',
  'Shape',
  'Size',
  'Slice',
  'SpaceToDepth',
  'Split',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
];

describe.skipIf(!hasConformance)('published ONNX cases (skipped without ../shared)', () => {
  it('covers each operator', () => {
    for (const operator of operators) {
      const own = conformanceCases([operator]);
      // The published Range cases of other types are functions of several nodes.
      expect(own.length, operator).toBeGreaterThan(0);
    }
  });

  it.each(conformanceCases(operators))('%s', async (name) => {
    for (const { expected, actual } of await runConformanceCase(name)) {
      expect(actual.type).toBe(expected.type);
      expect(actual.dims).toEqual(expected.dims);
      expect(elementsOf(actual)).toEqual(elementsOf(expected));
    }
  });
});
