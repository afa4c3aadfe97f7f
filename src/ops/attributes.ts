/** Reads a node's attributes from plain values; every format turns its own encoding into these. */

import { WgconvError } from '../core/errors.ts';
import type { HostTensor } from '../core/tensor.ts';
import type { Subgraph } from '../graph/graph.ts';
import type { AttributeReader } from './operator.ts';

interface AttributeKinds {
  /** int64 beyond 2^53 only occurs in tensors. */
  int: number;
  float: number;
  string: string;
  ints: readonly number[];
  floats: readonly number[];
  strings: readonly string[];
  tensor: HostTensor;
  graph: Subgraph;
}

export type AttributeValue = {
  [K in keyof AttributeKinds]: { readonly kind: K; readonly value: AttributeKinds[K] };
}[keyof AttributeKinds];

export interface AttributeContext {
  readonly node: string;
  readonly operator: string;
  readonly inputCount: number;
  readonly outputCount: number;
}

/** A reader that remembers what was asked for, so that an unknown attribute is an error. */
export class RecordAttributeReader implements AttributeReader {
  readonly inputCount: number;
  readonly outputCount: number;
  readonly #values: ReadonlyMap<string, AttributeValue>;
  readonly #context: AttributeContext;
  readonly #asked = new Set<string>();

  constructor(values: ReadonlyMap<string, AttributeValue>, context: AttributeContext) {
    this.#values = values;
    this.#context = context;
    this.inputCount = context.inputCount;
    this.outputCount = context.outputCount;
  }

  has(name: string): boolean {
    this.#asked.add(name);
    return this.#values.has(name);
  }

  int(name: string, fallback?: number): number {
    return this.#get(name, 'int') ?? this.#default(name, fallback);
  }

  float(name: string, fallback?: number): number {
    return this.#get(name, 'float') ?? this.#default(name, fallback);
  }

  string(name: string, fallback?: string): string {
    return this.#get(name, 'string') ?? this.#default(name, fallback);
  }

  ints(name: string): readonly number[] | undefined {
    return this.#get(name, 'ints');
  }

  floats(name: string): readonly number[] | undefined {
    return this.#get(name, 'floats');
  }

  strings(name: string): readonly string[] | undefined {
    return this.#get(name, 'strings');
  }

  tensor(name: string): HostTensor | undefined {
    return this.#get(name, 'tensor');
  }

  graph(name: string): Subgraph {
    return this.#get(name, 'graph') ?? this.#default<Subgraph>(name, undefined);
  }

  fail(message: string): never {
    throw new WgconvError('invalid-attribute', message, this.#context);
  }

  /** Throws where the node carries an attribute that its operator never asked for. */
  finish(): void {
    for (const name of this.#values.keys()) {
      if (!this.#asked.has(name)) this.fail(`the operator has no attribute "${name}"`);
    }
  }

  #get<K extends keyof AttributeKinds>(name: string, kind: K): AttributeKinds[K] | undefined {
    this.#asked.add(name);
    const found = this.#values.get(name);
    if (!found) return undefined;
    if (found.kind !== kind) {
      // An empty list carries no element type in some files.
      if (Array.isArray(found.value) && found.value.length === 0) return undefined;
      this.fail(`attribute "${name}" must be of kind ${kind}, not ${found.kind}`);
    }
    return found.value as AttributeKinds[K];
  }

  #default<T>(name: string, fallback: T | undefined): T {
    if (fallback === undefined) this.fail(`attribute "${name}" is required`);
    return fallback;
  }
}
