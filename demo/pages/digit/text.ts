/** The words of the page Digit. */

import { inLanguages } from '../../lib/i18n.ts';
import type { NetworkId } from './networks.ts';
import { type ActivationName, type Cell, isUnits, type Stage } from './stages.ts';

type NameOf = Readonly<Record<string, string>>;

/** Where a cell is, counted from 1; units have no rows. */
const at = (stage: Stage, { channel, y, x }: Cell) => ({
  units: isUnits(stage),
  ...{ channel: channel + 1, row: y + 1, column: x + 1 },
});

const activationsEn: Readonly<Record<ActivationName, (sum: string) => string>> = {
  none: (sum) => sum,
  relu: (sum) => `ReLU: max(0, ${sum})`,
  scaledTanh: (sum) => `1.7159 · tanh(⅔ · ${sum})`,
};

export const text = inLanguages({
  en: {
    title: 'A digit, layer by layer',
    lead: 'Draw a digit: the network answers while you draw, and every layer shows what it makes of it. Point at any cell to see how its number comes about.',
    drawing: 'Your digit',
    pad: 'Drawing area: draw with mouse, pen or finger; Delete clears it, keys 0 to 9 show a sample',
    clear: 'Clear',
    pen: 'Pen',
    samples: 'Or one that no network here was trained on',
    network: 'Network',
    networks: { lenet5: 'LeNet-5, 1998', zip1989: 'Zip codes, 1989' } satisfies Record<
      NetworkId,
      string
    >,
    about: {
      lenet5:
        '61,706 weights: three layers of convolutions, two of pooling, two dense ones; ReLU and maximum pooling as today.',
      zip1989:
        '9,760 weights: two layers of convolutions that step two pixels at a time, a bias for every unit, tanh, and no softmax.',
    } satisfies Record<NetworkId, string>,
    answer: 'Answer',
    nothing: 'Draw something',
    time: (milliseconds: number) =>
      `${milliseconds.toFixed(1)} ms from stroke to answer, maps drawn`,
    layers: 'What every layer sees',
    layersLead:
      'Bright cells are large values; in red and blue stages red is above zero and blue below. Orange frames show the window that the selected cell looks at.',
    stages: { input: 'Input', flatten: 'Flatten', output: 'Output' } as NameOf,
    shape: ({ channels, height, width }: Stage) =>
      height * width === 1 ? `${channels} units` : `${channels} × ${height}×${width}`,
    explore: (name: string, shape: string) =>
      `${name}, ${shape}. Arrow keys move from cell to cell; the numbers are explained beside.`,
    cell: (name: string, stage: Stage, cell: Cell) => {
      const { units, channel, row, column } = at(stage, cell);
      return units
        ? `${name}, unit ${channel}`
        : `${name}, map ${channel}, row ${row}, column ${column}`;
    },
    map: 'Map',
    activations: activationsEn,
    inspector: {
      title: 'How a number comes about',
      hint: 'Point at a cell of any layer, tap it, or reach a layer with Tab and move with the arrow keys.',
      close: 'Close',
      input: 'A pixel of the picture, as the network gets it.',
      flatten: (source: string, { channel, y, x }: Cell) =>
        `Map ${channel + 1} of ${source}, row ${y + 1}, column ${x + 1}: the maps are written one after another in a single row.`,
      pooling: (source: string, channel: number) =>
        `The largest of the window in map ${channel + 1} of ${source}.`,
      convolution: (source: string, channel: number, count: number) =>
        count === 1
          ? `The window in ${source}, times the filter, element by element.`
          : `The filter has a part for each of ${count} maps of ${source}; here is the one for map ${channel + 1}.`,
      dense: (source: string, count: number, shown: number) =>
        `Every one of ${count} units of ${source} counts, each with a weight of its own. The ${shown} that matter most:`,
      window: 'Window',
      filter: '× filter',
      products: '= products',
      sumOfProducts: 'Sum of the products',
      maps: 'Sums of the maps',
      unit: 'Unit',
      valueColumn: 'value',
      weight: 'weight',
      product: 'product',
      allProducts: 'Sum of all products',
      bias: 'Bias',
      together: 'Together',
    },
    softmax: {
      title: 'From outputs to probabilities',
      outputs: 'The ten outputs',
      digit: 'Digit',
      logit: 'z',
      unit: 'Unit',
      bar: 'Share',
      how: (largest: string, sum: string) =>
        `The softmax takes the largest z (${largest}) off each, raises e to it, and divides by the sum of all (${sum}): ten shares that make 1.`,
      none: 'This network of 1989 has no softmax: each unit was trained towards +1 for its digit and −1 for the others, and the largest answers.',
    },
    pixels: {
      title: 'The picture as numbers',
      lead: 'What MNIST stores: 28 rows of 28 grey values, here divided by 255 to lie between 0 and 1.',
      zoom: 'Size of a cell',
      hint: 'Point at a pixel to read it.',
      at: (row: number, column: number, value: number) =>
        `Row ${row + 1}, column ${column + 1}: ${value.toFixed(4)} (${Math.round(value * 255)} of 255)`,
    },
  },
  ko: {
    title: '숫자 하나를 층별로',
    lead: '숫자를 그려 보세요. 그리는 동안 신경망이 바로 답하고, 층마다 무엇을 만들어 내는지 보여 줍니다. 아무 칸이나 가리키면 그 값이 어떻게 나왔는지 볼 수 있습니다.',
    drawing: '내가 그린 숫자',
    pad: '그리기 영역: 마우스, 펜, 손가락으로 그리세요. Delete 키를 누르면 지워지고, 0에서 9까지의 키를 누르면 예시 숫자가 나옵니다',
    clear: '지우기',
    pen: '펜',
    samples: '또는 신경망이 학습하지 않은 숫자',
    network: '신경망',
    networks: { lenet5: 'LeNet-5 (1998)', zip1989: '우편번호 (1989)' },
    about: {
      lenet5:
        '가중치 61,706개: 합성곱 세 층, 풀링 두 층, 완전 연결 두 층. ReLU와 최대 풀링을 쓰는 점은 오늘날과 같습니다.',
      zip1989:
        '가중치 9,760개: 두 픽셀씩 움직이는 합성곱 두 층, 유닛마다 따로 둔 편향, tanh. 소프트맥스는 없습니다.',
    },
    answer: '답',
    nothing: '무엇이든 그려 보세요',
    time: (milliseconds: number) =>
      `획에서 답까지 ${milliseconds.toFixed(1)} ms (특징 맵 그리기 포함)`,
    layers: '층마다 보이는 것',
    layersLead:
      '밝은 칸은 큰 값입니다. 빨강과 파랑으로 그린 층에서는 빨강이 0보다 크고 파랑이 0보다 작습니다. 주황색 테두리는 선택한 칸이 보는 창입니다.',
    stages: { input: '입력', flatten: '평탄화', output: '출력' } as NameOf,
    shape: ({ channels, height, width }: Stage) =>
      height * width === 1 ? `유닛 ${channels}개` : `${channels} × ${height}×${width}`,
    explore: (name: string, shape: string) =>
      `${name}, ${shape}. 화살표 키로 칸을 옮기면 그 값을 옆에서 설명합니다.`,
    cell: (name: string, stage: Stage, cell: Cell) => {
      const { units, channel, row, column } = at(stage, cell);
      return units ? `${name}, 유닛 ${channel}` : `${name}, 맵 ${channel}, ${row}행 ${column}열`;
    },
    map: '맵',
    activations: activationsEn,
    inspector: {
      title: '값 하나가 나오는 과정',
      hint: '아무 층의 칸을 가리키거나 누르세요. Tab 키로 층을 고르고 화살표 키로 칸을 옮겨도 됩니다.',
      close: '닫기',
      input: '신경망이 받는 그림의 픽셀 하나입니다.',
      flatten: (source: string, { channel, y, x }: Cell) =>
        `${source}의 맵 ${channel + 1}, ${y + 1}행 ${x + 1}열: 맵들을 차례로 한 줄에 늘어놓습니다.`,
      pooling: (source: string, channel: number) =>
        `${source}의 맵 ${channel + 1}에서 창 안에 있는 가장 큰 값입니다.`,
      convolution: (source: string, channel: number, count: number) =>
        count === 1
          ? `${source}의 창과 필터를 같은 자리끼리 곱합니다.`
          : `필터는 ${source}의 맵 ${count}개에 하나씩, 모두 ${count}장으로 되어 있습니다. 여기 보이는 것은 맵 ${channel + 1}에 곱하는 장입니다.`,
      dense: (source: string, count: number, shown: number) =>
        `${source}의 유닛 ${count}개에 저마다의 가중치를 곱해 모두 더합니다. 영향이 가장 큰 ${shown}개:`,
      window: '창',
      filter: '× 필터',
      products: '= 곱',
      sumOfProducts: '곱의 합',
      maps: '맵마다의 합',
      unit: '유닛',
      valueColumn: '값',
      weight: '가중치',
      product: '곱',
      allProducts: '모든 곱의 합',
      bias: '편향',
      together: '더하면',
    },
    softmax: {
      title: '출력에서 확률로',
      outputs: '출력값 열 개',
      digit: '숫자',
      logit: 'z',
      unit: '유닛',
      bar: '비율',
      how: (largest: string, sum: string) =>
        `소프트맥스는 각 z에서 가장 큰 값(${largest})을 빼고 e의 거듭제곱을 구한 뒤 모두의 합(${sum})으로 나눕니다. 비율 열 개를 더하면 1이 됩니다.`,
      none: '1989년의 이 신경망에는 소프트맥스가 없습니다. 유닛마다 자기 숫자에는 +1, 나머지에는 −1을 내도록 학습했고, 값이 가장 큰 유닛이 답이 됩니다.',
    },
    pixels: {
      title: '숫자로 본 그림',
      lead: 'MNIST가 저장하는 것, 곧 28행 28열의 회색 값입니다. 여기서는 255로 나누어 0과 1 사이로 나타냅니다.',
      zoom: '칸 크기',
      hint: '픽셀을 가리키면 값을 읽을 수 있습니다.',
      at: (row: number, column: number, value: number) =>
        `${row + 1}행 ${column + 1}열: ${value.toFixed(4)} (255 중 ${Math.round(value * 255)})`,
    },
  },
});
