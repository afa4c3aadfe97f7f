/** If and Loop of models, run on the cpu backend: hand-computed, and as onnxruntime computes them. */

import { describe, expect, it } from 'vitest';
import { elementsOf, type HostTensor, Tensor } from '../../../src/core/tensor.ts';
import { InferenceSession } from '../../../src/session/session.ts';
import { type BodyInput, encodeModel, type ModelInput } from '../../support/onnx-writer.ts';
import { runOnnxruntime } from '../../support/onnxruntime.ts';
import { tensorOf } from '../../support/random.ts';

const bool = (value: boolean) => tensorOf([], [value ? 1 : 0], 'bool');
const int64 = (...values: number[]) => tensorOf([values.length], values, 'int64');
const scalar = (value: number) => tensorOf([], [value], 'int64');

const x = { name: 'x', dims: [2] } as const;
const fed = tensorOf([2], [3, -4]);

async function run(model: ModelInput, feeds: Readonly<Record<string, HostTensor>> = { x: fed }) {
  const bytes = encodeModel({ opset: 13, ...model });
  const session = await InferenceSession.create(bytes, { backend: 'cpu' });
  try {
    const tensors = Object.entries(feeds).map(([name, tensor]) => [
      name,
      new Tensor(tensor.type, elementsOf(tensor), tensor.dims),
    ]);
    const results = await session.run(Object.fromEntries(tensors));
    return Object.fromEntries(
      Object.entries(results).map(([name, { dims, data }]) => [
        name,
        { dims, values: Array.from(data as ArrayLike<number | bigint>, Number) },
      ]),
    );
  } finally {
    await session.dispose();
  }
}

async function expectOnnxruntimeAgrees(model: ModelInput): Promise<void> {
  const theirs = await runOnnxruntime(encodeModel({ opset: 13, ...model }), { x: fed });
  const ours = await run(model);
  for (const [name, { dims, data }] of theirs) {
    const values = Array.from(data as ArrayLike<number | bigint>, Number);
    expect(ours[name]).toEqual({ dims, values });
  }
}

const branch = (op: string, ...inputs: string[]): { graph: BodyInput } => ({
  graph: {
    name: op,
    nodes: [{ op, inputs, outputs: ['result'] }],
    inputs: [],
    outputs: [{ name: 'result', dims: [2] }],
  },
});

const choice = (condition: string, extra: Partial<ModelInput> = {}): ModelInput => ({
  nodes: [
    { op: 'Abs', inputs: ['x'], outputs: ['a'] },
    {
      op: 'If',
      name: 'choose',
      inputs: [condition],
      outputs: ['y'],
      // Both read the graph around them.
      attributes: { then_branch: branch('Neg', 'a'), else_branch: branch('Add', 'a', 'x') },
    },
  ],
  inputs: [x],
  outputs: ['y'],
  ...extra,
});

