/**
 * The operator contract: all that wgconv knows of an operator, in one object.
 * `src/ops/index.ts` is the list of them.
 */

import type { Dispatch, Element } from '../../shaders/lib/kernel.ts';
import type { WeightFormat } from '../../shaders/lib/weights.ts';
import type { DataType } from '../core/dtype.ts';
import type { ReferenceTensor, ReferenceValue } from '../core/reference.ts';
import type { StaticTensorType, TensorType } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import type { Epilogue, FusedActivation, Layout, Subgraph } from '../graph/graph.ts';

/** Reads a node's attributes; a format implements it. Wrong types throw `invalid-attribute`. */
export interface AttributeReader {
  has(name: string): boolean;
  int(name: string, fallback?: number): number;
  float(name: string, fallback?: number): number;
  string(name: string, fallback?: string): string;
  ints(name: string): readonly number[] | undefined;
  floats(name: string): readonly number[] | undefined;
  strings(name: string): readonly string[] | undefined;
  tensor(name: string): HostTensor | undefined;
  graph(name: string): Subgraph;
  /** How many inputs the node has, for operators whose attributes became inputs. */
  readonly inputCount: number;
  readonly outputCount: number;
  /** Throws `invalid-attribute`, naming the node. */
  fail(message: string): never;
}

/** Values of inputs that are known before anything runs: constants and folded shape arithmetic. */
export type HostValues = (index: number) => HostTensor | undefined;

/**
 * How the GPU's result is judged against the oracle (see docs on numerics):
 * `exact` equal; `sum` by magnitude and number of terms; `function` by `slack`;
 * `discrete` equal but for elements that the oracle marks as `ambiguous`.
 */
export type Accuracy = 'exact' | 'sum' | 'function' | 'discrete';

/** Ways to compute a sum whose rounding the plain sum of products does not bound. */
export type Arithmetic = 'winograd_2x2' | 'winograd_4x4';

export interface ReferenceContext {
  /**
   * Sums are rounded to float32 after every product and every addition, in the order of the
   * loops: the sequential float32 sum that a GPU's result is held against.
   */
  readonly single: boolean;
  /** How the device computed it, where that has a bound of its own. */
  readonly arithmetic?: Arithmetic | undefined;
  /** Types and shapes of the outputs, as `infer` gave them. */
  readonly outputs: readonly StaticTensorType[];
}

export interface ReferenceResult extends ReferenceValue {
  /** 1 where the float64 value lies too near a decision's boundary to say which side is right. */
  readonly ambiguous?: Uint8Array | undefined;
}

/** The oracle: plain float64 loops that a person can check against the operator's definition. */
export type Reference<A> = (
  inputs: readonly (ReferenceTensor | undefined)[],
  attributes: A,
  context: ReferenceContext,
) => readonly ReferenceResult[];

/** What passes and lowering see of one node. */
export interface NodeFacts<A = unknown> {
  readonly attributes: A;
  readonly inputs: readonly (TensorType | undefined)[];
  readonly outputs: readonly TensorType[];
  constant: HostValues;
}

/** One way to lay out a node's device inputs and outputs ('any' takes what comes). */
export interface LayoutChoice {
  readonly inputs: readonly Layout[];
  readonly outputs: readonly Layout[];
}

/** A step that a producer may take over into its epilogue. */
export type EpilogueStep =
  | { readonly kind: 'activation'; readonly input: number; readonly activation: FusedActivation }
  /** This node adds its two inputs, both of the output's own shape. */
  | { readonly kind: 'residual' };

/** One function of the tables of pointwise functions (`shaders/lib`), applied to the inputs named. */
export interface PointwiseStep {
  readonly function: string;
  readonly inputs: readonly number[];
  readonly parameters?: readonly number[] | undefined;
}

