/** Tensors as grids of maps: where values and pixels lie, and their colours, worked by hand. */
import * as Plot from '@observablehq/plot';
import { describe, expect, test } from 'vitest';
import { Tensor } from '../../../src/core/tensor.ts';
import { type ColorMap, paletteOf, premultipliedWord } from '../../../src/image/color-map.ts';
import { drawTensor, drawTensors } from '../../../src/image/draw.ts';
import { drawPixels } from '../../../src/image/draw-pixels.ts';
import { type MapOptions, planMaps, valueAt } from '../../../src/image/maps.ts';

const tensor = (values: readonly number[], dims: readonly number[]) =>
  new Tensor('float32', Float32Array.from(values), dims);

/** The pixels as rows of one letter or number each: the gray level, `.` where transparent. */
function picture(values: readonly number[], dims: readonly number[], options: MapOptions): string {
  const given = tensor(values, dims);
  const drawing = planMaps(given, { colorMap: 'gray', ...options });
  const pixels = drawPixels(given.data as Float32Array, drawing);
  const { width, height } = drawing.grid;
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (__, x) => {
      const [red, green, blue, alpha] = pixels.subarray((y * width + x) * 4);
      if (alpha === 0) return '.';
      return red === green && green === blue ? `${red}` : `${red}/${green}/${blue}`;
    }).join(' '),
  ).join('\n');
}

const fixed = { range: [0, 255] } as const;

describe('a grid', () => {
  test('NCHW: one map a channel, a gap between, the last row not full', () => {
    const values = [1, 2, 3, 4, 5, 6]; // three channels of 1×2
    expect(picture(values, [1, 3, 1, 2], fixed)).toBe(
      ['1 2 . 3 4', '. . . . .', '5 6 . . .'].join('\n'),
    );
  });

  test('NHWC: the same channels from values that lie beside each other', () => {
    const values = [1, 3, 5, 2, 4, 6];
    expect(picture(values, [1, 1, 2, 3], { ...fixed, layout: 'NHWC' })).toBe(
      ['1 2 . 3 4', '. . . . .', '5 6 . . .'].join('\n'),
    );
  });

  test('another image of the batch, chosen channels, columns, gap, colour and scale', () => {
    const values = [0, 0, 0, 10, 20, 30];
    const options = {
      ...{ ...fixed, batch: 1, channels: [2, 0], columns: 2, gap: 2, scale: 2 },
      gapColor: [9, 9, 9],
    } as const;
    expect(picture(values, [2, 3, 1, 1], options)).toBe('30 30 9 9 10 10\n30 30 9 9 10 10');
  });

  test('vectors are channels of one pixel', () => {
    expect(picture([1, 2, 3], [1, 3], { ...fixed, gap: 0 })).toBe('1 2\n3 .');
    expect(picture([1, 2, 3], [3], { ...fixed, columns: 3, layout: 'NHWC', gap: 0 })).toBe('1 2 3');
  });

  test('knows which value a pixel shows', () => {
    const { grid } = planMaps(tensor(Array(12).fill(0), [3, 2, 2]), { channels: [2, 1], scale: 3 });
    expect(grid).toMatchObject({ width: 13, height: 6, columns: 2, rows: 1, mapWidth: 6 });
    expect(valueAt(grid, 0, 0)).toEqual({ channel: 2, x: 0, y: 0 });
    expect(valueAt(grid, 10, 5)).toEqual({ channel: 1, x: 1, y: 1 });
    expect(valueAt(grid, 6, 0)).toBeUndefined(); // the gap
    expect(valueAt(grid, 13, 0)).toBeUndefined();
    expect(valueAt(grid, 0, -1)).toBeUndefined();
  });
});

