/** The plan: plain data that can be printed, compared in a test and cached. */

import type { Dispatch, Element } from '../../shaders/lib/kernel.ts';
import type { WeightFormat } from '../../shaders/lib/weights.ts';
import type { DataType } from '../core/dtype.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { Graph, Layout } from '../graph/graph.ts';
import type { Arithmetic, Cost } from '../ops/operator.ts';

/** Where a binding's bytes are. */
export type BufferRef =
  /** A range of one of the plan's pooled activation buffers. */
  | {
      readonly kind: 'pool';
      readonly index: number;
      readonly offset: number;
      readonly bytes: number;
      /**
       * The graph input or output that alone owns this memory, and where in it: a run may bind a
       * buffer that is shared with the caller instead, and save the copy.
       */
      readonly boundary?: { readonly name: string; readonly offset: number } | undefined;
    }
  /** A constant, raw or packed, that the session keeps by its key. */
  | {
      readonly kind: 'weight';
      readonly key: string;
      /** The range that is bound, where it is not all. */
      readonly offset?: number;
      readonly bytes?: number;
    };

/** A value in GPU memory. */
export interface PlannedValue {
  readonly name: string;
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly layout: Layout;
  readonly element: Element;
  readonly bytes: number;
  readonly buffer: BufferRef;
}

/** A dispatch with its buffers found and its uniforms placed. */
export interface BoundDispatch {
  readonly dispatch: Dispatch;
  readonly buffers: readonly BufferRef[];
  /** Byte offset of its uniform block in `Plan.uniforms` (or in the weight's own block). */
  readonly uniformOffset: number;
  /**
   * Bindings that are only read, but bound for writing, because the dispatch writes other bytes of
   * the same buffer.
   */
  readonly writable?: readonly number[] | undefined;
}

export type Step =
  | ({ readonly kind: 'dispatch'; readonly node: number } & BoundDispatch)
  /** The node runs on the host, through its reference. */
  | { readonly kind: 'host'; readonly node: number }
  /** Nothing runs: the node's output shares memory with its inputs. A check looks at it here. */
  | { readonly kind: 'alias'; readonly node: number }
  /** A host value goes to GPU memory, or comes from it. */
  | { readonly kind: 'upload'; readonly value: string }
  | { readonly kind: 'download'; readonly value: string };

/** A constant in GPU memory: raw bytes of the model, rearranged by dispatches where they are given. */
export interface PlannedWeight {
  readonly key: string;
  readonly bytes: number;
  /** Name in `graph.constants`, or of the table that is `made`. */
  readonly constant: string;
  /** A table that lowering made; no constant of the graph. */
  readonly made?: HostTensor | undefined;
  readonly element: Element;
  /** Bytes of the raw upload. */
  readonly rawBytes: number;
  /** In these, `input(0)` is the raw upload and `output(0)` the packed weight. Empty: raw as it is. */
  readonly packing: readonly Dispatch[];
  /** The packed weight goes to a texture of this format. */
  readonly texture?: WeightFormat | undefined;
}

export interface NodePlan {
  readonly home: 'device' | 'host' | 'view' | 'joined';
  /** Chosen algorithm, for device nodes. */
  readonly algorithm?: string | undefined;
  /** What its rounding is bounded by, where that is not the plain sum of products. */
  readonly arithmetic?: Arithmetic | undefined;
  /** The estimated seconds of every candidate, best first. */
  readonly candidates: readonly { readonly algorithm: string; readonly seconds: number }[];
  readonly cost?: Cost | undefined;
  /** Why it runs where it runs, in words. */
  readonly reason: string;
}

export interface MemoryReport {
  /**
   * Bytes of all pooled buffers, scratch included. Plans of one device share their memory: what is
   * held there in all `gpuMemory()` says.
   */
  readonly peakBytes: number;
  /** Greatest number of activation bytes that live at one dispatch, in their own layouts. */
  readonly lowerBoundBytes: number;
  /** The same for the model's own order and nodes, nothing fused, dense. */
  readonly originalBoundBytes: number;
  readonly weightBytes: number;
}

export interface Plan {
  /** The prepared graph: `nodes[i]` is what steps call node i. */
  readonly graph: Graph;
  readonly steps: readonly Step[];
  readonly nodes: readonly NodePlan[];
  /** Bytes of each pooled buffer. */
  readonly pool: readonly number[];
  readonly values: ReadonlyMap<string, PlannedValue>;
  readonly weights: readonly PlannedWeight[];
  /** All uniform blocks, written once. */
  readonly uniforms: ArrayBuffer;
  readonly memory: MemoryReport;
  readonly layoutConversions: number;
}
