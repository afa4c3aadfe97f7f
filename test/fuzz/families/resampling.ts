/** Resizing and sampling of images. */

import { type Family, image } from './family.ts';

const transforms = [
  ...['half_pixel', 'align_corners', 'asymmetric', 'pytorch_half_pixel', 'half_pixel_symmetric'],
];

export const resizing: Family = {
  operators: ['Resize'],
  add(op, draft, tape) {
    const x = image(draft, tape, 2);
    const mode = tape.choose(['nearest', 'linear', 'cubic']);
    const symmetric = draft.opset >= 19;
    const transform = tape.choose(symmetric ? transforms : transforms.slice(0, -1));
    const [, , height = 1, width = 1] = x.dims;
    const bySizes = tape.rarely(2);
    // Factors that have few binary digits, or not.
    const factor = () => tape.choose([2, 1, 0.5, 3, 1.5, 0.75, 0.6, 2.3]);
    const [down, across] = [factor(), factor()];
    if (down * height < 1 || across * width < 1) return;
    const scales = [1, 1, down, across];
    const sizes = [...x.dims.slice(0, 2), tape.int(1, 12), tape.int(1, 12)];
    const antialias = draft.opset >= 18 && mode !== 'nearest' && tape.rarely(4) ? 1 : undefined;
    draft.node(
      op,
      [
        ...[x, undefined],
        bySizes ? undefined : draft.list(scales, 'float32'),
        bySizes ? draft.list(sizes) : undefined,
      ],
      {
        ...{ mode, coordinate_transformation_mode: transform, antialias },
        nearest_mode:
          mode === 'nearest'
            ? tape.choose([undefined, 'floor', 'ceil', 'round_prefer_ceil'])
            : undefined,
        exclude_outside: mode === 'cubic' && tape.rarely(3) ? 1 : undefined,
        cubic_coeff_a: mode === 'cubic' && tape.rarely(3) ? { float: -0.5 } : undefined,
      },
    );
  },
};

/** What Resize was called. */
export const upsampling: Family = {
  operators: ['Upsample'],
  since: { Upsample: 9 },
  until: { Upsample: 9 },
  add(op, draft, tape) {
    const x = image(draft, tape, 2);
    const factor = () => tape.choose([2, 1, 3, 1.5, 2.3]);
    const scales = draft.list([1, 1, factor(), factor()], 'float32');
    draft.node(op, [x, scales], { mode: tape.choose(['nearest', 'linear']) });
  },
};

export const gridSampling: Family = {
  operators: ['GridSample'],
  since: { GridSample: 16 },
  add(op, draft, tape) {
    const x = image(draft, tape, 2);
    const [batch = 1, , height = 0, width = 0] = x.dims;
    if (height * width === 0) return;
    const grid = draft.weight(tape, 'float32', [batch, tape.int(1, 6), tape.int(1, 6), 2], 'unit');
    const modes =
      draft.opset >= 20 ? ['linear', 'nearest', 'cubic'] : ['bilinear', 'nearest', 'bicubic'];
    draft.node(op, [x, grid], {
      mode: tape.choose(modes),
      padding_mode: tape.choose([undefined, 'border', 'reflection']),
      align_corners: tape.rarely(2) ? 1 : undefined,
    });
  },
};

export const affineGrid: Family = {
  operators: ['AffineGrid'],
  since: { AffineGrid: 20 },
  add(op, draft, tape) {
    const batch = tape.int(1, 2);
    const spatial = tape.choose([2, 3]);
    const theta = draft.input('float32', [batch, spatial, spatial + 1]);
    const sizes = Array.from({ length: spatial }, () => tape.int(1, 6));
    const align_corners = tape.rarely(2) ? 1 : undefined;
    draft.node(op, [theta, draft.list([batch, tape.int(1, 3), ...sizes])], { align_corners });
  },
};

