/** What wgconv does not do of an operator, in a few words; errors say it in full. */

const reads = 'an index out of range is an error, but reads zeros where only the GPU knows it';
const writes =
  'an index out of range is an error, but its update is left out where only the GPU knows it';
const data = 'the shape of the result is known after a readback';

export const limits: Readonly<Record<string, string>> = {
  Conv: '1 to 3 spatial axes',
  ConvTranspose: '1 to 3 spatial axes',
  MaxPool: '1 to 3 spatial axes',
  AveragePool: '1 to 3 spatial axes',
  LpPool: '1 to 3 spatial axes',
  BatchNormalization: 'inference only',
  Dropout: 'inference only: the identity',
  Gather: reads,
  GatherElements: reads,
  GatherND: reads,
  Scatter: writes,
  ScatterElements: writes,
  ScatterND: writes,
  MaxUnpool: writes,
  RoiAlign: reads,
  MaxRoiPool: 'a region of an image that is not there is zero on the GPU',
  NonZero: data,
  Compress: data,
  Unique: data,
  NonMaxSuppression: data,
  If: 'where the condition is a constant: the branch stands in its place',
  Loop: 'where the number of turns is a constant: the body is unrolled',
  Constant: 'dense tensors and numbers; no strings',
  Reshape: 'the shape is known before a run, or each value has its own plan',
  Cast: 'no strings, no float8 and 4-bit types',
  CastLike: 'no strings, no float8 and 4-bit types',
};
