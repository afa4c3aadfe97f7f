/** Prepared graph → plan: chooses algorithms, places buffers and uniforms, orders the steps. */

import type { BufferRole, Dispatch } from '../../shaders/lib/kernel.ts';
import { breathe } from '../core/breathe.ts';
import { internal, WgconvError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import type { Graph, Node } from '../graph/graph.ts';
import { requireOperator } from '../ops/build-node.ts';
import { align16, deviceBytes } from '../ops/device-tensor.ts';
import type { Candidate, DeviceTensor, Packing } from '../ops/operator.ts';
import { boundDispatch } from './bound-dispatch.ts';
import { type RankedCandidate, rankCandidates } from './cost.ts';
import { type AlgorithmOption, ForcedAlgorithms, moveToFront } from './forced-algorithms.ts';
import { homeOf } from './homes.ts';
import { findJoins, type Joins } from './joins.ts';
import { absurdValue, checkBuffer, limitViolation, type Violation } from './limits.ts';
import { type Liveness, livenessOf } from './liveness.ts';
import { loadLowering, loweringIO, plannedTensor } from './lowering-io.ts';
import { isOneNode } from './macs.ts';
import { type DraftRef, Places, rangeOf } from './places.ts';
import type { NodePlan, Plan, PlannedValue, Step } from './plan.ts';
import { PlannedWeights } from './planned-weights.ts';
import { cutOffsets } from './ranges.ts';
import { needsPlainRounding, sumsOf } from './rounding.ts';
import { UniformBlock } from './uniform-block.ts';

export interface PlanOptions {
  readonly algorithm?: AlgorithmOption;
  /** Other parts of the model may offer an algorithm that is forced and not here. */
  readonly isStage?: boolean | undefined;
  /** Algorithms by node name that come before the cost model's, where they fit. */
  readonly tuned?: Readonly<Record<string, string>> | undefined;
  /** The specialised graph before fusion, for the memory report. */
  readonly original?: Graph | undefined;
  /** Hears of each dispatch as soon as it is chosen, so that its pipeline is compiled meanwhile. */
  readonly onDispatch?: ((dispatch: Dispatch) => void) | undefined;
}

/**
 * Scratch may raise the plan's memory only a little above what its activations need anyway; a
 * candidate that takes more is chosen only where it is forced or alone.
 */
const fastAllowance = 1.05;

/** What a report says of nodes that ran by Winograd's arithmetic. */
const spreads = 'a value that is not finite spreads over its tile of pixels';

interface DraftStep {
  readonly step: Step;
  readonly refs?: readonly DraftRef[];
}

/**
 * @throws WgconvError `limit-exceeded` or `unsupported-operator`, naming every node that the device
 * cannot run, before any GPU memory is taken.
 */
export async function createPlan(
  graph: Graph,
  caps: DeviceCaps,
  options: PlanOptions = {},
): Promise<Plan> {
  await loadLowering(graph, caps);
  const facts: GraphFacts = {
    joins: findJoins(graph, caps),
    liveness: livenessOf(graph, caps),
    sums: sumsOf(graph),
    plainRounding: needsPlainRounding(graph),
  };
  const build = async (scratchAllowance: number) => {
    const builder = new PlanBuilder(graph, facts, caps, options, scratchAllowance);
    for (const [index, node] of graph.nodes.entries()) {
      builder.addNode(node, index);
      // The browser passes on what `onDispatch` asked of WebGPU between two tasks.
      await breathe();
    }
    return builder.finish();
  };
  // The memory of a network is its peak; of one node alone, what its fastest algorithm takes.
  if (isOneNode(graph)) return build(Number.POSITIVE_INFINITY);
  const plan = await build(fastAllowance);
  const { peakBytes, lowerBoundBytes } = plan.memory;
  if (facts.sums === 1 || peakBytes <= memoryGoal * lowerBoundBytes) return plan;
  const frugal = await build(0);
  return frugal.memory.peakBytes < peakBytes ? frugal : plan;
}

/** A single convolution has no other values in whose memory scratch could lie: it may take this. */
const loneScratch = 2 ** 22;

/** A plan may take this much more than its lower bound before it is planned again without scratch. */
const memoryGoal = 1.15;

/** What is known of a graph however it is planned. */
interface GraphFacts {
  readonly joins: Joins;
  readonly liveness: Liveness;
  /** Convolutions and products. */
  readonly sums: number;
  readonly plainRounding: boolean;
}

class PlanBuilder {
  readonly #graph: Graph;
  readonly #facts: GraphFacts;
  readonly #caps: DeviceCaps;
  readonly #options: PlanOptions;
  readonly #scratchAllowance: number;
  readonly #drafts: DraftStep[] = [];
  /** Graph inputs go up before the first dispatch, so that a run needs one command buffer. */
  readonly #inputUploads: Step[] = [];
  readonly #nodes: NodePlan[] = [];
  /** Where each device value is, views included. */
  readonly #places: Places;
  readonly #onHost = new Set<string>();
  readonly #weights: PlannedWeights;
  readonly #forced: ForcedAlgorithms;
  readonly #failures: ({ node: string; operator: string } & Violation)[] = [];
  readonly #uniforms = new UniformBlock();

  constructor(
    graph: Graph,
    facts: GraphFacts,
    caps: DeviceCaps,
    options: PlanOptions,
    scratchAllowance: number,
  ) {
    this.#facts = facts;
    this.#scratchAllowance = scratchAllowance;
    this.#graph = graph;
    this.#caps = caps;
    this.#options = options;
    for (const input of graph.inputs) this.#onHost.add(input.name);
    for (const name of graph.constants.keys()) this.#onHost.add(name);
    this.#places = new Places((name) => this.#tensor(name), facts.joins.parts);
    this.#forced = new ForcedAlgorithms(options.algorithm, options.isStage);
    this.#weights = new PlannedWeights(graph, caps);
  }

  addNode(node: Node, index: number): void {
    const { home, reason } = homeOf(node, this.#graph);
    if (home === 'host') {
      for (const input of node.inputs) this.#needOnHost(input);
      for (const output of node.outputs) this.#onHost.add(output);
      this.#push({ step: { kind: 'host', node: index } });
      this.#nodes.push({ home, candidates: [], reason });
    } else if (home === 'view') {
      this.#addView(node);
      this.#nodes.push({ home, candidates: [], reason });
    } else if (this.#facts.joins.nodes.has(node.name)) {
      this.#addJoin(node, index);
    } else if (this.#addCut(node, index)) {
      const reason = "its outputs lie in its input's memory";
      this.#nodes.push({ home: 'joined', candidates: [], reason });
    } else if (this.#addConstantConversion(node)) {
      this.#nodes.push({ home: 'device', candidates: [], reason: 'converted once, when loading' });
    } else {
      this.#addDeviceNode(node, index, reason);
    }
  }

  finish(): Plan {
    this.#throwFailures();
    this.#forced.refuseUnknown(this.#graph);
    for (const name of new Set(this.#graph.outputs)) this.#places.livesToEnd(name);
    const memory = this.#places.finish(this.#caps.limits.bufferBytes);
    const values = new Map<string, PlannedValue>();
    for (const [name, place] of this.#places.all()) {
      const bytes = deviceBytes(this.#tensor(name));
      checkBuffer(`the value "${name}"`, name, bytes, this.#caps);
      values.set(name, { name, ...this.#tensor(name), bytes, buffer: memory.resolve(place) });
    }
    const weights = this.#weights.all();
    return {
      graph: this.#graph,
      steps: [
        ...this.#inputUploads,
        ...this.#drafts.map(({ step, refs }) =>
          step.kind === 'dispatch' ? boundDispatch(step, (refs ?? []).map(memory.resolve)) : step,
        ),
      ],
      nodes: this.#nodes,
      pool: memory.buffers,
      values,
      weights,
      uniforms: this.#uniforms.pack(),
      memory: {
        peakBytes: memory.buffers.reduce((sum, bytes) => sum + bytes, 0),
        lowerBoundBytes: memory.lowerBoundBytes,
        originalBoundBytes: livenessOf(this.#options.original ?? this.#graph, this.#caps).peak,
        weightBytes: weights.reduce((sum, weight) => sum + weight.bytes, 0),
      },
      layoutConversions: this.#graph.nodes.filter(
        (node, index) =>
          node.op === 'wgconv.ConvertLayout' && (this.#nodes[index]?.candidates.length ?? 0) > 0,
      ).length,
    };
  }

  #addView(node: Node): void {
    const from = node.inputs[0] as string;
    const to = node.outputs[0] as string;
    if (!this.#places.has(from)) {
      if (this.#onHost.has(from) && !this.#graph.constants.has(from)) this.#needOnDevice(from);
      else if (this.#graph.constants.has(from)) this.#places.set(from, this.#weights.raw(from));
    }
    this.#places.set(to, this.#places.get(from) as DraftRef);
  }

  /** Its inputs were written into its output's memory: nothing is left to do. */
  #addJoin(node: Node, index: number): void {
    const whole = node.outputs[0] as string;
    const place = this.#places.make(whole);
    for (const name of node.inputs) {
      const part = this.#places.get(name);
      if (!part || !('slot' in part)) throw internal(`"${name}" has no place`);
      this.#places.joinPart(name, part, place);
    }
    this.#places.use(place);
    this.#push({ step: { kind: 'alias', node: index } });
    this.#nodes.push({
      home: 'joined',
      candidates: [],
      reason: "its inputs are written straight into its output's memory",
    });
  }

  /** Its outputs are ranges of its input's memory: nothing is to do. */
  #addCut(node: Node, index: number): boolean {
    const offsets = cutOffsets(node, this.#graph, this.#caps);
    const [whole = ''] = node.inputs;
    if (!offsets) return false;
    this.#needOnDevice(whole);
    for (const [at, name] of node.outputs.entries()) {
      const bytes = deviceBytes(this.#tensor(name));
      this.#places.cut(name, whole, offsets[at] as number, bytes);
    }
    this.#places.use(this.#places.get(whole) as DraftRef);
    this.#push({ step: { kind: 'alias', node: index } });
    return true;
  }

  /** A constant's other layout is made once, like any packed weight. */
  #addConstantConversion(node: Node): boolean {
    const from = node.inputs[0] as string;
    const to = node.outputs[0] as string;
    if (node.op !== 'wgconv.ConvertLayout' || !this.#graph.constants.has(from)) return false;
    const candidate = this.#candidates(node)[0]?.candidate;
    if (!candidate) throw internal(`no conversion of the constant "${from}"`);
    this.#places.set(to, this.#weights.converted(from, this.#tensor(to), candidate.dispatches));
    return true;
  }

  #addDeviceNode(node: Node, index: number, reason: string): void {
    const empty = node.outputs.every((name) => sizeOf(this.#tensor(name).dims) === 0);
    const ranked = empty ? [] : this.#choose(node, index);
    const chosen = ranked[0];
    if (!chosen && !empty) {
      this.#nodes.push({ home: 'device', candidates: [], reason });
      for (const name of node.outputs) this.#places.make(name);
      return;
    }
    if (chosen) {
      for (const at of inputsRead(chosen.candidate, (packed) =>
        this.#graph.constants.has(node.inputs[packed] as string),
      )) {
        if (node.inputs[at]) this.#needOnDevice(node.inputs[at]);
      }
    }
    for (const name of node.outputs) this.#places.make(name);
    if (chosen) this.#emit(node, index, chosen.candidate);
    this.#nodes.push({
      home: 'device',
      algorithm: chosen?.candidate.algorithm ?? 'empty',
      arithmetic: chosen?.candidate.arithmetic,
      candidates: ranked.map(({ candidate, seconds }) => ({
        algorithm: candidate.algorithm,
        seconds,
      })),
      cost: chosen?.candidate.cost,
      reason: chosen?.candidate.arithmetic ? `${reason}; ${spreads}` : reason,
    });
  }

  #emit(node: Node, index: number, candidate: Candidate): void {
    const scratchSlots = candidate.scratch.map((bytes) => this.#places.makeScratch(align16(bytes)));
    const packedRefs = candidate.packings.map((packing) => this.#packed(node, index, packing));
    for (const dispatch of candidate.dispatches) {
      const refs = dispatch.buffers.map((role): DraftRef => {
        if (role.role === 'input') {
          return rangeOf(this.#place(node.inputs[role.index] ?? '', node, role), role.range);
        }
        if (role.role === 'output') return this.#place(node.outputs[role.index] ?? '', node, role);
        const refs = role.role === 'scratch' ? scratchSlots : packedRefs;
        return refs[role.index] as DraftRef;
      });
      this.#pushDispatch(index, dispatch, refs);
    }
  }

  /** A constant is packed once per session; anything else is packed in every run. */
  #packed(node: Node, index: number, packing: Packing): DraftRef {
    if (packing.made) return this.#weights.table(packing.made, packing.key);
    const name = node.inputs[packing.input] as string;
    if (this.#graph.constants.has(name)) {
      if (this.#options.onDispatch) packing.dispatches.forEach(this.#options.onDispatch);
      return this.#weights.packed(name, packing);
    }
    const target = this.#places.makeScratch(align16(packing.bytes));
    for (const dispatch of packing.dispatches) {
      const refs = dispatch.buffers.map((role) =>
        role.role === 'input' ? this.#place(name, node, role) : target,
      );
      this.#pushDispatch(index, dispatch, refs);
    }
    return target;
  }

  #choose(node: Node, index: number): RankedCandidate[] {
    const { atNode, peak } = this.#facts.liveness;
    const free = this.#scratchAllowance * peak - (atNode[index] ?? 0);
    const budget = this.#facts.sums === 1 ? Math.max(free, loneScratch) : free;
    const tuned = this.#options.tuned?.[node.name];
    const preferred = moveToFront(
      this.#candidates(node, Math.max(budget, 0)),
      ({ candidate }) => candidate.algorithm === tuned,
    );
    const ranked = moveToFront(preferred, ({ candidate }) => {
      const bytes = candidate.scratch.reduce((sum, part) => sum + part, 0);
      return bytes === 0 || bytes <= budget;
    });
    return this.#forced.prefer(node, ranked);
  }

  #candidates(node: Node, scratchBytes?: number): RankedCandidate[] {
    const operator = requireOperator(node);
    const io = {
      ...loweringIO(this.#graph, node, this.#caps),
      ...{ scratchBytes, plainRounding: this.#facts.plainRounding },
    };
    const absurd = absurdValue(io, node);
    const all = absurd ? [] : operator.lower(io, node.attributes, this.#caps);
    const allowed: Candidate[] = [];
    let violation = absurd ?? { reason: 'it has no kernel for these types and shapes' };
    for (const candidate of all) {
      const found = limitViolation(candidate, io, this.#caps, node);
      // A value that is too large says more than a kernel that does not fit.
      if (found && !violation.value) violation = found;
      if (!found) allowed.push(candidate);
    }
    if (allowed.length === 0) {
      this.#failures.push({ node: node.name, operator: node.op, ...violation });
    }
    return rankCandidates(allowed, this.#caps);
  }

  #tensor(name: string): DeviceTensor {
    return plannedTensor(this.#graph, name, this.#caps);
  }

  #needOnHost(name: string): void {
    if (name === '' || this.#onHost.has(name)) return;
    const place = this.#places.get(name);
    if (!place) throw internal(`the value "${name}" is nowhere`);
    this.#places.use(place);
    this.#push({ step: { kind: 'download', value: name } });
    this.#onHost.add(name);
  }

  #needOnDevice(name: string): void {
    if (this.#places.has(name)) return;
    if (this.#graph.constants.has(name)) {
      this.#places.set(name, this.#weights.raw(name));
      return;
    }
    if (!this.#onHost.has(name)) throw internal(`the value "${name}" is nowhere`);
    const place = this.#places.make(name);
    const upload: Step = { kind: 'upload', value: name };
    if (this.#graph.inputs.some((graphInput) => graphInput.name === name)) {
      this.#places.livesFromStart(name, place);
      this.#inputUploads.push(upload);
    } else {
      this.#push({ step: upload });
    }
  }

  #place(name: string, node: Node, role: BufferRole): DraftRef {
    const place = this.#places.get(name);
    if (!place) {
      throw internal(`${node.op} "${node.name}" binds ${role.role} ${role.index}, which it lacks`);
    }
    return place;
  }

  #pushDispatch(node: number, dispatch: Dispatch, refs: readonly DraftRef[]): void {
    this.#options.onDispatch?.(dispatch);
    for (const ref of refs) this.#places.use(ref);
    this.#places.keepApart(dispatch, refs);
    const uniformOffset = this.#uniforms.add(dispatch);
    this.#push({
      step: { kind: 'dispatch', node, dispatch, buffers: [], uniformOffset },
      refs,
    });
  }

  #push(draft: DraftStep): void {
    this.#drafts.push(draft);
    this.#places.advance(this.#drafts.length);
  }

  #throwFailures(): void {
    const failures = this.#failures;
    if (failures.length === 0) return;
    const list = failures.map(({ node, operator, reason }) => `${operator} "${node}": ${reason}`);
    throw new WgconvError(
      'limit-exceeded',
      `${failures.length === 1 ? 'One node' : `${failures.length} nodes`} of this model cannot run on this device: ${list.join('; ')}. ` +
        "Use a smaller input, or { backend: 'cpu' }.",
      { value: failures[0]?.value, data: { nodes: failures } },
    );
  }
}

/** Inputs of the node that its dispatches bind; a constant that is only packed is never bound raw. */
function inputsRead(candidate: Candidate, isPackedOnce: (input: number) => boolean): Set<number> {
  const read = new Set<number>();
  for (const { buffers } of candidate.dispatches) {
    for (const role of buffers) if (role.role === 'input') read.add(role.index);
  }
  for (const packing of candidate.packings) {
    if (!packing.made && !isPackedOnce(packing.input)) read.add(packing.input);
  }
  return read;
}
