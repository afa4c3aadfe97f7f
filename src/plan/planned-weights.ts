/** The constants that a plan needs in GPU memory: as they are, packed, in another layout, made. */

import type { Dispatch } from '../../shaders/lib/kernel.ts';
import { textureBytes } from '../../shaders/lib/weights.ts';
import { internal } from '../core/errors.ts';
import type { StaticTensorType } from '../core/shape.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { DeviceCaps } from '../gpu/caps.ts';
import type { Graph } from '../graph/graph.ts';
import { align16, deviceBytes, deviceTensor, elementFor } from '../ops/device-tensor.ts';
import type { DeviceTensor, Packing } from '../ops/operator.ts';
import { checkBuffer } from './limits.ts';
import type { DraftRef } from './places.ts';
import type { PlannedWeight } from './plan.ts';

export class PlannedWeights {
  readonly #graph: Graph;
  readonly #caps: DeviceCaps;
  readonly #weights = new Map<string, PlannedWeight>();

  constructor(graph: Graph, caps: DeviceCaps) {
    this.#graph = graph;
    this.#caps = caps;
  }

  all(): PlannedWeight[] {
    return [...this.#weights.values()];
  }

  /** The constant as it is. */
  raw(name: string): DraftRef {
    return this.#add(this.#raw(name));
  }

  /** The constant packed, once per session. */
  packed(name: string, { key, bytes, dispatches, texture }: Packing): DraftRef {
    return this.#add({
      ...this.#raw(name),
      key: `${name}|${key}`,
      bytes: texture ? textureBytes(bytes, texture) : align16(bytes),
      packing: dispatches,
      texture,
    });
  }

  /** The constant in another layout, made once like any packed weight. */
  converted(name: string, to: DeviceTensor, packing: readonly Dispatch[]): DraftRef {
    const key = `${name}@${to.layout}`;
    return this.#add({ ...this.#raw(name), key, bytes: deviceBytes(to), packing });
  }

  /** What lowering made itself. */
  table(made: HostTensor, key: string): DraftRef {
    const rawBytes = align16(made.bytes.byteLength);
    const element = elementFor(made.type, this.#caps);
    return this.#add({ key, constant: key, made, element, bytes: rawBytes, rawBytes, packing: [] });
  }

  #add(weight: PlannedWeight): DraftRef {
    this.#weights.set(weight.key, weight);
    return { weight: weight.key };
  }

  #raw(name: string): PlannedWeight {
    const type = this.#graph.types.get(name) as StaticTensorType | undefined;
    const source = type ?? this.#graph.constants.get(name);
    if (!source) throw internal(`the constant "${name}" has no type`);
    const tensor = deviceTensor(source.type, source.dims, 'linear', this.#caps);
    const rawBytes = deviceBytes(tensor);
    checkBuffer(`the weight "${name}"`, name, rawBytes, this.#caps);
    const element = elementFor(source.type, this.#caps);
    return { key: name, bytes: rawBytes, constant: name, element, rawBytes, packing: [] };
  }
}
