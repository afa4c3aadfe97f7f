/** Arrow keys as steps, for what is moved with the keyboard. */

const steps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Steps to the right and downwards; undefined for other keys, and with Ctrl, Alt or Meta held. */
export function arrowStep(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey'>,
): readonly [number, number] | undefined {
  return event.ctrlKey || event.metaKey || event.altKey ? undefined : steps[event.key];
}
