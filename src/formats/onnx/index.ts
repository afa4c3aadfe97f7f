/** Reading ONNX files. */

export type { ExternalData, ExternalSource } from './external.ts';
export { operatorsIn } from './first-operators.ts';
export { readOnnxModel, type UnsupportedOperator } from './read-model.ts';
export { readTensorProto } from './tensor.ts';
