/** x · f(x) as one activation, and as the epilogue of what makes x. */

import { describe, expect, test } from 'vitest';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';
import { optimise, prepare } from '../../../src/passes/index.ts';
import { type AttributeInput, encodeModel } from '../../support/onnx-writer.ts';
import { uniform } from '../../support/random.ts';

interface Gate {
  readonly op: string;
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  /** What the product multiplies with. */
  readonly by?: string;
  readonly outputs?: readonly string[];
}

/** x → Conv → c, then c · gate(c). */
async function operators({ op, attributes = {}, by = 'c', outputs = ['y'] }: Gate) {
  const dims = [1, 4, 3, 3];
  const model = encodeModel({
    nodes: [
      { op: 'Conv', name: 'conv', inputs: ['x', 'w'], outputs: ['c'] },
      { op, name: 'gate', inputs: ['c'], outputs: ['g'], attributes },
      { op: 'Mul', name: 'product', inputs: ['g', by], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims }],
    outputs,
    initializers: { w: uniform([4, 4, 1, 1], 1) },
  });
  const graph = await optimise(await readOnnxModel(model));
  const { prepared } = await prepare(
    graph,
    { x: dims },
    {
      disable: ['fuse-pointwise', 'assign-layouts'],
    },
  );
  return prepared.nodes.map(({ op: name, epilogue, origin }) =>
    [name, epilogue?.activation?.name, origin?.map((part) => part.name).join(' ')].join(':'),
  );
}

describe('a product with a function of the same value', () => {
  test('is the activation of the node before', async () => {
    expect(await operators({ op: 'Sigmoid' })).toEqual(['Conv:swish:conv gate product']);
    const attributes = { alpha: 1 / 6, beta: 0.5 };
    expect(await operators({ op: 'HardSigmoid', attributes })).toEqual([
      'Conv:hardswish:conv gate product',
    ]);
  });

  test.each<[string, Gate]>([
    ['with other parameters', { op: 'HardSigmoid' }],
    ['of another value', { op: 'Sigmoid', by: 'x' }],
    ['of a function that gates nothing', { op: 'Tanh' }],
    ['where the function is an output, too', { op: 'Sigmoid', outputs: ['y', 'g'] }],
  ])('stays a product %s', async (_, gate) => {
    expect((await operators(gate)).at(-1)).toBe('Mul::');
  });
});
