/**
 * GridSample: the input read at the positions of a grid, by the nearest pixel, linear or cubic
 * interpolation. https://onnx.ai/onnx/operators/onnx__GridSample.html — opset versions 16, 20, 22.
 *
 * The padding mode continues the image without end, and what is sampled is that. So do PyTorch and
 * onnxruntime; ONNX's reference evaluator first moves the position into the image, which is
 * something else for cubic interpolation near a border. A position halfway between two pixels
 * takes the even one, as the text says, for any number of axes.
 */

import { blockChannels, gridSample as kernel } from '../../../shaders/grid_sample.ts';
import { dispatch, input, output } from '../../../shaders/lib/kernel.ts';
import { paddings, type TapCount } from '../../../shaders/lib/sample.ts';
import { lineWorkgroups } from '../../../shaders/lib/words.ts';
import { isFloat } from '../../core/dtype.ts';
import { WgconvError } from '../../core/errors.ts';
import { formatDims, sizeOf } from '../../core/shape.ts';
import { tensorBytes } from '../device-tensor.ts';
import { invalidShape, requireSameDim } from '../dims.ts';
import { lineCandidate } from '../movement/candidate.ts';
import { lanes } from '../movement/loops.ts';
import { defineOperator } from '../operator.ts';
import { type GridSampleAttributes, gridScale } from './grid.ts';

const modes: ReadonlyMap<string, TapCount> = new Map([
  ...([
    ['nearest', 1],
    ['linear', 2],
    ['cubic', 4],
  ] as const),
  // Opset 16's names.
  ...([
    ['bilinear', 2],
    ['bicubic', 4],
  ] as const),
]);

const paddingModes = ['zeros', 'border', 'reflection'];

export const gridSample = defineOperator<GridSampleAttributes>({
  type: 'GridSample',
  arity: { inputs: [2, 2], outputs: [1, 1] },
  attributes(source) {
    const mode = source.string('mode', 'linear');
    const padding = source.string('padding_mode', 'zeros');
    const taps = modes.get(mode);
    if (!taps) return source.fail(`mode "${mode}" is none of ${[...modes.keys()].join(', ')}`);
    if (!paddingModes.includes(padding)) {
      source.fail(`padding_mode "${padding}" is none of ${paddingModes.join(', ')}`);
    }
    const alignCorners = source.int('align_corners', 0) !== 0;
    const reflected = alignCorners ? 'centres' : 'edges';
    return {
      taps,
      alignCorners,
      padding: padding === 'reflection' ? reflected : padding === 'border' ? 'border' : 'zeros',
    };
  },
  infer([x, grid], { taps }) {
    if (!x || !grid) throw new WgconvError('missing-input', 'GridSample needs X and grid');
    const axes = x.dims.length - 2;
    const shapes = `X ${formatDims(x.dims)} and grid ${formatDims(grid.dims)}`;
    if (axes < 1 || axes > 3) {
      invalidShape(`GridSample takes X with one to three spatial axes, not ${formatDims(x.dims)}`);
    }
    const last = grid.dims.at(-1);
    if (grid.dims.length !== axes + 2 || (typeof last === 'number' && last !== axes)) {
      invalidShape(`${shapes} do not fit: this grid must be [N,…,${axes}] of rank ${axes + 2}`);
    }
    requireSameDim(x.dims[0] ?? 0, grid.dims[0] ?? 0, [x.dims, grid.dims]);
    if (!isFloat(grid.type)) {
      throw new WgconvError('wrong-type', `the grid must be floating-point, not ${grid.type}`);
    }
    if (taps > 1 && !isFloat(x.type)) {
      throw new WgconvError(
        'unsupported-type',
        `GridSample interpolates floating-point tensors only, not ${x.type}; mode "nearest" takes any`,
      );
    }
    const empty = x.dims.slice(2).includes(0) && !grid.dims.slice(1, -1).includes(0);
    if (empty) invalidShape(`${shapes}: there is nothing to sample in an image without pixels`);
    return [{ type: x.type, dims: [...x.dims.slice(0, 2), ...grid.dims.slice(1, -1)] }];
  },
  accuracy: ({ taps }) => (taps === 1 ? 'discrete' : 'function'),
  traits: {},
  reference: () => import('./grid-sample-reference.ts').then((m) => m.gridSampleReference),
  lower({ inputs: [x, grid], outputs: [y] }, { taps, padding, alignCorners }) {
    if (!x || !grid || !y) return [];
    const [images = 1, channels = 1, ...spatial] = x.dims;
    const axes = spatial.length;
    const outPixels = sizeOf(y.dims.slice(2));
    const count = images * Math.ceil(channels / blockChannels) * outPixels;
    const half = x.element === 'f16';
    const step = dispatch(
      kernel,
      {
        ...{ taps, axes: axes === 3 ? 3 : 2 },
        element: half ? 'f16' : taps === 1 ? 'u32' : 'f32',
        grid: grid.element === 'f16' ? 'f16' : 'f32',
      },
      {
        size: lanes(spatial, 1, sizeOf(spatial)),
        scale: lanes(
          spatial.map((size) => gridScale(size, alignCorners)),
          0,
        ),
        offset: lanes(
          spatial.map((size) => (size - 1) / 2),
          0,
        ),
        ...{ count, channels, outPixels, gridAxes: axes, padding: paddings[padding] },
      },
      [input(0), input(1), output(0)],
      lineWorkgroups(count),
    );
    return [
      lineCandidate('grid_sample', [step], {
        macs: sizeOf(y.dims) * taps ** axes,
        bytes: tensorBytes(x, grid, y),
        invocations: count,
        efficiency: 0.1,
      }),
    ];
  },
});
