/** Names for values that passes and builders add. */

/** `base`, or the first of `base_2`, `base_3`, … that is not taken. */
export function unusedName(base: string, isTaken: (name: string) => boolean): string {
  let name = base;
  for (let count = 2; isTaken(name); count++) name = `${base}_${count}`;
  return name;
}
