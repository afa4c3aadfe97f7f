/** ONNX files → graphs: what is read, and what is said about files that cannot be. */

import { describe, expect, test } from 'vitest';
import { WgconvError } from '../../../src/core/errors.ts';
import { elementsOf, hostTensor } from '../../../src/core/tensor.ts';
import { readModelProto } from '../../../src/formats/onnx/proto.ts';
import { graphOf, refuseUnsupported } from '../../../src/formats/onnx/read-model.ts';
import type { Graph } from '../../../src/graph/graph.ts';
import type { OperatorLookup } from '../../../src/ops/build-node.ts';
import type { AttributeReader } from '../../../src/ops/operator.ts';
import { fakeOperator, lookupOf } from '../../support/fake-operators.ts';
import { encodeModel, type ModelInput } from '../../support/onnx-writer.ts';

interface ProbeAttributes {
  readonly opset: number;
  readonly ends: readonly number[] | undefined;
  readonly alpha: number;
  readonly mode: string;
}

const find = lookupOf(
  fakeOperator({ type: 'Relu' }),
  fakeOperator({ type: 'Add', arity: { inputs: [2, 2], outputs: [1, 1] } }),
  fakeOperator({ type: 'Concat', arity: { inputs: [1, Infinity], outputs: [1, 1] } }),
  fakeOperator({ type: 'Split', arity: { inputs: [1, 2], outputs: [1, Infinity] } }),
  fakeOperator({ type: 'wgconv.Probe' }),
  fakeOperator<ProbeAttributes>({
    type: 'Probe',
    attributes: (reader: AttributeReader, opset) => ({
      opset,
      ends: reader.ints('ends'),
      alpha: reader.float('alpha', 1),
      mode: reader.string('mode', 'none'),
    }),
  }),
);

const readOnnxModel = (bytes: Uint8Array, lookup: OperatorLookup) =>
  graphOf(readModelProto(bytes), lookup);
const read = (model: ModelInput) => readOnnxModel(encodeModel(model), find);

const x = { name: 'x', dims: [1, 3] };
const relu = { op: 'Relu', name: 'r', inputs: ['x'], outputs: ['y'] };
const f32 = (...values: number[]) =>
  hostTensor('float32', [values.length], Float32Array.from(values));

