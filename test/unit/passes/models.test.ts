/**
 * Real networks through all passes. Needs the models beside the project (`../shared/models`);
 * skips where they are absent.
 */

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isHostOnly } from '../../../src/core/dtype.ts';
import { isStatic } from '../../../src/core/shape.ts';
import { readOnnxModel } from '../../../src/formats/onnx/index.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import { countOperators } from '../../../src/graph/print.ts';
import { sortNodes } from '../../../src/graph/topology.ts';
import { findOperator } from '../../../src/ops/index.ts';
import { optimise, prepare } from '../../../src/passes/index.ts';

const models = resolve(import.meta.dirname, '../../../../shared/models');
const present = existsSync(models);
if (!present) console.log(`skipped: ${models} is absent`);

interface Expected {
  /** Operators that are left when everything is folded and fused, conversions aside. */
  readonly operators: Record<string, number>;
  /** Most conversions between layouts. */
  readonly conversions: number;
}

const classifier = { Reshape: 1, Gemm: 1, Softmax: 1 };

const expected: Record<string, Expected> = {
  'mnist-8/model': {
    operators: { Conv: 2, MaxPool: 2, Reshape: 1, MatMul: 1, Add: 1 },
    conversions: 1,
  },
  'squeezenet1.1/model': {
    operators: { Conv: 26, MaxPool: 3, Concat: 8, GlobalAveragePool: 1, Flatten: 1, Softmax: 1 },
    conversions: 0,
  },
  'mobilenet-v1-0.25/model': {
    operators: { Conv: 28, AveragePool: 1, Reshape: 1, Softmax: 1, Identity: 1 },
    conversions: 1,
  },
  'mobilenet-v2/model': {
    operators: { Conv: 53, AveragePool: 1, Reshape: 1, Softmax: 1, Identity: 1 },
    conversions: 1,
  },
  'super-resolution-10/model': {
    operators: { Conv: 4, 'wgconv.Permute': 1 },
    conversions: 0,
  },
  'ultraface-320/model': {
    // Batch normalisation, Relu and one residual add went into convolutions; the shapes of the
    // reshapes are constants; the arithmetic of the boxes is four chains.
    operators: {
      ...{ Conv: 52, Concat: 5, 'wgconv.Permute': 8, Softmax: 1, Slice: 6 },
      'wgconv.Pointwise': 4,
    },
    conversions: 0,
  },
  'onnx-light/light_bvlc_alexnet': {
    operators: { Conv: 5, LRN: 2, MaxPool: 3, Dropout: 2, ...classifier, Gemm: 3 },
    conversions: 1,
  },
  'onnx-light/light_densenet121': {
    // Behind each Concat a batch normalisation stays, with the Mul and Add that follow it.
    operators: {
      ...{ Conv: 121, BatchNormalization: 62, Concat: 58, MaxPool: 1 },
      ...{ AveragePool: 3, GlobalAveragePool: 1 },
    },
    conversions: 1,
  },
  'onnx-light/light_inception_v1': {
    operators: {
      ...{ Conv: 57, MaxPool: 13, LRN: 2, Concat: 9, AveragePool: 1, Dropout: 1 },
      ...classifier,
    },
    conversions: 1,
  },
  'onnx-light/light_inception_v2': {
    operators: { Conv: 69, MaxPool: 5, AveragePool: 8, Concat: 10, ...classifier },
    conversions: 1,
  },
  'onnx-light/light_resnet50': {
    operators: { Conv: 53, MaxPool: 1, AveragePool: 1, ...classifier },
    conversions: 1,
  },
  'onnx-light/light_shufflenet': {
    operators: {
      ...{ Conv: 49, MaxPool: 1, AveragePool: 4, Concat: 3, Relu: 3, 'wgconv.Permute': 16 },
      ...{ Reshape: 1, Gemm: 1, Softmax: 1 },
    },
    conversions: 1,
  },
  'onnx-light/light_squeezenet': {
    operators: { Conv: 26, MaxPool: 3, Concat: 8, Dropout: 1, GlobalAveragePool: 1, Softmax: 1 },
    conversions: 0,
  },
  'onnx-light/light_vgg19': {
    operators: { Conv: 16, MaxPool: 5, Dropout: 2, ...classifier, Gemm: 3 },
    conversions: 1,
  },
  'onnx-light/light_zfnet512': {
    operators: { Conv: 5, LRN: 2, MaxPool: 3, ...classifier, Gemm: 3 },
    conversions: 1,
  },
};

