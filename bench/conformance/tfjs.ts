/**
 * tfjs on WebGPU. It reads no ONNX: a case of one node runs through the function of tfjs that a
 * person would take for that operator, where it has one that can say the node's attributes.
 */

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import type { CaseInputs, NamedTensor } from '../../src/cli/engine.ts';
import { elementsOf, type HostTensor, hostTensor, integersOf } from '../../src/core/tensor.ts';
import { readModelProto } from '../../src/formats/onnx/proto.ts';
import { tensorOf } from '../../src/formats/onnx/tensor.ts';
import type { PageEngine } from './engines.ts';
import { Lacking, type NodeCall } from './tfjs-call.ts';
import { tfjsOperators } from './tfjs-operators.ts';

export async function tfjsEngine(): Promise<PageEngine> {
  await tf.setBackend('webgpu');
  await tf.ready();
  if (tf.getBackend() !== 'webgpu') throw new Error('tfjs has no webgpu backend here');
  return {
    version: tf.version.tfjs,
    async run(model, sets) {
      try {
        const outputs: NamedTensor[][] = [];
        for (const inputs of sets) outputs.push(await runNode(model, inputs));
        return { outputs, ranOn: 'gpu', ownTypes: true };
      } catch (error) {
        const message = String(error instanceof Error ? error.message : error);
        return { error: message, unsupported: error instanceof Lacking };
      }
    },
  };
}

async function runNode(model: Uint8Array, inputs: CaseInputs): Promise<NamedTensor[]> {
  const { graph, opsets } = readModelProto(model);
  const [node] = graph.nodes;
  if (!node || graph.nodes.length > 1) throw new Lacking('not one node: tfjs reads no ONNX');
  const operator = tfjsOperators[node.op];
  if (!operator) throw new Lacking(`the table has no function of tfjs for ${node.op}`);
  const hosts = new Map<string, HostTensor>(
    graph.initializers.map((proto) => [proto.name, tensorOf(proto, 'initializer')]),
  );
  const fed = graph.inputs.filter(({ name }) => !hosts.has(name));
  inputs.forEach((input, index) => {
    const byName = fed.some(({ name }) => name === input.name);
    hosts.set(byName ? input.name : (fed[index]?.name ?? ''), input);
  });
  const present = node.inputs.map((name) => (name === '' ? undefined : hosts.get(name)));
  const attributes = new Map(node.attributes.map((attribute) => [attribute.name, attribute]));
  const made: tf.Tensor[] = [];
  const call: NodeCall = {
    opset: opsets.get('') ?? 1,
    inputCount: present.filter(Boolean).length,
    outputCount: node.outputs.length,
    has: (index) => present[index] !== undefined,
    tensor(index) {
      const tensor = present[index];
      if (!tensor) throw new Lacking(`input ${index} is missing`);
      const result = toTfjs(tensor);
      made.push(result);
      return result;
    },
    list: (index) => (present[index] ? integersOf(present[index]) : undefined),
    numbers: (index) =>
      present[index] ? Array.from(elementsOf(present[index]), Number) : undefined,
    int: (name, fallback = 0) => Number(attributes.get(name)?.i ?? fallback),
    float: (name, fallback = 0) => attributes.get(name)?.f ?? fallback,
    string: (name, fallback = '') => attributes.get(name)?.s ?? fallback,
    ints: (name) => (attributes.has(name) ? attributes.get(name)?.ints.map(Number) : undefined),
  };
  const results = tf.tidy(() => {
    const result = operator(call);
    return Array.isArray(result) ? result : [result];
  });
  try {
    return await Promise.all(
      results.map(async (tensor, at) => ({
        name: node.outputs[at] ?? '',
        ...(await toHost(tensor)),
      })),
    );
  } finally {
    tf.dispose([...made, ...results]);
  }
}

/** tfjs computes with float32, int32 and bool; smaller integers and int64 can be said as int32. */
function toTfjs(tensor: HostTensor): tf.Tensor {
  const dims = [...tensor.dims];
  switch (tensor.type) {
    case 'float32':
      return tf.tensor(elementsOf(tensor) as Float32Array, dims, 'float32');
    case 'int32':
    case 'int64':
      return tf.tensor(Int32Array.from(integersOf(tensor)), dims, 'int32');
    case 'bool':
      return tf.tensor(elementsOf(tensor) as Uint8Array, dims, 'bool');
    default:
      throw new Lacking(`tfjs has no ${tensor.type}`);
  }
}

async function toHost(tensor: tf.Tensor): Promise<HostTensor> {
  const data = await tensor.data();
  const type = tensor.dtype === 'float32' ? 'float32' : tensor.dtype === 'bool' ? 'bool' : 'int32';
  return hostTensor(
    type,
    [...tensor.shape],
    data.slice() as Float32Array | Int32Array | Uint8Array,
  );
}
