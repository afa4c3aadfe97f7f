/** The words of the page Why. */

import { inLanguages } from '../../lib/i18n.ts';

export const text = inLanguages({
  en: {
    title: 'Why convolution',
    lead: 'The same digit, seen by a plain network and by a convolutional one, while you drag and turn it.',
  },
  ko: {
    title: '왜 합성곱인가',
    lead: '같은 숫자를 끌고 돌리는 동안 일반 신경망과 합성곱 신경망이 어떻게 보는지 비교합니다.',
  },
});
