/** What the page and the worker that computes a task say to each other. */

import type { ErrorCode } from '../../../src/core/errors.ts';
import type { Face } from './blazeface.ts';
import type { TextLine } from './ocr.ts';
import type { Pixels } from './pixels.ts';

export type TaskId = 'faces' | 'text' | 'upscale';

export interface Request {
  /** A later picture takes the place of one that is still computed. */
  readonly id: number;
  readonly task: TaskId;
  readonly picture: Pixels;
  /** The page decided what computes. */
  readonly backend: 'webgpu' | 'cpu';
}

export type Progress =
  /** Bytes of the model's files; the total is 0 where the server does not tell. */
  | { readonly stage: 'download'; readonly done: number; readonly total: number }
  | { readonly stage: 'prepare' }
  /** Steps of the task; 0 of 1 before the first is known. */
  | { readonly stage: 'run'; readonly done: number; readonly total: number };

export type Result =
  | { readonly task: 'faces'; readonly faces: readonly Face[] }
  | { readonly task: 'text'; readonly lines: readonly TextLine[] }
  | { readonly task: 'upscale'; readonly picture: Pixels };

export interface Finished {
  readonly result: Result;
  /** Time within the network, the transfers to and from the GPU included. */
  readonly networkMilliseconds: number;
  /** From the picture to the result. */
  readonly milliseconds: number;
  /** The networks were planned and their shaders compiled for a shape on the way. */
  readonly first: boolean;
}

/** An error as data: classes do not survive the way between page and worker. */
export interface Failure {
  readonly code?: ErrorCode | undefined;
  readonly message: string;
  readonly node?: string | undefined;
  readonly value?: string | undefined;
}

export type Reply = { readonly id: number } & (
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'finished'; readonly finished: Finished }
  | { readonly kind: 'failed'; readonly failure: Failure }
);
