/** Pixels become numbers: values computed by hand. */
import { describe, expect, test } from 'vitest';
import { batchOf, choosePreprocessing, findPictureInput } from '../../../src/cli/picture-feeds.ts';
import {
  type PictureInput,
  pictureInputOf,
  resize,
  toTensor,
} from '../../../src/cli/preprocess.ts';
import { elementsOf } from '../../../src/core/tensor.ts';
import { centredBox } from '../../../src/image/placement.ts';
import { type Preprocessing, presets } from '../../../src/image/preprocessing.ts';
import { type Picture, resample } from '../../../src/image/resample.ts';

/** A gray picture from its rows. */
function gray(...rows: number[][]): Picture {
  const pixels = Float32Array.from(rows.flat().flatMap((value) => [value, value, value]));
  return { width: rows[0]?.length ?? 0, height: rows.length, pixels };
}

const reds = ({ pixels }: Picture) => [...pixels].filter((_, at) => at % 3 === 0);

describe('resize', () => {
  test('the same size is the same picture', () => {
    const picture = gray([1, 2], [3, 4]);
    expect(resize(picture, 2, 2, 'crop')).toBe(picture);
  });

  test('to double: a quarter and three quarters of two neighbours', () => {
    expect(reds(resize(gray([0, 100]), 4, 1, 'stretch'))).toEqual([0, 25, 75, 100]);
  });

  test('to half: each pixel takes in two on both sides, by their distance', () => {
    // Triangle of half-width 2 around the centre 1: weights 1/4, 3/4, 3/4, 1/4 of a sum 2 in the
    // middle, cut at the edge: (3/4·10 + 3/4·20 + 1/4·30) / (7/4).
    const [first, second] = reds(resize(gray([10, 20, 30, 40]), 2, 1, 'stretch'));
    expect(first).toBeCloseTo((0.75 * 10 + 0.75 * 20 + 0.25 * 30) / 1.75, 4);
    expect(second).toBeCloseTo((0.25 * 20 + 0.75 * 30 + 0.75 * 40) / 1.75, 4);
  });

  test('a plane of one colour keeps it', () => {
    const plane = gray(...Array.from({ length: 7 }, () => Array(5).fill(200)));
    for (const value of reds(resize(plane, 3, 4, 'crop'))) expect(value).toBeCloseTo(200, 4);
  });

  test('crop takes the middle of the long side, stretch takes all of it', () => {
    expect(centredBox({ width: 6, height: 2 }, 1, 1)).toEqual({
      left: 2,
      top: 0,
      width: 2,
      height: 2,
    });
    const wide = gray([0, 0, 9, 9, 0, 0], [0, 0, 9, 9, 0, 0]);
    expect(reds(resize(wide, 2, 2, 'crop'))).toEqual([9, 9, 9, 9]);
    const stretched = reds(resize(wide, 2, 2, 'stretch'));
    expect(stretched[0]).toBeLessThan(9);
  });

  test('channels stay apart', () => {
    const picture = { width: 2, height: 1, pixels: Float32Array.from([0, 10, 20, 100, 10, 40]) };
    const box = { left: 0, top: 0, width: 2, height: 1 };
    expect([...resample(picture, box, 1, 1).pixels]).toEqual([50, 10, 30]);
  });
});