describe('If', () => {
  it.each([
    [true, [-3, -4]],
    [false, [6, 0]],
  ])('takes the branch of a constant condition: %s', async (value, values) => {
    const model = choice('c', { initializers: { c: bool(value) } });
    expect((await run(model)).y).toEqual({ dims: [2], values });
    await expectOnnxruntimeAgrees(model);
  });

  it.each([
    [tensorOf([0], [], 'bool'), /the condition must be one bool, not bool of shape \[0\]/],
    [tensorOf([], [1]), /the condition must be one bool, not float32 of shape \[\]/],
  ])('refuses a condition that is none: %#', async (c, message) => {
    await expect(run(choice('c', { initializers: { c } }))).rejects.toThrow(message);
  });

  it('takes a condition that follows from the shapes of a run', async () => {
    const model = choice('c', {
      inputs: [{ name: 'x', dims: ['N'] }],
      initializers: { two: int64(2) },
    });
    const nodes = [
      { op: 'Shape', inputs: ['x'], outputs: ['shape'] },
      { op: 'Equal', inputs: ['shape', 'two'], outputs: ['c'] },
      ...model.nodes,
    ];
    expect((await run({ ...model, nodes })).y?.values).toEqual([-3, -4]);
    const longer = await run({ ...model, nodes }, { x: tensorOf([3], [1, -1, 2]) });
    expect(longer.y?.values).toEqual([2, 0, 4]);
  });

  it('takes a condition that is fed, with a plan for each of its values', async () => {
    const model = choice('c', { inputs: [x, { name: 'c', type: 'bool', dims: [] }] });
    expect((await run(model, { x: fed, c: bool(true) })).y?.values).toEqual([-3, -4]);
    expect((await run(model, { x: fed, c: bool(false) })).y?.values).toEqual([6, 0]);
  });

  it('is taken apart within a branch', async () => {
    const inner: BodyInput = {
      name: 'inner',
      nodes: [
        { op: 'Mul', inputs: ['a', 'k'], outputs: ['m'] },
        {
          op: 'If',
          inputs: ['c'],
          outputs: ['z'],
          attributes: { then_branch: branch('Sub', 'm', 'x'), else_branch: branch('Neg', 'm') },
        },
      ],
      inputs: [],
      outputs: [{ name: 'z', dims: [2] }],
      initializers: { k: tensorOf([], [10]) },
    };
    const model = choice('c', { initializers: { c: bool(true) } });
    const nodes = model.nodes.map((node) =>
      node.op === 'If'
        ? {
            ...node,
            attributes: { then_branch: { graph: inner }, else_branch: branch('Neg', 'a') },
          }
        : node,
    );
    expect((await run({ ...model, nodes })).y?.values).toEqual([27, 44]);
    await expectOnnxruntimeAgrees({ ...model, nodes });
  });

  it('is refused by name where the condition is data', async () => {
    const image = { name: 'x', dims: [1, 2] } as const;
    const model = choice('c', { inputs: [image], initializers: { zero: tensorOf([], [0]) } });
    const nodes = [
      { op: 'ReduceSum', inputs: ['x'], outputs: ['s'], attributes: { keepdims: 0 } },
      { op: 'Greater', inputs: ['s', 'zero'], outputs: ['c'] },
      ...model.nodes,
    ];
    const feeds = { x: tensorOf([1, 2], [3, -4]) };
    await expect(run({ ...model, nodes }, feeds)).rejects.toMatchObject({
      code: 'unsupported-operator',
      node: 'choose',
      message: expect.stringMatching(/the condition of this If is only known in a run \("c"\)/),
    });
  });

  it('lists operators of its bodies that wgconv does not have', async () => {
    const model = choice('c', { initializers: { c: bool(true) } });
    const nodes = model.nodes.map((node) =>
      node.op === 'If'
        ? {
            ...node,
            attributes: { then_branch: branch('Nope', 'a'), else_branch: branch('Neg', 'a') },
          }
        : node,
    );
    await expect(run({ ...model, nodes })).rejects.toThrow(/Nope/);
  });
});

/** What a body of a loop takes: the turn, the condition, and one state. */
const turnInputs = (dims: readonly (number | string)[]): BodyInput['inputs'] => [
  { name: 'trip', type: 'int64', dims: [] },
  { name: 'go', type: 'bool', dims: [] },
  { name: 's', dims },
];

/** s = s · 2 + trip, and all s stacked. */
const body: BodyInput = {
  name: 'body',
  nodes: [
    { op: 'Cast', inputs: ['trip'], outputs: ['t'], attributes: { to: 1 } },
    { op: 'Mul', inputs: ['s', 'two'], outputs: ['d'] },
    { op: 'Add', inputs: ['d', 't'], outputs: ['next'] },
    { op: 'Identity', inputs: ['go'], outputs: ['still'] },
    { op: 'Add', inputs: ['next', 'x'], outputs: ['scan'] },
  ],
  inputs: turnInputs([2]),
  outputs: [
    { name: 'still', type: 'bool', dims: [] },
    { name: 'next', dims: [2] },
    { name: 'scan', dims: [2] },
  ],
  initializers: { two: tensorOf([], [2]) },
};

const loop = (
  inputs: readonly string[],
  initializers: NonNullable<ModelInput['initializers']>,
): ModelInput => ({
  nodes: [
    {
      op: 'Loop',
      name: 'turn',
      inputs,
      outputs: ['last', 'all'],
      attributes: { body: { graph: body } },
    },
  ],
  inputs: [x],
  outputs: [
    { name: 'last', dims: [2] },
    { name: 'all', dims: [3, 2] },
  ],
  initializers,
});

