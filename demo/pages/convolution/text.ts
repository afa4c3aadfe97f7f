/** The words of the page Convolution. */

import { inLanguages } from '../../lib/i18n.ts';
import { windowWords } from '../../lib/window-text.ts';

export const text = inLanguages({
  en: {
    ...windowWords.en,
    locale: 'en',
    title: 'One filter, step by step',
    lead: 'A filter slides over a picture; at each place, products are summed to one number. Every map and every sum here is computed as you look.',
    time: (milliseconds: number) => `${milliseconds.toFixed(1)} ms for the latest map`,
    channel: ['Red', 'Green', 'Blue'],

    filterTitle: 'The filter',
    filterLead: 'Choose one, then change its weights by hand. C1 are the six that LeNet-5 learned.',
    gallery: 'Filter gallery',
    filter: {
      identity: 'Identity',
      blur: 'Box blur',
      gaussian: 'Gaussian',
      sharpen: 'Sharpen',
      sobelX: 'Sobel ↔',
      sobelY: 'Sobel ↕',
      prewittX: 'Prewitt ↔',
      prewittY: 'Prewitt ↕',
      laplacian: 'Laplacian',
      emboss: 'Emboss',
    },
    weights: 'Weights',
    weightsOf: (channel: string) => `Weights for ${channel.toLowerCase()}`,
    weightAt: (row: number, column: number) => `Weight in row ${row}, column ${column}`,
    kernelSize: 'Kernel size k',
    dilation: 'Dilation d',
    fill: 'Padded with',
    fills: { constant: 'Constant', reflect: 'Reflect', replicate: 'Replicate' },
    value: 'Value',

    pictureLead: 'The marked square is the one that the numbers below are from: drag it.',
    map: 'The map that the filter makes of the picture',
    parts: 'The maps of the three channels',
    partsNote: 'Each channel meets a kernel of its own; their three sums are added to one map.',
    mapSize: (width: number, height: number) => `${width} × ${height} values.`,
    signed: 'Red is above zero, blue below, white is zero.',
    greyRange: 'Grey, from black at 0 to white at what a white area gives.',

    stepTitle: 'One position after another',
    stepLead:
      'The window lies on the padded input. Each pixel under it is multiplied by the weight above it, and the products are added.',
    previous: 'Previous position',
    next: 'Next position',
    play: 'Play',
    pause: 'Pause',
    products: 'Pixel · weight = product',
    output: (width: number, height: number) => `Output, ${width} × ${height}`,
    outputGrid: 'The sums so far',
    stepNote:
      'Hatched cells are padding. As in every network, the kernel is not flipped (strictly a cross-correlation).',

    borderTitle: 'What padding saves at the border',
    borderLead:
      'The same layers twice, on the picture at 24 × 24. Without padding each takes k − 1 rows and columns away.',
    layers: 'Layers',
    layer: (layer: number) => (layer === 0 ? 'The input' : `The map after layer ${layer}`),
    bare: 'Without padding',
    padded: 'Same padding, zeros',
    nothingLeft: 'nothing left',
    seenTitle: 'How often the last map uses each pixel of the input',
    seenGrid: (chain: string) => `How often each pixel is used: ${chain}`,
    corner: 'The corner pixel',
    pixelAt: (x: number, y: number) => `Pixel in column ${x + 1}, row ${y + 1}`,
    ofCentre: (share: string) => `of the most used one (centre: ${share})`,
    borderNote:
      'The filter is a box blur. Padding keeps the size and uses the border more often; its zeros darken the border instead.',

    pairTitle: 'Two 3 × 3 against one 5 × 5',
    pairLead:
      'Both see 25 pixels. Two layers have fewer weights, and room for an activation between.',
    sees: (label: string) => `What one value after ${label} sees of the input`,
    channelCount: 'Channels in and out',
    field: 'Sees',
    parameters: 'Weights',
    multiplyAdds: 'Multiply-adds',
    saved: (percent: number) =>
      `Two 3 × 3 need ${percent} % fewer, whatever the number of channels.`,
    firstFilter: 'First 3 × 3',
    secondFilter: 'Second 3 × 3',
    reluBetween: 'ReLU between the two',
    twoLayers: 'Two layers of 3 × 3',
    oneLayer: 'One layer of 5 × 5',
    difference: 'Difference',
    largest: 'at most',
    pairSame:
      'With nothing between them, two filters are one: the 5 × 5 is the first convolved with the second, and the maps agree.',
    pairRelu:
      'With ReLU between them, the two layers do what no single 5 × 5 filter can: that is why networks are deep.',

    activationTitle: 'Activation functions',
    activationLead: 'Without one between them, all layers together are still one linear map.',
    curve: (name: string) => `Curve of ${name}`,
    slope: 'slope',
    before: 'The filter’s map',
    after: (name: string) => `After ${name}`,
    activationNote:
      'Values in units of a white pixel. Red is above zero, blue below, white is zero.',

    patchTitle: 'im2col: a convolution as one matrix product',
    patchLead:
      'Each window becomes a column, so that one product of the weights with the patch matrix gives all sums at once. Point at a row or a column.',
    patchCaption: (rows: number, columns: number) =>
      `Patch matrix: ${rows} weights × ${columns} positions`,
    weightColumn: 'weight',
    columnOf: (column: number) => `Column ${column}: the window at position ${column}`,
    rowOf: (row: number) => `Row ${row}: all pixels that weight ${row} meets`,
    patchNote:
      'The middle of the marked square, grey. A pixel stands in up to k² columns: the matrix takes more memory, and the product is fast.',
  },
  ko: {
    ...windowWords.ko,
    locale: 'ko',
    title: '필터 하나를 한 걸음씩',
    lead: '필터가 그림 위를 움직이며 자리마다 곱을 모두 더해 수 하나를 만듭니다. 여기 보이는 맵과 합은 모두 지금 바로 계산한 것입니다.',
    time: (milliseconds: number) => `마지막 맵 ${milliseconds.toFixed(1)} ms`,
    channel: ['빨강', '초록', '파랑'],

    filterTitle: '필터',
    filterLead: '하나를 고르고 가중치를 직접 바꿔 보세요. C1은 LeNet-5가 학습한 여섯 필터입니다.',
    gallery: '필터 모음',
    filter: {
      identity: '항등',
      blur: '박스 블러',
      gaussian: '가우시안',
      sharpen: '샤프닝',
      sobelX: '소벨 ↔',
      sobelY: '소벨 ↕',
      prewittX: '프리윗 ↔',
      prewittY: '프리윗 ↕',
      laplacian: '라플라시안',
      emboss: '엠보스',
    },
    weights: '가중치',
    weightsOf: (channel: string) => `${channel} 가중치`,
    weightAt: (row: number, column: number) => `${row}행 ${column}열의 가중치`,
    kernelSize: '커널 크기 k',
    dilation: '딜레이션 d',
    fill: '채우는 값',
    fills: { constant: '상수', reflect: '반사', replicate: '복제' },
    value: '값',

    pictureLead: '표시된 정사각형의 픽셀이 아래에 숫자로 나옵니다. 끌어서 옮겨 보세요.',
    map: '필터가 그림에서 만든 맵',
    parts: '세 채널의 맵',
    partsNote: '채널마다 커널이 하나씩 있고, 세 결과를 더하면 맵 하나가 됩니다.',
    mapSize: (width: number, height: number) => `값 ${width} × ${height}개.`,
    signed: '빨강은 0보다 크고 파랑은 작으며, 흰색은 0입니다.',
    greyRange: '검은색은 0, 흰색은 흰 영역에서 나오는 값입니다.',

    stepTitle: '한 자리씩 계산',
    stepLead:
      '창이 패딩을 더한 입력 위에 놓입니다. 창 아래의 픽셀마다 가중치를 곱하고, 곱을 모두 더합니다.',
    previous: '이전 자리',
    next: '다음 자리',
    play: '재생',
    pause: '멈춤',
    products: '픽셀 · 가중치 = 곱',
    output: (width: number, height: number) => `출력, ${width} × ${height}`,
    outputGrid: '지금까지의 합',
    stepNote:
      '빗금 친 칸은 패딩입니다. 모든 신경망이 그렇듯 커널을 뒤집지 않습니다(엄밀히는 교차 상관).',

    borderTitle: '패딩이 가장자리에서 지켜 주는 것',
    borderLead:
      '24 × 24 그림에 같은 층을 두 번 쌓습니다. 패딩이 없으면 층마다 행과 열이 k − 1개씩 줄어듭니다.',
    layers: '층 수',
    layer: (layer: number) => (layer === 0 ? '입력' : `${layer}번째 층의 맵`),
    bare: '패딩 없음',
    padded: '같은 크기로 0 패딩',
    nothingLeft: '남은 값 없음',
    seenTitle: '마지막 맵이 입력의 픽셀을 얼마나 자주 쓰는가',
    seenGrid: (chain: string) => `픽셀이 쓰이는 횟수: ${chain}`,
    corner: '모서리 픽셀',
    pixelAt: (x: number, y: number) => `${y + 1}행 ${x + 1}열의 픽셀`,
    ofCentre: (share: string) => `(가장 많이 쓰인 픽셀 대비, 가운데 ${share})`,
    borderNote:
      '필터는 박스 블러입니다. 패딩은 크기를 지키고 가장자리를 더 자주 쓰게 하지만, 채워 넣은 0 때문에 가장자리가 어두워집니다.',

    pairTitle: '3 × 3 두 번과 5 × 5 한 번',
    pairLead:
      '둘 다 픽셀 25개를 봅니다. 두 층은 가중치가 더 적고, 그 사이에 활성화 함수를 둘 수 있습니다.',
    sees: (label: string) => `${label} 뒤의 값 하나가 입력에서 보는 영역`,
    channelCount: '입출력 채널 수',
    field: '보는 영역',
    parameters: '가중치',
    multiplyAdds: '곱셈-누산',
    saved: (percent: number) => `채널 수와 관계없이 3 × 3 두 번이 ${percent} % 적습니다.`,
    firstFilter: '첫 번째 3 × 3',
    secondFilter: '두 번째 3 × 3',
    reluBetween: '둘 사이에 ReLU',
    twoLayers: '3 × 3 두 층',
    oneLayer: '5 × 5 한 층',
    difference: '차이',
    largest: '최대',
    pairSame:
      '사이에 아무것도 없으면 두 필터는 하나와 같습니다. 5 × 5는 첫 필터와 둘째 필터의 합성곱이며, 두 맵이 일치합니다.',
    pairRelu:
      '사이에 ReLU가 있으면 두 층은 5 × 5 필터 하나로는 할 수 없는 일을 합니다. 그래서 신경망을 깊게 쌓습니다.',

    activationTitle: '활성화 함수',
    activationLead: '층 사이에 활성화 함수가 없으면 모든 층을 합쳐도 선형 변환 하나일 뿐입니다.',
    curve: (name: string) => `${name} 곡선`,
    slope: '기울기',
    before: '필터의 맵',
    after: (name: string) => `${name} 적용 후`,
    activationNote: '흰 픽셀을 1로 놓은 값입니다. 빨강은 0보다 크고 파랑은 작으며, 흰색은 0입니다.',

    patchTitle: 'im2col: 합성곱을 행렬 곱 한 번으로',
    patchLead:
      '창 하나가 열 하나가 되므로, 가중치와 패치 행렬을 한 번 곱하면 모든 합이 한꺼번에 나옵니다. 행이나 열을 가리켜 보세요.',
    patchCaption: (rows: number, columns: number) =>
      `패치 행렬: 가중치 ${rows}개 × 자리 ${columns}개`,
    weightColumn: '가중치',
    columnOf: (column: number) => `${column}열: ${column}번째 자리의 창`,
    rowOf: (row: number) => `${row}행: ${row}번째 가중치가 만나는 모든 픽셀`,
    patchNote:
      '표시된 정사각형의 가운데를 회색조로 보여 줍니다. 픽셀 하나가 많게는 k²개의 열에 들어가 메모리를 더 쓰지만, 행렬 곱은 빠릅니다.',
  },
});
