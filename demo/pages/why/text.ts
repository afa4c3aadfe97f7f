/** The words of the page Why. */

import { inLanguages } from '../../lib/i18n.ts';
import { formatNumber } from '../../lib/number-format.ts';

/** Pixels to tenths. */
const tenths = (pixels: number) => formatNumber(pixels, 1);
const whole = (pixels: number) => formatNumber(pixels, 0);

export const text = inLanguages({
  en: {
    title: 'Why convolution',
    lead: 'The same digit, read by a plain network and by a convolutional one, while you drag and turn it.',
    time: (milliseconds: number) => `${milliseconds.toFixed(1)} ms for both answers`,
    stage: 'The digit',
    stageLead: 'Drag it, or move it with the arrow keys.',
    pad: (digit: string, x: number, y: number) =>
      `A handwritten ${digit}, ${whole(x)} pixels to the right and ${whole(y)} down: drag it, or move it with the arrow keys`,
    digits: 'Digits that no network was trained on',
    turn: 'Turn',
    scale: 'Size',
    shift: (x: number, y: number) => `moved by ${tenths(x)} and ${tenths(y)} pixels`,
    back: 'Put it back',
    training: 'Both were trained on',
    trainings: { plain: 'digits as they are', augmented: 'moved and turned ones, too' },
    names: { cnn: 'LeNet-5, a CNN', mlp: 'MLP, without convolution' },
    parameters: (count: number) => `${count.toLocaleString('en')} parameters`,
    right: 'right',
    wrong: (label: string) => `wrong: this is ${label}`,
    everywhere: 'At every place',
    everywhereLead:
      'Each cell is the same digit, moved so far from the middle, as it is turned and sized now. Filled: it is read rightly. Choose a cell to put the digit there.',
    known: (right: number, all: number) => `right at ${right} of ${all} places`,
    map: (name: string, right: number, all: number) =>
      `${name}: the digit is read rightly at ${right} of ${all} places`,
    counting: 'Reading the digit at every place …',
    reason: 'The reason',
    reasons: [
      'The MLP has a weight of its own for each pixel. What it has learnt about a stroke at one place it does not know at the next.',
      'LeNet-5 moves the same small filters over the whole picture, and pooling forgets where exactly a feature was. What it has learnt at one place it knows, more or less, at others.',
      'Both have about as many parameters and learnt the same 9,000 digits in the same way. Training on moved digits teaches the MLP some of it, place by place.',
    ],
    measured: 'Measured on 1,000 digits that neither has seen:',
    chart:
      'Percent of held-out digits known against the shift in pixels: LeNet-5 falls from 98.2 at 0 to 91.3 at 2 and 48.5 at 4, the MLP from 96.2 to 70.3 and 23.2.',
    report: 'All figures, and turned and scaled digits, are in docs/why-cnn.md of the source.',
  },
  ko: {
    title: '왜 합성곱인가',
    lead: '숫자 하나를 끌고 돌리는 동안 평범한 신경망과 합성곱 신경망이 그것을 어떻게 읽는지 비교해 보세요.',
    time: (milliseconds: number) => `두 신경망의 답까지 ${milliseconds.toFixed(1)} ms`,
    stage: '숫자',
    stageLead: '끌어서 옮기거나 화살표 키로 움직이세요.',
    pad: (digit: string, x: number, y: number) =>
      `손으로 쓴 ${digit}, 오른쪽으로 ${whole(x)}픽셀, 아래로 ${whole(y)}픽셀: 끌거나 화살표 키로 움직이세요`,
    digits: '어느 신경망도 학습하지 않은 숫자',
    turn: '회전',
    scale: '크기',
    shift: (x: number, y: number) => `가로 ${tenths(x)}픽셀, 세로 ${tenths(y)}픽셀 이동`,
    back: '제자리로',
    training: '두 신경망의 학습 데이터',
    trainings: { plain: '있는 그대로의 숫자', augmented: '옮기고 돌린 숫자까지' },
    names: { cnn: 'LeNet-5 (합성곱 신경망)', mlp: 'MLP (합성곱 없음)' },
    parameters: (count: number) => `매개변수 ${count.toLocaleString('ko')}개`,
    right: '맞음',
    wrong: (label: string) => `틀림: 정답은 ${label}`,
    everywhere: '모든 위치에서',
    everywhereLead:
      '칸마다 같은 숫자가, 지금의 회전과 크기 그대로, 가운데에서 그 칸만큼 옮겨져 있습니다. 색칠된 칸은 바르게 읽은 곳입니다. 칸을 고르면 숫자가 그리로 옮겨집니다.',
    known: (right: number, all: number) => `${all}곳 중 ${right}곳에서 정답`,
    map: (name: string, right: number, all: number) =>
      `${name}: ${all}곳 중 ${right}곳에서 숫자를 바르게 읽습니다`,
    counting: '모든 위치에서 숫자를 읽는 중 …',
    reason: '이유',
    reasons: [
      'MLP는 픽셀마다 가중치가 따로 있습니다. 한 자리에서 배운 획도 바로 옆자리에서는 알아보지 못합니다.',
      'LeNet-5는 작은 필터 하나하나를 그림 전체에 걸쳐 움직이고, 풀링은 특징이 정확히 어디 있었는지를 버립니다. 그래서 한 자리에서 배운 것을 다른 자리에서도 대체로 알아봅니다.',
      '두 신경망은 매개변수 수가 비슷하고 같은 숫자 9,000개를 같은 방법으로 학습했습니다. 옮긴 숫자로 학습하면 MLP도 어느 정도는 배우지만, 자리마다 따로 배워야 합니다.',
    ],
    measured: '두 신경망이 본 적 없는 숫자 1,000개로 잰 결과:',
    chart:
      '이동한 픽셀에 따른 정답률(%): LeNet-5는 0픽셀 98.2, 2픽셀 91.3, 4픽셀 48.5, MLP는 96.2, 70.3, 23.2입니다.',
    report: '모든 수치와, 돌리고 크기를 바꾼 실험은 소스의 docs/why-cnn.md에 있습니다.',
  },
});
