/** The forms in which versions of Keras write a model, and what is said of files that are damaged. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { WgconvError } from '../../../../src/core/errors.ts';
import { readKerasModel } from '../../../../src/formats/keras/index.ts';
import { InferenceSession, Tensor } from '../../../../src/index.ts';
import { bytesOf } from '../../../support/keras-files.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

/** Two dense layers of one feature in all forms: y = (2x + 3) and z = relu(5y). */
const weights = [
  ['first/kernel', [1, 1]],
  ['first/bias', [1]],
  ['second/kernel', [1, 1]],
].map(([name, shape]) => ({ name, shape, dtype: 'float32' }));
const shard = { path: 'w.bin', data: new Uint8Array(Float32Array.of(2, 3, 5).buffer) };
const fileOf = (modelTopology: unknown, more: object = {}): object =>
  structuredClone({
    ...{ format: 'layers-model', modelTopology, ...more },
    weightsManifest: [{ paths: ['w.bin'], weights }],
  });

const first = { name: 'first', units: 1, batch_input_shape: [null, 1] };
const second = { name: 'second', units: 1, use_bias: false, activation: 'relu' };
const layer = (config: object, more: object = {}) => ({ class_name: 'Dense', config, ...more });
const start = { class_name: 'InputLayer', config: { name: 'x', batch_input_shape: [null, 1] } };
const graphOf = (layers: readonly object[], ends: object = {}, class_name = 'Functional') => ({
  class_name,
  config: {
    name: 'net',
    layers,
    ...{ input_layers: [['x', 0, 0]], output_layers: [['second', 0, 0]], ...ends },
  },
});
const keras2 = [
  { ...start, name: 'x', inbound_nodes: [] },
  layer(first, { name: 'first', inbound_nodes: [[['x', 0, 0, {}]]] }),
  layer(second, { name: 'second', inbound_nodes: [[['first', 0, 0, { training: null }]]] }),
];
const keras3Tensor = (name: string) => ({
  class_name: '__keras_tensor__',
  config: { shape: [null, 1], dtype: 'float32', keras_history: [name, 0, 0] },
});
const keras3Policy = { module: 'keras', class_name: 'DTypePolicy', config: { name: 'float32' } };
const keras3 = [
  {
    ...start,
    name: 'x',
    config: { name: 'x', batch_shape: [null, 1], dtype: 'float32' },
    inbound_nodes: [],
  },
  layer(
    { name: 'first', units: 1, dtype: keras3Policy },
    { name: 'first', inbound_nodes: [{ args: [keras3Tensor('x')], kwargs: {} }] },
  ),
  layer(second, {
    name: 'second',
    inbound_nodes: [{ args: [[keras3Tensor('first')]], kwargs: { mask: null } }],
  }),
];
const sequential = (layers: readonly object[], more: object = {}) => ({
  class_name: 'Sequential',
  config: { name: 'net', layers, ...more },
});

const open = (file: object) =>
  InferenceSession.create(bytesOf(file), { externalData: [shard], backend: 'cpu' });

async function expectComputes(file: object) {
  const session = await open(file);
  const [input = ''] = session.inputNames;
  const results = await session.run({ [input]: new Tensor('float32', [-4, 10], [2, 1]) });
  expect([...(results[session.outputNames[0] ?? '']?.data ?? [])]).toEqual([0, 115]);
}

