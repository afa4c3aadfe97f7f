/**
 * Loops as kernels take them: neighbours joined, numbers for each as vec4s of uniforms, and long ones
 * in several dispatches.
 */

import type { DeviceCaps } from '../../gpu/caps.ts';

type Loop<Key extends string> = Readonly<Record<Key | 'size', number>>;

type Vec4 = [number, number, number, number];

/**
 * Outermost first; drops sizes of 1 and joins neighbours that the strides of all `keys` step
 * through as one.
 */
export function joinLoops<Key extends string, L extends Loop<Key>>(
  loops: readonly L[],
  keys: readonly Key[],
): L[] {
  const joined: L[] = [];
  for (const loop of loops) {
    if (loop.size === 1) continue;
    const outer = joined.at(-1);
    if (outer && keys.every((key) => outer[key] === loop[key] * loop.size)) {
      joined[joined.length - 1] = { ...loop, size: outer.size * loop.size };
    } else {
      joined.push(loop);
    }
  }
  return joined;
}

/** The uniforms `…A` and `…B` of up to eight loops, with `unused` for those that there are not. */
export function halves<Name extends string>(name: Name, values: readonly number[], unused = 0) {
  const four = (start: number) =>
    [0, 1, 2, 3].map((lane) => values[start + lane] ?? unused) as Vec4;
  return { [`${name}A`]: four(0), [`${name}B`]: four(4) } as Record<`${Name}${'A' | 'B'}`, Vec4>;
}

/** Up to four axes, innermost first: x, y, z, and `last` where that is none of them. */
export function lanes(values: readonly number[], unused = 1, last = unused): Vec4 {
  const [x = unused, y = unused, z = unused, w = last] = values.toReversed();
  return [x, y, z, w];
}

/** What one dispatch does of a loop. */
interface TurnRange {
  readonly first: number;
  readonly end: number;
  /** 1: adds to what the dispatch before it left. */
  readonly accumulate: 0 | 1;
}

const mostRanges = 1024;

/** A loop of `total` turns, `turnsOfOne` with those inside of each, in ranges no device ends early. */
export function turnRanges(
  total: number,
  turnsOfOne: number,
  { loopIterations }: DeviceCaps['limits'],
): TurnRange[] {
  // A tenth of the turns is left for loops of fixed length.
  const fitting = Math.floor((0.9 * loopIterations) / turnsOfOne);
  const fit = Math.max(1, Math.min(fitting, total));
  // With more dispatches than a plan can hold the loop is left whole, and the device's limit refuses it.
  const most = total / fit > mostRanges ? total : fit;
  return Array.from({ length: Math.ceil(total / most) }, (_, part) => ({
    first: part * most,
    end: Math.min((part + 1) * most, total),
    accumulate: part > 0 ? 1 : 0,
  }));
}
