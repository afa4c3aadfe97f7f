/** The words of the picture that a page computes on. */

import { inLanguages } from './i18n.ts';

export const text = inLanguages({
  en: {
    pictures: {
      harbour: 'Harbour, a photo',
      balloons: 'Balloons, a drawing',
      digit: 'A handwritten 3',
    },
    draw: 'Draw on it',
    blank: 'Black sheet',
    square: 'The marked square of the picture: arrow keys move it, with Shift by ten pixels',
  },
  ko: {
    pictures: {
      harbour: '항구 사진',
      balloons: '풍선 그림',
      digit: '손으로 쓴 3',
    },
    draw: '그림 위에 그리기',
    blank: '검은 도화지',
    square:
      '그림에 표시된 정사각형: 화살표 키로 움직이고, Shift와 함께 누르면 열 픽셀씩 움직입니다',
  },
});