/** y = scale[c] * x + shift[c] over the channels (axis 1) of input `input`. */
export interface ChannelAffine {
  readonly input: number;
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** Inputs that hold y = W∗x + b's W (output channels along `axis`) and b. */
export interface LinearInputs {
  readonly weight: number;
  readonly bias: number;
  readonly axis: number;
}

/** What a constant input means, so that seeded weights keep a network's values in range. */
export type ParameterRole = 'scale' | 'shift' | 'mean' | 'variance';

/** What the passes ask, so that no pass knows an operator. All fields are optional. */
export interface Traits<A = unknown> {
  /** Ways to lay out the node, best first; without it everything is linear. */
  layouts?(facts: NodeFacts<A>): readonly LayoutChoice[];
  /** The output has the bytes of input 0 under other dims (linear layout): no dispatch, no copy. */
  readonly view?: boolean;
  /** Steps that this operator's kernels can take into their store. */
  readonly epilogue?: readonly EpilogueStep['kind'][];
  /** This node as a step of its producer's epilogue, where it can be one. */
  asEpilogue?(facts: NodeFacts<A>): EpilogueStep | undefined;
  /** Linear in input 0 with a weight (output channels along `axis`) and a bias input: y = W∗x + b. */
  linear?(facts: NodeFacts<A>): LinearInputs | undefined;
  /**
   * For nodes that are no linear map by a weight: inputs that can take a per-channel affine map of
   * the output all the same, s·y + t by weight·s and bias·s + t (BatchNormalization: scale and B).
   */
  absorbsAffine?(facts: NodeFacts<A>): LinearInputs | undefined;
  /** Meaning of constant inputs by index (BatchNormalization: scale, shift, mean, variance). */
  readonly parameterRoles?: Readonly<Record<number, ParameterRole>>;
  /**
   * Outputs made directly from constant inputs, where the way through float64 would be dear
   * (ConstantOfShape of a hundred megabytes). All inputs are in `facts.constant`.
   */
  hostFold?(facts: NodeFacts<A>): readonly HostTensor[] | undefined;
  /** This node as a per-channel affine map of a producer's output, where it is one. */
  affine?(facts: NodeFacts<A>): ChannelAffine | undefined;
  /** Inputs whose values must be known on the host (shapes, axes, pads): never uploaded. */
  readonly hostInputs?: readonly number[];
  /**
   * Inputs of which only type and dims matter (Shape): known as soon as shapes are, so that folding
   * does not wait for their values and calls the reference without them.
   */
  readonly typeInputs?: readonly number[];
  /**
   * int64 inputs and outputs that are indices: int32 on the device. Where `infer` knows them, out of
   * range is an error; it is asked again for those that a run is fed. What the device computed is
   * not looked at, and an index out of range means nothing there: it reads zeros or writes nothing.
   */
  readonly indices?: { readonly inputs?: readonly number[]; readonly outputs?: readonly number[] };
  /**
   * This node only puts zeros around the spatial axes of input 0: so many at the begin of each, then
   * at the ends.
   */
  zeroPads?(facts: NodeFacts<A>): readonly number[] | undefined;
  /** Attributes with which this node pads input 0 itself by such zeros, where it can. */
  absorbsPads?(facts: NodeFacts<A>, pads: readonly number[]): unknown;
  /** This node as a step of a chain of pointwise functions: a row of the tables, and its operands. */
  pointwise?(facts: NodeFacts<A>): PointwiseStep | undefined;
  /** This node multiplies its two inputs. */
  readonly multiplies?: boolean;
  /** The operator that is input 0 times this node's output, with its defaults, where there is one. */
  gates?(facts: NodeFacts<A>): string | undefined;
  /** The output is the input with its axes in this order. */
  permutes?(facts: NodeFacts<A>): readonly number[] | undefined;
  /** The output is the inputs one after another along this axis. */
  joinsAlong?(attributes: A): number;
  /** The outputs are input 0 cut along this axis, one after another. */
  cutsAlong?(attributes: A): number;
  /** Always computed on the host, through the reference. */
  readonly home?: 'host';
  /**
   * The outputs' dims follow from the inputs' values. Where those only exist in a run, the plan is
   * cut at the node; `infer` gives the dims where all inputs are known.
   */
  readonly dataDependent?: boolean;
  /** The node stands for bodies of nodes: a pass puts in what its condition or count chooses. */
  readonly control?: 'if' | 'loop';
  /** Multiply-adds of one run, for reports. */
  macs?(facts: NodeFacts<A>): number;
  /**
   * Steps of the reference where they are more than multiply-adds and elements; infinitely many where
   * they follow from values. What takes too many is not computed while a model is loaded.
   */
  effort?(facts: NodeFacts<A>): number;
}

/** A tensor in GPU memory as lowering sees it. */
export interface DeviceTensor {
  /** The model's type; what is stored is `element`. */
  readonly type: DataType;
  readonly dims: readonly number[];
  readonly layout: Layout;
  readonly element: Element;
}

export interface LoweringIO {
  readonly inputs: readonly (DeviceTensor | undefined)[];
  readonly outputs: readonly DeviceTensor[];
  readonly epilogue: Epilogue | undefined;
  /** Bytes of scratch that do not raise the plan's memory; a candidate may size its rounds by it. */
  readonly scratchBytes?: number | undefined;
  /** What rounds more than the plain sum is not wanted, but may be asked for by name. */
  readonly plainRounding?: boolean | undefined;
  constant: HostValues;
}

/**
 * What a kernel reads besides the node's tensors, made once per session: an input rearranged by
 * dispatches (in every run where it is no constant), or a table that lowering made. In the
 * dispatches `input(0)` is the raw tensor (linear) and `output(0)` the packed one.
 */
export type Packing = (
  | {
      /** Which input of the node. */
      readonly input: number;
      readonly made?: undefined;
    }
  | { readonly input?: undefined; readonly made: HostTensor }
) & {
  /** Names the arrangement; the same input and key are packed once, a table of one key is kept once. */
  readonly key: string;
  readonly bytes: number;
  readonly dispatches: readonly Dispatch[];
  /** Kept in a texture of this format, row after row of `texelsPerRow`; for constants alone. */
  readonly texture?: WeightFormat | undefined;
};

/** What a candidate will take, for the cost model. */
export interface Cost {
  /** Multiply-adds (or comparable operations), padding of tiles included. */
  readonly macs: number;
  /** Bytes read and written in storage buffers, counting what caches will not catch. */
  readonly bytes: number;
  /** Bytes that dispatches before the largest one move while nothing else runs. */
  readonly serialBytes?: number;
  /** Invocations that do work at the same time, over the largest dispatch. */
  readonly invocations: number;
  /** Share of the device's multiply-add ceiling that the inner loop can reach when it is full. */
  readonly efficiency: number;
  /** Uses workgroup memory with barriers: dear on software adapters. */
  readonly barriers: boolean;
}

/** One way to compute a node on a device: plain data. */
export interface Candidate {
  /** `conv_direct`, `im2col_gemm`, …; what the `algorithm` option forces and reports show. */
  readonly algorithm: string;
  readonly arithmetic?: Arithmetic | undefined;
  /** Valid, but only for whom it is asked by name: never chosen by its cost. */
  readonly onlyForced?: boolean | undefined;
  readonly dispatches: readonly Dispatch[];
  /** Bytes of each scratch buffer. */
  readonly scratch: readonly number[];
  readonly packings: readonly Packing[];
  readonly cost: Cost;
}

export interface Operator<A = unknown> {
  /** ONNX's name, or `wgconv.X` for wgconv's own. */
  readonly type: string;
  /** Least and greatest number of inputs and outputs. */
  readonly arity: {
    readonly inputs: readonly [number, number];
    readonly outputs: readonly [number, number];
  };
  /** Parses, defaults and validates; one meaning for all opset versions. */
  attributes(source: AttributeReader, opset: number): A;
  /** Output types; symbolic dimensions allowed. Throws `invalid-shape` and the like. */
  infer(
    inputs: readonly (TensorType | undefined)[],
    attributes: A,
    known: HostValues,
  ): readonly TensorType[];
  readonly accuracy: Accuracy | ((attributes: A, outputs: readonly TensorType[]) => Accuracy);
  readonly traits: Traits<A>;
  /** Loads the oracle; a page that never verifies never downloads it. */
  reference(): Promise<Reference<A>>;
  /**
   * Loads the kernels that `lower` needs for such a node and that not every node of the operator
   * needs; undefined where they are there. Called before `lower`, with the same arguments.
   */
  load?(io: LoweringIO, attributes: A, caps: DeviceCaps): Promise<unknown> | undefined;
  /**
   * Every way to compute the node that is valid on this device, best guess first. Empty where the
   * device cannot (the caller reports it by name).
   */
  lower(io: LoweringIO, attributes: A, caps: DeviceCaps): readonly Candidate[];
}

/** An operator whose attributes type only it knows. */
// biome-ignore lint/suspicious/noExplicitAny: each operator is the only reader of its attributes
export type AnyOperator = Operator<any>;

/** Declares an operator; only gives TypeScript the types to check. */
export function defineOperator<A>(operator: Operator<A>): AnyOperator {
  return operator;
}
