/** The words of the frame around the pages, and of the components that they share. */

import { inLanguages } from './i18n.ts';

export const text = inLanguages({
  en: {
    skip: 'Skip to the content',
    pages: 'Pages',
    nav: {
      digit: 'Digit',
      convolution: 'Convolution',
      pooling: 'Pooling',
      why: 'Why CNN',
      model: 'Your model',
      gallery: 'Gallery',
    },
    language: 'Language',
    theme: { label: 'Colours', system: 'As the system', light: 'Light', dark: 'Dark' },
    loading: 'Loading …',
    backend: {
      opening: 'Looking for a GPU …',
      webgpu: (adapter: string) => `Computed with WebGPU${adapter ? ` on ${adapter}` : ''}`,
      software: (adapter: string) =>
        `Computed with WebGPU on a software adapter (${adapter}): slower than a GPU`,
      cpu: 'Computed on the CPU: this browser offers no WebGPU',
      forced: 'Computed on the CPU, as the address asks',
    },
    error: {
      title: 'That did not work',
      node: 'Node',
      value: 'Value',
    },
    picture: {
      label: 'Picture',
      upload: 'Own picture …',
      camera: 'Camera',
      stop: 'Stop the camera',
      noCamera: 'The camera did not open.',
      notLoaded: 'The picture did not load.',
      unreadable: 'This file is no picture that the browser can read.',
    },
    digit: (label: string) => `a handwritten ${label}`,
    footer: 'Everything is computed in this page. Nothing is sent anywhere.',
  },
  ko: {
    skip: '본문으로 건너뛰기',
    pages: '페이지',
    nav: {
      digit: '숫자',
      convolution: '합성곱',
      pooling: '풀링',
      why: '왜 CNN',
      model: '내 모델',
      gallery: '갤러리',
    },
    language: '언어',
    theme: { label: '색상', system: '시스템 설정', light: '밝게', dark: '어둡게' },
    loading: '불러오는 중 …',
    backend: {
      opening: 'GPU를 찾는 중 …',
      webgpu: (adapter: string) => `WebGPU로 계산${adapter ? ` (${adapter})` : ''}`,
      software: (adapter: string) =>
        `소프트웨어 어댑터의 WebGPU로 계산 (${adapter}): GPU보다 느립니다`,
      cpu: 'CPU로 계산: 이 브라우저는 WebGPU를 지원하지 않습니다',
      forced: '주소의 요청에 따라 CPU로 계산',
    },
    error: {
      title: '문제가 생겼습니다',
      node: '노드',
      value: '값',
    },
    picture: {
      label: '그림',
      upload: '내 그림 …',
      camera: '카메라',
      stop: '카메라 끄기',
      noCamera: '카메라를 열 수 없습니다.',
      notLoaded: '그림을 불러오지 못했습니다.',
      unreadable: '브라우저가 읽을 수 없는 그림 파일입니다.',
    },
    digit: (label: string) => `손으로 쓴 ${label}`,
    footer: '모든 계산은 이 페이지 안에서 이루어지며, 아무것도 전송되지 않습니다.',
  },
});
