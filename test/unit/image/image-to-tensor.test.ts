/** Pictures as tensors on the CPU: worked by hand, and against onnxruntime's antialiased Resize. */
import { describe, expect, test } from 'vitest';
import { hostTensor, Tensor } from '../../../src/core/tensor.ts';
import { imageToTensor, type Pixels, presets, toPicture } from '../../../src/image/index.ts';
import { placePicture } from '../../../src/image/placement.ts';
import type { ImageToTensorOptions } from '../../../src/image/sampling.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { runOnnxruntime } from '../../support/onnxruntime.ts';
import { noise } from '../../support/pictures.ts';

/** Pixels from rows of [red, green, blue, alpha]. */
function pixels(...rows: (readonly number[])[][]): Pixels {
  const data = Uint8ClampedArray.from(rows.flat(2));
  return { data, width: rows[0]?.length ?? 0, height: rows.length };
}

const gray = (...rows: number[][]) =>
  pixels(...rows.map((row) => row.map((value) => [value, value, value, 255])));

async function values(source: Pixels, options: ImageToTensorOptions): Promise<number[]> {
  const { tensor } = await imageToTensor(source, options);
  return Array.from(tensor.data as Float32Array, (value) => Number(value.toFixed(3)));
}

const raw = { scale: 1 } as const;
const [red, blue] = [
  [255, 10, 20, 255],
  [1, 2, 240, 255],
] as const;

describe('numbers', () => {
  test('the picture’s own size, 0 to 1, one plane for each colour', async () => {
    const { tensor, placement } = await imageToTensor(
      pixels([
        [255, 0, 51, 255],
        [0, 102, 0, 255],
      ]),
    );
    expect(tensor.dims).toEqual([1, 3, 1, 2]);
    expect(tensor.location).toBe('cpu');
    expect([...(tensor.data as Float32Array)]).toEqual([1, 0, 0, 0.4, 0.2, 0].map(Math.fround));
    const whole = { left: 0, top: 0, width: 2, height: 1 };
    expect(placement).toEqual({ source: whole, target: whole });
  });

  test('channels last, blue first; scale, then mean and deviation of each channel', async () => {
    const options = { ...raw, channels: 'bgr', layout: 'NHWC' } as const;
    const { tensor } = await imageToTensor(pixels([[...red], [...blue]]), options);
    expect(tensor.dims).toEqual([1, 1, 2, 3]);
    expect([...(tensor.data as Float32Array)]).toEqual([20, 10, 255, 240, 2, 1]);
    expect(
      await values(pixels([[...red]]), { scale: 2, mean: [10, 20, 30], std: [1, 2, 4] }),
    ).toEqual([500, 0, 2.5]);
    expect(await values(pixels([[...red]]), presets.mobilenet)).toEqual([0.992, -0.922, -0.844]);
  });

  test('gray is luma', async () => {
    expect(await values(pixels([[100, 200, 50, 255]]), { ...raw, channels: 'gray' })).toEqual([
      Number((0.299 * 100 + 0.587 * 200 + 0.114 * 50).toFixed(3)),
    ]);
  });

  test('alpha: over white, over a colour, or of no account', async () => {
    const half = pixels([[100, 0, 200, 51]]);
    expect(await values(half, raw)).toEqual([224, 204, 244]);
    expect(await values(half, { ...raw, background: [0, 50, 0] })).toEqual([20, 40, 40]);
    expect(await values(half, { ...raw, background: 'none' })).toEqual([100, 0, 200]);
  });
});

