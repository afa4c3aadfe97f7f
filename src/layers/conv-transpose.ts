/** Transposed convolution, as TensorFlow: the gradient of a convolution for its input. */

import { type ActivationName, activationOf } from './activation.ts';
import { kernelFirst } from './kernels.ts';
import type { Layer, LayerOptions } from './layer.ts';
import { makeLayer, type NumberOrPair, OptionReader, type Pair } from './options.ts';
import { biasOf } from './weights.ts';
import { imageOf } from './window.ts';

export interface Conv2dTransposeOptions extends LayerOptions {
  /** Number of output channels. */
  readonly filters: number;
  readonly kernelSize: NumberOrPair;
  /** 1 by default. */
  readonly strides?: NumberOrPair | undefined;
  /** 'valid' by default. */
  readonly padding?: 'valid' | 'same' | undefined;
  /** Rows and columns more at the end, fewer than the strides; what Keras takes by default. */
  readonly outputPadding?: NumberOrPair | null | undefined;
  /** 1 by default; not beside strides. */
  readonly dilationRate?: NumberOrPair | undefined;
  /** 'linear' by default. */
  readonly activation?: ActivationName | null | undefined;
  /** true by default. */
  readonly useBias?: boolean | undefined;
}

/** One axis: output = (input − 1) · stride + `more`, and ONNX's attributes for that. */
interface Axis {
  readonly stride: number;
  readonly more: number;
  readonly pads: Pair;
  readonly outputPadding: number;
}

/** Output sizes are those of Keras's `deconv_output_length`. */
function axisOf(
  extent: number,
  stride: number,
  padding: 'valid' | 'same',
  outputPadding: number | undefined,
): Axis {
  let more: number;
  if (outputPadding === undefined) {
    more = padding === 'same' ? stride : stride + Math.max(extent - stride, 0);
  } else {
    const trimmed = padding === 'same' ? 2 * Math.floor(extent / 2) : 0;
    more = extent - trimmed + outputPadding;
  }
  // What the forward convolution pads, its smaller half before: it does not reach the output.
  const total = Math.max(extent - more, 0);
  const before = Math.floor(total / 2);
  return {
    stride,
    more,
    pads: [before, total - before],
    outputPadding: Math.max(more - extent, 0),
  };
}

export function conv2dTranspose(options: Conv2dTransposeOptions): Layer {
  const kind = { className: 'Conv2DTranspose', defaultName: 'conv2d_transpose' };
  const reader = new OptionReader(kind, options, {
    ...{ filters: true, kernelSize: true, strides: true, padding: true, outputPadding: true },
    ...{ dilationRate: true, activation: true, useBias: true },
  });
  const filters = reader.integer('filters', options.filters);
  const kernel = reader.pair('kernelSize', options.kernelSize);
  const strides = reader.pair('strides', options.strides ?? 1);
  const dilations = reader.pair('dilationRate', options.dilationRate ?? 1);
  const padding = reader.oneOf('padding', options.padding ?? 'valid', ['valid', 'same']);
  const activate = activationOf(reader, options.activation);
  const { useBias = true } = options;
  const extra =
    options.outputPadding == null
      ? undefined
      : reader.pair('outputPadding', options.outputPadding, 0);
  if (extra?.some((size, axis) => size >= (strides[axis] as number))) {
    reader.fail(`outputPadding [${extra}] must be less than the strides [${strides}]`);
  }
  if (dilations.some((rate) => rate > 1) && strides.some((stride) => stride > 1)) {
    reader.fail('either dilationRate or strides must be 1');
  }
  const along = (axis: 0 | 1) => {
    const found = axisOf(
      (kernel[axis] - 1) * dilations[axis] + 1,
      strides[axis],
      padding,
      extra?.[axis],
    );
    if (found.more < 1) {
      reader.fail(
        `padding 'same' with an even kernelSize [${kernel}] needs an outputPadding above 0, not [${extra}], as in TensorFlow`,
      );
    }
    return found;
  };
  const [rows, columns] = [along(0), along(1)];
  return makeLayer(
    {
      ...kind,
      build([input], fail) {
        const { size, channels } = imageOf(input, fail);
        const [height, width] = size;
        const output = (length: number | null, { stride, more }: Axis) =>
          length === null ? null : (length - 1) * stride + more;
        const shape = [output(height, rows), output(width, columns), filters];
        const kernelShape = [...kernel, filters, channels] as const;
        return {
          shape,
          weights: [
            { name: 'kernel', shape: kernelShape, initial: 'glorotUniform' },
            ...biasOf(useBias, [filters]),
          ],
          emit(emitter, [x], { kernel: data = new Float32Array(), bias }) {
            const [dims, first] = kernelFirst({ shape: kernelShape, data });
            const inputs = [emitter.first(x), emitter.floats('kernel', dims, first)];
            if (bias) inputs.push(emitter.floats('bias', [filters], bias));
            const sums = emitter.node('ConvTranspose', inputs, {
              ...{ kernel_shape: kernel, strides, dilations },
              pads: [rows.pads[0], columns.pads[0], rows.pads[1], columns.pads[1]],
              output_padding: [rows.outputPadding, columns.outputPadding],
            });
            return activate(emitter, emitter.value(shape, 'first', sums));
          },
        };
      },
    },
    options,
  );
}
