/** Damage to JSON: of a `model.json`, or of the header of a safetensors file. */

import type { Chance } from './chance.ts';
import { joinBytes } from './protobuf-tree.ts';

type Container = Record<string | number, unknown>;

const oddValues: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    1,
    2,
    3,
    0.5,
    1e9,
    2 ** 31,
    2 ** 53,
    1e300,
    -1e300,
    '',
    'x',
    [],
    {},
  ],
  ...['__proto__', 'constructor', 'Dense', 'Conv2D', 'Flatten', 'same', 'float16', 'relu', '../x'],
  ...[[1e9, 1e9], [null], [[[]]], [0, 0, 0, 0], Array.from({ length: 5000 }, () => 2)],
  ...['x'.repeat(70_000), { class_name: 'Sequential', config: { layers: [] } }],
];

export function mutateJson(bytes: Uint8Array, chance: Chance): Uint8Array {
  const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const places: [Container, string | number][] = [];
  const collect = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return;
    const container = value as Container;
    for (const key of Object.keys(container)) {
      places.push([container, key]);
      collect(container[key]);
    }
  };
  collect(json);
  for (let count = chance.of([1, 1, 2]); count-- > 0; )
    change(chance.of(places), chance.of(places), chance);
  return new TextEncoder().encode(JSON.stringify(json));
}

function change(
  [container, key]: [Container, string | number],
  [other, otherKey]: [Container, string | number],
  chance: Chance,
): void {
  const value = container[key];
  switch (chance.int(6)) {
    case 0:
      container[key] = typeof value === 'number' ? chance.of(oddValues) : value;
      break;
    case 1:
      container[key] = chance.of(oddValues);
      break;
    case 2:
      delete container[key];
      break;
    case 3:
      // A copy: what holds itself is no JSON.
      container[key] = structuredClone(other[otherKey]);
      break;
    case 4:
      container[chance.of(['__proto__', 'name', 'axis', 'x', 'inbound_nodes'])] = value;
      break;
    default:
      if (Array.isArray(container)) container.push(structuredClone(value));
      else container[key] = [value];
  }
}

/** Damage to the header, whose length is told before it. */
export function mutateSafetensors(bytes: Uint8Array, chance: Chance): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = mutateJson(bytes.subarray(8, 8 + length), chance);
  const start = new Uint8Array(8);
  const told = chance.oneIn(8) ? chance.of([0, 1, header.length - 1, 2 ** 40]) : header.length;
  new DataView(start.buffer).setBigUint64(0, BigInt(told), true);
  return joinBytes([start, header, bytes.subarray(8 + length)]);
}
