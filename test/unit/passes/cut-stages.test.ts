/** Graphs before and after they are cut where shapes depend on data. */

import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/graph/graph.ts';
import { buildNode } from '../../../src/ops/build-node.ts';
import { cutStages } from '../../../src/passes/cut-stages.ts';
import { tensorOf } from '../../support/random.ts';

function graphOf(
  nodes: readonly (readonly [op: string, inputs: string, outputs: string])[],
): Graph {
  return {
    name: 'test',
    inputs: [{ name: 'x', type: 'float32', dims: ['N', 4] }],
    outputs: ['y'],
    nodes: nodes.map(([op, inputs, outputs]) =>
      buildNode({ name: outputs, op, inputs: inputs.split(' '), outputs: outputs.split(' ') }),
    ),
    constants: new Map([['c', tensorOf([2], [0, 1])]]),
    types: new Map(),
  };
}

const summary = (graph: Graph) =>
  cutStages(graph).map(({ nodes, inputs, outputs, selections }) => ({
    nodes: nodes.map(({ name }) => name).join(' '),
    inputs: inputs.join(' '),
    outputs: outputs.join(' '),
    selections: selections.map(({ name }) => name).join(' '),
  }));

describe('cutStages', () => {
  it('leaves a graph whole in which nothing depends on data', () => {
    const graph = graphOf([['Relu', 'x', 'y']]);
    expect(summary(graph)).toEqual([{ nodes: 'y', inputs: 'x', outputs: 'y', selections: '' }]);
  });

  it('plans what does not depend on the selection before it, wherever it stands', () => {
    const graph = graphOf([
      ['Relu', 'x', 'a'],
      ['NonZero', 'a', 'places'],
      ['Transpose', 'places', 'tuples'],
      ['Abs', 'x', 'b'],
      ['GatherND', 'b tuples', 'y'],
    ]);
    expect(summary(graph)).toEqual([
      { nodes: 'a b', inputs: 'x', outputs: 'a b', selections: 'places' },
      { nodes: 'tuples y', inputs: 'places b', outputs: 'y', selections: '' },
    ]);
  });

  it('has a stage for each selection that depends on another', () => {
    const graph = graphOf([
      ['NonZero', 'x', 'a'],
      ['NonZero', 'a', 'b'],
      ['Abs', 'b', 'y'],
    ]);
    expect(summary(graph)).toEqual([
      { nodes: '', inputs: '', outputs: '', selections: 'a' },
      { nodes: '', inputs: '', outputs: '', selections: 'b' },
      { nodes: 'y', inputs: 'b', outputs: 'y', selections: '' },
    ]);
  });

  it('does not cut where the data follows from constants and shapes', () => {
    const graph = graphOf([
      ['Shape', 'x', 'shape'],
      ['ConstantOfShape', 'shape', 'zeros'],
      ['NonZero', 'zeros', 'places'],
      ['Gather', 'places c', 'y'],
    ]);
    expect(summary(graph).map(({ selections }) => selections)).toEqual(['']);
  });
});
