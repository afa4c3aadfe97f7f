/** Operators by the start of a file. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { fetchBytes } from '../../../src/core/fetch-bytes.ts';
import { operatorsIn } from '../../../src/formats/onnx/first-operators.ts';
import { encodeModel } from '../../support/onnx-writer.ts';
import { tensorOf } from '../../support/random.ts';

const bytes = encodeModel({
  opset: 14,
  nodes: [
    { op: 'Conv', inputs: ['x', 'w'], outputs: ['c'], attributes: { pads: [1, 1, 1, 1] } },
    { op: 'Relu', inputs: ['c'], outputs: ['r'] },
    { op: 'Softmax', inputs: ['r'], outputs: ['y'] },
  ],
  inputs: [{ name: 'x', dims: [1, 3, 8, 8] }],
  outputs: ['y'],
  initializers: { w: tensorOf([4, 3, 3, 3], new Array(108).fill(1)) },
});
const nameEnd = (name: string) => Buffer.from(bytes).indexOf(name) + name.length;

test('names come from the start alone', () => {
  expect([...operatorsIn(bytes.subarray(0, nameEnd('Softmax')))]).toEqual([
    'Conv',
    'Relu',
    'Softmax',
  ]);
  expect([...operatorsIn(bytes.subarray(0, nameEnd('Conv') + 1))]).toEqual(['Conv']);
});

test('what is no model names nothing', () => {
  expect(operatorsIn(new Uint8Array()).size).toBe(0);
  expect(operatorsIn(Buffer.from('<!doctype html><p>not found</p>')).size).toBe(0);
});

test('the start is handed on before the rest has come', async () => {
  let rest = () => {};
  const server = createServer((_, response) => {
    response.write(bytes.subarray(0, 200));
    rest = () => response.end(bytes.subarray(200));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const found: string[] = [];
  const whole = await fetchBytes(`http://127.0.0.1:${port}/`, (start) => {
    found.push(...operatorsIn(start));
    rest();
  });
  server.close();
  expect(found).toContain('Conv');
  expect(whole).toEqual(new Uint8Array(bytes));
});
