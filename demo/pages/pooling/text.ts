/** The words of the page Pooling. */

import { inLanguages } from '../../lib/i18n.ts';

export const text = inLanguages({
  en: {
    title: 'Max, average, min',
    lead: 'Pooling keeps one number of each window: the largest, the mean or the smallest.',
  },
  ko: {
    title: '최댓값, 평균, 최솟값',
    lead: '풀링은 창마다 하나의 수를 남깁니다: 최댓값, 평균 또는 최솟값.',
  },
});