export const regionPooling: Family = {
  operators: ['RoiAlign'],
  since: { RoiAlign: 16 },
  add(op, draft, tape) {
    const x = image(draft, tape, 2);
    const [batch = 0] = x.dims;
    if (batch === 0) return;
    const count = tape.int(1, 3);
    const rois = draft.input('float32', [count, 4], 'positive');
    const indices = draft.weight(tape, 'int64', [count], [0, batch - 1]);
    // Corners in order: begin below 2.25, end above it.
    draft.overwrite(
      rois,
      Array.from({ length: count * 4 }, (_, at) => (at % 4 < 2 ? 0.3 + at / 8 : 2.6 + at / 7)),
    );
    draft.node(op, [x, rois, indices], {
      ...{ output_height: tape.int(1, 4), output_width: tape.int(1, 4) },
      mode: tape.choose([undefined, 'max']),
      sampling_ratio: tape.int(0, 3),
      spatial_scale: tape.choose([undefined, { float: 0.5 }]),
      coordinate_transformation_mode: tape.choose([undefined, 'output_half_pixel']),
    });
  },
};

export const deformable: Family = {
  operators: ['DeformConv'],
  since: { DeformConv: 19 },
  add(op, draft, tape) {
    const [batch, channels] = [tape.int(1, 2), tape.int(1, 6)];
    const [height, width] = [tape.int(3, 8), tape.int(3, 8)];
    const [down, across] = [tape.int(1, 3), tape.int(1, 3)];
    const group = tape.choose([1, channels]);
    const offset_group = tape.choose([1, channels]);
    const outputs = group * tape.int(1, 3);
    const dims = [batch, channels, height, width];
    const plane = [height - down + 1, width - across + 1];
    const x = draft.input('float32', dims);
    const weight = draft.weight(tape, 'float32', [outputs, channels / group, down, across]);
    const taps = offset_group * down * across;
    const offset = draft.weight(tape, 'float32', [batch, 2 * taps, ...plane]);
    const bias = tape.rarely(2) ? draft.weight(tape, 'float32', [outputs]) : undefined;
    const mask = tape.rarely(2)
      ? draft.weight(tape, 'float32', [batch, taps, ...plane])
      : undefined;
    draft.node(op, [x, weight, offset, bias, mask], { group, offset_group, pads: [0, 0, 0, 0] });
  },
};

export const unpooling: Family = {
  operators: ['MaxUnpool'],
  add(op, draft, tape) {
    const kernel_shape = [tape.int(1, 3), tape.int(1, 3)];
    // Whole windows: else the output, made of them, is smaller than what the indices are of.
    const plane = kernel_shape.map((size) => size * tape.int(1, 4));
    const x = draft.input('float32', [tape.int(1, 2), tape.int(1, 5), ...plane]);
    // Windows side by side: no maximum is found twice.
    const attributes = { kernel_shape, strides: kernel_shape };
    const [values, indices] = draft.node('MaxPool', [x], attributes, 2);
    draft.node(op, [values, indices], attributes);
  },
};

export const columns: Family = {
  operators: ['Col2Im'],
  since: { Col2Im: 18 },
  add(op, draft, tape) {
    const [down, across] = [tape.int(1, 3), tape.int(1, 3)];
    const [height, width] = [tape.int(3, 8), tape.int(3, 8)];
    const positions = (height - down + 1) * (width - across + 1);
    const dims = [tape.int(1, 2), tape.int(1, 4) * down * across, positions];
    const sizes = [draft.list([height, width]), draft.list([down, across])];
    draft.node(op, [draft.input('float32', dims), ...sizes]);
  },
};

export const maxRegions: Family = {
  operators: ['MaxRoiPool'],
  add(op, draft, tape) {
    const x = image(draft, tape, 2);
    const [batch = 0, , height = 0, width = 0] = x.dims;
    if (batch === 0) return;
    const corners = () => {
      const [left, top] = [tape.int(0, width - 1), tape.int(0, height - 1)];
      return [
        tape.int(0, batch - 1),
        left,
        top,
        tape.int(left, width - 1),
        tape.int(top, height - 1),
      ];
    };
    const rois = Array.from({ length: tape.int(1, 3) }, corners);
    const regions = draft.input('float32', [rois.length, 5]);
    draft.overwrite(regions, rois.flat());
    draft.node(op, [x, regions], { pooled_shape: [tape.int(1, 4), tape.int(1, 4)] });
  },
};
