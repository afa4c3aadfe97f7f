/**
 * MaxUnpool: the partial inverse of MaxPool. https://onnx.ai/onnx/operators/onnx__MaxUnpool.html —
 * opset versions 9, 11 and 22 mean the same.
 *
 * With `output_shape` the indices are those of a tensor of that very shape: the text calls them
 * MaxPool's second output, which counts in MaxPool's input, and that input is what unpooling gives
 * back in part (so that pooling it again gives X). The published case
 * `test_maxunpool_export_with_output_shape` has them count in the smaller shape that kernel_shape and
 * strides make, and moves the result into the larger one; MaxPool gives no such indices. onnxruntime
 * decided as is done here (onnxruntime#2193, onnx#2398). The kernel, strides and pads then mean
 * nothing, as the text says of pads.
 *
 * Where an index occurs twice the later value counts; after MaxPool both are the same one.
 */

import { fill } from '../../../shaders/fill.ts';
import { dispatch, input, output, scratch } from '../../../shaders/lib/kernel.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { unpool } from '../../../shaders/unpool.ts';
import { WgconvError } from '../../core/errors.ts';
import { type Dim, formatDims, multiplyDims, sizeOf } from '../../core/shape.ts';
import { align16, tensorBytes } from '../device-tensor.ts';
import { addDims, integersAt, invalidShape, requireSameDim, unknownDims } from '../dims.ts';
import { checkIndices, checkPlace } from '../indices.ts';
import { lineCandidate } from '../movement/candidate.ts';
import { defineOperator, type HostValues } from '../operator.ts';
import { checkWindow, readWindow, type WindowAttributes } from '../window.ts';

interface MaxUnpoolAttributes extends WindowAttributes {
  readonly kernelShape: readonly number[];
}

/** (size − 1) · stride + kernel − pads, symbolic where the size is. */
function unpooled(size: Dim, stride: number, rest: number): Dim {
  if (typeof size === 'number') return (size - 1) * stride + rest;
  return stride === 1 ? addDims([size, rest - 1]) : `((${size}-1)*${stride}+${rest})`;
}

function unpooledDims(
  [batch = 1, channels = 1, ...spatial]: readonly Dim[],
  { kernelShape, strides, pads }: MaxUnpoolAttributes,
): readonly Dim[] {
  const sizes = spatial.map((size, axis) => {
    const padded = (pads?.[axis] ?? 0) + (pads?.[axis + spatial.length] ?? 0);
    return unpooled(size, strides?.[axis] ?? 1, (kernelShape[axis] as number) - padded);
  });
  if (sizes.some((size) => typeof size === 'number' && size < 0)) {
    invalidShape(`the pads leave nothing of the output: its size would be ${formatDims(sizes)}`);
  }
  return [batch, channels, ...sizes];
}

/** The dims that `output_shape` says, where it is known. */
function givenDims(dims: readonly Dim[], known: HostValues): readonly Dim[] {
  const shape = integersAt(known, 2);
  if (shape && (shape.length !== dims.length || shape.some((size) => size < 0))) {
    invalidShape(`output_shape ${formatDims(shape)} is no shape of rank ${dims.length}`);
  }
  return shape ?? unknownDims(`MaxUnpool${formatDims(dims)}`, dims.length);
}

export const maxUnpool = defineOperator<MaxUnpoolAttributes>({
  type: 'MaxUnpool',
  arity: { inputs: [2, 3], outputs: [1, 1] },
  attributes(source) {
    const { kernelShape, ...window } = readWindow(source);
    if (!kernelShape) return source.fail('attribute "kernel_shape" is required');
    return { ...window, kernelShape };
  },
  infer([x, indices, outputShape], attributes, known) {
    if (!x || !indices) throw new WgconvError('missing-input', 'MaxUnpool needs X and I');
    if (x.dims.length < 3 || indices.dims.length !== x.dims.length) {
      invalidShape(
        `X ${formatDims(x.dims)} and I ${formatDims(indices.dims)} of MaxUnpool must have one shape of rank 3 or more`,
      );
    }
    x.dims.forEach((dim, axis) => {
      requireSameDim(dim, indices.dims[axis] as Dim, [x.dims, indices.dims]);
    });
    checkWindow(x.dims.length - 2, attributes.kernelShape, attributes);
    const dims = outputShape ? givenDims(x.dims, known) : unpooledDims(x.dims, attributes);
    checkIndices(indices, known(1), [multiplyDims(dims)], checkPlace);
    return [{ type: x.type, dims }];
  },
  accuracy: 'exact',
  traits: { hostInputs: [2], indices: { inputs: [1] } },
  reference: () => import('./max-unpool-reference.ts').then((m) => m.maxUnpoolReference),
  lower({ inputs: [x, indices], outputs: [y] }) {
    if (!x || !indices || !y) return [];
    const [count, size] = [sizeOf(indices.dims), sizeOf(y.dims)];
    const dispatches = [
      dispatch(fill, {}, { count: size, value: 0 }, [scratch(0)], lineWorkgroups(size)),
      dispatch(
        unpool,
        { step: 'place' },
        { count, size },
        [input(1), scratch(0)],
        lineWorkgroups(count),
      ),
      dispatch(
        unpool,
        { step: 'take', element: x.element === 'f16' ? 'f16' : 'u32' },
        { count: size, size },
        [input(0), scratch(0), output(0)],
        lineWorkgroups(size),
      ),
    ];
    const candidate = lineCandidate(
      'unpool',
      dispatches.filter((_, step) => step !== 1 || count > 0),
      {
        macs: 0,
        bytes: tensorBytes(x, indices, y) + 3 * 4 * size,
        invocations: size,
        efficiency: 1,
      },
    );
    return [{ ...candidate, scratch: [align16(size * 4)] }];
  },
});
