/** Every layer on the cpu backend against TensorFlow.js, on random configurations. */

import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { differences, layerCases } from '../../support/layers/compare.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

test.each(Object.entries(layerCases))('%s', async (name, maker) => {
  expect(await differences(tf, name, maker, 'cpu')).toEqual([]);
});
