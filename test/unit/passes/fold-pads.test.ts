/** Pad nodes as padding of the windows behind them. */

import { describe, expect, test } from 'vitest';
import { toReference } from '../../../src/core/reference.ts';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { optimise, prepare } from '../../../src/passes/index.ts';
import { References } from '../../../src/session/evaluate.ts';
import { type AttributeInput, encodeModel } from '../../support/onnx-writer.ts';
import { integers, tensorOf, uniform } from '../../support/random.ts';

const dims = [1, 2, 5, 6];

interface Window {
  readonly op: string;
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
}

/** x → Pad → window → y, and the padded tensor as an output, too, where it is asked for. */
async function prepared(
  window: Window,
  pads: readonly number[],
  { value = 0, outputs = ['y'] } = {},
): Promise<Graph> {
  const inputs = window.op === 'Conv' ? ['padded', 'w'] : ['padded'];
  const model = encodeModel({
    nodes: [
      { op: 'Pad', name: 'pad', inputs: ['x', 'pads', 'value'], outputs: ['padded'] },
      { ...window, name: 'window', inputs, outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims }],
    outputs,
    initializers: {
      pads: tensorOf([8], pads, 'int64'),
      value: tensorOf([], [value]),
      w: uniform([3, 2, 3, 3], 1),
    },
  });
  const graph = await optimise(await readOnnxModel(model));
  return (await prepare(graph, { x: dims }, { disable: ['assign-layouts'] })).prepared;
}

/** The folded node equals the composition of what it was made of. */
async function expectSameValues(graph: Graph): Promise<void> {
  const node = graph.nodes.at(-1);
  if (!node?.origin) throw new Error('nothing was folded');
  const references = new References();
  await references.load([node]);
  const x = integers(dims, 3);
  const lookup = (name: string) => (name === 'x' ? toReference(x) : undefined);
  const [composed] = references.evaluate(node, graph, lookup);
  const { origin: _, ...alone } = node;
  const [direct] = references.evaluate(alone, graph, lookup);
  expect(direct?.value).toEqual(composed?.value);
}

const around = [0, 0, 1, 2, 0, 0, 0, 3];

describe('zeros around an image', () => {
  test.each<[string, Window]>([
    ['a convolution', { op: 'Conv' }],
    [
      'one with pads and strides',
      { op: 'Conv', attributes: { pads: [1, 0, 2, 1], strides: [2, 2] } },
    ],
    ['one without any', { op: 'Conv', attributes: { auto_pad: 'VALID' } }],
    ['an average', { op: 'AveragePool', attributes: { kernel_shape: [3, 2] } }],
    [
      'an average that counts its own pads',
      {
        op: 'AveragePool',
        attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 },
      },
    ],
  ])('become padding of %s', async (_, window) => {
    const graph = await prepared(window, around);
    expect(graph.nodes.map(({ op, inputs }) => [op, inputs[0]])).toEqual([[window.op, 'x']]);
    await expectSameValues(graph);
  });

  test.each<[string, Window, readonly number[], number]>([
    [
      'of a maximum, whose padding is no zero',
      { op: 'MaxPool', attributes: { kernel_shape: [3, 3] } },
      around,
      0,
    ],
    [
      'where the padding depends on the size',
      { op: 'Conv', attributes: { auto_pad: 'SAME_UPPER' } },
      around,
      0,
    ],
    ['that are none', { op: 'Conv' }, around, 1],
    ['that are cut off', { op: 'Conv' }, [0, 0, -1, 0, 0, 0, 1, 1], 0],
    [
      'beside pads that do not count',
      { op: 'AveragePool', attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
      around,
      0,
    ],
  ])('stay: %s', async (_, window, pads, value) => {
    const graph = await prepared(window, pads, { value });
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Pad', window.op]);
  });

  test('stay for those who read them otherwise', async () => {
    const graph = await prepared({ op: 'Conv' }, around, { outputs: ['y', 'padded'] });
    expect(graph.nodes.map(({ op, inputs }) => [op, inputs[0]])).toEqual([
      ['Pad', 'x'],
      ['Conv', 'x'],
    ]);
  });
});