/** The error that reading throws; fails where it does not. */
function errorOf(run: () => unknown): WgconvError {
  try {
    run();
  } catch (error) {
    if (error instanceof WgconvError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a model', () => {
  test('becomes inputs, outputs, nodes and constants', () => {
    const graph = read({
      name: 'tiny',
      nodes: [relu, { op: 'Add', name: 'a', inputs: ['y', 'w'], outputs: ['z'] }],
      inputs: [{ name: 'x', dims: ['batch', 3, '', -1] }],
      outputs: ['z'],
      initializers: { w: f32(1, 2, 3) },
    });
    expect(graph.name).toBe('tiny');
    expect(graph.inputs).toEqual([{ name: 'x', type: 'float32', dims: ['batch', 3, '?0', '?1'] }]);
    expect(graph.outputs).toEqual(['z']);
    expect(graph.nodes).toEqual([
      { name: 'r', op: 'Relu', inputs: ['x'], outputs: ['y'], attributes: {} },
      { name: 'a', op: 'Add', inputs: ['y', 'w'], outputs: ['z'], attributes: {} },
    ]);
    expect(elementsOf(graph.constants.get('w') as never)).toEqual(Float32Array.of(1, 2, 3));
  });

  test('keeps raw weights as views of the file', () => {
    const bytes = encodeModel({
      nodes: [relu],
      inputs: [x],
      outputs: ['y'],
      initializers: { w: f32(1, 2) },
    });
    const graph = readOnnxModel(bytes, find);
    expect(graph.constants.get('w')?.bytes.buffer).toBe(bytes.buffer);
  });

  test('may list its nodes in any order', () => {
    const graph = read({
      nodes: [{ op: 'Add', name: 'last', inputs: ['y', 'x'], outputs: ['z'] }, relu],
      inputs: [x],
      outputs: ['z'],
    });
    expect(graph.nodes.map((node) => node.name)).toEqual(['r', 'last']);
  });

  test('keeps the given order where that is one', () => {
    const names = ['c', 'a', 'b'];
    const graph = read({
      nodes: names.map((name) => ({ op: 'Relu', name, inputs: ['x'], outputs: [`${name}.y`] })),
      inputs: [x],
      outputs: ['a.y'],
    });
    expect(graph.nodes.map((node) => node.name)).toEqual(names);
  });

  test('gets names for nodes that have none, or the same', () => {
    const graph = read({
      nodes: [
        { op: 'Relu', name: 'same', inputs: ['x'], outputs: ['a'] },
        { op: 'Relu', name: 'same', inputs: ['a'], outputs: ['b'] },
        { op: 'Relu', inputs: ['b'], outputs: ['c'] },
      ],
      inputs: [x],
      outputs: ['c'],
    });
    expect(graph.nodes.map((node) => node.name)).toEqual(['same', 'same_2', 'Relu_2']);
  });

  test('of IR version 3 lists initializers among its inputs: they are constants', () => {
    const graph = read({
      irVersion: 3,
      nodes: [{ op: 'Add', inputs: ['x', 'w'], outputs: ['y'] }],
      inputs: [x, { name: 'w', dims: [3] }],
      outputs: ['y'],
      initializers: { w: f32(1, 2, 3) },
    });
    expect(graph.inputs.map((input) => input.name)).toEqual(['x']);
    expect([...graph.constants.keys()]).toEqual(['w']);
  });

  test('loses trailing outputs that are left out; others get names', () => {
    const graph = read({
      nodes: [{ op: 'Split', name: 's', inputs: ['x'], outputs: ['', 'y', ''] }],
      inputs: [x],
      outputs: ['y'],
    });
    expect(graph.nodes[0]?.outputs).toEqual(['s:unused0', 'y']);
  });

  test("has wgconv's own operators in the domain wgconv", () => {
    const graph = read({
      nodes: [{ op: 'Probe', domain: 'wgconv', inputs: ['x'], outputs: ['y'] }],
      inputs: [x],
      outputs: ['y'],
      domains: { wgconv: 1 },
    });
    expect(graph.nodes[0]?.op).toBe('wgconv.Probe');
  });
});

describe('attributes', () => {
  const probe = (attributes: object, more: Partial<ModelInput> = {}): Graph =>
    read({
      nodes: [
        { op: 'Probe', name: 'p', inputs: ['x'], outputs: ['y'], attributes: { ...attributes } },
      ],
      inputs: [x],
      outputs: ['y'],
      ...more,
    });

  test('reach the operator with the opset', () => {
    const max = 2n ** 63n - 1n;
    const graph = probe({ ends: [max, -max, 5n], alpha: 0.5, mode: 'fast' }, { opset: 9 });
    expect(graph.nodes[0]?.attributes).toEqual({
      opset: 9,
      ends: [2 ** 63, -(2 ** 63), 5],
      alpha: 0.5,
      mode: 'fast',
    });
  });

  test('that the operator does not have are refused', () => {
    const error = errorOf(() => probe({ beta: 1 }));
    expect(error.message).toBe('the operator has no attribute "beta" (Probe node "p")');
    expect(error.code).toBe('invalid-attribute');
  });

  test('of the wrong kind are refused', () => {
    expect(errorOf(() => probe({ mode: 3 })).message).toBe(
      'attribute "mode" must be of kind string, not int (Probe node "p")',
    );
    const body = { nodes: [], inputs: [], outputs: [] };
    expect(errorOf(() => probe({ mode: { graph: body } })).message).toBe(
      'attribute "mode" must be of kind string, not graph (Probe node "p")',
    );
  });
});

describe('Constant nodes', () => {
  const constant = (attributes: NonNullable<ModelInput['nodes'][number]['attributes']>) =>
    read({
      nodes: [
        { op: 'Constant', name: 'k', inputs: [], outputs: ['c'], attributes },
        { op: 'Add', inputs: ['x', 'c'], outputs: ['y'] },
      ],
      inputs: [x],
      outputs: ['y'],
    });

  test.each([
    ['value', f32(1, 2), f32(1, 2)],
    ['value_float', { float: 2 }, hostTensor('float32', [], Float32Array.of(2))],
    ['value_floats', { floats: [1, 2] }, f32(1, 2)],
    ['value_int', 7, hostTensor('int64', [], BigInt64Array.of(7n))],
    [
      'value_ints',
      [2n ** 63n - 1n, -1n],
      hostTensor('int64', [2], BigInt64Array.of(2n ** 63n - 1n, -1n)),
    ],
  ])('with %s become constants', (name, value, expected) => {
    const graph = constant({ [name]: value });
    const found = graph.constants.get('c');
    expect(graph.nodes.map((node) => node.op)).toEqual(['Add']);
    expect(found?.type).toBe(expected.type);
    expect(found?.dims).toEqual(expected.dims);
    expect(elementsOf(found as never)).toEqual(elementsOf(expected));
  });

  test('with strings are refused', () => {
    expect(errorOf(() => constant({ value_string: 'a' })).message).toBe(
      'the constant is a string, which wgconv does not support (Constant node "k")',
    );
  });
});

describe('an error', () => {
  test('lists every operator that is not supported at once', async () => {
    const node = (op: string, name: string, domain = '') => ({
      op,
      name,
      domain,
      inputs: ['x'],
      outputs: [`${name}.y`],
    });
    const model = readModelProto(
      encodeModel({
        nodes: [
          node('If', 'branch'),
          relu,
          ...['1', '2', '3', '4'].map((name) => node('Odd', name)),
          node('FusedConv', 'f', 'com.microsoft'),
          node('Mine', 'm', 'local'),
        ],
        inputs: [x],
        outputs: ['y'],
        domains: { 'com.microsoft': 1, local: 2 },
        functions: [{ domain: 'local', name: 'Mine' }],
      }),
    );
    const error = await refuseUnsupported(model, find).catch((reason: WgconvError) => reason);
    if (!error) throw new Error('nothing was thrown');
    expect(error.code).toBe('unsupported-operator');
    expect(error.message).toBe(
      '4 operators of this model are not supported by wgconv: If (opset 17) at "branch"; ' +
        'Odd (opset 17) at "1", "2", "3", 1 more; FusedConv (domain com.microsoft, version 1) at "f"; ' +
        'Mine (domain local, version 2, a function that the model defines itself) at "m"',
    );
    expect(error.data.unsupported).toHaveLength(7);
    expect(error.data.unsupported).toContainEqual({
      operator: 'FusedConv',
      node: 'f',
      opset: 1,
      domain: 'com.microsoft',
    });
  });

  const cases: [string, Partial<ModelInput>, string, string][] = [
    [
      'a wrong number of inputs',
      { nodes: [{ op: 'Add', name: 'a', inputs: ['x'], outputs: ['y'] }] },
      'invalid-model',
      'the node has 1 input, but its operator takes 2 (Add node "a")',
    ],
    [
      'too few inputs of a variadic operator',
      { nodes: [{ op: 'Concat', name: 'c', inputs: [], outputs: ['y'] }] },
      'invalid-model',
      'the node has 0 inputs, but its operator takes 1 or more (Concat node "c")',
    ],
    [
      'too many outputs',
      { nodes: [{ op: 'Relu', name: 'r', inputs: ['x'], outputs: ['y', 'z'] }] },
      'invalid-model',
      'the node has 2 outputs, but its operator takes 1 (Relu node "r")',
    ],
    [
      'a cycle',
      {
        nodes: [
          { op: 'Add', name: 'a', inputs: ['x', 'q'], outputs: ['p'] },
          { op: 'Relu', name: 'b', inputs: ['p'], outputs: ['q'] },
        ],
        outputs: ['q'],
      },
      'invalid-model',
      'the graph has a cycle: a → b → a (Add node "a")',
    ],
    [
      'a value that nothing makes',
      { nodes: [{ op: 'Relu', name: 'r', inputs: ['ghost'], outputs: ['y'] }] },
      'invalid-model',
      'the value "ghost" is read, but nothing in the graph makes it (Relu node "r")',
    ],
    [
      'a value made by two nodes',
      { nodes: [relu, { op: 'Relu', name: 'again', inputs: ['x'], outputs: ['y'] }] },
      'invalid-model',
      'the value "y" is made twice: by node "r" and by node "again" (Relu node "again")',
    ],
    [
      'a node that makes an input',
      { nodes: [{ op: 'Relu', name: 'r', inputs: ['y'], outputs: ['x'] }], outputs: ['x'] },
      'invalid-model',
      'the value "x" is made twice: by an input or initializer of the graph and by node "r" (Relu node "r")',
    ],
    [
      'a Constant that makes an input',
      {
        nodes: [
          { op: 'Constant', name: 'k', inputs: [], outputs: ['x'], attributes: { value_int: 1 } },
        ],
      },
      'invalid-model',
      'the value "x" is made twice (Constant node "k")',
    ],
    [
      'an output that nothing makes',
      { outputs: ['ghost'] },
      'invalid-model',
      'nothing in the graph makes the output "ghost"',
    ],
    ['an output twice', { outputs: ['y', 'y'] }, 'invalid-model', 'the output "y" is listed twice'],
    ['no outputs', { outputs: [] }, 'invalid-model', 'the model has no outputs'],
    ['an input twice', { inputs: [x, x] }, 'invalid-model', 'there are two inputs "x"'],
    [
      'an input without a shape',
      { inputs: [{ name: 'x', type: 'float32' }] },
      'invalid-model',
      'the input "x" has no shape, not even a rank; export the model with input shapes (they may be symbolic)',
    ],
    [
      'an input with a negative dimension',
      { inputs: [{ name: 'x', dims: [1, -7] }] },
      'invalid-model',
      'the input "x" has an impossible shape: [1,-7]',
    ],
    [
      'an input beyond all memory',
      { inputs: [{ name: 'x', dims: ['', 2 ** 40, 2 ** 40] }] },
      'invalid-model',
      'the input "x" has an impossible shape: [?,1099511627776,1099511627776]',
    ],
    [
      'no operator set',
      { opset: 0 },
      'invalid-model',
      'the model does not say which operator set it uses',
    ],
    [
      'a sparse initializer',
      { sparseInitializers: ['s'] },
      'unsupported-type',
      'the initializer "s" is sparse, which wgconv does not support; save it dense',
    ],
  ];
  test.each(cases)('names %s', (_, change, code, message) => {
    const error = errorOf(() => read({ nodes: [relu], inputs: [x], outputs: ['y'], ...change }));
    expect(error.message).toBe(message);
    expect(error.code).toBe(code);
  });
});

describe('bytes that are no model', () => {
  const text = (value: string) => new TextEncoder().encode(value);
  test.each([
    ['prose', text('Call me Ishmael. Some years ago'), /damaged|no ONNX model/],
    ['zeros', new Uint8Array(100), /damaged|no ONNX model/],
  ])('%s', (_, bytes, message) => {
    const error = errorOf(() => readOnnxModel(bytes, find));
    expect(error.code).toBe('invalid-model');
    expect(error.message).toMatch(message);
  });

  test('a model cut short anywhere is an error, never a crash or a smaller model', () => {
    const bytes = encodeModel({
      nodes: [relu, { op: 'Add', inputs: ['y', 'w'], outputs: ['z'] }],
      inputs: [x],
      outputs: ['z'],
      initializers: { w: f32(1, 2, 3) },
    });
    // The opset import stands last: a cut behind the graph loses it, and that is an error too.
    for (let length = 0; length < bytes.length; length++) {
      const error = errorOf(() => readOnnxModel(bytes.subarray(0, length), find));
      expect(['invalid-model', 'unsupported-type'], error.message).toContain(error.code);
    }
  });

  test('any damaged byte gives a graph or a WgconvError', () => {
    const bytes = encodeModel({
      nodes: [relu, { op: 'Probe', inputs: ['y'], outputs: ['z'], attributes: { ends: [1, 2] } }],
      inputs: [x],
      outputs: ['z'],
      initializers: { w: f32(1, 2, 3) },
    });
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0x00, 0x7f, 0x80, 0xff, (bytes[at] as number) ^ 1]) {
        const damaged = bytes.slice();
        damaged[at] = value;
        try {
          readOnnxModel(damaged, find);
        } catch (error) {
          expect(error, `byte ${at} = ${value}`).toBeInstanceOf(WgconvError);
        }
      }
    }
  });

  test('a length of 2^63 bytes is refused before anything is allocated', () => {
    // Field 7 (graph), length-delimited, with a varint length of ten bytes.
    const bytes = Uint8Array.of(
      8,
      8,
      0x3a,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0xff,
      0x7f,
      1,
    );
    expect(errorOf(() => readOnnxModel(bytes, find)).message).toBe(
      'the file is truncated or damaged: 9223372036854775807 bytes should follow, but 1 are left',
    );
  });
});
