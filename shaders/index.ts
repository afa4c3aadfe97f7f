/** The list of kernels: one line each. A unit test validates every variant of every one. */

import { affineGrid } from './affine_grid.ts';
import { argReduce } from './arg_reduce.ts';
import { batchNorm, batchNormRunning } from './batch_norm.ts';
import { cast } from './cast.ts';
import { col2im } from './col2im.ts';
import { contract } from './contract.ts';
import { convDirect } from './conv_direct.ts';
import { convGrouped } from './conv_grouped.ts';
import { convImplicitGemm } from './conv_implicit_gemm.ts';
import { convSubgroupMatrix } from './conv_subgroup_matrix.ts';
import { convTranspose } from './conv_transpose.ts';
import { convertLayout } from './convert_layout.ts';
import { copyChannels } from './copy_channels.ts';
import { cumSum } from './cumsum.ts';
import { deformConv } from './deform_conv.ts';
import { depthwise } from './depthwise.ts';
import { drawMaps } from './draw_maps.ts';
import { extent } from './extent.ts';
import { fill } from './fill.ts';
import { gather } from './gather.ts';
import { gemm } from './gemm.ts';
import { gemmC4 } from './gemm_c4.ts';
import { gemmSum } from './gemm_sum.ts';
import { gridSample } from './grid_sample.ts';
import { im2col } from './im2col.ts';
import { integerDepthwise } from './integer_depthwise.ts';
import { integerProduct } from './integer_product.ts';
import type { Kernel } from './lib/kernel.ts';
import { lrnKernel } from './lrn.ts';
import { matvec } from './matvec.ts';
import { normaliseKernel } from './normalise.ts';
import { packConv } from './pack_conv.ts';
import { packIntegers } from './pack_integers.ts';
import { packWinograd } from './pack_winograd.ts';
import { pad } from './pad.ts';
import { permute } from './permute.ts';
import { pointwiseBinary } from './pointwise_binary.ts';
import { pointwiseChain } from './pointwise_chain.ts';
import { pointwiseUnary } from './pointwise_unary.ts';
import { pointwiseWhere } from './pointwise_where.ts';
import { poolLinear } from './pool_linear.ts';
import { pool2d } from './pool2d.ts';
import { quantize } from './quantize.ts';
import { reduceKernel } from './reduce.ts';
import { requantize } from './requantize.ts';
import { resize } from './resize.ts';
import { roiPool } from './roi_pool.ts';
import { sampleImage } from './sample_image.ts';
import { scatter } from './scatter.ts';
import { softmaxKernel } from './softmax.ts';
import { splitSum } from './split_sum.ts';
import { stridedCopy } from './strided_copy.ts';
import { topK } from './top_k.ts';
import { triangle } from './triangle.ts';
import { unpool } from './unpool.ts';
import { valueRange } from './value_range.ts';
import { winogradInput } from './winograd_input.ts';
import { winogradOutput } from './winograd_output.ts';
import { winogradProduct } from './winograd_product.ts';

export const kernels: readonly Kernel[] = [
  convGrouped,
  depthwise,
  packConv,
  packWinograd,
  winogradInput,
  winogradOutput,
  winogradProduct,
  im2col,
  gemmC4,
  splitSum,
  convImplicitGemm,
  convDirect,
  convSubgroupMatrix,
  convTranspose,
  cast,
  contract,
  convertLayout,
  copyChannels,
  fill,
  affineGrid,
  gather,
  gridSample,
  unpool,
  roiPool,
  deformConv,
  col2im,
  gemm,
  gemmSum,
  matvec,
  pad,
  permute,
  stridedCopy,
  batchNorm,
  batchNormRunning,
  lrnKernel,
  normaliseKernel,
  pointwiseBinary,
  pointwiseChain,
  pointwiseUnary,
  pointwiseWhere,
  poolLinear,
  pool2d,
  reduceKernel,
  quantize,
  packIntegers,
  integerProduct,
  integerDepthwise,
  requantize,
  valueRange,
  resize,
  scatter,
  softmaxKernel,
  topK,
  argReduce,
  cumSum,
  triangle,
  extent,
  drawMaps,
  sampleImage,
];
