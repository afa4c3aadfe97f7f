/** Reading layers models of Keras and TensorFlow.js. */

export { kerasShards, readKerasModel } from './read-model.ts';