describe.skipIf(!present).each(Object.entries(expected))(
  '%s',
  (name, { operators, conversions }) => {
    test('loads, and is prepared for one image', { timeout: 60_000 }, async () => {
      const bytes = readFileSync(`${models}/${name}.onnx`);
      const graph = await optimise(await readOnnxModel(bytes), { foldShare: Infinity });
      const shapes = Object.fromEntries(
        graph.inputs.map((input) => [
          input.name,
          input.dims.map((dim) => (typeof dim === 'number' ? dim : 1)),
        ]),
      );
      const { original, prepared } = await prepare(graph, shapes);
      const { 'wgconv.ConvertLayout': converted = 0, ...counts } = countOperators(prepared);
      expect(counts).toEqual(operators);
      expect(converted).toBeLessThanOrEqual(conversions);
      checkGraph(original);
      checkGraph(prepared);
      checkLayouts(prepared);
      // Every node of the model is there once, as itself or as an original.
      const kept = prepared.nodes
        .filter((node) => node.op !== 'wgconv.ConvertLayout')
        .flatMap((node) => node.origin ?? [node]);
      expect(kept.map((node) => node.name).sort()).toEqual(
        original.nodes.map((node) => node.name).sort(),
      );
    });
  },
);

/** In order, with a static type for every value. */
function checkGraph(graph: Graph): void {
  const given = new Set([...graph.inputs.map((input) => input.name), ...graph.constants.keys()]);
  expect(sortNodes(graph.nodes, given)).toEqual(graph.nodes);
  for (const node of graph.nodes) {
    for (const value of [...node.inputs, ...node.outputs]) {
      if (value === '') continue;
      const type = graph.types.get(value);
      expect(type && isStatic(type), `type of ${value}`).toBe(true);
    }
  }
}

/** Every operator gets one of the layouts it offers; the boundary is linear. */
function checkLayouts(graph: Graph): void {
  for (const name of [...graph.inputs.map((input) => input.name), ...graph.outputs]) {
    expect(graph.layouts?.get(name) ?? 'linear', name).toBe('linear');
  }
  for (const node of graph.nodes) {
    const traits = findOperator(node.op)?.traits;
    const inputs = node.inputs.map((name) => graph.types.get(name));
    const choices = traits?.layouts?.({
      attributes: node.attributes,
      inputs,
      outputs: node.outputs.flatMap((name) => graph.types.get(name) ?? []),
      constant: (index) => graph.constants.get(node.inputs[index] ?? ''),
    });
    if (!choices) continue;
    const onHost = [...node.inputs, ...node.outputs].some((name) => {
      const type = graph.types.get(name)?.type;
      return type !== undefined && isHostOnly(type);
    });
    if (onHost) continue;
    const found = {
      inputs: node.inputs.map((name) => graph.layouts?.get(name)),
      outputs: node.outputs.map((name) => graph.layouts?.get(name)),
    };
    const fits = choices.some(
      (choice) =>
        choice.outputs.every((layout, slot) => layout === found.outputs[slot]) &&
        choice.inputs.every(
          (layout, slot) => layout === found.inputs[slot] || node.inputs[slot] === '',
        ),
    );
    expect(fits, `${node.op} ${node.name}: ${JSON.stringify({ found, choices })}`).toBe(true);
  }
}
