/** Puts graphs together from inputs, constants and nodes; used by tests and by builders of models. */

import { WgconvError } from '../core/errors.ts';
import type { Dim, TensorType } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { Graph, Node, ValueInfo } from './graph.ts';
import { sortNodes } from './topology.ts';
import { unusedName } from './unused-name.ts';

/**
 * ```ts
 * const builder = new GraphBuilder('net');
 * const x = builder.input('x', 'float32', ['N', 3, 224, 224]);
 * builder.constant('w', weights);
 * builder.node(buildNode({ name: 'conv', op: 'Conv', inputs: [x, 'w'], outputs: ['y'] }));
 * const graph = builder.build(['y']);
 * ```
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #inputs: ValueInfo[] = [];
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, HostTensor>();
  readonly #taken = new Set<string>();

  constructor(name: string) {
    this.#name = name;
  }

  /** Adds an input; returns its name, as the other methods do. */
  input(name: string, type: TensorType['type'], dims: readonly Dim[]): string {
    this.#take(name);
    this.#inputs.push({ name, type, dims });
    return name;
  }

  constant(name: string, tensor: HostTensor): string {
    this.#take(name);
    this.#constants.set(name, tensor);
    return name;
  }

  /** Adds a node; returns the name of its first output. */
  node(node: Node): string {
    this.#nodes.push(node);
    for (const output of node.outputs) this.#take(output);
    return node.outputs[0] ?? '';
  }

  /** A value name that is not taken yet: `base`, `base_2`, … */
  unused(base: string): string {
    return unusedName(base, (name) => this.#taken.has(name));
  }

  /** @throws WgconvError `invalid-model` where an output, or what a node reads, is not made. */
  build(outputs: readonly string[]): Graph {
    const types = new Map<string, TensorType>();
    for (const { name, type, dims } of this.#inputs) types.set(name, { type, dims });
    for (const [name, { type, dims }] of this.#constants) types.set(name, { type, dims });
    const nodes = sortNodes(this.#nodes, new Set(types.keys()));
    for (const output of outputs) {
      if (this.#taken.has(output)) continue;
      throw new WgconvError('invalid-model', `nothing in the graph makes the output "${output}"`, {
        value: output,
      });
    }
    return {
      name: this.#name,
      inputs: [...this.#inputs],
      outputs: [...outputs],
      nodes,
      constants: new Map(this.#constants),
      types,
    };
  }

  #take(name: string): void {
    if (name === '' || this.#taken.has(name)) {
      throw new WgconvError(
        'invalid-model',
        name === '' ? 'a value of the graph has no name' : `the value "${name}" is made twice`,
        { value: name },
      );
    }
    this.#taken.add(name);
  }
}
