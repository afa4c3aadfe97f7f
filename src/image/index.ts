/** What `import … from 'wgconv/image'` gives a page: tensors drawn, and pictures as tensors. */

export type { Color, ColorMap } from './color-map.ts';
export { type Canvas, type DrawItem, type DrawOptions, drawTensor, drawTensors } from './draw.ts';
export type { OnDevice } from './gpu.ts';
export { type MapGrid, type MapOptions, valueAt } from './maps.ts';
export type { ImageLayout } from './view.ts';
