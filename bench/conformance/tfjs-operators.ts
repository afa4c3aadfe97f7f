/** ONNX operators as calls of tfjs. Images are [N, C, H, W] in ONNX and [N, H, W, C] in tfjs. */

import * as tf from '@tensorflow/tfjs';
import { Lacking, type NodeCall, type TfjsOperator } from './tfjs-call.ts';
import { tfjsWindowOperators } from './tfjs-windows.ts';

const unary =
  (run: (x: tf.Tensor) => tf.Tensor): TfjsOperator =>
  (call) =>
    run(call.tensor(0));
const binary =
  (run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): TfjsOperator =>
  (call) =>
    run(call.tensor(0), call.tensor(1));

const variadic =
  (run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): TfjsOperator =>
  (call) => {
    let result = call.tensor(0);
    for (let index = 1; index < call.inputCount; index++) result = run(result, call.tensor(index));
    return result;
  };

/** Axes as an attribute or an input; `undefined` is all of them. */
function reduce(
  run: (x: tf.Tensor, axes: number[] | undefined, keep: boolean) => tf.Tensor,
): TfjsOperator {
  return (call) => {
    const x = call.tensor(0);
    const axes = call.list(1) ?? call.ints('axes');
    const given = axes && axes.length > 0 ? axes : undefined;
    if (!given && call.int('noop_with_empty_axes') === 1)
      throw new Lacking('a reduction of no axes');
    return run(x, given, call.int('keepdims', 1) === 1);
  };
}

/** tfjs computes it along the last axis alone. */
function alongLast(run: (x: tf.Tensor) => tf.Tensor): TfjsOperator {
  return (call) => {
    const x = call.tensor(0);
    if (call.opset < 13) {
      const axis = call.int('axis', 1);
      const rows = x.shape.slice(0, axis).reduce((a, b) => a * b, 1);
      return run(x.reshape([rows, x.size / rows])).reshape(x.shape);
    }
    const axis = (call.int('axis', -1) + x.rank) % x.rank;
    const order = x.shape.map((_, i) => i);
    order.splice(axis, 1);
    order.push(axis);
    const back = order.map((_, i) => order.indexOf(i));
    return run(x.transpose(order)).transpose(back);
  };
}

function argument(run: (x: tf.Tensor, axis: number) => tf.Tensor): TfjsOperator {
  return (call) => {
    if (call.int('select_last_index') === 1) throw new Lacking('select_last_index');
    const x = call.tensor(0);
    const axis = (call.int('axis') + x.rank) % x.rank;
    const result = run(x, axis);
    return call.int('keepdims', 1) === 1 ? result.expandDims(axis) : result;
  };
}

