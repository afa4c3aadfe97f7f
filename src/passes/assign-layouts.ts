/**
 * Decides for every value on the device whether it is linear or C4, so that as few bytes as
 * possible are converted, and inserts the conversions. Inputs and outputs of the graph are linear.
 */

import { c4Elements } from '../../shaders/lib/layout.ts';
import { bytesPerElement, isHostOnly } from '../core/dtype.ts';
import { isStatic, sameDims, sizeOf } from '../core/shape.ts';
import type { Graph, Layout, Node } from '../graph/graph.ts';
import { unusedName } from '../graph/unused-name.ts';
import { buildNode, type OperatorLookup, requireOperator } from '../ops/build-node.ts';
import { factsOf, heldOnHost } from '../ops/facts.ts';
import { findOperator } from '../ops/index.ts';
import type { LayoutChoice } from '../ops/operator.ts';
import { attributeValues } from '../ops/plain-attributes.ts';

/** A layout for each slot; undefined where the slot holds no value on the device. */
interface Choice {
  readonly inputs: readonly (Layout | undefined)[];
  readonly outputs: readonly (Layout | undefined)[];
}

interface Reader {
  readonly node: Node;
  readonly slot: number;
}

/** Needs static types. Layouts of all device values are in the result's `layouts`. */
export function assignLayouts(graph: Graph, find: OperatorLookup = findOperator): Graph {
  return new LayoutAssignment(graph, find).run();
}

class LayoutAssignment {
  readonly #graph: Graph;
  readonly #find: OperatorLookup;
  readonly #choices = new Map<Node, readonly Choice[]>();
  readonly #chosen = new Map<Node, number>();
  readonly #readers = new Map<string, Reader[]>();
  readonly #makers = new Map<string, Reader>();
  readonly #outputs: ReadonlySet<string>;

  constructor(graph: Graph, find: OperatorLookup) {
    this.#graph = graph;
    this.#find = find;
    this.#outputs = new Set(graph.outputs);
    for (const node of graph.nodes) {
      this.#choices.set(node, choicesOf(node, graph, find));
      node.inputs.forEach((name, slot) => {
        const readers = this.#readers.get(name);
        if (readers) readers.push({ node, slot });
        else this.#readers.set(name, [{ node, slot }]);
      });
      node.outputs.forEach((name, slot) => {
        this.#makers.set(name, { node, slot });
      });
    }
  }

