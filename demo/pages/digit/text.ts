/** The words of the page Digit. */

import { inLanguages } from '../../lib/i18n.ts';

export const text = inLanguages({
  en: {
    title: 'A digit, layer by layer',
    lead: 'Draw a digit: the network answers while you draw, and every layer shows what it makes of it.',
    drawing: 'Your digit',
    pad: 'Drawing area: draw with mouse, pen or finger; Delete clears it, keys 0 to 9 show a sample',
    clear: 'Clear',
    pen: 'Pen',
    samples: 'Digits that the network never saw',
    sample: (label: string) => `a handwritten ${label}`,
    answer: 'Answer',
    nothing: 'Draw something',
    time: (milliseconds: number) => `${milliseconds.toFixed(1)} ms from drawing to answer`,
  },
  ko: {
    title: '숫자 하나, 층마다 하나씩',
    lead: '숫자를 그려 보세요. 그리는 동안 신경망이 답하고, 모든 층이 무엇을 보는지 보여 줍니다.',
    drawing: '내가 그린 숫자',
    pad: '그리기 영역: 마우스, 펜, 손가락으로 그리세요. Delete 키로 지우고 0에서 9까지의 키로 예시를 봅니다',
    clear: '지우기',
    pen: '펜',
    samples: '신경망이 본 적 없는 숫자',
    sample: (label: string) => `손으로 쓴 ${label}`,
    answer: '답',
    nothing: '무엇이든 그려 보세요',
    time: (milliseconds: number) => `그리기부터 답까지 ${milliseconds.toFixed(1)} ms`,
  },
});
