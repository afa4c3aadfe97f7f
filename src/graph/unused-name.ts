/** Names for values that passes and builders add. */

/**
 * `base`, or the first of `base_2`, `base_3`, … that is not taken.
 * @param counts where to go on for a base that was asked for before, as thousands of nodes of one name do
 */
export function unusedName(
  base: string,
  isTaken: (name: string) => boolean,
  counts?: Map<string, number>,
): string {
  let name = base;
  let count = counts?.get(base) ?? 2;
  for (; isTaken(name); count++) name = `${base}_${count}`;
  counts?.set(base, count);
  return name;
}
