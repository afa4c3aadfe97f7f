/** What `import … from 'wgconv/layers'` gives: networks written as with Keras. */

export {
  type ActivationName,
  type ActivationOptions,
  type AlphaOptions,
  activation,
  activationNames,
  elu,
  leakyReLU,
  type PReLUOptions,
  prelu,
  type ReLUOptions,
  reLU,
  type SoftmaxOptions,
  softmax,
  type ThresholdedReLUOptions,
  thresholdedReLU,
} from './activation.ts';
export {
  type Conv2dOptions,
  conv2d,
  type DepthwiseConv2dOptions,
  depthwiseConv2d,
  type SeparableConv2dOptions,
  separableConv2d,
} from './conv.ts';
export { type Conv2dTransposeOptions, conv2dTranspose } from './conv-transpose.ts';
export { type DenseOptions, dense } from './dense.ts';
export { type DropoutOptions, dropout } from './dropout.ts';
export { type Layer, type LayerOptions, SymbolicTensor } from './layer.ts';
export { LayersModel, type ModelOptions } from './layers-model.ts';
export {
  add,
  average,
  type ConcatenateOptions,
  concatenate,
  maximum,
  minimum,
  multiply,
  subtract,
} from './merge.ts';
export { type InputOptions, input, model, sequential } from './model.ts';
export { type BatchNormalizationOptions, batchNormalization } from './normalization.ts';
export {
  type Cropping2dOptions,
  cropping2d,
  type Padding2dOptions,
  padding2d,
  type UpSampling2dOptions,
  upSampling2d,
  type ZeroPadding2dOptions,
  zeroPadding2d,
} from './padding.ts';
export {
  averagePooling2d,
  type GlobalPooling2dOptions,
  globalAveragePooling2d,
  globalMaxPooling2d,
  globalMinPooling2d,
  maxPooling2d,
  minPooling2d,
  type Pooling2dOptions,
} from './pool.ts';
export {
  flatten,
  type PermuteOptions,
  permute,
  type ReshapeOptions,
  reshape,
} from './reshape.ts';
export type { Shape } from './shape.ts';
export type { Weight, WeightSource } from './weights.ts';
