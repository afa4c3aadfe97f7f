/** The order of nodes: every value has one producer that stands before its readers. */

import { WgconvError } from '../core/errors.ts';
import type { Node } from './graph.ts';

/**
 * Nodes in topological order; the given order where it is one already. `given` are the values that
 * exist before any node runs (inputs and constants).
 * @throws WgconvError `invalid-model` where a value has two producers or none, or nodes form a cycle.
 */
export function sortNodes(nodes: readonly Node[], given: ReadonlySet<string>): Node[] {
  const producers = new Map<string, Node>();
  for (const node of nodes) {
    for (const output of node.outputs) {
      if (output === '') continue;
      const other = producers.get(output);
      if (other || given.has(output)) {
        const first = other ? `node "${other.name}"` : 'an input or initializer of the graph';
        throw new WgconvError(
          'invalid-model',
          `the value "${output}" is made twice: by ${first} and by node "${node.name}"`,
          { node: node.name, operator: node.op, value: output },
        );
      }
      producers.set(output, node);
    }
  }

  // Depth first with a stack of its own: networks can be deeper than the call stack.
  const sorted: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  for (const root of nodes) {
    const stack: { readonly node: Node; next: number }[] = [{ node: root, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as { readonly node: Node; next: number };
      const { node } = top;
      if (state.get(node) === 'done') {
        stack.pop();
        continue;
      }
      state.set(node, 'open');
      const input = node.inputs[top.next++];
      if (input === undefined) {
        state.set(node, 'done');
        sorted.push(node);
        stack.pop();
        continue;
      }
      if (input === '' || given.has(input)) continue;
      const producer = producers.get(input);
      if (!producer) {
        throw new WgconvError(
          'invalid-model',
          `the value "${input}" is read, but nothing in the graph makes it`,
          { node: node.name, operator: node.op, value: input },
        );
      }
      if (state.get(producer) === 'open')
        throw cycleError(
          stack.map((entry) => entry.node),
          producer,
        );
      if (state.get(producer) === undefined) stack.push({ node: producer, next: 0 });
    }
  }
  return sorted;
}

function cycleError(open: readonly Node[], start: Node): WgconvError {
  const cycle = open.slice(open.indexOf(start)).map((node) => node.name);
  // Found by walking from readers to producers; told in the direction of the data.
  const shown = [start.name, ...cycle.slice(1).reverse(), start.name];
  const text = shown.length > 8 ? [...shown.slice(0, 7), '…'] : shown;
  return new WgconvError('invalid-model', `the graph has a cycle: ${text.join(' → ')}`, {
    node: start.name,
    operator: start.op,
    data: { cycle },
  });
}
