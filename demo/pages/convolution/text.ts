/** The words of the page Convolution. */

import { inLanguages } from '../../lib/i18n.ts';

export const text = inLanguages({
  en: {
    title: 'One filter, step by step',
    lead: 'A filter slides over a picture; at each place, products are summed to one number.',
  },
  ko: {
    title: '필터 하나를 한 걸음씩',
    lead: '필터가 그림 위를 움직이며, 자리마다 곱을 더해 하나의 수를 만듭니다.',
  },
});
