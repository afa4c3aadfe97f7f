/**
 * The list of operators: one line for each family. A family is loaded when a model uses it, so that
 * a page downloads the operators and kernels of its own model only; what nearly every model has comes
 * with the list.
 */

import { convertLayoutOperator } from './layout/convert-layout.ts';
import type { AnyOperator } from './operator.ts';
import { binaryOperators } from './pointwise/binary.ts';
import { clipOperator } from './pointwise/clip.ts';

type Load = () => Promise<readonly AnyOperator[]>;

/** Names of the operators that a family brings, and how it is loaded. */
export const families: readonly (readonly [names: string, load: Load])[] = [
  ['Conv', () => import('./conv/schema.ts').then((m) => [m.conv])],
  ['ConvTranspose', () => import('./conv-transpose/schema.ts').then((m) => [m.convTranspose])],
  ['Gemm', () => import('./gemm/schema.ts').then((m) => [m.gemm])],
  ['MatMul', () => import('./matmul/schema.ts').then((m) => [m.matMul])],
  [
    'MaxPool LpPool wgconv.MinPool',
    async () => {
      // A maximum is mostly one of windows: their kernels come at the same time.
      const [module] = await Promise.all([
        import('./pool/operators.ts'),
        import('./pool/lower-windows.ts'),
      ]);
      return module.windowPoolOperators;
    },
  ],
  ['AveragePool', () => import('./pool/operators.ts').then((m) => [m.averagePool])],
  [
    'GlobalAveragePool GlobalMaxPool GlobalLpPool',
    () => import('./pool/global.ts').then((m) => m.globalPoolOperators),
  ],
  [
    'ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare',
    () => import('./reduce/operators.ts').then((m) => m.reduceOperators),
  ],
  [
    'Softmax LogSoftmax Hardmax',
    () => import('./softmax/operators.ts').then((m) => m.softmaxOperators),
  ],
  [
    'BatchNormalization',
    () => import('./batch-normalization/operator.ts').then((m) => [m.batchNormalization]),
  ],
  [
    'LayerNormalization RMSNormalization InstanceNormalization GroupNormalization LpNormalization MeanVarianceNormalization',
    () => import('./normalization/operators.ts').then((m) => m.normalisationOperators),
  ],
  [
    'NonZero Compress Unique',
    () => import('./selection/operators.ts').then((m) => m.selectionOperators),
  ],
  [
    'NonMaxSuppression',
    () => import('./selection/non-max-suppression.ts').then((m) => [m.nonMaxSuppression]),
  ],
  ['ArgMax ArgMin', () => import('./arg-reduce/operators.ts').then((m) => m.argOperators)],
  ['CumSum', () => import('./cumsum/operator.ts').then((m) => [m.cumSum])],
  ['Trilu EyeLike', () => import('./diagonal/operators.ts').then((m) => m.diagonalOperators)],
  ['LRN', () => import('./lrn/operator.ts').then((m) => [m.lrn])],
  ['Concat', () => import('./movement/concat.ts').then((m) => [m.concat])],
  [
    'DepthToSpace SpaceToDepth',
    () => import('./movement/depth-to-space.ts').then((m) => m.blockOperators),
  ],
  ['Einsum', () => import('./einsum/operator.ts').then((m) => [m.einsum])],
  ['Expand Tile', () => import('./movement/expand-tile.ts').then((m) => [m.expand, m.tile])],
  [
    'Gather GatherElements GatherND',
    () => import('./indexed/gather.ts').then((m) => m.gatherOperators),
  ],
  [
    'Scatter ScatterElements ScatterND OneHot',
    () => import('./indexed/scatter.ts').then((m) => m.scatterOperators),
  ],
  ['TopK', () => import('./top-k/operator.ts').then((m) => [m.topK])],
  ['Pad', () => import('./movement/pad.ts').then((m) => [m.pad])],
  ['Resize Upsample', () => import('./resize/operators.ts').then((m) => m.resizeOperators)],
  [
    'GridSample AffineGrid',
    () => import('./sampling/operators.ts').then((m) => m.samplingOperators),
  ],
  ['RoiAlign MaxRoiPool', () => import('./roi/operators.ts').then((m) => m.roiOperators)],
  ['DeformConv', () => import('./deform-conv/operator.ts').then((m) => [m.deformConv])],
  ['MaxUnpool', () => import('./pool/max-unpool.ts').then((m) => [m.maxUnpool])],
  ['Col2Im', () => import('./col2im/operator.ts').then((m) => [m.col2im])],
  ['CenterCropPad', () => import('./movement/center-crop-pad.ts').then((m) => [m.centerCropPad])],
  ['Slice', () => import('./movement/slice.ts').then((m) => [m.slice])],
  ['Split', () => import('./movement/split.ts').then((m) => [m.split])],
  [
    'Transpose wgconv.Permute',
    () => import('./movement/transpose.ts').then((m) => m.transposeOperators),
  ],
  ['Cast CastLike', () => import('./shape/cast.ts').then((m) => m.castOperators)],
  [
    'Constant ConstantOfShape Range',
    () => import('./shape/constants.ts').then((m) => m.constantOperators),
  ],
  ['Shape Size', () => import('./shape/shape-size.ts').then((m) => m.shapeOperators)],
  [
    'Reshape Flatten Squeeze Unsqueeze Identity',
    () => import('./shape/views.ts').then((m) => m.viewOperators),
  ],
  ['If Loop', () => import('./control/operators.ts').then((m) => m.controlOperators)],
  ['Dropout', () => import('./shape/dropout.ts').then((m) => [m.dropout])],
  ['Clip', async () => [clipOperator]],
  ['Where', () => import('./pointwise/where.ts').then((m) => [m.whereOperator])],
  [
    'Relu LeakyRelu Elu Celu Selu ThresholdedRelu HardSigmoid HardSwish Sigmoid Tanh Softplus Softsign Mish Gelu Swish Shrink Abs Neg Ceil Floor Round Sign Sqrt Reciprocal Exp Log Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Erf Not BitwiseNot IsNaN IsInf',
    () => import('./pointwise/unary.ts').then((m) => m.unaryOperators),
  ],
  [
    'Add Sub Mul Div Pow Mod PRelu And Or Xor Equal Less Greater LessOrEqual GreaterOrEqual BitwiseAnd BitwiseOr BitwiseXor BitShift',
    async () => binaryOperators,
  ],
  ['wgconv.Pointwise', () => import('./pointwise/composite.ts').then((m) => [m.composite])],
  [
    'QuantizeLinear DequantizeLinear DynamicQuantizeLinear',
    () => import('./quantize/operators.ts').then((m) => m.quantizeOperators),
  ],
  [
    'ConvInteger QLinearConv MatMulInteger QLinearMatMul',
    () => import('./integer-product/operators.ts').then((m) => m.integerOperators),
  ],
  ['Max Min Sum Mean', () => import('./pointwise/variadic.ts').then((m) => m.variadicOperators)],
];

const loaderOf = new Map(
  families.flatMap(([names, load]) => names.split(' ').map((name) => [name, load] as const)),
);

/** Passes insert layout conversions whatever the model. */
const loaded = new Map<string, AnyOperator>([[convertLayoutOperator.type, convertLayoutOperator]]);

/** The operator of that name where it is loaded; undefined where it is not, or does not exist. */
export function findOperator(type: string): AnyOperator | undefined {
  return loaded.get(type);
}

/** Names of all operators that wgconv has. */
export const operatorNames: readonly string[] = [convertLayoutOperator.type, ...loaderOf.keys()];

/** Loads the families of the operators named; a name that wgconv does not have is left out. */
export async function loadOperators(names: Iterable<string>): Promise<void> {
  const missing = [...names].filter((name) => !loaded.has(name));
  const loads = new Set(missing.flatMap((name) => loaderOf.get(name) ?? []));
  await Promise.all(
    [...loads].map(async (load) => {
      for (const operator of await load()) loaded.set(operator.type, operator);
    }),
  );
}
