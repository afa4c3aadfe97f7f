/** What a page held over time, as a picture: one panel for each measure. */

import * as Plot from '@observablehq/plot';
import { draw, toPng } from '../../bench/chart.ts';
import { inBytes, measures, names, type Sample } from './sample.ts';

const panelHeight = 190;
const captionHeight = 30;

export function soakChart(caption: string, samples: readonly Sample[]): Buffer {
  const panels = measures.map((measure, at) => {
    const points = samples.map((sample) => ({
      minutes: sample.seconds / 60,
      value: inBytes[measure] ? sample[measure] / 1e6 : sample[measure],
      atRest: sample.atRest,
    }));
    const last = at === measures.length - 1;
    const svg = draw('', {
      ...{ width: 1000, height: panelHeight, marginLeft: 70, marginRight: 30, marginTop: 44 },
      x: { label: last ? 'minutes' : null, grid: true },
      y: {
        label: `${names[measure]}${inBytes[measure] ? ', MB' : ''}`,
        ...{ labelAnchor: 'top', zero: true, grid: true, nice: true },
      },
      marks: [
        Plot.lineY(points, { x: 'minutes', y: 'value', stroke: '#9db4cc' }),
        Plot.dot(
          points.filter(({ atRest }) => atRest),
          { x: 'minutes', y: 'value', fill: '#c1440e', r: 3.5 },
        ),
      ],
    });
    return svg.replace('<svg ', `<svg y="${captionHeight + at * panelHeight}" `);
  });
  const height = captionHeight + panelHeight * measures.length;
  const title = `<text x="12" y="22" font-family="sans-serif" font-size="15">${caption}</text>`;
  return toPng(
    `<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="${height}" viewBox="0 0 1000 ${height}">${title}${panels.join('')}</svg>`,
  );
}
