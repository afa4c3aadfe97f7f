/** The passes in their order: once per model, and once per set of input shapes. */

import { breathe } from '../core/breathe.ts';
import { type Graph, type Node, producersOf } from '../graph/graph.ts';
import type { OperatorLookup } from '../ops/build-node.ts';
import { factsOf } from '../ops/facts.ts';
import { findOperator, loadOperators } from '../ops/index.ts';
import type { Traits } from '../ops/operator.ts';
import { assignLayouts } from './assign-layouts.ts';
import { removeDeadCode } from './dead-code.ts';
import { FoldBudget } from './fold-budget.ts';
import { foldConstants } from './fold-constants.ts';
import { fuseEpilogue } from './fuse-epilogue.ts';
import { inferShapes } from './infer-shapes.ts';
import type { GivenInputs } from './inline-control-flow.ts';
import { nameConstants } from './name-constants.ts';
import { type InputShapes, type InputValues, specialise } from './specialise.ts';

export { type InputShapes, type InputValues, shapeInputs } from './specialise.ts';

/** Passes that a caller can leave out to see what they do. */
export type DisabledPass =
  | 'fold-constants'
  | 'dead-code'
  | 'fold-pads'
  | 'fold-batch-norm'
  | 'fuse-gates'
  | 'fuse-epilogue'
  | 'fuse-pointwise'
  | 'fuse-movement'
  | 'assign-layouts';

export interface PassOptions {
  readonly disable?: readonly DisabledPass[] | undefined;
  /** Tests bring operators of their own. */
  readonly find?: OperatorLookup | undefined;
  /** Times the work that may be done while folding: a model is taken at its word by 1. */
  readonly foldShare?: number | undefined;
}

export interface PrepareOptions extends PassOptions {
  /** Values of the inputs that `shapeInputs` names. */
  readonly values?: InputValues | undefined;
}

export interface PreparedGraph {
  /** The specialised graph before fusion: the model as its author wrote it. */
  readonly original: Graph;
  /** The graph to plan: folded, fused, with layouts and conversions. */
  readonly prepared: Graph;
}

/** What can be done without shapes; run once per model. */
export async function optimise(graph: Graph, options: PassOptions = {}): Promise<Graph> {
  const { find = findOperator, foldShare } = options;
  const budget = new FoldBudget(graph, foldShare);
  const run = runnerOf(options, budget);
  await breathe();
  const decided = await decideControlFlow(graph, find, budget);
  const folded = await run('fold-constants', decided, foldConstants);
  return inferShapes(await run('dead-code', folded, removeDeadCode), find);
}

/** Everything else, for one set of input shapes. */
export async function prepare(
  graph: Graph,
  shapes: InputShapes,
  options: PrepareOptions = {},
): Promise<PreparedGraph> {
  const { find = findOperator, values, foldShare } = options;
  const budget = new FoldBudget(graph, foldShare);
  const run = runnerOf(options, budget);
  const decided = await decideControlFlow(graph, find, budget, { shapes, values });
  const specialised = await specialise(decided, shapes, find, values, budget);
  const folded = await run('fold-constants', specialised, foldConstants);
  const live = await run('dead-code', folded, removeDeadCode);
  const original = nameConstants(live, graph.constants);
  const unpadded = await run('fold-pads', original, foldPads);
  const affine = await run('fold-batch-norm', unpadded, foldBatchNorm);
  const gated = await run('fuse-gates', affine, fuseGates);
  const fused = await run('fuse-epilogue', gated, fuseEpilogue);
  const chained = await run('fuse-pointwise', fused, fusePointwise);
  const moved = await run('fuse-movement', chained, fuseMovement);
  const lean = await run('dead-code', moved, removeDeadCode);
  const prepared = await run('assign-layouts', lean, assignLayouts);
  return { original, prepared };
}

/** Loaded by the models that have something for it. */
const fuseMovement = whereTrait('permutes', () =>
  import('./fuse-movement.ts').then((m) => m.fuseMovement),
);
const fuseGates = whereTrait('gates', () => import('./fuse-gates.ts').then((m) => m.fuseGates));
const foldPads = whereTrait('zeroPads', () => import('./fold-pads.ts').then((m) => m.foldPads));

/** Loaded where a node is a per-channel affine map, with BatchNormalization if that is there. */
const foldBatchNorm: Pass = async (graph, find) => {
  const isAffine = (node: Node) => {
    const traits = find(node.op)?.traits;
    const facts = traits?.affine && factsOf(node, graph);
    return facts && traits?.affine?.(facts);
  };
  if (!graph.nodes.some(isAffine)) return graph;
  return (await import('./fold-batch-norm.ts')).foldBatchNorm(graph, find);
};

/** Loaded where two pointwise operators are neighbours still. */
const fusePointwise: Pass = async (graph, find) => {
  const isStep = (node: Node | undefined) => node && find(node.op)?.traits.pointwise;
  const producers = producersOf(graph);
  const isPair = (node: Node) =>
    isStep(node) && node.inputs.some((value) => isStep(producers.get(value)));
  if (!graph.nodes.some(isPair)) return graph;
  const [module] = await Promise.all([
    import('./fuse-pointwise.ts'),
    loadOperators(['wgconv.Pointwise']),
  ]);
  return module.fusePointwise(graph, find);
};

function whereTrait(name: keyof Traits, load: () => Promise<Pass>): Pass {
  return async (graph, find) => {
    const has = ({ op }: Node) => find(op)?.traits[name] !== undefined;
    return graph.nodes.some(has) ? (await load())(graph, find) : graph;
  };
}

async function decideControlFlow(
  graph: Graph,
  find: OperatorLookup,
  budget: FoldBudget,
  given?: GivenInputs,
) {
  if (!graph.nodes.some(({ op }) => find(op)?.traits.control)) return graph;
  const { inlineControlFlow } = await import('./inline-control-flow.ts');
  return inlineControlFlow(graph, find, given, budget);
}

type Pass = (graph: Graph, find: OperatorLookup, budget?: FoldBudget) => Graph | Promise<Graph>;

function runnerOf({ disable = [], find = findOperator }: PassOptions, budget: FoldBudget) {
  return async (name: DisabledPass, graph: Graph, pass: Pass): Promise<Graph> => {
    await breathe();
    return disable.includes(name) ? graph : pass(graph, find, budget);
  };
}
