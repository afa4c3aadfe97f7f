/** The ratios to the best peer as a chart, an SVG file. */

import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { comparisons, environmentText, geometricMean } from './report.ts';
import type { BenchResult } from './result.ts';

/** Best peer ÷ wgconv of each problem, GPU-resident, sorted, with its 95 % interval. */
export function chartOf(result: BenchResult): string {
  const list = comparisons(result, 'resident').map(({ problem, peer, ratio }) => ({
    ...{ problem, peer, ...ratio },
  }));
  if (list.length === 0) throw new Error('no problem has a ratio, so there is nothing to draw');
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const [adapter, browser] = environmentText(result);
  const mean = geometricMean(comparisons(result, 'resident'));
  const svg = Plot.plot({
    document,
    width: 960,
    height: 90 + 16 * list.length,
    marginLeft: 380,
    marginRight: 140,
    marginTop: 50,
    style: { background: 'white', color: 'black', fontFamily: 'sans-serif' },
    x: {
      type: 'log',
      grid: true,
      label: 'best peer’s time ÷ wgconv’s, GPU-resident',
      tickFormat: '~g',
    },
    y: { domain: list.map(({ problem }) => problem), label: null },
    color: { domain: [...new Set(list.map(({ peer }) => peer))], scheme: 'tableau10' },
    marks: [
      Plot.ruleX([1], { stroke: 'black' }),
      Plot.ruleX([mean], { stroke: 'grey', strokeDasharray: '4 3' }),
      Plot.ruleY(list, { y: 'problem', x1: 'low', x2: 'high', stroke: 'peer' }),
      Plot.dot(list, { y: 'problem', x: 'median', fill: 'peer', r: 4 }),
      Plot.text([`${adapter}   ${browser}   dashed: geometric mean ${mean.toFixed(2)}x`], {
        ...{ frameAnchor: 'top-left', dy: -42, dx: -370, fontSize: 11 },
      }),
      Plot.text(
        list.filter(({ peer }, index) => list.findIndex((other) => other.peer === peer) === index),
        {
          ...{ y: 'problem', x: 'high', text: 'peer', fill: 'peer' },
          ...{ textAnchor: 'start', dx: 6 },
        },
      ),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}
