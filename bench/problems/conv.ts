/** Convolutions: those of six networks, and shapes that these do not have. */

import { sizeOf } from '../../src/core/shape.ts';
import { hostTensor } from '../../src/core/tensor.ts';
import { encodeModel } from '../../test/support/onnx-writer.ts';
import { type ProblemBase, seededData } from './problem.ts';
import {
  inceptionV1,
  mobilenetV2,
  portraitPrisma,
  type Row,
  resnet50,
  squeezenet,
  vgg19,
} from './tables.ts';
import { type TransposedProblem, transposedProblems } from './transposed.ts';

export interface ConvShape {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Height and width of the input. */
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly dilation: number;
  readonly group: number;
}

export interface ConvProblem extends ProblemBase {
  readonly kind: 'conv';
  readonly shape: ConvShape;
}

/** A batch-8 problem has at most so many multiply-adds: a slow peer must not take minutes. */
const batchedMacs = 250e6;

/** What the networks lack. */
const more: readonly { row: Row; dilation?: number }[] = [
  { row: [64, 28, 64, 5, 1, 2] },
  { row: [48, 56, 96, 5, 2, 2] },
  { row: [32, 56, 32, 7, 1, 3] },
  { row: [64, 56, 64, 3, 1, 2], dilation: 2 },
  { row: [256, 28, 256, 3, 1, 2], dilation: 2 },
  { row: [128, 28, 128, 3, 1, 4], dilation: 4 },
  // ResNeXt-50 32×4d
  { row: [128, 56, 128, 3, 1, 1, 32] },
  { row: [256, 56, 256, 3, 2, 1, 32] },
  { row: [256, 28, 256, 3, 1, 1, 32] },
  { row: [512, 14, 512, 3, 1, 1, 32] },
  { row: [1024, 7, 1024, 3, 1, 1, 32] },
  // channel counts that no block of four fits
  { row: [63, 56, 65, 1, 1, 0] },
  { row: [3, 112, 17, 1, 1, 0] },
  { row: [129, 28, 255, 1, 1, 0] },
  { row: [31, 28, 33, 3, 1, 1] },
  // depthwise: larger kernels, dilated, two outputs for each input
  { row: [96, 28, 96, 5, 1, 2, 96] },
  { row: [96, 56, 96, 7, 1, 3, 96] },
  { row: [256, 28, 256, 3, 1, 2, 256], dilation: 2 },
  { row: [32, 56, 64, 3, 1, 1, 32] },
];

export const networkConvolutions: Readonly<Record<string, readonly ConvProblem[]>> = {
  resnet50: resnet50.map((row) => problemOf(row)),
  mobilenetV2: mobilenetV2.map((row) => problemOf(row)),
  squeezenet: squeezenet.map((row) => problemOf(row)),
  vgg19: vgg19.map((row) => problemOf(row)),
  inceptionV1: inceptionV1.map((row) => problemOf(row)),
  portraitPrisma: portraitPrisma.map((row) => problemOf(row)),
};

/** Every distinct one; networks share some. */
export function convProblems(): (ConvProblem | TransposedProblem)[] {
  const single = [
    ...Object.values(networkConvolutions).flat(),
    ...more.map(({ row, dilation }) => problemOf(row, dilation)),
  ];
  const eight = [...resnet50, ...mobilenetV2, ...squeezenet]
    .map((row) => problemOf(row, 1, 8))
    .filter(({ macs }) => macs <= batchedMacs)
    .filter((_, index) => index % 4 === 0);
  const all = [...single, ...transposedProblems(), ...eight];
  return [...new Map(all.map((problem) => [problem.name, problem])).values()];
}

export function problemOf(
  [inChannels, size, outChannels, kernel, stride, pad, group = 1]: Row,
  dilation = 1,
  batch = 1,
): ConvProblem {
  const pads = typeof pad === 'number' ? ([pad, pad, pad, pad] as const) : pad;
  const shape = {
    ...{ batch, inChannels, outChannels, size, kernel, stride, pads, dilation, group },
  };
  const dims = [batch, inChannels, size, size];
  const macs = (sizeOf(outputDims(shape)) * inChannels * kernel ** 2) / group;
  return {
    kind: 'conv',
    name: nameOf(shape),
    macs,
    bytes: 4 * (sizeOf(dims) + sizeOf(weightDims(shape)) + sizeOf(outputDims(shape))),
    input: { name: 'x', dims },
    output: 'y',
    shape,
    model: () => modelOf(shape),
  };
}

function nameOf(shape: ConvShape): string {
  const { inChannels, outChannels, size, kernel, stride, pads, dilation, group, batch } = shape;
  const same = ((kernel - 1) / 2) * dilation;
  const depthwise = group > 1 && group === inChannels;
  return [
    `conv ${kernel}x${kernel}, ${inChannels} to ${outChannels}, ${size}x${size}`,
    stride > 1 && `stride ${stride}`,
    pads.some((pad) => pad !== same) &&
      `pads ${new Set(pads).size === 1 ? pads[0] : pads.join(' ')}`,
    dilation > 1 && `dilation ${dilation}`,
    depthwise ? 'depthwise' : group > 1 && `${group} groups`,
    batch > 1 && `batch ${batch}`,
  ]
    .filter(Boolean)
    .join(', ');
}

export function weightDims({ outChannels, inChannels, group, kernel }: ConvShape) {
  return [outChannels, inChannels / group, kernel, kernel] as const;
}

export function weightsOf(shape: ConvShape): Float32Array {
  return seededData(sizeOf(weightDims(shape)), 2);
}

function outputDims({ batch, outChannels, size, kernel, stride, pads, dilation }: ConvShape) {
  const side = (before: number, after: number) =>
    Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
  return [batch, outChannels, side(pads[0], pads[2]), side(pads[1], pads[3])];
}

/** One Conv with constant weights. */
function modelOf(shape: ConvShape): Uint8Array {
  const { batch, inChannels, size, kernel, stride, pads, dilation, group } = shape;
  return encodeModel({
    opset: 13,
    nodes: [
      {
        op: 'Conv',
        name: 'conv',
        inputs: ['x', 'w'],
        outputs: ['y'],
        attributes: {
          kernel_shape: [kernel, kernel],
          strides: [stride, stride],
          dilations: [dilation, dilation],
          pads,
          group,
        },
      },
    ],
    inputs: [{ name: 'x', type: 'float32', dims: [batch, inChannels, size, size] }],
    outputs: [{ name: 'y', type: 'float32', dims: outputDims(shape) }],
    initializers: { w: hostTensor('float32', weightDims(shape), weightsOf(shape)) },
  });
}
