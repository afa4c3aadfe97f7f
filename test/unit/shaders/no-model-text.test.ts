/**
 * Nothing that a model says becomes part of a shader. Every operator is planned from models in which
 * each text is a marker (names of the graph, its nodes, values and symbolic sizes, domains, versions'
 * producers, doc strings, metadata, texts among the attributes that no operator asks the meaning of),
 * and no shader that the plans ask for holds it: each is one of a kernel's finite list.
 */

import { beforeAll, describe, expect, it } from 'vitest';
import { kernels } from '../../../shaders/index.ts';
import { type Dispatch, shaderSource } from '../../../shaders/lib/kernel.ts';
import { readModel } from '../../../src/formats/read-model.ts';
import { operatorNames } from '../../../src/ops/index.ts';
import { optimise, prepare, shapeInputs } from '../../../src/passes/index.ts';
import { createPlan } from '../../../src/plan/create-plan.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { devices } from '../../fuzz/loader/attempt.ts';
import { type Base, makeBases } from '../../fuzz/loader/bases.ts';
import { isKnownVariant } from '../../fuzz/loader/known-variants.ts';
import {
  encodeTree,
  type Field,
  isBytes,
  type Message,
  messagesOf,
  parseTree,
} from '../../fuzz/loader/protobuf-tree.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { tensorOf } from '../../support/random.ts';

/** WGSL of its own, and words that no shader has. */
const marker = 'qzx_marker*/;fn qzx_marker(){}/*';
const mark = 'qzx_marker';

const text = (value: string) => new TextEncoder().encode(value);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Fields that hold names of values, of nodes and the like, by the message they are in. */
const named: Readonly<Partial<Record<Message['kind'], readonly number[]>>> = {
  ...{ Graph: [2], Node: [1, 2, 3], Value: [1], Tensor: [8], Dim: [2] },
};

/** The same model with the marker in every name, and in texts that it did not have. */
function marked(bytes: Uint8Array): Uint8Array {
  const tree = parseTree(bytes);
  const textField = (number: number): Field => ({ number, wire: 2, value: text(marker) });
  for (const message of messagesOf(tree)) {
    for (const field of message.fields) {
      if (!named[message.kind]?.includes(field.number) || !isBytes(field.value)) continue;
      // '' leaves an input out.
      if (field.value.length > 0) field.value = text(`${marker}${decode(field.value)}`);
    }
    // Doc strings: `doc_string` of each message; domains are told apart by the operator's own.
    if (message.kind === 'Node') message.fields.push(textField(6));
    if (message.kind === 'Graph') message.fields.push(textField(10));
    if (message.kind === 'Value') message.fields.push(textField(3));
    if (message.kind === 'Tensor') message.fields.push(textField(12));
    if (message.kind === 'Attribute') message.fields.push(textField(13));
  }
  const entry: Message = { kind: 'Entry', fields: [textField(1), textField(2)] };
  const opset: Message = {
    kind: 'Opset',
    fields: [textField(1), { number: 2, wire: 0, value: 1n }],
  };
  tree.fields = [
    // Producer, its version, domain, doc string of the model; metadata; an unused operator set.
    ...tree.fields.filter(({ number }) => number !== 2),
    ...[textField(2), textField(3), textField(4), textField(6)],
    ...[
      { number: 14, wire: 2, value: entry },
      { number: 8, wire: 2, value: opset },
    ],
  ];
  return encodeTree(tree);
}

/** All plans of the model, one for each kind of device that can run it. */
async function plansOf(bytes: Uint8Array): Promise<Plan[]> {
  const graph = await optimise(await readModel(bytes));
  const shapes = Object.fromEntries(
    graph.inputs.map(({ name, dims }) => [name, dims.map((d) => (typeof d === 'number' ? d : 2))]),
  );
  const values = Object.fromEntries(
    shapeInputs(graph).map((name) => {
      const type = graph.inputs.find((input) => input.name === name)?.type ?? 'int64';
      const dims = shapes[name] as number[];
      return [name, tensorOf(dims, new Array<number>(dims[0] ?? 1).fill(1), type)];
    }),
  );
  const { original, prepared } = await prepare(graph, shapes, { values });
  const plans = devices.map((caps) =>
    createPlan(prepared, caps, { original }).catch(() => undefined),
  );
  return (await Promise.all(plans)).filter((plan) => plan !== undefined);
}

