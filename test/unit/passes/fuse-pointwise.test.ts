/** Pointwise neighbours as one node, and where they stay apart. */

import { describe, expect, test } from 'vitest';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';
import { optimise, prepare } from '../../../src/passes/index.ts';
import { encodeModel, type NodeInput } from '../../support/onnx-writer.ts';
import { uniform } from '../../support/random.ts';

const node = (op: string, ...names: string[]): NodeInput => ({
  ...{ op, name: names.at(-1) as string, inputs: names.slice(0, -1) },
  outputs: [names.at(-1) as string],
});

/** Operators that remain, each with the names of its originals. */
async function remaining(
  nodes: readonly NodeInput[],
  { outputs = ['y'], dims = [4, 6] }: { outputs?: string[]; dims?: number[] } = {},
): Promise<string[]> {
  const model = encodeModel({
    nodes,
    inputs: [{ name: 'x', dims }],
    outputs,
    initializers: { row: uniform([6], 1), wide: uniform([3, 1, 1], 2) },
  });
  const graph = await optimise(await readOnnxModel(model));
  const { prepared } = await prepare(graph, { x: dims });
  return prepared.nodes.map(({ op, origin }) =>
    [op, ...(origin ?? []).map(({ name }) => name)].join(' '),
  );
}

describe('pointwise neighbours', () => {
  test('are one node, with the originals in their order', async () => {
    const nodes = [node('Exp', 'x', 'e'), node('Add', 'e', 'row', 's'), node('Neg', 's', 'y')];
    expect(await remaining(nodes)).toEqual(['wgconv.Pointwise e s y']);
  });

  test('take an activation along that one of them has taken over', async () => {
    const nodes = [node('Add', 'x', 'row', 's'), node('Relu', 's', 'r'), node('Log', 'r', 'y')];
    expect(await remaining(nodes)).toEqual(['wgconv.Pointwise s r y']);
  });

  test.each<[string, NodeInput[], { outputs?: string[] }, string[]]>([
    [
      'where the value between is an output',
      [node('Exp', 'x', 'e'), node('Neg', 'e', 'y')],
      { outputs: ['y', 'e'] },
      ['Exp', 'Neg'],
    ],
    [
      'where somebody else reads the value between',
      [
        node('Exp', 'x', 'e'),
        node('Neg', 'e', 'y'),
        { ...node('ReduceSum', 'e', 'z'), attributes: { keepdims: 1 } },
      ],
      { outputs: ['y', 'z'] },
      ['Exp', 'Neg', 'ReduceSum'],
    ],
    [
      'where the value between is smaller, and would be computed again and again',
      [node('Exp', 'x', 'e'), node('Mul', 'e', 'wide', 'y')],
      {},
      ['Exp', 'Mul'],
    ],
    [
      'where the result is bool',
      [node('Exp', 'x', 'e'), node('Less', 'e', 'row', 'y')],
      {},
      ['Exp', 'Less'],
    ],
  ])('stay apart %s', async (_, nodes, options, expected) => {
    expect(await remaining(nodes, options)).toEqual(expected);
  });

  test('are cut where there are more steps than one dispatch takes', async () => {
    const names = ['x', ...'abcdefghi', 'y'];
    const nodes = names.slice(1).map((name, at) => node('Exp', names[at] as string, name));
    expect(await remaining(nodes)).toEqual([
      'wgconv.Pointwise a b c d e f g h',
      'wgconv.Pointwise i y',
    ]);
  });
});
