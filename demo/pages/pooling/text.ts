/** The words of the page Pooling. */

import { inLanguages } from '../../lib/i18n.ts';
import { windowWords } from '../../lib/window-text.ts';

export const text = inLanguages({
  en: {
    ...windowWords.en,
    title: 'Max, average, min',
    lead: 'Pooling keeps one number of each window: the largest, the mean or the smallest. It has no weights to learn, and makes maps smaller.',
    time: (milliseconds: number) => `${milliseconds.toFixed(1)} ms for the latest three`,
    windowTitle: 'The window',
    windowLead: 'All three poolings move the same window over the same picture.',
    window: 'Window k',
    countPads: 'The average counts padded cells as zeros',
    pictureLead: 'Drag the marked square: its numbers are below. Colours are pooled one by one.',
    kinds: { max: 'Max', average: 'Average', min: 'Min' },
    says: {
      max: 'keeps what is bright: light strokes grow',
      average: 'keeps the mean: everything is softer',
      min: 'keeps what is dark: dark strokes grow',
    },
    map: (kind: string) => `${kind} pooling of the picture`,
    mapSize: (width: number, height: number) => `${width} × ${height} values each.`,
    point: 'Point at a map to see its numbers.',
    numbersTitle: 'The numbers',
    numbersLead:
      'Point at a cell of an output, or move the position: its window lights up in the input.',
    output: (kind: string, size: number) => `${kind}, ${size} × ${size}`,
    outputGrid: (kind: string) => `${kind} of each window`,
    inWindow: 'In the window',
    padded: 'pad',
    note: 'Max and min never look at padding. Of the square, the red channel is shown where the picture is in colours.',
  },
  ko: {
    ...windowWords.ko,
    title: '최대, 평균, 최소 풀링',
    lead: '풀링은 창마다 수 하나만 남깁니다. 최댓값, 평균, 최솟값 가운데 하나입니다. 학습할 가중치가 없고, 맵의 크기를 줄입니다.',
    time: (milliseconds: number) => `마지막 맵 세 개 ${milliseconds.toFixed(1)} ms`,
    windowTitle: '창',
    windowLead: '세 풀링 모두 같은 그림 위로 같은 창을 움직입니다.',
    window: '창 크기 k',
    countPads: '평균 풀링에서 패딩을 0으로 셈',
    pictureLead:
      '표시된 정사각형을 끌어서 옮기면 그 안의 숫자가 아래에 나옵니다. 색은 채널마다 따로 풀링합니다.',
    kinds: { max: '최대', average: '평균', min: '최소' },
    says: {
      max: '밝은 값을 남깁니다: 밝은 획이 굵어집니다',
      average: '평균값을 남깁니다: 전체가 부드러워집니다',
      min: '어두운 값을 남깁니다: 어두운 획이 굵어집니다',
    },
    map: (kind: string) => `그림에 ${kind} 풀링을 적용한 맵`,
    mapSize: (width: number, height: number) => `각각 값 ${width} × ${height}개.`,
    point: '맵을 가리키면 숫자가 보입니다.',
    numbersTitle: '숫자로 보기',
    numbersLead: '출력의 칸을 가리키거나 자리를 옮기면 그 값이 나온 창이 입력에 표시됩니다.',
    output: (kind: string, size: number) => `${kind}, ${size} × ${size}`,
    outputGrid: (kind: string) => `창마다 구한 ${kind} 풀링 값`,
    inWindow: '창 안의 값',
    padded: '패딩',
    note: '최대 풀링과 최소 풀링은 패딩을 보지 않습니다. 컬러 그림에서는 정사각형의 빨강 채널을 보여 줍니다.',
  },
});
