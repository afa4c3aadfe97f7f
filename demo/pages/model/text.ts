/** The words of the page YourModel. */

import { inLanguages } from '../../lib/i18n.ts';

export const text = inLanguages({
  en: {
    title: 'Your model',
    lead: 'Drop an ONNX file and look inside: layers, shapes, times, activations.',
  },
  ko: {
    title: '내 모델',
    lead: 'ONNX 파일을 놓으면 층, 모양, 시간, 활성값을 들여다볼 수 있습니다.',
  },
});
