/** Other operators: pooling, softmax, depthwise convolution, resizing, products, pointwise ones. */

import { sizeOf } from '../../src/core/shape.ts';
import { hostTensor } from '../../src/core/tensor.ts';
import { encodeModel, type NodeInput, type TensorInput } from '../../test/support/onnx-writer.ts';
import { type ConvProblem, problemOf } from './conv.ts';
import { type ProblemBase, seededData } from './problem.ts';

export interface PoolProblem extends ProblemBase {
  readonly kind: 'pool';
  readonly pool: 'max' | 'average' | 'global average';
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
}

export interface SoftmaxProblem extends ProblemBase {
  readonly kind: 'softmax';
}

/** A [rows, inner] input times constant [inner, columns] weights. */
export interface ProductProblem extends ProblemBase {
  readonly kind: 'product';
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** Twice as high and as wide. */
export interface ResizeProblem extends ProblemBase {
  readonly kind: 'resize';
  readonly mode: 'nearest' | 'linear';
}

export interface ReluProblem extends ProblemBase {
  readonly kind: 'relu';
}

export type OpProblem =
  | PoolProblem
  | SoftmaxProblem
  | ProductProblem
  | ResizeProblem
  | ReluProblem
  | ConvProblem;

export function opProblems(): OpProblem[] {
  return [
    pool('max', 64, 112, 3, 2, 1),
    pool('max', 64, 224, 2, 2, 0),
    pool('max', 480, 14, 3, 1, 1),
    pool('average', 128, 56, 2, 2, 0),
    pool('average', 192, 28, 3, 1, 1),
    pool('global average', 2048, 7, 7, 1, 0),
    pool('global average', 64, 112, 112, 1, 0),
    softmax(16384, 21),
    softmax(65537, 10),
    softmax(256, 1000),
    softmax(8, 50257),
    softmax(1, 50257),
    resize('nearest', 64, 56),
    resize('linear', 64, 56),
    resize('linear', 21, 65),
    // So small that only what each run costs anyway is timed.
    relu([1, 4]),
    relu([1, 64, 112, 112]),
    problemOf([32, 112, 32, 3, 1, 1, 32]),
    problemOf([144, 56, 144, 3, 2, 1, 144]),
    problemOf([960, 7, 960, 3, 1, 1, 960]),
    product(256, 256, 256),
    product(512, 512, 512),
    product(49, 2048, 512),
    product(1000, 333, 77),
    product(8, 1024, 1000),
    product(1, 1024, 1000),
    product(1, 4096, 4096),
  ];
}

function pool(
  pool: PoolProblem['pool'],
  channels: number,
  size: number,
  kernel: number,
  stride: number,
  pad: number,
): PoolProblem {
  const dims = [1, channels, size, size];
  const side = Math.floor((size + 2 * pad - kernel) / stride) + 1;
  const outDims = [1, channels, side, side];
  const isGlobal = pool === 'global average';
  const node: NodeInput = {
    op: { max: 'MaxPool', average: 'AveragePool', 'global average': 'GlobalAveragePool' }[pool],
    inputs: ['x'],
    outputs: ['y'],
    attributes: isGlobal
      ? {}
      : { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] },
  };
  const what = isGlobal ? '' : ` ${kernel}x${kernel}, stride ${stride}`;
  return {
    ...single(`${pool} pool${what}, ${channels}, ${size}x${size}`, node, dims, outDims),
    ...{ kind: 'pool', pool, kernel, stride, pad },
  };
}

function softmax(rows: number, length: number): SoftmaxProblem {
  const dims = [rows, length];
  const node = { op: 'Softmax', inputs: ['x'], outputs: ['y'], attributes: { axis: -1 } };
  return { ...single(`softmax, ${rows} rows of ${length}`, node, dims, dims), kind: 'softmax' };
}

function resize(mode: ResizeProblem['mode'], channels: number, size: number): ResizeProblem {
  const attributes =
    mode === 'nearest'
      ? { mode, coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
      : { mode, coordinate_transformation_mode: 'half_pixel' };
  const node = { op: 'Resize', inputs: ['x', '', 'scales'], outputs: ['y'], attributes };
  const scales = () => ({ scales: hostTensor('float32', [4], new Float32Array([1, 1, 2, 2])) });
  const dims = [1, channels, size, size];
  const outDims = [1, channels, 2 * size, 2 * size];
  return {
    ...single(`resize 2x ${mode}, ${channels}, ${size}x${size}`, node, dims, outDims, scales),
    ...{ kind: 'resize', mode },
  };
}

function relu(dims: readonly number[]): ReluProblem {
  const node = { op: 'Relu', inputs: ['x'], outputs: ['y'] };
  return { ...single(`relu, ${dims.join('x')}`, node, dims, dims), kind: 'relu' };
}

function product(rows: number, inner: number, columns: number): ProductProblem {
  const node = { op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] };
  const name = rows === 1 ? `vector ${inner} to ${columns}` : `product ${rows}x${inner}x${columns}`;
  const weights = () => ({
    w: hostTensor('float32', [inner, columns], seededData(inner * columns, 2)),
  });
  return {
    ...single(name, node, [rows, inner], [rows, columns], weights),
    ...{ kind: 'product', macs: rows * inner * columns, rows, inner, columns },
    bytes: 4 * (rows * inner + inner * columns + rows * columns),
  };
}

function single(
  name: string,
  node: NodeInput,
  dims: readonly number[],
  outDims: readonly number[],
  weights: () => Record<string, TensorInput> = () => ({}),
): ProblemBase {
  return {
    name,
    macs: 0,
    bytes: 4 * (sizeOf(dims) + sizeOf(outDims)),
    input: { name: 'x', dims },
    output: 'y',
    model: () =>
      encodeModel({
        opset: 13,
        nodes: [node],
        inputs: [{ name: 'x', type: 'float32', dims }],
        outputs: [{ name: 'y', type: 'float32', dims: outDims }],
        initializers: weights(),
      }),
  };
}