  run(): Graph {
    // First in order, each node by what is decided before it and what its readers could take;
    // then back and forth until no node's change alone would save a conversion. A change for the
    // same price goes to the earlier choice, so this ends.
    const { nodes } = this.#graph;
    for (const node of nodes) this.#decide(node);
    for (let round = 0; round < 8; round++) {
      const changed = [...nodes.toReversed(), ...nodes].filter((node) => this.#decide(node));
      if (changed.length === 0) break;
    }
    return this.#insertConversions();
  }

  /** Takes the cheapest choice; says whether that is another one than before. */
  #decide(node: Node): boolean {
    const before = this.#chosen.get(node);
    const values = new Set([...node.inputs, ...node.outputs]);
    let best = 0;
    let least = Infinity;
    this.#choicesOf(node).forEach((_, index) => {
      this.#chosen.set(node, index);
      let cost = 0;
      for (const value of values) cost += this.#conversionCost(value);
      if (cost < least) {
        least = cost;
        best = index;
      }
    });
    this.#chosen.set(node, best);
    return best !== before;
  }

  /** Bytes read and written to convert the value, with the choices as they stand. */
  #conversionCost(value: string): number {
    // Constants are converted once, when they are loaded.
    if (value === '' || this.#graph.constants.has(value)) return 0;
    const maker = this.#makers.get(value);
    // Readers are told what they get; an undecided maker has no price yet.
    if (maker && !this.#chosen.has(maker.node)) return 0;
    const home = this.#home(value);
    if (!home) return 0;
    const mismatch =
      (home !== 'linear' && this.#outputs.has(value)) ||
      (this.#readers.get(value) ?? []).some(({ node, slot }) => {
        const chosen = this.#chosen.get(node);
        const choices = this.#choicesOf(node);
        // An undecided reader will take the layout if any of its choices does.
        const open = chosen === undefined ? choices : [choices[chosen] as Choice];
        return open.every(({ inputs }) => inputs[slot] !== undefined && inputs[slot] !== home);
      });
    return mismatch ? this.#bytes(value) : 0;
  }

  /** The layout in which the value is made; undefined where it is not on the device. */
  #home(value: string): Layout | undefined {
    const maker = this.#makers.get(value);
    if (!maker) return 'linear';
    return this.#choice(maker.node).outputs[maker.slot];
  }

  #bytes(value: string): number {
    const type = this.#graph.types.get(value);
    if (!type || !isStatic(type)) return 1;
    const [, channels = 1, ...spatial] = type.dims;
    // One pixel and whole blocks: both layouts have the same bytes.
    if (sizeOf(spatial) === 1 && channels % 4 === 0) return 1;
    return (sizeOf(type.dims) + c4Elements(type.dims)) * bytesPerElement(type.type);
  }

  #choicesOf(node: Node): readonly Choice[] {
    return this.#choices.get(node) as readonly Choice[];
  }

  #choice(node: Node): Choice {
    return this.#choicesOf(node)[this.#chosen.get(node) ?? 0] as Choice;
  }

  #insertConversions(): Graph {
    const { types } = this.#graph;
    const newTypes = new Map(types);
    const layouts = new Map<string, Layout>();
    for (const { name, type } of this.#graph.inputs)
      if (!isHostOnly(type)) layouts.set(name, 'linear');
    /** Name of a value in a layout: `value linear` → name. */
    const names = new Map<string, string>();
    const nodes: Node[] = [];
    const newName = (value: string, layout: Layout) => {
      const name = unusedName(`${value}@${layout}`, (taken) => newTypes.has(taken));
      const type = types.get(value);
      if (type) newTypes.set(name, type);
      layouts.set(name, layout);
      return name;
    };
    const convert = (from: string, to: string, layout: Layout) => {
      const node = {
        name: `${to}/convert`,
        op: 'wgconv.ConvertLayout',
        inputs: [from],
        outputs: [to],
        attributes: attributeValues({ to: layout }),
      };
      nodes.push(buildNode(node, this.#find));
    };
    for (const node of this.#graph.nodes) {
      const choice = this.#choice(node);
      const inputs = node.inputs.map((value, slot) => {
        const layout = choice.inputs[slot];
        if (!layout) return value;
        const home = this.#home(value) ?? 'linear';
        const made = names.get(`${value} ${home}`) ?? value;
        layouts.set(made, home);
        if (layout === home) return made;
        const key = `${value} ${layout}`;
        const existing = names.get(key);
        if (existing !== undefined) return existing;
        const converted = newName(value, layout);
        names.set(key, converted);
        convert(made, converted, layout);
        return converted;
      });
      // A graph output keeps its name for its linear form.
      const boundary = node.outputs.filter(
        (value, slot) => choice.outputs[slot] === 'c4' && this.#outputs.has(value),
      );
      const outputs = node.outputs.map((value, slot) => {
        const layout = choice.outputs[slot];
        if (!layout) return value;
        if (!boundary.includes(value)) {
          layouts.set(value, layout);
          return value;
        }
        const name = newName(value, layout);
        names.set(`${value} ${layout}`, name);
        names.set(`${value} linear`, value);
        layouts.set(value, 'linear');
        return name;
      });
      nodes.push(renamed(node, inputs, outputs));
      for (const value of boundary) convert(names.get(`${value} c4`) as string, value, 'linear');
    }
    return { ...this.#graph, nodes, types: newTypes, layouts };
  }
}

/** The node on other value names; its originals follow, for their reference reads by name. */
function renamed(node: Node, inputs: readonly string[], outputs: readonly string[]): Node {
  const names = new Map<string, string>();
  node.inputs.forEach((name, slot) => {
    names.set(name, inputs[slot] as string);
  });
  node.outputs.forEach((name, slot) => {
    names.set(name, outputs[slot] as string);
  });
  const rename = (name: string) => names.get(name) ?? name;
  const origin = node.origin?.map((original) => ({
    ...original,
    inputs: original.inputs.map(rename),
    outputs: original.outputs.map(rename),
  }));
  return { ...node, inputs, outputs, ...(origin ? { origin } : {}) };
}

/** The operator's choices, with a layout for every slot that is on the device. */
function choicesOf(node: Node, graph: Graph, find: OperatorLookup): readonly Choice[] {
  const operator = requireOperator(node, find);
  const { traits } = operator;
  const facts = factsOf(node, graph);
  const onHost = traits.home === 'host' || heldOnHost(node, operator, graph) !== undefined;
  const linear: LayoutChoice = { inputs: [], outputs: [] };
  const offered = onHost || !facts ? [linear] : (traits.layouts?.(facts) ?? defaults());
  const residual = node.epilogue?.residual;
  const isDevice = (name: string, indices: readonly number[] | undefined, slot: number) => {
    const type = graph.types.get(name) ?? graph.constants.get(name);
    return type !== undefined && (!isHostOnly(type.type) || (!onHost && indices?.includes(slot)));
  };
  return (offered.length > 0 ? offered : [linear]).map((choice) => {
    const outputs = node.outputs.map((name, slot) =>
      isDevice(name, traits.indices?.outputs, slot)
        ? (choice.outputs[slot] ?? 'linear')
        : undefined,
    );
    const inputs = node.inputs.map((name, slot) => {
      if (traits.hostInputs?.includes(slot) || traits.typeInputs?.includes(slot)) return undefined;
      if (!isDevice(name, traits.indices?.inputs, slot)) return undefined;
      // A residual is added where the output is stored.
      const fallback = slot === residual ? outputs[0] : 'linear';
      return choice.inputs[slot] ?? fallback;
    });
    return { inputs, outputs };
  });

  /** A view that keeps the dims has the same bytes in either layout. */
  function defaults(): readonly LayoutChoice[] {
    const [from, to] = [facts?.inputs[0], facts?.outputs[0]];
    const keepsDims =
      traits.view && from && to && from.dims.length === 4 && sameDims(from.dims, to.dims);
    return keepsDims ? [{ inputs: ['c4'], outputs: ['c4'] }, linear] : [linear];
  }
}