describe('colours', () => {
  test('of the whole image’s range, or each channel’s own', () => {
    const values = [0, 1, 2, 4];
    expect(picture(values, [1, 2, 1, 2], { gap: 0 })).toBe('0 64 128 255');
    expect(picture(values, [1, 2, 1, 2], { gap: 0, range: 'channel' })).toBe('0 255 0 255');
  });

  test('beyond a fixed range are those of its ends; infinities do not stretch a measured one', () => {
    expect(picture([-5, 0.5, 7], [1, 1, 1, 3], { range: [0, 1] })).toBe('0 128 255');
    const values = [0, 10, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    expect(picture(values, [1, 1, 1, 4], {})).toBe('0 255 255 0');
  });

  test('NaN is magenta, and one value alone is the lowest colour, or the middle', () => {
    expect(picture([Number.NaN, 1, 1], [1, 1, 1, 3], {})).toBe('255/0/255 0 0');
    expect(picture([0, 0], [1, 1, 1, 2], { colorMap: 'diverging' })).toBe('255 255');
    expect(picture([Number.NaN], [1], {})).toBe('255/0/255');
  });

  test('diverging: white at zero wherever the values lie', () => {
    // −2 of ±4 is a quarter of the 254 steps, 64 where rounded: place 64/254·10 = 2.52 among
    // ColorBrewer’s eleven, between 4393c3 and 92c5de.
    expect(picture([-2, 0, 4], [1, 1, 1, 3], { colorMap: 'diverging' })).toBe(
      '108/173/209 255 103/0/31',
    );
  });

  test('three channels are a picture', () => {
    const values = [255, 0, 0, 128, 10, 0];
    const options = { ...fixed, colorMap: 'rgb', layout: 'NHWC' } as const;
    expect(picture(values, [1, 1, 2, 3], options)).toBe('255/0/0 128/10/0');
    expect(picture(values, [1, 1, 2, 3], { ...options, channels: [2, 1, 0] })).toBe(
      '0/0/255 0/10/128',
    );
  });

  test('viridis is the published map within 6 of 255', () => {
    const published = Plot.scale({
      color: { type: 'linear', scheme: 'viridis', domain: [0, 254] },
    });
    const palette = paletteOf('viridis');
    for (let step = 0; step < 255; step++) {
      const hex = Number.parseInt(String(published?.apply(step)).slice(1), 16);
      [hex >> 16, (hex >> 8) & 255, hex & 255].forEach((value, lane) => {
        expect(Math.abs((palette[step * 4 + lane] as number) - value)).toBeLessThanOrEqual(6);
      });
      expect(palette[step * 4 + 3]).toBe(255);
    }
  });

  test('of one’s own, with alpha: a mask', () => {
    const mask: ColorMap = [
      [255, 0, 0, 0],
      [255, 0, 0, 160],
    ];
    const palette = paletteOf(mask);
    expect([...palette.subarray(0, 4)]).toEqual([255, 0, 0, 0]);
    expect([...palette.subarray(51 * 4, 51 * 4 + 4)]).toEqual([255, 0, 0, 32]);
    // A canvas keeps red times alpha.
    expect(premultipliedWord([255, 100, 0, 51])).toBe(0x33001433);
  });
});

describe('errors', () => {
  const values = tensor(Array(12).fill(0), [1, 3, 2, 2]);
  const plan = (options: object) => () => planMaps(values, options as MapOptions);

  test('say what is wrong and what there is', () => {
    expect(plan({ channels: 3 })).toThrow(
      'there is no channel 3: a tensor of the shape [1,3,2,2] has 3 of 2×2',
    );
    expect(plan({ channels: [] })).toThrow('nothing to draw');
    expect(plan({ batch: 1 })).toThrow('has no image 1 in its batch of 1');
    expect(plan({ layout: 'CHWN' })).toThrow("use 'NCHW' or 'NHWC'");
    expect(plan({ colorMap: 'jet' })).toThrow(
      "there is no colour map \"jet\"; use 'gray', 'diverging'",
    );
    expect(plan({ colorMap: [[0, 0]] })).toThrow('[0,0] is no colour');
    expect(plan({ colorMap: 'rgb', channels: [0, 1] })).toThrow("'rgb' takes 3 channels, but 2");
    expect(plan({ range: [1, 1] })).toThrow('the smaller first, not [1,1]');
    expect(plan({ columns: 0 })).toThrow('columns is 0, but must be a whole number from 1 on');
    expect(plan({ scale: 1.5 })).toThrow('scale is 1.5');
    expect(() => planMaps(tensor([], [1, 0, 2, 2]), {})).toThrow('[1,0,2,2] is empty');
    expect(() => planMaps(tensor([1], [1, 1, 1, 1, 1]), {})).toThrow('[1,1,1,1,1] is no image');
  });

  test('unknown options, a canvas twice, a tensor on the GPU without a device', async () => {
    const canvas = { width: 1, height: 1, getContext: () => null } as unknown as OffscreenCanvas;
    await expect(drawTensor(values, canvas, { colourMap: 'gray' } as object)).rejects.toThrow(
      'there is no option of drawTensor() "colourMap"',
    );
    const item = { tensor: values, canvas };
    await expect(drawTensors([item, item])).rejects.toThrow('twice');
    const away = Tensor.fromGpuBuffer({} as GPUBuffer, { dataType: 'float32', dims: [1] });
    await expect(drawTensor(away, canvas)).rejects.toThrow('give { session }');
    await expect(drawTensor(values, canvas)).rejects.toThrow('gives no 2D context');
  });
});
