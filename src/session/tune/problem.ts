/** One node as a problem of its own: its name in the cache, and a graph of it alone. */

import { shaderSource } from '../../../shaders/lib/kernel.ts';
import { isStatic } from '../../core/shape.ts';
import type { DeviceCaps } from '../../gpu/caps.ts';
import type { Graph, Layout, Node, ValueInfo } from '../../graph/graph.ts';
import { buildNode } from '../../ops/build-node.ts';
import { findOperator } from '../../ops/index.ts';
import { attributeValues } from '../../ops/plain-attributes.ts';
import type { Plan } from '../../plan/plan.ts';

/** Nodes with one key are computed by the same dispatches. */
export function problemKey(node: Node, graph: Graph): string {
  const describe = (name: string) => {
    const type = graph.types.get(name) ?? graph.constants.get(name);
    if (!type) return null;
    const layout = graph.layouts?.get(name) ?? 'linear';
    return [type.type, type.dims, layout, graph.constants.has(name)];
  };
  return JSON.stringify([
    ...[node.op, node.attributes, node.epilogue],
    ...[node.inputs.map(describe), node.outputs.map(describe)],
  ]);
}

/**
 * What a choice depends on besides its problem, the likeliest name first: some adapters do not say
 * what they are: the measured ceiling tells those apart, in coarse steps with neighbours.
 */
export function deviceKeys(caps: DeviceCaps, version: string): readonly [string, ...string[]] {
  const { adapter, limits, ceiling, f16, subgroupSize, timestamps } = caps;
  const browser = globalThis.navigator?.userAgent?.match(/(?:Chrome|Firefox|Version)\/\d+/)?.[0];
  const bucket = adapter.vendor ? 0 : Math.round(Math.log2(ceiling.gflops) / 2);
  const key = (step: number) =>
    JSON.stringify([
      ...[version, browser, Object.values(adapter), Object.values(limits)],
      ...[f16, subgroupSize, timestamps, bucket + step],
    ]);
  return [key(0), key(-1), key(1)];
}

/** A name for the WGSL of all dispatches of a node in a plan (FNV-1a, twice 32 bits). */
export function shadersOf(plan: Plan, index: number): string {
  let [low, high] = [0x811c9dc5, 0xcbf29ce4];
  for (const step of plan.steps) {
    if (step.kind !== 'dispatch' || step.node !== index) continue;
    const source = shaderSource(step.dispatch.kernel, step.dispatch.variant);
    for (let at = 0; at < source.length; at++) {
      low = Math.imul(low ^ source.charCodeAt(at), 0x01000193);
      high = Math.imul(high ^ source.charCodeAt(at), 0x01000195);
    }
  }
  return (low >>> 0).toString(16) + (high >>> 0).toString(16);
}

/**
 * The node alone, in its layouts, between conversions: what is fed and read is linear. Undefined
 * where a shape is not known.
 */
export function graphOfNode(node: Node, graph: Graph): Graph | undefined {
  const types = new Map(graph.types);
  const layouts = new Map<string, Layout>();
  const before: Node[] = [];
  const after: Node[] = [];
  const inputs: ValueInfo[] = [];
  const convert = (from: string, to: string, layout: Layout): Node =>
    buildNode(
      {
        ...{ name: `${to}/convert`, op: 'wgconv.ConvertLayout', inputs: [from], outputs: [to] },
        attributes: attributeValues({ to: layout }),
      },
      findOperator,
    );
  const linearName = (name: string) => `${name}@linear`;
  const values = new Set([...node.inputs, ...node.outputs].filter((name) => name !== ''));
  for (const name of values) {
    const constant = graph.constants.has(name);
    const type = types.get(name) ?? graph.constants.get(name);
    if (!type || !isStatic(type)) return undefined;
    types.set(name, type);
    const layout = graph.layouts?.get(name) ?? 'linear';
    layouts.set(name, layout);
    const boundary = layout === 'linear' ? name : linearName(name);
    types.set(boundary, type);
    layouts.set(boundary, 'linear');
    const isOutput = node.outputs.includes(name);
    if (isOutput && layout !== 'linear') after.push(convert(name, boundary, 'linear'));
    if (isOutput || constant) continue;
    inputs.push({ name: boundary, type: type.type, dims: type.dims });
    if (layout !== 'linear') before.push(convert(boundary, name, layout));
  }
  return {
    ...graph,
    name: node.name,
    inputs,
    outputs: node.outputs
      .filter((name) => name !== '')
      .map((name) => (layouts.get(name) === 'linear' ? name : linearName(name))),
    nodes: [...before, node, ...after],
    types,
    layouts,
  };
}
