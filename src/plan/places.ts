/**
 * Where values and scratch live while a plan is made: slots with their lifetimes, and the pairs of
 * slots that one dispatch reads and writes. The memory plan turns slots into buffers.
 */

import type { Dispatch } from '../../shaders/lib/kernel.ts';
import { internal } from '../core/errors.ts';
import { deviceBytes } from '../ops/device-tensor.ts';
import type { DeviceTensor } from '../ops/operator.ts';
import { type Joins, locate } from './joins.ts';
import { liveBytes, type Placement, planMemory } from './memory.ts';
import type { BufferRef } from './plan.ts';

/** A range of a slot, or a weight. */
export type DraftRef = Place | { readonly weight: string; readonly range?: ByteRange };

/** Bytes of a value that a dispatch binds. */
export interface ByteRange {
  readonly offset: number;
  readonly bytes: number;
}

/** A range of what `ref` is. */
export function rangeOf(ref: DraftRef, range: ByteRange | undefined): DraftRef {
  if (!range) return ref;
  if (!('slot' in ref)) return { ...ref, range };
  return { ...ref, offset: ref.offset + range.offset, bytes: range.bytes };
}

export interface Place {
  readonly slot: number;
  readonly offset: number;
  readonly bytes: number;
  /** What the lower bound counts: the tensor's own bytes, wherever they lie. */
  readonly life: Life;
}

/** Bytes and the steps in which they are needed, both ends included. */
interface Life {
  readonly bytes: number;
  first: number;
  last: number;
}

export interface PlacedMemory {
  readonly buffers: readonly number[];
  readonly lowerBoundBytes: number;
  resolve(ref: DraftRef): BufferRef;
}

export class Places {
  readonly #tensorOf: (name: string) => DeviceTensor;
  readonly #parts: Joins['parts'];
  readonly #slots: Life[] = [];
  /** Tensors for the lower bound, scratch left out. */
  readonly #lives: Life[] = [];
  readonly #places = new Map<string, DraftRef>();
  /** Slots of outermost wholes, made when their first part is. */
  readonly #roots = new Map<string, number>();
  readonly #conflicts = new Map<number, Map<number, number>>();
  /** The graph input or output that has a slot for itself; undefined where several share it. */
  readonly #boundary = new Map<number, string | undefined>();
  /** The step that is being planned. */
  #now = 0;

  constructor(tensorOf: (name: string) => DeviceTensor, parts: Joins['parts']) {
    this.#tensorOf = tensorOf;
    this.#parts = parts;
  }

  /** From here on, things are made and used in this step. */
  advance(step: number): void {
    this.#now = step;
  }

  get(name: string): DraftRef | undefined {
    return this.#places.get(name);
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  set(name: string, ref: DraftRef): void {
    this.#places.set(name, ref);
  }

  all(): Iterable<[string, DraftRef]> {
    return this.#places;
  }

  /** Room for a value that is made now: in a slot of its own, or in the slot of its whole. */
  make(name: string): Place {
    const life = this.#newLife(deviceBytes(this.#tensorOf(name)));
    this.#lives.push(life);
    const { root, offset } = locate(name, this.#parts);
    let slot = this.#roots.get(root);
    if (slot === undefined) {
      slot = this.#newSlot(deviceBytes(this.#tensorOf(root)));
      this.#roots.set(root, slot);
    }
    const place = { slot, offset, bytes: life.bytes, life };
    this.#places.set(name, place);
    return place;
  }

  makeScratch(bytes: number): Place {
    return { slot: this.#newSlot(bytes), offset: 0, bytes, life: this.#newLife(bytes) };
  }

  /** `name` is a range of `whole` and lives as long. */
  cut(name: string, whole: string, offset: number, bytes: number): void {
    const place = this.#places.get(whole);
    if (!place || !('slot' in place)) throw internal(`"${whole}" has no place`);
    this.#places.set(name, { ...place, offset: place.offset + offset, bytes });
  }

  /** The value is there before the first step: a graph input. */
  livesFromStart(name: string, place: Place): void {
    (this.#slots[place.slot] as Life).first = -1;
    place.life.first = -1;
    this.#claim(name, place);
  }

  /** The value is still there after the last step: a graph output. */
  livesToEnd(name: string): void {
    const place = this.#places.get(name);
    if (!place || !('slot' in place)) return;
    this.use(place);
    this.#claim(name, place);
  }

  /** The value has its slot for itself, unless another input or output has it, too. */
  #claim(name: string, { slot, offset, bytes }: Place): void {
    const alone = offset === 0 && bytes === (this.#slots[slot] as Life).bytes;
    this.#boundary.set(slot, alone && !this.#boundary.has(slot) ? name : undefined);
  }

  /** The whole is complete: the part lived until now, and from here on as long as the whole. */
  joinPart(name: string, part: Place, whole: Place): void {
    part.life.last = this.#now - 1;
    this.#places.set(name, { ...part, life: whole.life });
  }

  use(ref: DraftRef): void {
    if (!('slot' in ref)) return;
    (this.#slots[ref.slot] as Life).last = this.#now;
    ref.life.last = this.#now;
  }

  /**
   * What one dispatch reads and what it writes lie in different buffers, or in one that it binds for
   * writing: that it cannot where it binds the same bytes twice.
   */
  keepApart(dispatch: Dispatch, refs: readonly DraftRef[]): void {
    const bound = dispatch.kernel.bindings(dispatch.variant).flatMap(({ access }, at) => {
      const ref = refs[at];
      return ref && 'slot' in ref ? [{ access, ref }] : [];
    });
    for (const writer of bound) {
      if (writer.access === 'read') continue;
      for (const { ref } of bound) {
        if (ref.slot === writer.ref.slot) continue;
        const isTwice = bound.filter((other) => overlaps(other.ref, ref)).length > 1;
        const count = isTwice ? Number.POSITIVE_INFINITY : 1;
        addTo(this.#conflicts, writer.ref.slot, ref.slot, count);
        addTo(this.#conflicts, ref.slot, writer.ref.slot, count);
      }
    }
  }

  finish(largestBuffer: number): PlacedMemory {
    const memory = planMemory(this.#slots, this.#conflicts, { largestBuffer });
    const boundary = this.#boundary;
    return {
      buffers: memory.buffers,
      lowerBoundBytes: liveBytes(this.#lives),
      resolve(ref) {
        if (!('slot' in ref)) return { kind: 'weight', key: ref.weight, ...ref.range };
        const { buffer, offset } = memory.placements[ref.slot] as Placement;
        const name = boundary.get(ref.slot);
        return {
          ...{ kind: 'pool', index: buffer, offset: offset + ref.offset, bytes: ref.bytes },
          ...(name === undefined ? {} : { boundary: { name, offset: ref.offset } }),
        };
      },
    };
  }

  #newLife(bytes: number): Life {
    return { bytes, first: this.#now, last: this.#now };
  }

  #newSlot(bytes: number): number {
    this.#slots.push(this.#newLife(bytes));
    return this.#slots.length - 1;
  }
}

function overlaps(a: Place, b: Place): boolean {
  return a.slot === b.slot && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

function addTo(
  map: Map<number, Map<number, number>>,
  key: number,
  other: number,
  count: number,
): void {
  const counts = map.get(key) ?? new Map<number, number>();
  counts.set(other, (counts.get(other) ?? 0) + count);
  map.set(key, counts);
}
