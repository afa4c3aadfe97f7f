/**
 * RoiAlign and MaxRoiPool.
 * https://onnx.ai/onnx/operators/onnx__RoiAlign.html — opset versions 10, 16 and 22;
 * https://onnx.ai/onnx/operators/onnx__MaxRoiPool.html — 1 and 22.
 *
 * RoiAlign's maximum is taken over the four pixels of every sample, each weighed as for linear
 * interpolation, and not over the interpolated values: the text leaves it open, ONNX's published
 * case and reference evaluator and onnxruntime do so (onnx#4764, onnxruntime#6146).
 *
 * MaxRoiPool's text names no formula; it is that of Fast R-CNN: a region's corners are rounded to
 * whole pixels (halves away from zero), which both belong to it, and bin i of n is from
 * floor(i · extent / n) to ceil((i + 1) · extent / n). Negative maxima stay what they are.
 */

import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { formatDims, type TensorType } from '../../core/shape.ts';
import { invalidShape, requireSameDim } from '../dims.ts';
import { checkIndices } from '../indices.ts';
import { type AnyOperator, defineOperator } from '../operator.ts';
import { checkImage, type MaxRoiPoolAttributes, type RoiAlignAttributes } from './attributes.ts';
import { lowerMaxRoiPool, lowerRoiAlign } from './lower.ts';

/** Checks X and rois of `columns` values, and gives the result's type. */
function inferRois(
  type: string,
  [x, rois]: readonly (TensorType | undefined)[],
  columns: number,
  bins: readonly number[],
): TensorType {
  if (!x || !rois) throw new WgconvError('missing-input', `${type} needs X and rois`);
  if (!isFloat(x.type) || rois.type !== x.type) {
    throw new WgconvError(
      'wrong-type',
      `X and rois of ${type} must have one floating-point type, not ${x.type} and ${rois.type}`,
    );
  }
  const [regions = 0, values] = rois.dims;
  if (x.dims.length !== 4)
    invalidShape(`X of ${type} must be [N,C,H,W], not ${formatDims(x.dims)}`);
  // A bin of pixels may have none; a sample is between four.
  if (type === 'RoiAlign' && x.dims.slice(2).includes(0)) {
    invalidShape(`X ${formatDims(x.dims)} of ${type} has no pixels to pool`);
  }
  if (rois.dims.length !== 2 || (typeof values === 'number' && values !== columns)) {
    invalidShape(`rois of ${type} must be [number,${columns}], not ${formatDims(rois.dims)}`);
  }
  return { type: x.type, dims: [regions, x.dims[1] ?? 1, ...bins] };
}

/** Along an axis of a bin, where nobody takes more than some ten: a device would not come back. */
const mostSamples = 1024;

const roiAlign = defineOperator<RoiAlignAttributes>({
  type: 'RoiAlign',
  arity: { inputs: [3, 3], outputs: [1, 1] },
  attributes(source, opset) {
    const known = ['half_pixel', 'output_half_pixel'];
    const transform = source.string('coordinate_transformation_mode', known[opset < 16 ? 1 : 0]);
    if (!known.includes(transform)) {
      source.fail(`coordinate_transformation_mode "${transform}" is none of ${known.join(', ')}`);
    }
    const mode = source.string('mode', 'avg');
    if (mode !== 'avg' && mode !== 'max') source.fail(`mode "${mode}" is neither avg nor max`);
    const bins = [source.int('output_height', 1), source.int('output_width', 1)] as const;
    const samples = source.int('sampling_ratio', 0);
    if (bins.some((size) => size < 1)) source.fail('the output must have at least one bin');
    if (samples < 0 || samples > mostSamples) {
      source.fail(`"sampling_ratio" must be from 0 to ${mostSamples}`);
    }
    return {
      ...{ pooling: mode === 'avg' ? 'average' : 'greatest', bins, samples },
      shift: transform === 'half_pixel' ? 0.5 : 0,
      scale: source.float('spatial_scale', 1),
    };
  },
  infer(inputs, { bins }, known) {
    const [x, rois, images] = inputs;
    const y = inferRois('RoiAlign', inputs, 4, bins);
    if (images?.dims.length !== 1) {
      return invalidShape('batch_indices of RoiAlign must be one for each region');
    }
    requireSameDim(rois?.dims[0] ?? 0, images.dims[0] ?? 0, [rois?.dims ?? [], images.dims]);
    checkIndices(images, known(2), x?.dims.slice(0, 1) ?? [], checkImage);
    return [y];
  },
  accuracy: 'function',
  traits: { indices: { inputs: [2] }, effort: () => Infinity },
  reference: () => import('./reference.ts').then((m) => m.roiAlignReference),
  lower: lowerRoiAlign,
});

const maxRoiPool = defineOperator<MaxRoiPoolAttributes>({
  type: 'MaxRoiPool',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes(source) {
    const bins = source.ints('pooled_shape');
    if (bins?.length !== 2 || bins.some((size) => size < 1)) {
      return source.fail('"pooled_shape" must be two positive sizes');
    }
    return {
      bins: [bins[0] as number, bins[1] as number],
      scale: source.float('spatial_scale', 1),
    };
  },
  infer: (inputs, { bins }) => [inferRois('MaxRoiPool', inputs, 5, bins)],
  accuracy: 'discrete',
  traits: { effort: () => Infinity },
  reference: () => import('./reference.ts').then((m) => m.maxRoiPoolReference),
  lower: lowerMaxRoiPool,
});

export const roiOperators: readonly AnyOperator[] = [roiAlign, maxRoiPool];
