/** What the tables of tfjs's functions see of a node. */

import type * as tf from '@tensorflow/tfjs';

/** tfjs has no way to say it. */
export class Lacking extends Error {}

/** A node with its inputs. */
export interface NodeCall {
  readonly opset: number;
  readonly inputCount: number;
  readonly outputCount: number;
  has(index: number): boolean;
  tensor(index: number): tf.Tensor;
  /** Integers of an input that holds axes, shapes, pads. */
  list(index: number): number[] | undefined;
  numbers(index: number): number[] | undefined;
  int(name: string, fallback?: number): number;
  float(name: string, fallback?: number): number;
  string(name: string, fallback?: string): string;
  ints(name: string): number[] | undefined;
}

export type TfjsOperator = (call: NodeCall) => tf.Tensor | tf.Tensor[];
