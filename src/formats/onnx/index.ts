/** Reading ONNX files. */

export type { ExternalData, ExternalSource } from './external.ts';
export { readOnnxModel, type UnsupportedOperator } from './read-model.ts';
export { readTensorProto } from './tensor.ts';