describe('a model is read', () => {
  const plain = sequential([layer(first), layer(second)]);
  const cases: Record<string, object> = {
    'of Keras 1: a list of layers': fileOf({
      class_name: 'Sequential',
      config: [layer(first), layer(second)],
    }),
    'without a format': { ...fileOf(plain), format: undefined },
    'of a converted file': fileOf({ keras_version: '2.4.0', model_config: plain }),
    'whose configuration is text': fileOf({ model_config: JSON.stringify(plain) }),
    'with an input layer': fileOf(
      sequential([start, layer({ name: 'first', units: 1 }), layer(second)]),
    ),
    'of Keras 3 in sequence': fileOf(
      sequential([
        layer({ name: 'first', units: 1 }, { build_config: { input_shape: [null, 1] } }),
        layer(second),
      ]),
    ),
    'in camel case': fileOf({
      className: 'Sequential',
      config: {
        name: 'net',
        layers: [
          { className: 'Dense', config: { name: 'first', units: 1, batchInputShape: [null, 1] } },
          {
            className: 'Dense',
            config: { name: 'second', units: 1, useBias: false, activation: 'relu' },
          },
        ],
      },
    }),
    'of Keras 2, functional': fileOf(graphOf(keras2)),
    'of the class Model': fileOf(graphOf(keras2, {}, 'Model')),
    'of a class of its own': fileOf(graphOf(keras2, {}, 'MyNet')),
    'of Keras 3, functional': fileOf(graphOf(keras3)),
    'whose layers are in another order': fileOf(graphOf([...keras2].reverse())),
    'with ends that are no lists': fileOf(
      graphOf(keras2, { input_layers: ['x', 0, 0], output_layers: { y: ['second', 0, 0] } }),
    ),
    'with a model that was built before it was applied': fileOf(
      graphOf(
        [
          keras2[0] as object,
          {
            ...sequential([
              { ...start, config: { ...start.config, name: 'in' } },
              layer(first),
              layer(second),
            ]),
            name: 'inner',
            inbound_nodes: [[['x', 0, 0, {}]]],
          },
        ],
        { output_layers: [['inner', 1, 0]] },
      ),
    ),
    'with what only training has': fileOf(
      sequential([
        layer({
          ...first,
          kernel_initializer: { class_name: 'Zeros' },
          activity_regularizer: null,
        }),
        { class_name: 'GaussianNoise', config: { name: 'noise', stddev: 3 } },
        layer({
          ...second,
          activation: { class_name: 'function', config: 'relu' },
          trainable: false,
        }),
      ]),
    ),
  };
  test.each(Object.entries(cases))('%s', (_, file) => expectComputes(file));

  test('after white space and a byte order mark', async () => {
    const text = `\uFEFF \n\t${JSON.stringify(fileOf(plain))}`;
    const session = await InferenceSession.create(new TextEncoder().encode(text), {
      ...{ externalData: [shard], backend: 'cpu' },
    });
    expect(session.outputNames).toEqual(['second']);
  });
});

