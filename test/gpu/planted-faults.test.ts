/** Faults that are planted into a right plan: `verify` catches each and names the node. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniformBytes, writeUniforms } from '../../shaders/lib/kernel.ts';
import { elementsOf, type HostTensor, hostTensor, Tensor } from '../../src/core/tensor.ts';
import { readOnnxModel } from '../../src/formats/onnx/index.ts';
import { GpuContext } from '../../src/gpu/device.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { optimise, type PreparedGraph, prepare } from '../../src/passes/index.ts';
import { createPlan } from '../../src/plan/create-plan.ts';
import type { Plan, Step } from '../../src/plan/plan.ts';
import { type VerifyReport, verifyExecutable } from '../../src/session/verify.ts';
import { GpuExecutable } from '../../src/session/webgpu.ts';
import { isTexture, WeightStore } from '../../src/session/weights.ts';
import { encodeModel } from '../support/onnx-writer.ts';
import { uniform } from '../support/random.ts';

const dims = [1, 4, 9, 8];

/** conv1 (pads at the end only) → BatchNorm → Relu → conv2 → + its own input → output */
function model({ endPads = 2 } = {}): Uint8Array {
  const attributes = { pads: [0, 0, endPads, endPads], kernel_shape: [3, 3] };
  return encodeModel({
    nodes: [
      { op: 'Conv', name: 'conv1', inputs: ['x', 'w1', 'b1'], outputs: ['c1'], attributes },
      {
        op: 'BatchNormalization',
        name: 'norm1',
        inputs: ['c1', 'scale', 'shift', 'mean', 'variance'],
        outputs: ['n1'],
      },
      { op: 'Relu', name: 'relu1', inputs: ['n1'], outputs: ['r1'] },
      {
        op: 'Conv',
        name: 'conv2',
        inputs: ['r1', 'w2', 'b2'],
        outputs: ['c2'],
        attributes: { pads: [1, 1, 1, 1], kernel_shape: [3, 3] },
      },
      { op: 'Sigmoid', name: 'gate', inputs: ['c2'], outputs: ['g'] },
      { op: 'Mul', name: 'scale2', inputs: ['g', 'c2'], outputs: ['m'] },
      {
        op: 'MaxPool',
        name: 'max',
        inputs: ['m'],
        outputs: ['p'],
        attributes: { kernel_shape: [1, 1] },
      },
      { op: 'Add', name: 'join', inputs: ['p', 'r1'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', dims }],
    outputs: ['y'],
    initializers: {
      w1: uniform([8, 4, 3, 3], 1),
      b1: uniform([8], 2),
      scale: uniform([8], 3),
      shift: uniform([8], 4),
      mean: uniform([8], 5),
      variance: positive(uniform([8], 6)),
      w2: uniform([8, 8, 3, 3], 7),
      b2: uniform([8], 8),
    },
  });
}

function positive(tensor: HostTensor): HostTensor {
  const values = (elementsOf(tensor) as Float32Array).map((value) => 1 + value / 2);
  return hostTensor('float32', tensor.dims, values);
}

describe('verify', () => {
  let context: GpuContext;
  let graphs: PreparedGraph;

  beforeAll(async () => {
    context = await GpuContext.create({ ceiling: 'assume' });
    graphs = await preparedModel();
  });
  afterAll(() => context.dispose());

  async function preparedModel(options?: { endPads: number }): Promise<PreparedGraph> {
    return prepare(await optimise(await readOnnxModel(model(options))), { x: dims });
  }

  /** `tamper` is handed the weights in GPU memory before anything runs. */
  async function verify(
    plan: Plan,
    tamper?: (weights: WeightStore, device: GPUDevice) => void,
  ): Promise<VerifyReport> {
    const weights = new WeightStore(context);
    const executable = await GpuExecutable.create(context, plan, weights);
    tamper?.(weights, context.device);
    const x = new Tensor('float32', elementsOf(uniform(dims, 9)), dims);
    try {
      return await verifyExecutable(executable, graphs.original, new Map([['x', x]]));
    } finally {
      executable.dispose();
      weights.dispose();
    }
  }

  const planOf = (graph: Graph, algorithm?: string) =>
    createPlan(graph, context.caps, algorithm ? { algorithm } : {});

  it('passes the plan as it is', async () => {
    const report = await verify(await planOf(graphs.prepared));
    expect(report.firstWrong).toBeUndefined();
    expect(report.ok).toBe(true);
  });

  it('names the convolution whose BatchNorm was folded wrongly', async () => {
    const folded = graphs.prepared.nodes.find(({ origin }) =>
      origin?.some(({ op }) => op === 'BatchNormalization'),
    );
    if (!folded) throw new Error('nothing was folded');
    const weight = folded.inputs[1] as string;
    const tensor = graphs.prepared.constants.get(weight) as HostTensor;
    const values = (elementsOf(tensor) as Float32Array).slice();
    // The scale of the last channel is forgotten by one part in a thousand.
    const perChannel = values.length / 8;
    for (let at = values.length - perChannel; at < values.length; at++) {
      values[at] = (values[at] as number) * 1.001;
    }
    const constants = new Map(graphs.prepared.constants);
    constants.set(weight, hostTensor('float32', tensor.dims, values));
    const report = await verify(await planOf({ ...graphs.prepared, constants }));
    expect(report.ok).toBe(false);
    expect(report.firstWrong?.node).toBe(folded.name);
    expect(report.firstWrong?.originals).toContain('norm1');
    expect(report.firstWrong?.comparison?.worst?.index[1]).toBe(7);
  });

  it('names the node whose input was overwritten by a buffer used too early', async () => {
    const plan = await planOf(graphs.prepared);
    // Whatever is made between relu1's output and its last reader goes into relu1's own buffer.
    const graph = plan.graph;
    const last = [...graph.nodes].reverse().find(({ op }) => op === 'Add' || op === 'Mul');
    if (!last) throw new Error('the test needs a node that reads an older value');
    const older = oldestInput(plan, last.inputs);
    const victim = plan.values.get(older)?.buffer;
    const culprit = valueMadeBetween(plan, older, last.name);
    const moved = plan.values.get(culprit)?.buffer;
    if (victim?.kind !== 'pool' || moved?.kind !== 'pool') throw new Error('not in the pool');
    const maker = graph.nodes.findIndex(({ outputs }) => outputs.includes(culprit));
    const steps = plan.steps.map((step): Step => {
      if (step.kind !== 'dispatch' || step.node < maker) return step;
      const writes = step.buffers.map((ref) =>
        ref.kind === 'pool' && ref.index === moved.index ? victim : ref,
      );
      return { ...step, buffers: writes };
    });
    const values = new Map(plan.values);
    const value = values.get(culprit);
    if (value) values.set(culprit, { ...value, buffer: victim });
    const pool = plan.pool.map((bytes) => Math.max(bytes, ...plan.pool));
    const report = await verify({ ...plan, steps, values, pool });
    expect(report.ok).toBe(false);
    expect(report.nodes.some(({ message }) => message.includes('overwritten'))).toBe(true);
  });

  it('names the convolution that drops a tap', async () => {
    // Every algorithm finds its own way to the taps; the packed weights of conv2 lose one of them.
    const plan = await planOf(graphs.prepared);
    const conv2 = plan.graph.nodes.find(({ name }) => name.includes('conv2'));
    const key = plan.weights.find(
      ({ constant, packing }) => constant === conv2?.inputs[1] && packing.length > 0,
    )?.key;
    if (!key) throw new Error('conv2 has no packed weights');
    const report = await verify(plan, (weights, device) => {
      const packed = weights.get(key);
      const zeros = device.createBuffer({ size: 64, usage: GPUBufferUsage.COPY_SRC });
      const encoder = device.createCommandEncoder();
      // One 4×4 block: one tap of four input for four output channels.
      if (isTexture(packed)) {
        encoder.copyBufferToTexture({ buffer: zeros }, { texture: packed, origin: [4, 0] }, [4, 1]);
      } else encoder.copyBufferToBuffer(zeros, 0, packed, 64, 64);
      device.queue.submit([encoder.finish()]);
    });
    expect(report.firstWrong?.node).toBe(conv2?.name);
  });

  it('names the convolution that ignores its end pads', async () => {
    // The dispatches of the same convolution without end pads, written into the padded output.
    const right = await planOf(graphs.prepared, 'conv_direct');
    const without = await planOf((await preparedModel({ endPads: 0 })).prepared, 'conv_direct');
    // Not the one that converts the source's layout first.
    const isFirst = (plan: Plan) => (step: Step) =>
      step.kind === 'dispatch' &&
      step.dispatch.kernel.name === 'conv_direct' &&
      !!plan.graph.nodes[step.node]?.name.includes('conv1');
    const replacement = without.steps.find(isFirst(without));
    const at = right.steps.findIndex(isFirst(right));
    const original = right.steps[at];
    if (replacement?.kind !== 'dispatch' || original?.kind !== 'dispatch') {
      throw new Error('conv1 has no dispatch');
    }
    const uniforms = right.uniforms.slice(0);
    const { kernel, uniforms: values } = replacement.dispatch;
    expect(uniformBytes(kernel.uniforms)).toBeLessThanOrEqual(256);
    writeUniforms(kernel.uniforms, values, new DataView(uniforms), original.uniformOffset);
    const steps = right.steps.with(at, { ...original, dispatch: replacement.dispatch });
    const report = await verify({ ...right, steps, uniforms });
    expect(report.firstWrong?.originals).toContain('conv1');
  });

  it('names the convolution whose bias is on the wrong channel', async () => {
    const plan = await planOf(graphs.prepared);
    const conv2 = plan.graph.nodes.find(({ name }) => name.includes('conv2'));
    const bias = conv2?.inputs[2] as string;
    const values = elementsOf(plan.graph.constants.get(bias) as HostTensor) as Float32Array;
    const rotated = Float32Array.from(values, (_, at) => values[(at + 1) % 8] as number);
    const report = await verify(plan, (weights, device) =>
      device.queue.writeBuffer(weights.get(bias) as GPUBuffer, 0, rotated),
    );
    expect(report.firstWrong?.node).toBe(conv2?.name);
  });
});

function oldestInput(plan: Plan, inputs: readonly string[]): string {
  const madeAt = (name: string) =>
    plan.graph.nodes.findIndex(({ outputs }) => outputs.includes(name));
  return [...inputs]
    .filter((name) => madeAt(name) >= 0)
    .sort((a, b) => madeAt(a) - madeAt(b))[0] as string;
}

/** A value in another buffer that is made after `older` and before the node that reads it last. */
function valueMadeBetween(plan: Plan, older: string, reader: string): string {
  const { nodes } = plan.graph;
  const from = nodes.findIndex(({ outputs }) => outputs.includes(older));
  const to = nodes.findIndex(({ name }) => name === reader);
  // One dispatch may not read and write a buffer: WebGPU would refuse it.
  const found = nodes.slice(from + 1, to).find(({ inputs, outputs }) => {
    if (inputs.includes(older)) return false;
    const buffer = plan.values.get(outputs[0] as string)?.buffer;
    const own = plan.values.get(older)?.buffer;
    return buffer?.kind === 'pool' && own?.kind === 'pool' && buffer.index !== own.index;
  });
  if (!found) throw new Error('nothing is made in between');
  return found.outputs[0] as string;
}
