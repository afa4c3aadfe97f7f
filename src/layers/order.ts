/** In which order a model's tensors are computed and its layers are listed. */

import type { Layer, SymbolicTensor } from './layer.ts';

/** The outputs and all they are made from, each after its inputs. */
export function tensorOrder(outputs: readonly SymbolicTensor[]): SymbolicTensor[] {
  const ordered = new Set<SymbolicTensor>();
  // Not by recursion: a model may have more layers one after another than calls fit on a stack.
  for (const output of outputs) {
    const open = [{ tensor: output, next: 0 }];
    for (let top = open.at(-1); top; top = open.at(-1)) {
      const source = ordered.has(top.tensor) ? undefined : top.tensor.inputs[top.next++];
      if (source) {
        open.push({ tensor: source, next: 0 });
      } else {
        ordered.add(top.tensor);
        open.pop();
      }
    }
  }
  return [...ordered];
}

/**
 * Layers as Keras lists them: those furthest from the outputs first, and at the same distance the one
 * first met on the way back from the outputs.
 */
export function layerOrder(
  outputs: readonly SymbolicTensor[],
  inputs: readonly SymbolicTensor[],
): Layer[] {
  const layerDepths = new Map<Layer, number>();
  const tensorDepths = new Map<SymbolicTensor, number>();
  for (const tensor of tensorOrder(outputs).reverse()) {
    const depth = Math.max(tensorDepths.get(tensor) ?? 0, layerDepths.get(tensor.layer) ?? 0);
    layerDepths.set(tensor.layer, depth);
    tensorDepths.set(tensor, depth);
    for (const source of tensor.inputs) {
      tensorDepths.set(source, Math.max(tensorDepths.get(source) ?? 0, depth + 1));
    }
  }
  const met = metOrder(outputs);
  for (const { layer } of inputs) {
    met.add(layer);
    if (!layerDepths.has(layer)) layerDepths.set(layer, 0);
  }
  const places = new Map([...met].map((layer, place) => [layer, place] as const));
  const place = (layer: Layer) => places.get(layer) ?? 0;
  const depth = (layer: Layer) => layerDepths.get(layer) ?? 0;
  return [...met].sort((a, b) => depth(b) - depth(a) || place(a) - place(b));
}

/** Layers in the order in which a walk back from the outputs meets them. */
function metOrder(outputs: readonly SymbolicTensor[]): Set<Layer> {
  const met = new Set<Layer>();
  const seen = new Set<SymbolicTensor>();
  const open = outputs.toReversed();
  for (let tensor = open.pop(); tensor; tensor = open.pop()) {
    if (seen.has(tensor)) continue;
    seen.add(tensor);
    met.add(tensor.layer);
    open.push(...tensor.inputs.toReversed());
  }
  return met;
}
