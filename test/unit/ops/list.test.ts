/** The list of operators names exactly what its families bring. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Tensor } from '../../../src/core/tensor.ts';
import { families, findOperator, loadOperators, operatorNames } from '../../../src/ops/index.ts';
import { encodeModel } from '../../support/onnx-writer.ts';

describe('the list of operators', () => {
  it('brings every operator that it names, under its name', async () => {
    await loadOperators(operatorNames);
    for (const name of operatorNames) expect(findOperator(name)?.type).toBe(name);
  });

  it.each(families)('has the family %s, which brings these and no others', async (names, load) => {
    const types = (await load()).map(({ type }) => type);
    expect(types.sort()).toEqual(names.split(' ').sort());
  });

  it('names an operator once', () => {
    expect(new Set(operatorNames).size).toBe(operatorNames.length);
  });

  it('passes over names that wgconv does not have', async () => {
    await loadOperators(['NoSuchOperator']);
    expect(findOperator('NoSuchOperator')).toBeUndefined();
  });
});

describe('a session', () => {
  afterEach(() => vi.resetModules());

  const model = encodeModel({
    nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', dims: [2] }],
    outputs: ['y'],
  });

  // Modules anew, in which no operator is loaded yet.
  async function fresh() {
    vi.resetModules();
    const { InferenceSession, Tensor: FreshTensor } = await import('../../../src/index.ts');
    const { findOperator: find } = await import('../../../src/ops/index.ts');
    const x: Tensor = new FreshTensor('float32', Float32Array.of(-1, 2), [2]);
    return { InferenceSession, find, x };
  }

  it('loads the operators of its model and no others', async () => {
    const { InferenceSession, find, x } = await fresh();
    expect([find('Relu'), find('Conv')]).toEqual([undefined, undefined]);
    const session = await InferenceSession.create(model, { backend: 'cpu' });
    expect([find('Relu')?.type, find('Conv')]).toEqual(['Relu', undefined]);
    const { y } = await session.run({ x });
    expect([...((await y?.getData()) ?? [])]).toEqual([0, 2]);
  });

  it('loads those that a transform of the graph brings, too', async () => {
    const { InferenceSession, find, x } = await fresh();
    const session = await InferenceSession.create(model, {
      backend: 'cpu',
      transform: (graph) => ({
        ...graph,
        outputs: ['z'],
        nodes: [
          ...graph.nodes,
          { name: 'again', op: 'Identity', inputs: ['y'], outputs: ['z'], attributes: null },
        ],
      }),
    });
    expect(find('Identity')?.type).toBe('Identity');
    const { z } = await session.run({ x });
    expect([...((await z?.getData()) ?? [])]).toEqual([0, 2]);
  });

  it('loads those of a graph that comes as one', async () => {
    const { InferenceSession: First } = await fresh();
    const { graph } = await First.create(model, { backend: 'cpu' });
    const { InferenceSession, x } = await fresh();
    const session = await InferenceSession.create(graph, { backend: 'cpu' });
    const { y } = await session.run({ x });
    expect([...((await y?.getData()) ?? [])]).toEqual([0, 2]);
  });

  it('names all operators that wgconv does not have', async () => {
    const { InferenceSession } = await fresh();
    const other = encodeModel({
      nodes: [
        { op: 'NoSuch', inputs: ['x'], outputs: ['a'] },
        { op: 'Relu', inputs: ['a'], outputs: ['b'] },
        { op: 'NorThis', inputs: ['b'], outputs: ['y'] },
      ],
      inputs: [{ name: 'x', dims: [2] }],
      outputs: ['y'],
    });
    await expect(InferenceSession.create(other, { backend: 'cpu' })).rejects.toThrow(
      /2 operators of this model.*NoSuch.*NorThis/,
    );
  });
});
