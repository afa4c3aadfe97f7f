/** Tensors as pixels: worked by hand, and back from what `imageToTensor` made. */
import { describe, expect, test } from 'vitest';
import { Tensor } from '../../../src/core/tensor.ts';
import {
  imageToTensor,
  presets,
  type TensorToImageDataOptions,
  tensorToImageData,
} from '../../../src/image/index.ts';
import { noise } from '../../support/pictures.ts';

async function pixels(
  values: readonly number[],
  dims: readonly number[],
  options: TensorToImageDataOptions = {},
): Promise<number[]> {
  const tensor = new Tensor('float32', Float32Array.from(values), dims);
  return [...(await tensorToImageData(tensor, options)).data];
}

describe('tensorToImageData', () => {
  test('one channel is gray, three are colours, four have alpha', async () => {
    expect(await pixels([0, 0.2, 2, Number.NaN], [1, 1, 1, 4])).toEqual([
      ...[0, 0, 0, 255, 51, 51, 51, 255, 255, 255, 255, 255, 0, 0, 0, 255],
    ]);
    expect(await pixels([1, 0.6, 0], [1, 3, 1, 1])).toEqual([255, 153, 0, 255]);
    expect(await pixels([1, 0.6, 0], [1, 3, 1, 1], { channels: 'bgr' })).toEqual([
      0, 153, 255, 255,
    ]);
    expect(await pixels([1, 0.6, 0, 0.4], [4, 1, 1])).toEqual([255, 153, 0, 102]);
  });

  test('channels last, another image, a range', async () => {
    const options = { layout: 'NHWC', batch: 1, range: [-1, 1] } as const;
    const { width, height, data } = await tensorToImageData(
      new Tensor(
        'float32',
        Float32Array.of(0, 0, 0, 0, 0, 0, -1, 1, -0.6, 1, -1, 0.2),
        [2, 1, 2, 3],
      ),
      options,
    );
    expect([width, height]).toEqual([2, 1]);
    expect([...data]).toEqual([0, 255, 51, 255, 255, 0, 153, 255]);
  });

  test('one of several channels as a mask', async () => {
    const colorMap = [
      [255, 0, 0, 0],
      [255, 0, 0, 204],
    ] as const;
    expect(await pixels([9, 9, 0, 0.5], [1, 2, 1, 2], { channel: 1, colorMap })).toEqual([
      ...[255, 0, 0, 0, 255, 0, 0, 102],
    ]);
  });

  test('integers and float16', async () => {
    const bytes = new Tensor('uint8', Uint8Array.of(0, 77), [1, 1, 1, 2]);
    const half = new Tensor('float16', Uint16Array.of(0, 0x3800), [1, 1, 1, 2]);
    expect([...(await tensorToImageData(bytes, { scale: 1 })).data]).toContain(77);
    expect([...(await tensorToImageData(half, { range: [0, 1] })).data]).toContain(128);
  });

  test.each(['unit', 'mobilenet', 'imagenet', 'squeezenet-caffe'] as const)(
    'what %s made of a picture becomes that picture',
    async (preset) => {
      const source = noise(9, 7, 21, true);
      for (const layout of ['NCHW', 'NHWC'] as const) {
        const { tensor } = await imageToTensor(source, { ...presets[preset], layout });
        const { data } = await tensorToImageData(tensor, { ...presets[preset], layout });
        expect([...data]).toEqual([...source.data]);
      }
    },
  );

  test('says what is wrong', async () => {
    const fail = (dims: number[], options: object) =>
      expect(pixels(Array(dims.reduce((a, b) => a * b)).fill(0), dims, options)).rejects;
    await fail([1, 2, 1, 1], {}).toThrow('has 2 channels, which are no picture');
    await fail([1, 2, 1, 1], { channels: 'rgb' }).toThrow('has 2 channels: there is no rgb');
    await fail([1, 2, 1, 1], { channel: 2 }).toThrow('there is no channel 2 of it');
    await fail([1, 3, 1, 1], { channels: 'hsv' }).toThrow('there is no kind of channels "hsv"');
    await fail([1, 3, 1, 1], { channels: 'rgb', colorMap: 'gray' }).toThrow(
      'are for gray pictures',
    );
    await fail([1, 1, 1, 1], { range: [1, 1] }).toThrow('range is [1,1]');
    await fail([1, 1, 1, 1], { range: [0, 1], mean: 1 }).toThrow('either range or mean');
    await fail([1, 1, 1, 1], { scale: 0 }).toThrow('scale must not be 0');
    await fail([1, 3, 1, 1], { std: [1, 2] }).toThrow('std is [1,2]');
    await fail([1, 1, 1, 1], { colour: 1 }).toThrow(
      'there is no option of tensorToImageData() "colour"',
    );
  });
});
