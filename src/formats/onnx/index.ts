/** Reading ONNX files. */

export { readOnnxModel, type UnsupportedOperator } from './read-model.ts';
export { readTensorProto } from './tensor.ts';
