/** Reading ONNX files. */

export type { ExternalData, ExternalSource } from '../files-beside.ts';
export { operatorsIn } from './first-operators.ts';
export { readOnnxModel } from './read-model.ts';
export { readTensorProto } from './tensor.ts';
