/** What `import … from 'wgconv/image'` gives a page: tensors drawn, and pictures as tensors. */

export type { Color, ColorMap } from './color-map.ts';
export { type Canvas, type DrawItem, type DrawOptions, drawTensor, drawTensors } from './draw.ts';
export type { OnDevice } from './gpu.ts';
export { type ImageTensor, imageToTensor } from './image-to-tensor.ts';
export { type MapGrid, type MapOptions, valueAt } from './maps.ts';
export { type Box, type Placement, type ResizeMode, type Size, toPicture } from './placement.ts';
export { type Channels, type Preprocessing, presets } from './preprocessing.ts';
export type { ImageToTensorOptions } from './sampling.ts';
export type { ImageSource, Pixels } from './source.ts';
export { type TensorToImageDataOptions, tensorToImageData } from './tensor-to-image-data.ts';
export type { ImageLayout } from './view.ts';
