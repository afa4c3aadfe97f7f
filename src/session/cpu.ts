/** The `cpu` backend: every node through its float64 reference, rounded at the node's outputs. */

import { internal } from '../core/errors.ts';
import { fromReference } from '../core/reference.ts';
import { elementsOf, type HostTensor, Tensor } from '../core/tensor.ts';
import { consumersOf, type Graph } from '../graph/graph.ts';
import { checkSizes } from '../passes/evaluate-node.ts';
import {
  type Executable,
  type Feeds,
  type OnProgress,
  type RunOptions,
  wantedOutputs,
} from './backend.ts';
import { References, referenceLookup } from './evaluate.ts';

/** Milliseconds that nodes are computed for in one go. */
const longestWork = 20;

export class CpuExecutable implements Executable {
  readonly graph: Graph;
  readonly #references: References;
  readonly #onProgress: OnProgress | undefined;

  private constructor(graph: Graph, references: References, onProgress: OnProgress | undefined) {
    this.graph = graph;
    this.#references = references;
    this.#onProgress = onProgress;
  }

  static async create(graph: Graph, onProgress?: OnProgress): Promise<CpuExecutable> {
    checkSizes(graph.nodes, graph.types);
    const references = new References();
    await references.load(graph.nodes);
    return new CpuExecutable(graph, references, onProgress);
  }

  /** `onNode` hears how long each node took, in milliseconds, and what its inputs and outputs are. */
  async run(
    feeds: Feeds,
    options: RunOptions,
    onNode?: (node: number, milliseconds: number, values: ReadonlyMap<string, HostTensor>) => void,
  ): Promise<Map<string, Tensor>> {
    const graph = this.graph;
    const wanted = wantedOutputs(graph, options);
    const values = new Map<string, HostTensor>(feeds);
    const uses = new Map([...consumersOf(graph)].map(([name, nodes]) => [name, nodes.length]));
    const total = graph.nodes.length;
    let breathed = performance.now();
    for (const [index, node] of graph.nodes.entries()) {
      options.signal?.throwIfAborted();
      const begin = performance.now();
      const results = this.#references.evaluate(node, graph, referenceLookup(values));
      node.outputs.forEach((name, at) => {
        const result = results[at];
        if (result && name !== '') values.set(name, fromReference(result));
      });
      onNode?.(index, performance.now() - begin, values);
      for (const name of node.inputs) {
        const left = (uses.get(name) ?? 0) - 1;
        uses.set(name, left);
        if (left === 0 && !graph.outputs.includes(name)) values.delete(name);
      }
      this.#onProgress?.({ stage: 'run', done: index + 1, total, detail: node.name });
      // Let the page breathe.
      if (performance.now() - breathed > longestWork) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        breathed = performance.now();
      }
    }
    return new Map(
      wanted.map((name) => {
        const value = values.get(name) ?? graph.constants.get(name);
        if (!value) throw internal(`the output "${name}" was not computed`);
        return [name, new Tensor(value.type, elementsOf(value).slice(), value.dims)];
      }),
    );
  }

  dispose(): void {}
}
