/** The results as charts: SVG, and PNG of the same. */

import * as Plot from '@observablehq/plot';
import { Resvg } from '@resvg/resvg-js';
import { parseHTML } from 'linkedom';
import { comparisons, environmentText, geometricMean, type Mode, memoryRows } from './report.ts';
import type { BenchResult } from './result.ts';

const titles: Readonly<Record<Mode, string>> = {
  resident: 'best peer’s time ÷ wgconv’s, GPU-resident',
  endToEnd: 'best peer’s time ÷ wgconv’s, end to end',
};

/** Best peer ÷ wgconv of each problem, sorted, with its 95 % interval. */
export function problemChart(result: BenchResult, mode: Mode = 'resident', suite?: string): string {
  const list = comparisons(result, mode, suite).map(({ problem, peer, ratio }) => ({
    ...{ problem, peer, ...ratio },
  }));
  if (list.length === 0) throw new Error('no problem has a ratio, so there is nothing to draw');
  const mean = geometricMean(comparisons(result, mode, suite));
  return draw(`${captionOf(result)}; dashed: geometric mean ${mean.toFixed(2)}`, {
    height: 110 + 16 * list.length,
    marginLeft: 400,
    x: { type: 'log', grid: true, label: titles[mode], ticks: 8, tickFormat: '~g' },
    y: { domain: list.map(({ problem }) => problem), label: null },
    color: { domain: [...new Set(list.map(({ peer }) => peer))], scheme: 'tableau10' },
    marks: [
      Plot.ruleX([1], { stroke: 'black' }),
      Plot.ruleX([mean], { stroke: 'grey', strokeDasharray: '4 3' }),
      Plot.ruleY(list, { y: 'problem', x1: 'low', x2: 'high', stroke: 'peer' }),
      Plot.dot(list, { y: 'problem', x: 'median', fill: 'peer', r: 4 }),
      ...legend(list),
    ],
  });
}

/** The first problem of each peer says the peer's name: a legend in place. */
function legend(list: readonly { readonly peer: string; readonly high: number }[]) {
  const first = list.filter(
    ({ peer }, index) => list.findIndex((other) => other.peer === peer) === index,
  );
  return [
    Plot.text(first, {
      ...{ y: 'problem', x: 'high', text: 'peer', fill: 'peer' },
      ...{ textAnchor: 'start', dx: 6 },
    }),
  ];
}

/** Peak GPU memory of every engine on every network. */
export function memoryChart(result: BenchResult): string | undefined {
  if (memoryRows(result).length === 0) return undefined;
  const list = result.results
    .filter(({ suite }) => suite === 'nets')
    .flatMap(({ problem, rows }) =>
      rows.flatMap(({ engine, peakBytes }) =>
        peakBytes ? [{ group: problem, engine, value: peakBytes / 1e6 }] : [],
      ),
    );
  return bars(`Peak GPU memory; ${captionOf(result)}`, list, 'megabytes of GPU buffers');
}

/** Time to the first result of every engine. */
export function coldChart(result: BenchResult): string | undefined {
  const list = result.cold.flatMap(({ net, engine, firstResult }) =>
    firstResult ? [{ group: net, engine, value: firstResult.median }] : [],
  );
  if (list.length === 0) return undefined;
  return bars(`Cold start; ${captionOf(result)}`, list, 'ms from opening the page to first result');
}

interface Bar {
  readonly group: string;
  readonly engine: string;
  readonly value: number;
}

function bars(caption: string, list: readonly Bar[], label: string): string {
  const engines = [...new Set(list.map(({ engine }) => engine))];
  const groups = [...new Set(list.map(({ group }) => group))];
  return draw(caption, {
    height: 90 + groups.length * (18 * engines.length + 16),
    marginLeft: 170,
    fy: { domain: groups, label: null, padding: 0.15, axis: null },
    x: { label, grid: true },
    y: { domain: engines, label: null },
    color: { domain: engines, scheme: 'tableau10' },
    marks: [
      Plot.barX(list, { fy: 'group', y: 'engine', x: 'value', fill: 'engine' }),
      Plot.text(list, {
        ...{ fy: 'group', y: 'engine', x: 'value', textAnchor: 'start', dx: 4 },
        text: ({ value }: Bar) => value.toFixed(value < 10 ? 1 : 0),
      }),
      Plot.text(groups, { fy: (group) => group, text: (group) => group, ...groupLabel }),
      Plot.ruleX([0]),
    ],
  });
}

const groupLabel = { frameAnchor: 'top-right', fontWeight: 'bold', dy: 2 } as const;

function captionOf(result: BenchResult): string {
  const [adapter = '', browser = ''] = environmentText(result);
  const [, name = ''] = browser.match(/(Chrom[^;]*)/) ?? [];
  return `${adapter.replace('Adapter  ', '').replace(/ \(.*/, '')}, ${name}, ${result.date.slice(0, 10)}`;
}

// The plot centres its texts, and a caption would inherit that.
const captionStyle = { x: 8, y: 16, 'font-size': 12, 'text-anchor': 'start', fill: 'black' };

/** A chart as SVG text, with a caption above it. */
export function draw(caption: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({
    ...{ document, width: 960, marginRight: 150, marginTop: 60 },
    style: { background: 'white', color: 'black', fontFamily: 'sans-serif' },
    ...options,
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  const title = document.createElementNS('http://www.w3.org/2000/svg', 'text');
  for (const [name, value] of Object.entries(captionStyle)) title.setAttribute(name, String(value));
  title.textContent = caption;
  svg.append(title);
  return `${svg.outerHTML}\n`;
}

export function toPng(svg: string): Buffer {
  // Its renderer reads no style sheets' inheritance rules of a page: colours stand in attributes.
  const font = {
    loadSystemFonts: true,
    defaultFontFamily: 'DejaVu Sans',
    sansSerifFamily: 'DejaVu Sans',
  };
  const plain = svg.replaceAll('currentColor', 'black');
  return new Resvg(plain, { background: 'white', fitTo: { mode: 'zoom', value: 1.5 }, font })
    .render()
    .asPng();
}
