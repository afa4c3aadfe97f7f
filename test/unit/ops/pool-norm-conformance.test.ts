/** Published ONNX cases of pooling, softmax, batch normalisation, LRN and reductions. */

import { describePublished } from '../../support/conformance.ts';

const operators = [
  'AveragePool',
  'BatchNormalization',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'Hardmax',
  'LRN',
  'LogSoftmax',
  'LpPool',
  'MaxPool',
  'ReduceL1',
  'ReduceL2',
  'ReduceLogSum',
  'ReduceLogSumExp',
  'ReduceMax',
  'ReduceMean',
  'ReduceMin',
  'ReduceProd',
  'ReduceSum',
  'ReduceSumSquare',
  'Softmax',
];

describePublished(operators);
