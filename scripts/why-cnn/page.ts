/** The report's page and charts, from what was measured. */

import * as Plot from '@observablehq/plot';
import { draw } from '../../bench/chart.ts';
import type { Measured, Results } from './measure.ts';
import { SERIES, type Series } from './series.ts';

interface Point {
  readonly value: number;
  readonly who: string;
  readonly network: string;
  readonly augmented: boolean;
  readonly percent: number;
}

function points({ measured }: Results, { name }: Series): readonly Point[] {
  return measured
    .filter(({ series }) => series === name)
    .map(({ value, network, augmented, correct, count }) => ({
      ...{ value, network, augmented, who: nameOf({ network, augmented }) },
      percent: percentOf({ correct, count }),
    }));
}

function percentOf(measured: Pick<Measured, 'correct' | 'count'> | undefined): number {
  return measured ? (100 * measured.correct) / measured.count : Number.NaN;
}

function nameOf({ network, augmented }: Pick<Point, 'network' | 'augmented'>): string {
  return augmented ? `${network}, augmented` : network;
}

/** Accuracy against the change, one line for each network. */
export function accuracyChart(results: Results, series: Series): string {
  const list = points(results, series);
  const last = series.values.at(-1);
  const colour = { domain: ['LeNet-5', 'MLP'], range: ['#1f6fb2', '#d1495b'] };
  const lines = [false, true].flatMap((augmented) => {
    const own = list.filter((point) => point.augmented === augmented);
    const style = augmented ? { strokeDasharray: '6 4' } : {};
    return [
      Plot.line(own, { x: 'value', y: 'percent', z: 'who', stroke: 'network', ...style }),
      Plot.dot(own, { x: 'value', y: 'percent', fill: 'network', r: 3 }),
    ];
  });
  return draw('Percent of held-out digits known; dashed: trained with augmentation', {
    ...{ height: 420, marginLeft: 60, marginTop: 40, marginBottom: 50 },
    x: {
      label: series.label,
      labelAnchor: 'center',
      ticks: [...series.values],
      tickFormat: String,
    },
    y: { label: null, domain: [0, 100], grid: true },
    color: colour,
    className: 'accuracy', // else a random one, and no two runs would give the same file
    marks: [
      Plot.ruleY([0, 10], { stroke: 'grey', strokeOpacity: 0.6 }),
      ...lines,
      Plot.text(apart(list.filter(({ value }) => value === last)), {
        ...{ x: 'value', y: 'at', text: 'who', fill: 'network', textAnchor: 'start', dx: 8 },
      }),
    ],
  });
}

/** Where the lines' names stand: at their ends, but not on each other. */
function apart(ends: readonly Point[]): readonly (Point & { readonly at: number })[] {
  const distance = 4.5;
  let floor = Number.NEGATIVE_INFINITY;
  return [...ends]
    .sort((a, b) => a.percent - b.percent)
    .map((end) => {
      const at = Math.max(end.percent, floor);
      floor = at + distance;
      return { ...end, at };
    });
}

export function reportPage(results: Results): string {
  const sections = SERIES.flatMap((series) => [
    `## ${titles[series.name]}`,
    '',
    texts[series.name],
    '',
    `![The first held-out digit, changed](why-cnn/${series.name}-digit.png)`,
    '',
    `![Accuracy against ${series.name}](why-cnn/${series.name}.svg)`,
    '',
    ...table(results, series),
    '',
  ]);
  return `${[...introduction(results), ...sections].join('\n').trimEnd()}\n`;
}

const titles: Readonly<Record<Series['name'], string>> = {
  shift: 'Shifted',
  rotation: 'Turned',
  scale: 'Made larger and smaller',
};

const texts: Readonly<Record<Series['name'], string>> = {
  shift:
    'By whole pixels to the right, to the left, down and up; each figure is the mean of the four (4,000 pictures). A digit fills about 20 of the 28 pixels: shifted by more than 4, some of it leaves the picture.',
  rotation:
    'About the middle, clockwise and counter-clockwise; each figure is the mean of the two (2,000 pictures).',
  scale: 'About the middle. Beyond 1.4 digits grow out of the picture.',
};

function introduction(results: Results): readonly string[] {
  const { networks, measured } = results;
  const parameters = (name: string): string =>
    (networks.find(({ network }) => network === name)?.parameters ?? 0).toLocaleString('en');
  const known = (network: string, name: Series['name'], at: number): string => {
    const found = measured.find(
      (one) => !one.augmented && one.network === network && one.series === name && one.value === at,
    );
    return percentOf(found).toFixed(0);
  };
  const both = (name: Series['name'], at: number): string =>
    `LeNet-5 knows ${known('LeNet-5', name, at)} %, the MLP ${known('MLP', name, at)} %`;
  return [
    '# Why convolution',
    '',
    `A multilayer perceptron (MLP) and a convolutional network of about as many parameters (LeNet-5: ${parameters('LeNet-5')}; MLP, 784–72–62–10 units: ${parameters('MLP')}) learn the same 9,000 digits in the same way, and read 1,000 others, held out, that are shifted, turned and scaled.`,
    '',
    'The MLP has a weight of its own for each pixel and hidden unit. What it has learnt about a stroke at one place it does not know at the next. LeNet-5 moves the same small filters over the whole picture, and pooling forgets where within 2×2 units a feature was: what it has learnt it knows, more or less, wherever it appears. It pays with arithmetic: 416,520 multiplications for a picture instead of 61,532, as its weights are used again at each place.',
    '',
    `In short, trained on upright, centred digits: shifted by 2 pixels ${both('shift', 2)}; turned by 30° ${both('rotation', 30)}; made smaller to 0.7 ${both('scale', 0.7)}. Neither is blind to place: LeNet-5's maps move with the digit, and the fully connected layers behind them do look at where.`,
    '',
    'Each network was trained twice by the same recipe ([LeNet-5](../models/lenet5/README.md), [MLP](../models/mlp/README.md): same digits, seeds, optimizer, epochs and batches):',
    '',
    '- **without augmentation**, on the digits as they are: nothing but its structure tells a network that a shifted digit is the same digit. These are the solid lines, and the comparison that this page is about.',
    '- **augmented**, on digits shifted by up to 2 pixels, turned by up to 12° and scaled by 0.9 to 1.1, anew in each epoch (dashed lines): what the structure does not give can be taught in part, at the price of parameters that learn the same thing for every place.',
    '',
    'All figures are percent of held-out digits known. One of 1,000 digits is 0.1; chance alone moves a figure near 90 by about ±2 (95 % interval). Guessing knows 10 % (grey line). `npm run report:why-cnn` measures them again and writes this page.',
    '',
  ];
}

function table(results: Results, series: Series): readonly string[] {
  const list = points(results, series);
  const names = results.networks.map(nameOf);
  const row = (value: number): string => {
    const cells = names.map((who) =>
      list.find((point) => point.who === who && point.value === value)?.percent.toFixed(1),
    );
    return `| ${value} | ${cells.join(' | ')} |`;
  };
  return [
    `| ${series.label} | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---:|').join('')}`,
    ...series.values.map(row),
  ];
}