describe('into a tensor', () => {
  const tensor = () => new Tensor('float32', new Float32Array(6).fill(9), [1, 3, 1, 2]);

  test('that is there: its numbers, and its size where none is said', async () => {
    const into = tensor();
    const two = pixels([[...red], [...blue]]);
    const result = await imageToTensor(two, { ...raw, into });
    expect(result.tensor).toBe(into);
    expect([...(into.data as Float32Array)]).toEqual([255, 1, 10, 2, 20, 240]);
    const { placement } = await imageToTensor(pixels([[...red]]), { ...raw, into });
    expect([...(into.data as Float32Array)]).toEqual([255, 255, 10, 10, 20, 20]);
    expect(placement.target).toEqual({ left: 0, top: 0, width: 2, height: 1 });
  });

  test('of another shape or type, or on the GPU, is refused and left as it is', async () => {
    const fail = (into: Tensor, options: ImageToTensorOptions = {}) =>
      expect(imageToTensor(pixels([[...red]]), { ...options, into })).rejects;
    const into = tensor();
    await fail(into, { layout: 'NHWC' }).toThrow(
      'into has the shape [1,3,1,2], but the picture becomes [1,3,1,3]',
    );
    await fail(into, { channels: 'gray' }).toThrow('but the picture becomes [1,1,1,2]');
    await fail(into, { height: 2 }).toThrow('but the picture becomes [1,3,2,2]');
    await fail(new Tensor('float32', Float32Array.of(1), [1])).toThrow('into has the shape [1]');
    await fail(new Tensor('uint8', new Uint8Array(3), [1, 3, 1, 1])).toThrow('into holds uint8');
    const away = Tensor.fromGpuBuffer({} as GPUBuffer, {
      ...{ dataType: 'float32', dims: [1, 3, 1, 1] },
    });
    await fail(away).toThrow('into lives on the GPU: give { session } or { device }, too');
    expect([...(into.data as Float32Array)]).toEqual(Array(6).fill(9));
  });
});

test('ends with the reason of its signal', async () => {
  const signal = AbortSignal.abort(new Error('enough'));
  await expect(imageToTensor(pixels([[...red]]), { signal })).rejects.toThrow('enough');
});

describe('resampling', () => {
  const one = { ...raw, channels: 'gray', layout: 'NHWC' } as const;
  test('bilinear where it enlarges, a triangle over all it covers where it shrinks', async () => {
    expect(await values(gray([0, 100]), { ...one, width: 4, height: 1 })).toEqual([0, 25, 75, 100]);
    // The triangle of half-width 2 around 1: 3/4, 3/4, 1/4 of a sum 7/4.
    expect(await values(gray([10, 20, 30, 40]), { ...one, width: 2, height: 1 })).toEqual(
      [(0.75 * 10 + 0.75 * 20 + 0.25 * 30) / 1.75, (0.25 * 20 + 0.75 * 30 + 0.75 * 40) / 1.75].map(
        (value) => Number(value.toFixed(3)),
      ),
    );
  });

  test('cover takes the middle, contain leaves a margin of a colour', async () => {
    const wide = gray([0, 9, 9, 0]);
    expect(await values(wide, { ...one, width: 2, height: 1, resize: 'cover' })).toEqual([9, 9]);
    expect(
      await values(gray([7, 7, 7, 7], [7, 7, 7, 7]), {
        ...{ ...one, width: 4, height: 4, resize: 'contain', fill: [1, 1, 1] },
      }),
    ).toEqual([1, 1, 1, 1, 7, 7, 7, 7, 7, 7, 7, 7, 1, 1, 1, 1]);
  });

  test('boxes come back from a letterbox and from a cut', () => {
    const letterbox = placePicture(
      { width: 640, height: 480 },
      { width: 320, height: 320 },
      'contain',
    );
    expect(letterbox.target).toEqual({ left: 0, top: 40, width: 320, height: 240 });
    expect(toPicture(letterbox, { left: 10, top: 50, width: 100, height: 60 })).toEqual({
      ...{ left: 20, top: 20, width: 200, height: 120 },
    });
    const cut = placePicture({ width: 640, height: 480 }, { width: 240, height: 240 }, 'cover');
    expect(cut.source).toEqual({ left: 80, top: 0, width: 480, height: 480 });
    expect(toPicture(cut, { left: 0, top: 120, width: 12, height: 24 })).toEqual({
      ...{ left: 80, top: 240, width: 24, height: 48 },
    });
  });

  test('refuses a box that is none, by the side that is no number', () => {
    const placement = placePicture({ width: 64, height: 48 }, { width: 32, height: 32 }, 'stretch');
    const corners = { x: 1, y: 2, width: 3, height: 4 } as never;
    expect(() => toPicture(placement, corners)).toThrow('left is undefined, but must be a number');
  });

  test('a margin of whole pixels where proportions leave a half', () => {
    const { target } = placePicture(
      { width: 100, height: 33 },
      { width: 10, height: 10 },
      'contain',
    );
    expect(target).toEqual({ left: 0, top: 3, width: 10, height: 3 });
    const thin = placePicture({ width: 1000, height: 1 }, { width: 10, height: 10 }, 'contain');
    expect(thin.target).toEqual({ left: 0, top: 4, width: 10, height: 1 });
  });

  test.each([
    [37, 23, 16, 9],
    [40, 40, 39, 13],
    [64, 5, 7, 5],
  ])(
    '%i×%i to %i×%i is onnxruntime’s Resize with antialias',
    async (width, height, toWidth, toHeight) => {
      const source = noise(width, height, 5);
      const { tensor } = await imageToTensor(source, {
        ...{ ...raw, width: toWidth, height: toHeight, background: 'none' },
      });
      const planes = Float32Array.from({ length: width * height * 3 }, (_, at) => {
        const channel = Math.floor(at / (width * height));
        return source.data[(at % (width * height)) * 4 + channel] as number;
      });
      const model = encodeModel({
        opset: 18,
        nodes: [
          {
            op: 'Resize',
            inputs: ['X', '', '', 'sizes'],
            outputs: ['Y'],
            attributes: {
              ...{
                mode: 'linear',
                antialias: 1,
                exclude_outside: 1,
                coordinate_transformation_mode: 'half_pixel',
              },
            },
          },
        ],
        inputs: [{ name: 'X', dims: [1, 3, height, width] }],
        outputs: ['Y'],
        initializers: {
          sizes: hostTensor(
            'int64',
            [4],
            BigInt64Array.of(1n, 3n, BigInt(toHeight), BigInt(toWidth)),
          ),
        },
      });
      const outputs = await runOnnxruntime(model, {
        X: hostTensor('float32', [1, 3, height, width], planes),
      });
      const expected = outputs.get('Y')?.data as Float32Array;
      expect(expected.length).toBe(tensor.size);
      (tensor.data as Float32Array).forEach((value, at) => {
        expect(Math.abs(value - (expected[at] as number)), `[${at}]`).toBeLessThan(0.01);
      });
    },
    // onnxruntime takes its time to start.
    60_000,
  );
});