const shaped: Readonly<Record<string, TfjsOperator>> = {
  Identity: unary((x) => x.clone()),
  Reshape(call) {
    const x = call.tensor(0);
    const shape = call.list(1) ?? [];
    const kept =
      call.int('allowzero') === 1
        ? shape
        : shape.map((dim, axis) => (dim === 0 ? (x.shape[axis] as number) : dim));
    return x.reshape(kept);
  },
  Flatten(call) {
    const x = call.tensor(0);
    const axis = call.int('axis', 1);
    const rows = x.shape.slice(0, axis < 0 ? axis + x.rank : axis).reduce((a, b) => a * b, 1);
    return x.reshape([rows, x.size / rows]);
  },
  Squeeze: (call) =>
    call.tensor(0).squeeze(absolute(call.list(1) ?? call.ints('axes'), call.tensor(0).rank)),
  Unsqueeze(call) {
    let x = call.tensor(0);
    const axes = call.list(1) ?? call.ints('axes') ?? [];
    const rank = x.rank + axes.length;
    for (const axis of (absolute(axes, rank) ?? []).sort((a, b) => a - b)) x = x.expandDims(axis);
    return x;
  },
  Transpose: (call) => call.tensor(0).transpose(call.ints('perm')),
  Concat(call) {
    const all = Array.from({ length: call.inputCount }, (_, index) => call.tensor(index));
    return tf.concat(all, call.int('axis'));
  },
  Split(call) {
    const sizes = call.list(1) ?? call.ints('split');
    const x = call.tensor(0);
    const axis = call.int('axis');
    if (sizes) return tf.split(x, sizes, axis);
    const size = x.shape.at(axis) as number;
    const each = Math.ceil(size / call.outputCount);
    const parts = Array.from({ length: call.outputCount }, (_, at) =>
      Math.min(each, size - at * each),
    );
    return tf.split(x, parts, axis);
  },
  Slice(call) {
    const x = call.tensor(0);
    const [starts, ends] = [
      call.list(1) ?? call.ints('starts') ?? [],
      call.list(2) ?? call.ints('ends') ?? [],
    ];
    const axes =
      absolute(call.list(3) ?? call.ints('axes'), x.rank) ?? starts.map((_, axis) => axis);
    const steps = call.list(4) ?? starts.map(() => 1);
    const begin = x.shape.map(() => 0);
    const end: number[] = [...x.shape];
    const strides = x.shape.map(() => 1);
    axes.forEach((axis, at) => {
      const size = x.shape[axis] as number;
      const clamp = (value: number) => Math.max(-size - 1, Math.min(size, value));
      begin[axis] = clamp(starts[at] as number);
      end[axis] = clamp(ends[at] as number);
      strides[axis] = steps[at] as number;
    });
    return tf.stridedSlice(x, begin, end, strides);
  },
  Pad(call) {
    const x = call.tensor(0);
    const pads = call.list(1) ?? call.ints('pads') ?? [];
    const axes = absolute(call.list(3), x.rank) ?? x.shape.map((_, axis) => axis);
    const pairs = x.shape.map((): [number, number] => [0, 0]);
    axes.forEach((axis, at) => {
      pairs[axis] = [pads[at] as number, pads[at + axes.length] as number];
    });
    const mode = call.string('mode', 'constant');
    if (pairs.flat().some((pad) => pad < 0)) throw new Lacking('negative pads');
    if (mode === 'constant') return tf.pad(x, pairs, call.numbers(2)?.[0] ?? call.float('value'));
    if (mode === 'reflect') return tf.mirrorPad(x, pairs, 'reflect');
    throw new Lacking(`the padding mode ${mode}`);
  },
  Tile: (call) => tf.tile(call.tensor(0), call.list(1) ?? []),
  Expand(call) {
    const x = call.tensor(0);
    return tf.broadcastTo(
      x,
      tf.backend_util.assertAndGetBroadcastShape(x.shape, call.list(1) ?? []) as number[] as [
        number,
      ],
    );
  },
  Gather: (call) =>
    tf.gather(call.tensor(0), nonNegative(call, 0, 1, call.int('axis')), call.int('axis')),
  GatherND(call) {
    if (call.int('batch_dims') !== 0) throw new Lacking('batch_dims');
    return tf.gatherND(call.tensor(0), call.tensor(1));
  },
  ScatterND(call) {
    if (call.string('reduction', 'none') !== 'none') throw new Lacking('a reduction in a scatter');
    return tf.tensorScatterUpdate(call.tensor(0), call.tensor(1) as tf.Tensor2D, call.tensor(2));
  },
  DepthToSpace(call) {
    if (call.string('mode', 'DCR') !== 'DCR') throw new Lacking('the mode CRD');
    const x = call.tensor(0).transpose([0, 2, 3, 1]) as tf.Tensor4D;
    return tf.depthToSpace(x, call.int('blocksize'), 'NHWC').transpose([0, 3, 1, 2]);
  },
  Cast(call) {
    const types: Readonly<Record<number, 'float32' | 'int32' | 'bool'>> = {
      1: 'float32',
      6: 'int32',
      9: 'bool',
    };
    const to = types[call.int('to')];
    if (!to) throw new Lacking('the element type');
    return call.tensor(0).cast(to);
  },
  TopK(call) {
    const x = call.tensor(0);
    const axis = call.int('axis', -1);
    if ((axis !== -1 && axis !== x.rank - 1) || call.int('largest', 1) === 0)
      throw new Lacking('TopK along another axis, or of the least');
    const { values, indices } = tf.topk(x, call.list(1)?.[0] ?? call.int('k'));
    return [values, indices];
  },
  CumSum: (call) =>
    tf.cumsum(
      call.tensor(0),
      call.list(1)?.[0] ?? 0,
      call.int('exclusive') === 1,
      call.int('reverse') === 1,
    ),
  Range: (call) => {
    const [start = 0] = call.numbers(0) ?? [];
    const [limit = 0] = call.numbers(1) ?? [];
    const [delta = 1] = call.numbers(2) ?? [];
    return tf.range(start, limit, delta, call.tensor(0).dtype === 'int32' ? 'int32' : 'float32');
  },
  Einsum(call) {
    const all = Array.from({ length: call.inputCount }, (_, index) => call.tensor(index));
    return tf.einsum(call.string('equation'), ...all);
  },
};

