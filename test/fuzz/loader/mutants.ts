/** Model number `index` of a seed: a base, damaged. */

import { type Base, type Bases, type Share, shares } from './bases.ts';
import { Chance } from './chance.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutateJson, mutateSafetensors } from './mutate-json.ts';
import { mutateTree } from './mutate-tree.ts';

export interface Mutant {
  readonly name: string;
  readonly kind: Base['kind'];
  readonly bytes: Uint8Array;
}

/** Bases come to so many of the models undamaged, to see that they load. */
const untouched = 40;

export function mutantOf(bases: Bases, seed: number, index: number): Mutant {
  const chance = new Chance(seed, index);
  const { name, kind, bytes } = baseFor(bases, chance);
  if (chance.oneIn(untouched)) return { name: `${name}, whole`, kind, bytes };
  const other = baseFor(bases, chance).bytes;
  if (chance.oneIn(5)) {
    let damaged = bytes;
    for (let count = chance.of([1, 1, 2]); count-- > 0; )
      damaged = mutateBytes(damaged, chance, other);
    return { name: `${name}, bytes`, kind, bytes: damaged };
  }
  if (kind === 'keras') return { name, kind, bytes: mutateJson(bytes, chance) };
  if (kind === 'safetensors') return { name, kind, bytes: mutateSafetensors(bytes, chance) };
  return { name, kind, bytes: mutateTree(bytes, chance, other) };
}

function baseFor(bases: Bases, chance: Chance): Base {
  let turn = chance.int(100);
  for (const [share, of100] of Object.entries(shares) as [Share, number][]) {
    const list = bases[share];
    if (turn < of100 && list.length > 0) return chance.of(list);
    turn -= of100;
  }
  return chance.of(bases.graphs);
}
