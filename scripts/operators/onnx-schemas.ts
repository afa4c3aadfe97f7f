/**
 * ONNX's operators as its schema registry (onnx 1.23) has them: the opsets that changed one, the type
 * parameter of each input, and the element types that the main parameter may be. For
 * `docs/operators.md` only.
 */

import type { DataType } from '../../src/core/dtype.ts';

export interface OnnxSchema {
  readonly versions: readonly number[];
  readonly inputs: readonly string[];
  /** The type parameter of the first output, where an input has it too; else of the first input. */
  readonly main: string;
  readonly types: readonly DataType[];
}

const types0 = 'float32 float16 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64';
const types1 = 'float32 float16 float64';
const types2 = 'bool';
const types3 = 'int8 int16 int32 int64 uint8 uint16 uint32 uint64';
const types4 = 'float32 float16 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool';
const types5 = 'int64';
const types6 = 'int8 uint8';
const types7 = 'float32 float16 float64 int32 int64 uint32 uint64';
const types8 = 'int8 int16 int32 uint8 uint16';
const types9 = 'float32';
const types10 = 'float32 float16 float64 int8 uint8';
const types11 = 'float32 float16 float64 int8 int16 int32 int64';
const types12 = '';
const types13 = 'float32 float16 float64 int32 int64';
const types14 = 'int8 int16 uint8 uint16';
const types15 = 'float32 float16 float64 int16 int32 int64';
const types16 = 'float32 float16 float64 int8 int32 int64 uint8 uint32 uint64 bool';

function schema(
  versions: readonly number[],
  inputs: string,
  main: string,
  types: string,
): OnnxSchema {
  const words = (text: string) => text.split(' ').filter((word) => word !== '');
  return { versions, inputs: words(inputs), main, types: words(types) as DataType[] };
}

