/** Modules that are fetched for the first node that needs them. */

import { internal } from '../core/errors.ts';

/** A module that is loaded once and read without waiting from then on. */
export interface LazyModule<T> {
  /** undefined where it is there already. */
  load(): Promise<void> | undefined;
  /** @throws WgconvError `internal` before it is loaded */
  get(): T;
}

export function lazyModule<T>(fetch: () => Promise<T>): LazyModule<T> {
  let loaded: T | undefined;
  return {
    load: () =>
      loaded === undefined
        ? fetch().then((module) => {
            loaded = module;
          })
        : undefined,
    get() {
      if (loaded === undefined) throw internal('a node is lowered before its kernels are loaded');
      return loaded;
    },
  };
}