describe('numbers', () => {
  const input: PictureInput = {
    name: 'x',
    type: 'float32',
    batch: 1,
    channels: 3,
    height: 1,
    width: 2,
    channelsLast: false,
  };
  const picture = { width: 2, height: 1, pixels: Float32Array.from([0, 64, 128, 255, 192, 100]) };
  const preset = (name: keyof typeof presets): Preprocessing => presets[name];
  const values = (name: keyof typeof presets, changes: Partial<PictureInput> = {}) =>
    Array.from(
      elementsOf(
        toTensor(picture, { ...input, ...changes }, preset(name), 'crop'),
      ) as ArrayLike<number>,
      (value) => Number(value.toFixed(5)),
    );

  test('mobilenet: RGB planes, (x − 128) / 128', () => {
    expect(values('mobilenet')).toEqual([-1, 0.99219, -0.5, 0.5, 0, -0.21875]);
  });

  test('squeezenet-caffe: BGR planes less (104, 117, 123)', () => {
    expect(values('squeezenet-caffe')).toEqual([24, -4, -53, 75, -123, 132]);
  });

  test('imagenet: RGB in 0 to 1, less mean, by deviation', () => {
    const [red, , green] = values('imagenet');
    expect(red).toBeCloseTo(-0.485 / 0.229, 4);
    expect(green).toBeCloseTo((64 / 255 - 0.456) / 0.224, 4);
  });

  test('channels last', () => {
    expect(values('ultraface', { channelsLast: true })).toEqual([
      -0.99219, -0.49219, 0.00781, 1, 0.50781, -0.21094,
    ]);
  });

  test('mnist: luma in 0 to 1; mnist-raw: in 0 to 255', () => {
    const [first] = values('mnist', { channels: 1 });
    expect(first).toBeCloseTo((0.587 * 64 + 0.114 * 128) / 255, 4);
    const [, second] = values('mnist-raw', { channels: 1 });
    expect(second).toBeCloseTo(0.299 * 255 + 0.587 * 192 + 0.114 * 100, 3);
  });

  test('float16 and uint8 inputs; uint8 saturates', () => {
    const half = toTensor(picture, { ...input, type: 'float16' }, preset('mobilenet'), 'crop');
    expect(elementsOf(half)[0]).toBe(0xbc00);
    const raw: Preprocessing = { channels: 'rgb', scale: 2, mean: [10], std: [1] };
    const bytes = toTensor(picture, { ...input, type: 'uint8' }, raw, 'crop');
    expect([...elementsOf(bytes)]).toEqual([0, 255, 118, 255, 246, 190]);
  });

  test('gray for a model of three channels, or colour for one, is an error', () => {
    expect(() => toTensor(picture, input, preset('mnist'), 'crop')).toThrow('has 3 channels');
    expect(() => toTensor(picture, { ...input, channels: 1 }, preset('imagenet'), 'crop')).toThrow(
      'gives RGB',
    );
  });

  test('a symbolic height or width takes the picture’s own', () => {
    const free = { ...input, height: 'H', width: 'W' };
    expect(toTensor(picture, free, preset('unit'), 'crop').dims).toEqual([1, 3, 1, 2]);
  });

  test('a batch holds one picture after the other, and repeats the last', () => {
    const { dims, bytes } = batchOf([picture], { ...input, batch: 2 }, preset('unit'), 'crop');
    expect(dims).toEqual([2, 3, 1, 2]);
    expect([...bytes.subarray(0, 24)]).toEqual([...bytes.subarray(24)]);
  });
});

describe('choosing', () => {
  const resizeMode = { resize: 'crop' } as const;

  test('numbers: scale is 1 unless it is said', () => {
    const { preprocessing, note } = choosePreprocessing(
      { ...resizeMode, mean: [1, 2, 3], channels: 'bgr' },
      3,
    );
    expect(preprocessing).toEqual({ channels: 'bgr', scale: 1, mean: [1, 2, 3], std: [1] });
    expect(note).toBeUndefined();
  });

  test('nothing said: 0 to 1, and a note that says so', () => {
    const { preprocessing, note } = choosePreprocessing(resizeMode, 1);
    expect(preprocessing).toEqual({ channels: 'gray', scale: 1 / 255, mean: [0], std: [1] });
    expect(note).toContain('No --preset was given');
  });

  test('a deviation of 0 and three means for gray are errors', () => {
    expect(() => choosePreprocessing({ ...resizeMode, std: [0] }, 3)).toThrow('--std');
    expect(() => choosePreprocessing({ ...resizeMode, mean: [1, 2, 3] }, 1)).toThrow('gray');
  });

  test('the input for a picture has its channels in front or at the end', () => {
    const info = (dims: (number | string)[]) => ({ name: 'x', type: 'float32' as const, dims });
    expect(pictureInputOf(info(['N', 3, 224, 224]))).toMatchObject({ channelsLast: false });
    expect(pictureInputOf(info([1, 224, 224, 3]))).toMatchObject({
      channelsLast: true,
      height: 224,
    });
    expect(() => pictureInputOf(info([1, 8, 4, 4]))).toThrow('1 or 3 channels');
    expect(() => pictureInputOf(info([1, 784]))).toThrow('four dimensions');
    const [a, b] = [info([1, 3, 2, 2]), { ...info([1, 1, 2, 2]), name: 'y' }];
    expect(() => findPictureInput([a, b], [])).toThrow('2 inputs without a tensor');
  });
});