export const onnxSchemas: Readonly<Record<string, OnnxSchema>> = {
  Abs: schema([1, 6, 13], 'T', 'T', types0),
  Acos: schema([7, 22], 'T', 'T', types1),
  Acosh: schema([9, 22], 'T', 'T', types1),
  Add: schema([1, 6, 7, 13, 14], 'T T', 'T', types0),
  AffineGrid: schema([20], 'T1 T2', 'T1', types1),
  And: schema([1, 7], 'T T', 'T', types2),
  ArgMax: schema([1, 11, 12, 13], 'T', 'T', types0),
  ArgMin: schema([1, 11, 12, 13], 'T', 'T', types0),
  Asin: schema([7, 22], 'T', 'T', types1),
  Asinh: schema([9, 22], 'T', 'T', types1),
  Atan: schema([7, 22], 'T', 'T', types1),
  Atanh: schema([9, 22], 'T', 'T', types1),
  AveragePool: schema([1, 7, 10, 11, 19, 22], 'T', 'T', types1),
  BatchNormalization: schema([1, 6, 7, 9, 14, 15], 'T T1 T1 T2 T2', 'T', types1),
  BitShift: schema([11, 28], 'T T', 'T', types3),
  BitwiseAnd: schema([18], 'T T', 'T', types3),
  BitwiseNot: schema([18], 'T', 'T', types3),
  BitwiseOr: schema([18], 'T T', 'T', types3),
  BitwiseXor: schema([18], 'T T', 'T', types3),
  Cast: schema([1, 6, 9, 13, 19, 21, 23, 24, 25, 28], 'T1', 'T1', types4),
  CastLike: schema([15, 19, 21, 23, 24, 25], 'T1 T2', 'T2', types4),
  Ceil: schema([1, 6, 13], 'T', 'T', types1),
  Celu: schema([12, 28], 'T', 'T', types1),
  CenterCropPad: schema([18], 'T Tind', 'T', types4),
  Clip: schema([1, 6, 11, 12, 13], 'T T T', 'T', types0),
  Col2Im: schema([18], 'T tensor(int64) tensor(int64)', 'T', types4),
  Compress: schema([9, 11, 28], 'T T1', 'T', types4),
  Concat: schema([1, 4, 11, 13], 'T', 'T', types4),
  Constant: schema([1, 9, 11, 12, 13, 19, 21, 23, 24, 25], '', 'T', types4),
  ConstantOfShape: schema([9, 20, 21, 23, 24, 25], 'T1', 'T1', types5),
  Conv: schema([1, 11, 22], 'T T T', 'T', types1),
  ConvInteger: schema([10], 'T1 T2 T1 T2', 'T1', types6),
  ConvTranspose: schema([1, 11, 22], 'T T T', 'T', types1),
  Cos: schema([7, 22], 'T', 'T', types1),
  Cosh: schema([9, 22], 'T', 'T', types1),
  CumProd: schema([26], 'T T2', 'T', types7),
  CumSum: schema([11, 14], 'T T2', 'T', types7),
  DeformConv: schema([19, 22], 'T T T T T', 'T', types1),
  DepthToSpace: schema([1, 11, 13, 28], 'T', 'T', types4),
  DequantizeLinear: schema([10, 13, 19, 21, 23, 24, 25, 28], 'T1 T2 T1', 'T1', types8),
  Det: schema([11, 22], 'T', 'T', types1),
  Div: schema([1, 6, 7, 13, 14], 'T T', 'T', types0),
  Dropout: schema([1, 6, 7, 10, 12, 13, 22], 'T T1 T2', 'T', types1),
  DynamicQuantizeLinear: schema([11], 'T1', 'T1', types9),
  Einsum: schema([12, 28], 'T', 'T', types0),
  Elu: schema([1, 6, 22], 'T', 'T', types1),
  Equal: schema([1, 7, 11, 13, 19], 'T T', 'T', types4),
  Erf: schema([9, 13], 'T', 'T', types1),
  Exp: schema([1, 6, 13], 'T', 'T', types1),
  Expand: schema([8, 13], 'T tensor(int64)', 'T', types4),
  EyeLike: schema([9, 22], 'T1', 'T1', types4),
  Flatten: schema([1, 9, 11, 13, 21, 23, 24, 25], 'T', 'T', types4),
  Floor: schema([1, 6, 13], 'T', 'T', types1),
  Gather: schema([1, 11, 13], 'T Tind', 'T', types4),
  GatherElements: schema([11, 13], 'T Tind', 'T', types4),
  GatherND: schema([11, 12, 13], 'T tensor(int64)', 'T', types4),
  Gelu: schema([20], 'T', 'T', types1),
  Gemm: schema([1, 6, 7, 9, 11, 13], 'T T T', 'T', types7),
  GlobalAveragePool: schema([1, 22], 'T', 'T', types1),
  GlobalLpPool: schema([1, 2, 22], 'T', 'T', types1),
  GlobalMaxPool: schema([1, 22], 'T', 'T', types1),
  Greater: schema([1, 7, 9, 13], 'T T', 'T', types0),
  GreaterOrEqual: schema([12, 16], 'T T', 'T', types0),
  GridSample: schema([16, 20, 22], 'T1 T2', 'T1', types4),
  GroupNormalization: schema([18, 21], 'T T T', 'T', types1),
  HardSigmoid: schema([1, 6, 22], 'T', 'T', types1),
  HardSwish: schema([14, 22], 'T', 'T', types1),
  Hardmax: schema([1, 11, 13], 'T', 'T', types1),
  Identity: schema([1, 13, 14, 16, 19, 21, 23, 24, 25], 'V', 'V', types4),
  If: schema([1, 11, 13, 16, 19, 21, 23, 24, 25], 'B', 'B', types2),
  InstanceNormalization: schema([1, 6, 22], 'T T T', 'T', types1),
  IsInf: schema([10, 20], 'T1', 'T1', types1),
  IsNaN: schema([9, 13, 20], 'T1', 'T1', types1),
  LRN: schema([1, 13], 'T', 'T', types1),
  LayerNormalization: schema([17], 'T T T', 'T', types1),
  LeakyRelu: schema([1, 6, 16], 'T', 'T', types1),
  Less: schema([1, 7, 9, 13], 'T T', 'T', types0),
  LessOrEqual: schema([12, 16], 'T T', 'T', types0),
  Log: schema([1, 6, 13], 'T', 'T', types1),
  LogSoftmax: schema([1, 11, 13], 'T', 'T', types1),
  Loop: schema([1, 11, 13, 16, 19, 21, 23, 24, 25], 'I B V', 'V', types4),
  LpNormalization: schema([1, 22], 'T', 'T', types1),
  LpPool: schema([1, 2, 11, 18, 22], 'T', 'T', types1),
  MatMul: schema([1, 9, 13], 'T T', 'T', types7),
  MatMulInteger: schema([10], 'T1 T2 T1 T2', 'T1', types6),
  Max: schema([1, 6, 8, 12, 13], 'T', 'T', types0),
  MaxPool: schema([1, 8, 10, 11, 12, 22], 'T', 'T', types10),
  MaxRoiPool: schema([1, 22], 'T T', 'T', types1),
  MaxUnpool: schema([9, 11, 22], 'T1 T2 T2', 'T1', types1),
  Mean: schema([1, 6, 8, 13], 'T', 'T', types1),
  MeanVarianceNormalization: schema([9, 13], 'T', 'T', types1),
  Min: schema([1, 6, 8, 12, 13], 'T', 'T', types0),
  Mish: schema([18, 22], 'T', 'T', types1),
  Mod: schema([10, 13, 28], 'T T', 'T', types0),
  Mul: schema([1, 6, 7, 13, 14], 'T T', 'T', types0),
  Neg: schema([1, 6, 13], 'T', 'T', types11),
  NonMaxSuppression: schema(
    [10, 11],
    'tensor(float) tensor(float) tensor(int64) tensor(float) tensor(float)',
    '',
    types12,
  ),
  NonZero: schema([9, 13], 'T', 'T', types4),
  Not: schema([1], 'T', 'T', types2),
  OneHot: schema([9, 11, 28], 'T1 T2 T3', 'T3', types4),
  Or: schema([1, 7], 'T T', 'T', types2),
  PRelu: schema([1, 6, 7, 9, 16], 'T T', 'T', types7),
  Pad: schema([1, 2, 11, 13, 18, 19, 21, 23, 24, 25], 'T tensor(int64) T Tind', 'T', types4),
  Pow: schema([1, 7, 12, 13, 15], 'T T1', 'T', types13),
  QLinearConv: schema(
    [10],
    'T1 tensor(float) T1 T2 tensor(float) T2 tensor(float) T3 T4',
    'T3',
    types6,
  ),
  QLinearMatMul: schema([10, 21], 'T1 TS T1 T2 TS T2 TS T3', 'T3', types6),
  QuantizeLinear: schema([10, 13, 19, 21, 23, 24, 25, 28], 'T1 T2 T3', 'T3', types14),
  RMSNormalization: schema([23], 'T V', 'V', types1),
  RandomNormal: schema([1, 22], '', 'T', types1),
  Range: schema([11, 27], 'T T T', 'T', types15),
  Reciprocal: schema([1, 6, 13], 'T', 'T', types1),
  ReduceL1: schema([1, 11, 13, 18], 'T tensor(int64)', 'T', types7),
  ReduceL2: schema([1, 11, 13, 18], 'T tensor(int64)', 'T', types7),
  ReduceLogSum: schema([1, 11, 13, 18, 28], 'T tensor(int64)', 'T', types1),
  ReduceLogSumExp: schema([1, 11, 13, 18, 28], 'T tensor(int64)', 'T', types1),
  ReduceMax: schema([1, 11, 12, 13, 18, 20], 'T tensor(int64)', 'T', types16),
  ReduceMean: schema([1, 11, 13, 18], 'T tensor(int64)', 'T', types7),
  ReduceMin: schema([1, 11, 12, 13, 18, 20], 'T tensor(int64)', 'T', types16),
  ReduceProd: schema([1, 11, 13, 18], 'T tensor(int64)', 'T', types7),
  ReduceSum: schema([1, 11, 13], 'T tensor(int64)', 'T', types7),
  ReduceSumSquare: schema([1, 11, 13, 18], 'T tensor(int64)', 'T', types7),
  Relu: schema([1, 6, 13, 14], 'T', 'T', types11),
  Reshape: schema([1, 5, 13, 14, 19, 21, 23, 24, 25], 'T tensor(int64)', 'T', types4),
  Resize: schema([10, 11, 13, 18, 19], 'T1 T2 tensor(float) tensor(int64)', 'T1', types4),
  ReverseSequence: schema([10, 28], 'T tensor(int64)', 'T', types4),
  RoiAlign: schema([10, 16, 22], 'T1 T1 T2', 'T1', types1),
  Round: schema([11, 22], 'T', 'T', types1),
  Scatter: schema([9, 11], 'T Tind T', 'T', types4),
  ScatterElements: schema([11, 13, 16, 18], 'T Tind T', 'T', types4),
  ScatterND: schema([11, 13, 16, 18], 'T tensor(int64) T', 'T', types4),
  Selu: schema([1, 6, 22], 'T', 'T', types1),
  Shape: schema([1, 13, 15, 19, 21, 23, 24, 25], 'T', 'T', types4),
  Shrink: schema([9], 'T', 'T', types0),
  Sigmoid: schema([1, 6, 13], 'T', 'T', types1),
  Sign: schema([9, 13], 'T', 'T', types0),
  Sin: schema([7, 22], 'T', 'T', types1),
  Sinh: schema([9, 22], 'T', 'T', types1),
  Size: schema([1, 13, 19, 21, 23, 24, 25], 'T', 'T', types4),
  Slice: schema([1, 10, 11, 13], 'T Tind Tind Tind Tind', 'T', types4),
  Softmax: schema([1, 11, 13], 'T', 'T', types1),
  Softplus: schema([1, 22], 'T', 'T', types1),
  Softsign: schema([1, 22], 'T', 'T', types1),
  SpaceToDepth: schema([1, 13, 28], 'T', 'T', types4),
  Split: schema([1, 2, 11, 13, 18], 'T tensor(int64)', 'T', types4),
  Sqrt: schema([1, 6, 13], 'T', 'T', types1),
  Squeeze: schema([1, 11, 13, 21, 23, 24, 25], 'T tensor(int64)', 'T', types4),
  Sub: schema([1, 6, 7, 13, 14], 'T T', 'T', types0),
  Sum: schema([1, 6, 8, 13], 'T', 'T', types1),
  Swish: schema([24], 'T', 'T', types1),
  Tan: schema([7, 22], 'T', 'T', types1),
  Tanh: schema([1, 6, 13], 'T', 'T', types1),
  ThresholdedRelu: schema([10, 22], 'T', 'T', types1),
  Tile: schema([1, 6, 13], 'T T1', 'T', types4),
  TopK: schema([1, 10, 11, 24], 'T tensor(int64)', 'T', types0),
  Transpose: schema([1, 13, 21, 23, 24, 25], 'T', 'T', types4),
  Trilu: schema([14], 'T tensor(int64)', 'T', types4),
  Unique: schema([11, 28], 'T', 'T', types4),
  Unsqueeze: schema([1, 11, 13, 21, 23, 24, 25], 'T tensor(int64)', 'T', types4),
  Upsample: schema([1, 7, 9, 10], 'T tensor(float)', 'T', types4),
  Where: schema([9, 16], 'B T T', 'T', types4),
  Xor: schema([1, 7], 'T T', 'T', types2),
};