function absolute(axes: readonly number[] | undefined, rank: number): number[] | undefined {
  return axes?.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** tfjs gathers from the front only. */
function nonNegative(call: NodeCall, data: number, indices: number, axis: number): tf.Tensor1D {
  const size = call.tensor(data).shape.at(axis) as number;
  const given = call.tensor(indices);
  const values = (call.list(indices) ?? []).map((index) => (index < 0 ? index + size : index));
  const picked: tf.Tensor = tf.tensor(values, given.shape, 'int32');
  return picked as tf.Tensor1D;
}

export const tfjsOperators: Readonly<Record<string, TfjsOperator | undefined>> = {
  Abs: unary(tf.abs),
  Neg: unary(tf.neg),
  Ceil: unary(tf.ceil),
  Floor: unary(tf.floor),
  Round: unary(tf.round),
  Sign: unary(tf.sign),
  Sqrt: unary(tf.sqrt),
  Reciprocal: unary(tf.reciprocal),
  Exp: unary(tf.exp),
  Log: unary(tf.log),
  Sin: unary(tf.sin),
  Cos: unary(tf.cos),
  Tan: unary(tf.tan),
  Asin: unary(tf.asin),
  Acos: unary(tf.acos),
  Atan: unary(tf.atan),
  Sinh: unary(tf.sinh),
  Cosh: unary(tf.cosh),
  Asinh: unary(tf.asinh),
  Acosh: unary(tf.acosh),
  Atanh: unary(tf.atanh),
  Erf: unary(tf.erf),
  Relu: unary(tf.relu),
  Selu(call) {
    if (call.float('alpha') !== 0 || call.float('gamma') !== 0)
      throw new Lacking('alpha and gamma of Selu');
    return tf.selu(call.tensor(0));
  },
  Sigmoid: unary(tf.sigmoid),
  Tanh: unary(tf.tanh),
  Softplus: unary(tf.softplus),
  IsNaN: unary(tf.isNaN),
  IsInf: unary(tf.isInf),
  Not: unary(tf.logicalNot),
  LeakyRelu: (call) => tf.leakyRelu(call.tensor(0), call.float('alpha', 0.01)),
  Elu(call) {
    if (call.float('alpha', 1) !== 1) throw new Lacking('alpha of Elu');
    return tf.elu(call.tensor(0));
  },
  Clip(call) {
    const low = call.numbers(1)?.[0] ?? call.float('min', -3.4e38);
    const high = call.numbers(2)?.[0] ?? call.float('max', 3.4e38);
    return tf.clipByValue(call.tensor(0), low, high);
  },
  Add: binary(tf.add),
  Sub: binary(tf.sub),
  Mul: binary(tf.mul),
  Div: binary(tf.div),
  Pow: binary(tf.pow),
  Mod(call) {
    if (call.int('fmod') === 1) throw new Lacking('fmod');
    return tf.mod(call.tensor(0), call.tensor(1));
  },
  PRelu: binary(tf.prelu),
  And: binary(tf.logicalAnd),
  Or: binary(tf.logicalOr),
  Xor: binary(tf.logicalXor),
  Equal: binary(tf.equal),
  Less: binary(tf.less),
  Greater: binary(tf.greater),
  LessOrEqual: binary(tf.lessEqual),
  GreaterOrEqual: binary(tf.greaterEqual),
  Where: (call) => tf.where(call.tensor(0), call.tensor(1), call.tensor(2)),
  Max: variadic(tf.maximum),
  Min: variadic(tf.minimum),
  Sum: variadic(tf.add),
  Mean: (call) => tf.div(variadic(tf.add)(call) as tf.Tensor, call.inputCount),
  ReduceSum: reduce(tf.sum),
  ReduceMean: reduce(tf.mean),
  ReduceMax: reduce(tf.max),
  ReduceMin: reduce(tf.min),
  ReduceProd: reduce(tf.prod),
  ReduceL1: reduce((x, axes, keep) => tf.norm(x, 1, axes, keep)),
  ReduceL2: reduce((x, axes, keep) => tf.sqrt(tf.sum(tf.square(x), axes, keep))),
  ReduceLogSum: reduce((x, axes, keep) => tf.log(tf.sum(x, axes, keep))),
  ReduceLogSumExp: reduce(tf.logSumExp),
  ReduceSumSquare: reduce((x, axes, keep) => tf.sum(tf.square(x), axes, keep)),
  ArgMax: argument(tf.argMax),
  ArgMin: argument(tf.argMin),
  Softmax: alongLast((x) => tf.softmax(x)),
  LogSoftmax: alongLast((x) => tf.logSoftmax(x)),
  MatMul(call) {
    const [a, b] = [call.tensor(0), call.tensor(1)];
    if (a.rank < 2 || b.rank < 2) throw new Lacking('a product with a vector');
    return tf.matMul(a, b);
  },
  Gemm(call) {
    const product = tf.matMul(
      call.tensor(0),
      call.tensor(1),
      call.int('transA') === 1,
      call.int('transB') === 1,
    );
    const scaled = tf.mul(product, call.float('alpha', 1));
    return call.has(2) ? tf.add(scaled, tf.mul(call.tensor(2), call.float('beta', 1))) : scaled;
  },
  ...shaped,
  ...tfjsWindowOperators,
};
