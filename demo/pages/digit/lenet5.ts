/** LeNet-5 from its ONNX file, as stages. */

import modelUrl from '../../../models/lenet5/lenet5.onnx?url';
import { elementsOf } from '../../../src/core/tensor.ts';
import type { Graph } from '../../../src/index.ts';
import { createSession } from '../../lib/engine.ts';
import type { Network } from './networks.ts';
import type { Convolution, Dense, Stage } from './stages.ts';

export async function loadLenet5(): Promise<Network> {
  let stages: readonly Stage[] = [];
  const session = await createSession(modelUrl, {
    // Weights are read before any pass merges them into something else.
    transform: (graph) => {
      stages = lenet5Stages(graph);
      return graph;
    },
  });
  return {
    ...{ id: 'lenet5', session, stages, inputDims: [1, 1, 28, 28] },
    output: stages.length - 1,
    probabilities: 'probabilities',
    prepare: (picture) => picture.slice(),
  };
}

/** @param graph the model as it was read */
export function lenet5Stages(graph: Graph): readonly Stage[] {
  const weights = (name: string): Float32Array => {
    const tensor = graph.constants.get(name);
    if (!tensor) throw new Error(`lenet5.onnx has no weight "${name}"`);
    return elementsOf(tensor) as Float32Array;
  };
  const convolution = (name: string, sees: number, filters: number, padding = 0): Convolution => ({
    ...{ kind: 'convolution', size: 5, stride: 1, padding, paddingValue: 0, activation: 'relu' },
    connections: Array.from({ length: filters }, () => Array.from({ length: sees }, (_, at) => at)),
    weights: weights(`${name}.weight`),
    bias: weights(`${name}.bias`),
  });
  const dense = (name: string, activation: Dense['activation']): Dense => ({
    ...{ kind: 'dense', activation },
    weights: weights(`${name}.weight`),
    bias: weights(`${name}.bias`),
  });
  const maps = (channels: number, side: number) => ({ channels, height: side, width: side });
  const pooling = { kind: 'pooling', size: 2 } as const;
  const c1 = convolution('C1', 1, 6, 2);
  const c3 = convolution('C3', 6, 16);
  const c5 = convolution('C5', 16, 120);
  const stages: Omit<Stage, 'from' | 'signed'>[] = [
    { name: 'input', value: 'input', ...maps(1, 28), how: { kind: 'input' }, range: [0, 1] },
    { name: 'C1', value: 'C1.relu', ...maps(6, 28), how: c1 },
    { name: 'S2', value: 'S2', ...maps(6, 14), how: pooling },
    { name: 'C3', value: 'C3.relu', ...maps(16, 10), how: c3 },
    { name: 'S4', value: 'S4', ...maps(16, 5), how: pooling },
    { name: 'C5', value: 'C5.relu', ...maps(120, 1), how: c5 },
    { name: 'flatten', value: '', ...maps(120, 1), how: { kind: 'flatten' } },
    { name: 'F6', value: 'F6.relu', ...maps(84, 1), how: dense('F6', 'relu') },
    { name: 'output', value: 'output', ...maps(10, 1), how: dense('output', 'none') },
  ];
  return stages.map((stage, at) => ({ ...stage, from: at - 1, signed: stage.name === 'output' }));
}