describe('Loop', () => {
  it('is unrolled by a constant trip count', async () => {
    const model = loop(['m', 'c', 'x'], { m: scalar(3), c: bool(true) });
    // 3 → 6 → 13 → 28, and -4 → -8 → -15 → -28.
    expect((await run(model)).last).toEqual({ dims: [2], values: [28, -28] });
    expect((await run(model)).all).toEqual({ dims: [3, 2], values: [9, -12, 16, -19, 31, -32] });
    await expectOnnxruntimeAgrees(model);
    await expectOnnxruntimeAgrees(loop(['m', '', 'x'], { m: scalar(3) }));
  });

  it('ends where its own condition says so', async () => {
    const counting: BodyInput = {
      ...body,
      nodes: body.nodes.map((node) =>
        node.op === 'Identity' ? { op: 'Less', inputs: ['trip', 'end'], outputs: ['still'] } : node,
      ),
      initializers: { two: tensorOf([], [2]), end: scalar(2) },
    };
    const model = loop(['', 'c', 'x'], { c: bool(true) });
    const nodes = model.nodes.map((node) => ({
      ...node,
      attributes: { body: { graph: counting } },
    }));
    expect((await run({ ...model, nodes })).all?.dims).toEqual([3, 2]);
    await expectOnnxruntimeAgrees({ ...model, nodes });
  });

  it('is refused by name where it is too long, open, or turns not even once', async () => {
    await expect(
      run(loop(['m', 'c', 'x'], { m: scalar(5000), c: bool(true) })),
    ).rejects.toMatchObject({ code: 'limit-exceeded', node: 'turn' });
    await expect(run(loop(['m', 'c', 'x'], { m: scalar(0), c: bool(true) }))).rejects.toMatchObject(
      { code: 'unsupported-operator', node: 'turn' },
    );
  });

  it('is refused where loops within loops turn too often together', async () => {
    const io = {
      inputs: turnInputs([2]),
      outputs: [
        { name: 'still', type: 'bool', dims: [] },
        { name: 'next', dims: [2] },
      ],
    } as const;
    const still = { op: 'Identity', inputs: ['go'], outputs: ['still'] };
    const innermost: BodyInput = {
      ...io,
      nodes: [still, { op: 'Neg', inputs: ['s'], outputs: ['next'] }],
    };
    const around = (inner: BodyInput, name: string, [from, to]: [string, string]) => ({
      ...{ op: 'Loop', name, inputs: ['m', 'c', from], outputs: [to] },
      attributes: { body: { graph: inner } },
    });
    const nested = (count: number): ModelInput => ({
      nodes: [
        around({ ...io, nodes: [still, around(innermost, 'inner', ['s', 'next'])] }, 'outer', [
          'x',
          'y',
        ]),
      ],
      ...{ inputs: [x], outputs: [{ name: 'y', dims: [2] }] },
      initializers: { m: scalar(count), c: bool(true) },
    });
    // 9 times the sign changes.
    expect((await run(nested(3))).y?.values).toEqual([-3, 4]);
    await expect(run(nested(1000))).rejects.toMatchObject({ code: 'limit-exceeded' });
  }, 20_000);

  it.each([
    ['m', tensorOf([], [3], 'int32'), /the trip count must be one int64, not int32 of shape \[\]/],
    ['m', tensorOf([0], [], 'int64'), /the trip count must be one int64, not int64 of shape \[0\]/],
    ['c', tensorOf([], [1]), /the condition must be one bool, not float32 of shape \[\]/],
  ])('is refused where %s is none: %#', async (name, wrong, message) => {
    const values = { m: scalar(3), c: bool(true), [name]: wrong };
    await expect(run(loop(['m', 'c', 'x'], values))).rejects.toThrow(message);
  });

  it.each([
    ['fed', { inputs: [{ name: 'x', dims: [1] }] }],
    ['of a size that is fed', { inputs: [{ name: 'x', dims: ['N'] }] }],
    ['constant', { inputs: [] }],
  ])('is refused at once where it makes more than fits anywhere: %s', async (kind, { inputs }) => {
    const doubling: BodyInput = {
      inputs: turnInputs(['n']),
      nodes: [
        { op: 'Identity', inputs: ['go'], outputs: ['still'] },
        { op: 'Tile', inputs: ['s', 'twice'], outputs: ['next'] },
      ],
      outputs: ['still', 'next'],
      initializers: { twice: int64(2) },
    };
    const one = tensorOf([1], [1]);
    const model = {
      ...loop(['m', '', 'x'], { m: scalar(60), ...(kind === 'constant' && { x: one }) }),
      inputs,
      outputs: ['last'],
    };
    const nodes = model.nodes.map((node) => ({
      ...node,
      outputs: ['last'],
      attributes: { body: { graph: doubling } },
    }));
    await expect(
      run({ ...model, nodes }, kind === 'constant' ? {} : { x: one }),
    ).rejects.toMatchObject({
      code: 'limit-exceeded',
      message: expect.stringMatching(/shape \[1073741824\] would take 4294967296 bytes/),
    });
  });

  it('leaves values alone that are named as those of its iterations would be', async () => {
    const model = loop(['m', 'c', 'x'], { m: scalar(1), c: bool(true) });
    const nodes = [
      { op: 'Neg', inputs: ['x'], outputs: ['turn/0/next'] },
      ...model.nodes,
      { op: 'Identity', inputs: ['turn/0/next'], outputs: ['own'] },
    ];
    const outputs = [
      { name: 'own', dims: [2] },
      { name: 'last', dims: [2] },
    ];
    const results = await run({ ...model, nodes, outputs });
    expect([results.own?.values, results.last?.values]).toEqual([
      [-3, 4],
      [6, -8],
    ]);
  });
});
