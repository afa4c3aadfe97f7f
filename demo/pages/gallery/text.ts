/** The words of the page Gallery. */

import { inLanguages } from '../../lib/i18n.ts';

export const text = inLanguages({
  en: {
    title: 'Real tasks',
    lead: 'Text, faces, sharper pictures: models that run entirely in this page.',
  },
  ko: {
    title: '실제 작업',
    lead: '글자, 얼굴, 더 선명한 그림: 모두 이 페이지 안에서 실행됩니다.',
  },
});