describe('errors', () => {
  const source = gray([1]);
  test.each<[object, string]>([
    [{ widht: 1 }, 'there is no option of imageToTensor() "widht"'],
    [{ width: 0 }, 'width is 0, but must be a whole number from 1 on'],
    [{ resize: 'crop' }, "there is no resize mode \"crop\"; use 'stretch', 'cover' or 'contain'"],
    [{ channels: 'rgba' }, 'there is no order of channels "rgba"'],
    [{ layout: 'HWC' }, 'there is no layout "HWC"'],
    [{ mean: [1, 2] }, 'mean is [1,2], but takes one number, or 3, one for each channel'],
    [{ std: 0 }, 'std must not be 0'],
    [{ scale: Number.NaN }, 'scale is NaN'],
    [{ fill: [300, 0, 0] }, '[300,0,0] is no colour'],
  ])('%j', async (options, message) => {
    await expect(imageToTensor(source, options)).rejects.toThrow(message);
  });

  test('sources without a picture', async () => {
    const invalid = { code: 'invalid-image' };
    const none = { data: new Uint8ClampedArray(0), width: 0, height: 4 };
    await expect(imageToTensor(none)).rejects.toMatchObject(invalid);
    await expect(imageToTensor(none)).rejects.toThrow('0×4 pixels: there is nothing in it');
    const short = { data: new Uint8ClampedArray(5), width: 2, height: 1 };
    await expect(imageToTensor(short)).rejects.toThrow(
      '2×1 pixels of red, green, blue and alpha are 8 bytes in a Uint8ClampedArray, but there are 5',
    );
    const half = { data: new Uint8ClampedArray(8), width: 0.5, height: 4 };
    await expect(imageToTensor(half)).rejects.toThrow('width is 0.5');
    // Node has no canvas to read it from.
    const unknown = { width: 1, height: 1 } as unknown as Pixels;
    await expect(imageToTensor(unknown)).rejects.toMatchObject(invalid);
    await expect(imageToTensor('cat.png' as unknown as Pixels)).rejects.toThrow(
      'a picture is an ImageBitmap',
    );
  });
});
