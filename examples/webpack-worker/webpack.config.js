export default {
  mode: 'production',
  entry: './main.js',
  // A model and a picture are files of their own, and importing one gives its address.
  module: { rules: [{ test: /\.(onnx|png)$/, type: 'asset/resource' }] },
};