const dispatchesOf = ({ steps, weights }: Plan): Dispatch[] => [
  ...steps.flatMap((step) => (step.kind === 'dispatch' ? [step.dispatch] : [])),
  ...weights.flatMap(({ packing }) => packing),
];

describe('shaders of models whose every text is a marker', () => {
  let models: Base[];
  const operators = new Set<string>();
  const dispatches = new Map<string, Dispatch>();

  beforeAll(async () => {
    const { graphs, own } = makeBases(3);
    models = [...graphs, ...own.filter(({ kind }) => kind === 'onnx')];
    for (const { bytes } of models) {
      // A shape that depends on data, for example, has no plan beforehand.
      const plans = await plansOf(marked(bytes)).catch(() => []);
      for (const plan of plans) {
        for (const { op, origin = [] } of plan.graph.nodes) {
          for (const name of [op, ...origin.map((node) => node.op)]) operators.add(name);
        }
        for (const dispatch of dispatchesOf(plan)) {
          const { kernel, variant } = dispatch;
          dispatches.set(`${kernel.name} ${JSON.stringify(variant)}`, dispatch);
        }
      }
    }
  }, 300_000);

  it('are marked, and nearly every operator has a plan', async () => {
    const [{ bytes } = { bytes: new Uint8Array() }] = models;
    const graph = await readModel(marked(bytes));
    const names = [graph.name, ...graph.nodes.flatMap((n) => [n.name, ...n.outputs])];
    for (const name of names) expect(name).toContain(mark);
    const missing = operatorNames.filter((name) => !operators.has(name));
    expect(missing.length, `without a plan: ${missing}`).toBeLessThan(operatorNames.length / 3);
    expect(dispatches.size).toBeGreaterThan(200);
  });

  it('hold nothing of it', () => {
    for (const [name, { kernel, variant }] of dispatches) {
      expect(shaderSource(kernel, variant).includes(mark), name).toBe(false);
      expect(name).not.toContain(mark);
    }
  });

  it('are of the finite lists of their kernels', () => {
    for (const [name, dispatch] of dispatches) expect(isKnownVariant(dispatch), name).toBe(true);
  });

  it('would be noticed: a variant with other text is none of these', () => {
    for (const kernel of kernels) {
      const [variant = {}] = kernel.variants();
      const dispatch = { kernel, variant, uniforms: {}, buffers: [], workgroups: [1, 1, 1] };
      expect(isKnownVariant(dispatch as unknown as Dispatch), kernel.name).toBe(true);
      const spoilt = { ...dispatch, variant: { ...variant, text: marker } };
      expect(isKnownVariant(spoilt as unknown as Dispatch), kernel.name).toBe(false);
      const steps = { ...dispatch, variant: { ...variant, steps: `neg 0, ${marker}` } };
      expect(isKnownVariant(steps as unknown as Dispatch), kernel.name).toBe(false);
    }
  });

  it('are not made where a text must mean something: the file is refused', async () => {
    const model = (attributes: Record<string, string>, op = 'Conv', domain = '') =>
      encodeModel({
        nodes: [{ op, inputs: ['x', 'w'], outputs: ['y'], attributes, domain }],
        inputs: [{ name: 'x', dims: [1, 1, 4, 4] }],
        outputs: ['y'],
        initializers: { w: tensorOf([1, 1, 1, 1], [1]) },
      });
    const refused = [
      model({ auto_pad: marker }),
      model({ [marker]: 'x' }),
      model({}, marker),
      model({}, 'Conv', marker),
    ];
    for (const bytes of refused) {
      await expect(plansOf(bytes)).rejects.toMatchObject({
        code: expect.stringMatching(/^(invalid-attribute|unsupported-operator)$/),
      });
    }
  });
});
