/** The numbers of the summary are TensorFlow.js's, and the table is Keras's. */

import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import * as layers from '../../../src/layers/index.ts';

/** Output shape and parameters of each row; then the totals. Names are cut, each at another place. */
function numbers(table: string): string[][] {
  return table.split('\n').flatMap((line) => {
    const total = /params: ([\d,]+)/.exec(line);
    if (total) return [[(total[1] ?? '').replaceAll(',', '')]];
    const shapes = [...line.matchAll(/[[(](?:null|None)[\d, nullNone]*[\])]/g)];
    const shape = shapes.at(-1)?.[0];
    if (!shape) return [];
    const rest = line.slice(line.lastIndexOf(shape) + shape.length);
    const parameters = /\d+/.exec(rest)?.[0] ?? '';
    const sizes = shape
      .replaceAll('null', 'None')
      .replace(/[^\d,None]/g, '')
      .replaceAll(',', ' ');
    return [[sizes.replace(/ +/g, ' '), parameters]];
  });
}

function printed(model: tf.LayersModel): string {
  const lines: string[] = [];
  model.summary(undefined, undefined, (line: string) => lines.push(line));
  return lines.join('\n');
}

test('of layers in sequence', () => {
  const build = (l: typeof layers) =>
    [
      l.conv2d({ inputShape: [28, 28, 1], filters: 6, kernelSize: 5, padding: 'same' }),
      l.averagePooling2d({}),
      l.batchNormalization({}),
      l.separableConv2d({ filters: 16, kernelSize: 3 }),
      l.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }),
      l.flatten({}),
      l.dropout({ rate: 0.5 }),
      l.dense({ units: 10, activation: 'softmax' }),
    ] as const;
  const own = layers.sequential(build(layers));
  const peer = tf.sequential();
  for (const layer of build(tf.layers as never) as unknown as tf.layers.Layer[]) peer.add(layer);
  const rows = numbers(own.summary());
  expect(rows).toHaveLength(8 + 3);
  expect(rows).toEqual(numbers(printed(peer)));
  expect(own.countParams()).toBe(peer.countParams());
});

test('of a graph of layers, in the same order', () => {
  const x = layers.input({ shape: [null, null, 3] });
  const a = layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same' }).apply(x);
  const b = layers.conv2d({ filters: 4, kernelSize: 1 }).apply(x);
  const y = layers.concatenate().apply([layers.add().apply([a, b]), b]);
  const own = layers.model({ inputs: x, outputs: layers.globalAveragePooling2d().apply(y) });

  const px = tf.input({ shape: [null, null, 3] });
  const pa = tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same' }).apply(px);
  const pb = tf.layers.conv2d({ filters: 4, kernelSize: 1 }).apply(px);
  const sum = tf.layers.add().apply([pa, pb] as tf.SymbolicTensor[]);
  const py = tf.layers.concatenate().apply([sum, pb] as tf.SymbolicTensor[]);
  const pooled = tf.layers.globalAveragePooling2d({}).apply(py) as tf.SymbolicTensor;
  expect(numbers(own.summary())).toEqual(
    numbers(printed(tf.model({ inputs: px, outputs: pooled }))),
  );
});

test('is the table that Keras prints', () => {
  const net = layers.sequential([
    layers.conv2d({ inputShape: [28, 28, 1], filters: 32, kernelSize: 3, activation: 'relu' }),
    layers.maxPooling2d(),
    layers.flatten(),
    layers.dense({ units: 10, activation: 'softmax' }),
  ]);
  expect(
    net
      .summary()
      .split('\n')
      .map((line) => line.trimEnd()),
  ).toEqual([
    'Model: "sequential"',
    '_'.repeat(65),
    'Layer (type)                 Output Shape              Param #',
    '='.repeat(65),
    'conv2d (Conv2D)              (None, 26, 26, 32)        320',
    '_'.repeat(65),
    'max_pooling2d (MaxPooling2D) (None, 13, 13, 32)        0',
    '_'.repeat(65),
    'flatten (Flatten)            (None, 5408)              0',
    '_'.repeat(65),
    'dense (Dense)                (None, 10)                54090',
    '='.repeat(65),
    'Total params: 54,410',
    'Trainable params: 54,410',
    'Non-trainable params: 0',
    '_'.repeat(65),
  ]);
});