describe('an error', () => {
  const errorOf = async (bytes: Uint8Array): Promise<WgconvError> => {
    const error = await readKerasModel(bytes, { files: [shard] }).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (error instanceof WgconvError) return error;
    throw new Error(`no WgconvError but ${error}`);
  };
  const dense2 = (nodes: unknown) => [keras2[0], keras2[1], { ...keras2[2], inbound_nodes: nodes }];
  const withLayer = (className: string, config: object = {}) =>
    sequential([layer(first), { class_name: className, config: { name: 'odd', ...config } }]);

  const damaged: readonly [string, unknown, string][] = [
    ['that is cut off', '{"format": "layers-mo', 'cannot be read as JSON'],
    ['that is another object', { a: 1 }, 'it has no modelTopology'],
    [
      'that is a graph model',
      { format: 'graph-model', modelTopology: { node: [] } },
      'convert the model to ONNX',
    ],
    ['of an unknown format', fileOf({}, { format: 'tfjs-9' }), 'the format "tfjs-9"'],
    [
      'without weights',
      { ...fileOf(sequential([layer(first)])), weightsManifest: [] },
      'has no weightsManifest',
    ],
    [
      'whose manifest is no list',
      { ...fileOf(sequential([])), weightsManifest: {} },
      'no list of { paths, weights }',
    ],
    [
      'of a class that is no model',
      fileOf({ class_name: 'Dense', config: {} }),
      'the class "Dense", which is no model',
    ],
    ['without a class', fileOf({ config: {} }), 'does not say its class_name'],
    ['without layers', fileOf(sequential([])), 'has no layers'],
    [
      'without a list of layers',
      fileOf({ class_name: 'Sequential', config: {} }),
      'no list of layers',
    ],
    [
      'with two layers of a name',
      fileOf(sequential([layer(first), layer(first)])),
      'two layers "first"',
    ],
    [
      'without an input shape',
      fileOf(sequential([layer(second)])),
      'the layer "second" (Dense), which the model begins with, has no input shape',
    ],
    [
      'with an impossible input',
      fileOf(sequential([layer({ ...first, batch_input_shape: [null, -3] })])),
      'must be sizes without the batch',
    ],
    [
      'with whole numbers for input',
      fileOf(sequential([layer({ ...first, dtype: 'int32' })])),
      'has int32 elements',
    ],
    [
      'of layers in a cycle',
      fileOf(
        graphOf([
          keras2[0],
          { ...keras2[1], inbound_nodes: [[['second', 0, 0]]] },
          keras2[2],
        ] as object[]),
      ),
      'wait for each other in a cycle: "first", "second"',
    ],
    [
      'that reads what nothing makes',
      fileOf(graphOf(dense2([[['ghost', 0, 0]]]) as object[])),
      'takes output 0 of call 0 of "ghost"',
    ],
    [
      'that reads a second output',
      fileOf(graphOf(dense2([[['first', 0, 1]]]) as object[])),
      'takes output 1 of call 0 of "first"',
    ],
    [
      'whose output nothing makes',
      fileOf(graphOf(keras2, { output_layers: [['ghost', 0, 0]] })),
      'gives output 0 of call 0 of "ghost", which no layer makes',
    ],
    [
      'whose input is no layer',
      fileOf(graphOf(keras2, { input_layers: [['ghost', 0, 0]] })),
      'has no layer "ghost", its input',
    ],
    [
      'without outputs',
      fileOf(graphOf(keras2, { output_layers: [] })),
      'the outputs of the model "net" are not said',
    ],
    [
      'with a call that has arguments',
      fileOf(graphOf(dense2([[['first', 0, 0, { scale: 2 }]]]) as object[])),
      'is called with scale = 2',
    ],
    [
      'with a broken reference',
      fileOf(graphOf(dense2([[['first', -1, 0]]]) as object[])),
      'names no output of a layer',
    ],
    [
      'with absurd options',
      fileOf(sequential([layer({ ...first, units: -2 })])),
      'in the model.json, layer "first" (Dense): units must be an integer from 1',
    ],
    [
      'of absurd sizes',
      fileOf(sequential([layer({ ...first, units: 2 ** 30 })])),
      'takes [1,1073741824] for its kernel',
    ],
    [
      'of sizes beyond 32 bits',
      fileOf(sequential([layer({ ...first, units: 2 ** 40 })])),
      'units must be less than 2³¹, not 1099511627776',
    ],
    [
      'of an unknown activation',
      fileOf(sequential([layer({ ...first, activation: 'zap' })])),
      'activation "zap" is none of',
    ],
    [
      'with the channels first',
      fileOf(withLayer('MaxPooling2D', { data_format: 'channels_first' })),
      'the channels first',
    ],
    ['that is nested without end', fileOf(nested(60)), 'nested deeper than 50'],
    [
      'whose lists are nested without end',
      `{"modelTopology":{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
      'deeper than 1000',
    ],
    ['whose models double each other', fileOf(doubled(45)), 'more than 100000 times'],
  ];
  test.each(damaged)('names what is wrong in a file %s', async (_, file, message) => {
    const bytes = typeof file === 'string' ? new TextEncoder().encode(file) : bytesOf(file);
    const error = await errorOf(bytes);
    expect(error.message).toContain(message);
    expect(['invalid-model', 'unsupported-type', 'unsupported-operator']).toContain(error.code);
  });

  test('lists all layers that are not supported at once', async () => {
    const list = ['LSTM', 'LSTM', 'Lambda', 'constructor'].map((class_name, index) => ({
      ...{ class_name, config: { name: `odd${index}` } },
    }));
    const error = await errorOf(
      bytesOf(
        fileOf(
          sequential([layer(first), { ...sequential(list), config: { name: 'in', layers: list } }]),
        ),
      ),
    );
    expect(error.code).toBe('unsupported-operator');
    expect(error.message).toBe(
      '3 layer classes of this model are not supported by wgconv: LSTM at "in/odd0", "in/odd1"; ' +
        'Lambda (a Python function) at "in/odd2"; constructor at "in/odd3"',
    );
    expect(error.data.unsupported).toHaveLength(4);
  });

  /** Each model applies the one within it to what that made already. */
  function doubled(depth: number): object {
    const inner = depth === 0 ? layer(first, { name: 'first' }) : doubled(depth - 1);
    const { name } = inner as { name: string };
    const twice = [[['x', 0, 0, {}]], [[name, 0, 0, {}]]];
    return {
      ...graphOf(
        [
          { ...start, name: 'x' },
          { ...inner, inbound_nodes: twice },
        ],
        {
          output_layers: [[name, 1, 0]],
        },
      ),
      name: `m${depth}`,
    };
  }

  function nested(depth: number): object {
    return depth === 0 ? layer(first) : { ...sequential([nested(depth - 1)]), name: `n${depth}` };
  }
});
