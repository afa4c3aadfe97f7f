/** The algorithms that a caller forces, instead of those that the cost model would take. */

import { WgconvError } from '../core/errors.ts';
import type { Graph, Node } from '../graph/graph.ts';
import type { RankedCandidate } from './cost.ts';

/**
 * Forces an algorithm wherever a node offers it: `conv_direct`, or with its tile `conv_direct.8x2`;
 * for every node, or by node name.
 */
export type AlgorithmOption = string | Readonly<Record<string, string>> | undefined;

export class ForcedAlgorithms {
  readonly #option: AlgorithmOption;
  readonly #isStage: boolean;
  /** Algorithms that were asked for and found: by name, or by the name of their node. */
  readonly #found = new Set<string>();
  /** Algorithms of the nodes that lack what was asked for. */
  readonly #offered = new Set<string>();

  /** @param isStage other parts of the model may offer what is forced and not here */
  constructor(option: AlgorithmOption, isStage = false) {
    this.#option = option;
    this.#isStage = isStage;
  }

  /** What is forced for the node comes first. */
  prefer(node: Node, ranked: RankedCandidate[]): RankedCandidate[] {
    const option = this.#option;
    const forced = typeof option === 'string' ? option : option?.[node.name];
    if (!forced) return ranked;
    const matches = ({ candidate }: RankedCandidate) =>
      candidate.algorithm === forced || candidate.algorithm.startsWith(`${forced}.`);
    if (ranked.some(matches)) this.#found.add(typeof option === 'string' ? forced : node.name);
    else for (const { candidate } of ranked) this.#offered.add(candidate.algorithm);
    return moveToFront(ranked, matches);
  }

  /** @throws WgconvError where no node offers an algorithm, or none has that name: a typo. */
  refuseUnknown(graph: Graph): void {
    const option = this.#option;
    const isByNode = typeof option === 'object';
    const asked = isByNode ? Object.keys(option) : option ? [option] : [];
    const missed = asked.find((name) => !this.#found.has(name));
    if (missed === undefined || this.#isStage) return;
    const offered = [...this.#offered].sort().join(', ');
    const isNode = graph.nodes.some(({ name }) => name === missed);
    throw new WgconvError(
      'invalid-argument',
      isByNode && !isNode
        ? `no node of the plan is called "${missed}"; an algorithm is forced by the name of a node`
        : `no node${isByNode ? ` called "${missed}"` : ''} offers the algorithm ` +
            `"${isByNode ? option[missed] : missed}"; offered are ${offered || 'none'}`,
    );
  }
}

export function moveToFront<T>(items: readonly T[], preferred: (item: T) => boolean): T[] {
  return [...items.filter(preferred), ...items.filter((item) => !preferred(item))];
}
