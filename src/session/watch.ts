/**
 * `run(feeds, { watch })`: looks at every value between two nodes, and names the first node that makes
 * one which is not finite, or beyond float16, of inputs that are.
 */

import { isFloat } from '../core/dtype.ts';
import { internal, WgconvError } from '../core/errors.ts';
import { toReference } from '../core/reference.ts';
import { refuseUnknown } from '../core/refuse-unknown.ts';
import type { HostTensor, Tensor } from '../core/tensor.ts';
import type { Node } from '../graph/graph.ts';
import { nodeOf, plannedValue } from '../plan/lookup.ts';
import type { Feeds, RunOptions } from './backend.ts';
import { coordinates } from './compare.ts';
import { CpuExecutable } from './cpu.ts';
import type { PlannedGraph } from './plans.ts';
import { asStored, rawTensor } from './raw.ts';
import { replay } from './replay.ts';
import { GpuExecutable } from './webgpu.ts';

type Watch = NonNullable<RunOptions['watch']>;

const largest = { finite: Number.MAX_VALUE, float16: 65504 } as const;
const outside = { finite: 'not finite', float16: "outside float16's range (±65504)" } as const;

/** @throws WgconvError `out-of-range` naming the node, the value, and its first element outside */
export async function runWatched(
  model: PlannedGraph,
  feeds: Feeds,
  options: RunOptions,
): Promise<ReadonlyMap<string, Tensor>> {
  const { watch = 'finite', signal } = options;
  refuseUnknown('kind of watch', { [watch]: true }, { finite: true, float16: true });
  await model.visit(feeds, async ({ executable }, partFeeds) => {
    const watched = new Watched(watch);
    if (executable instanceof GpuExecutable) {
      const { plan } = executable;
      for (const [name, tensor] of await executable.hostFeeds(partFeeds, partFeeds.keys())) {
        watched.input(name, tensor);
      }
      const read = (values: ReadonlyMap<string, Uint8Array>) =>
        [...values].map(([name, bytes]) => {
          const value = plannedValue(plan, name);
          return [name, rawTensor(asStored(value), bytes).tensor] as const;
        });
      await replay(executable, partFeeds, async (index, inputs, outputs) => {
        signal?.throwIfAborted();
        const node = nodeOf(plan, index);
        const known = new Map([...plan.graph.constants, ...read(inputs)]);
        watched.node(node, known, new Map(read(outputs)));
      });
      const results = await executable.run(partFeeds, { signal });
      // What the host computes is not seen between the nodes.
      for (const [name, tensor] of results) watched.result(name, tensor);
      return results;
    }
    if (!(executable instanceof CpuExecutable)) throw internal('an unknown backend');
    for (const [name, tensor] of partFeeds) watched.input(name, tensor);
    const { graph } = executable;
    return executable.run(partFeeds, { signal }, (index, _, values) => {
      const known = new Map([...graph.constants, ...values]);
      watched.node(nodeOf({ graph }, index), known, known);
    });
  });
  return model.run(feeds, { ...options, watch: undefined });
}

/** What is outside in a tensor. */
interface Found {
  /** In words: its first element, and how many there are. */
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

class Watched {
  readonly #watch: Watch;
  /** Looked at once each. */
  readonly #seen = new WeakMap<HostTensor, Found | 'nothing'>();

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  input(name: string, tensor: HostTensor): void {
    const found = this.#look(tensor);
    if (found)
      this.#throw(`the input "${name}" has ${found.text}: nothing is computed yet`, found, name);
  }

  node(
    node: Node,
    inputs: ReadonlyMap<string, HostTensor>,
    outputs: ReadonlyMap<string, HostTensor>,
  ) {
    const read = node.inputs.map((name) => [name, this.#look(inputs.get(name))] as const);
    const [weight, inWeight] = read.find(([, found]) => found) ?? [];
    for (const name of node.outputs) {
      const found = this.#look(outputs.get(name));
      if (!found) continue;
      const originals = (node.origin ?? []).map((original) => `${original.op} "${original.name}"`);
      const fused = originals.length > 1 ? `; the node is ${originals.join(', ')} in one` : '';
      const cause = inWeight
        ? `for its weight "${weight}" has ${inWeight.text}`
        : 'while none of its inputs is';
      this.#throw(`"${name}" has ${found.text}, ${cause}${fused}`, found, name, node);
    }
  }

  result(name: string, tensor: HostTensor): void {
    const found = this.#look(tensor);
    if (found) this.#throw(`the output "${name}" has ${found.text}`, found, name);
  }

  #look(tensor: HostTensor | undefined): Found | undefined {
    if (!tensor || !isFloat(tensor.type)) return undefined;
    let found = this.#seen.get(tensor);
    if (!found) {
      found = this.#search(tensor) ?? 'nothing';
      this.#seen.set(tensor, found);
    }
    return found === 'nothing' ? undefined : found;
  }

  #search(tensor: HostTensor): Found | undefined {
    const values = toReference(tensor).value as Float64Array;
    const most = largest[this.#watch];
    const isOutside = (value: number) => !(Math.abs(value) <= most);
    const first = values.findIndex(isOutside);
    if (first < 0) return undefined;
    let count = 0;
    for (const value of values) if (isOutside(value)) count++;
    const element = values[first] as number;
    const index = coordinates(first, tensor.dims);
    const where = index.length > 0 ? ` at [${index.join(', ')}]` : '';
    const many =
      count > 1 ? `the first of ${count} of ${values.length} elements that are` : 'which is';
    return {
      text: `${element}${where}, ${many} ${outside[this.#watch]}`,
      data: { index, element, count, size: values.length },
    };
  }

  #throw(message: string, { data }: Found, value: string, node?: Node): never {
    throw new WgconvError('out-of-range', message, {
      ...{ node: node?.name, operator: node?.op, value, data },
    });
  }
}
