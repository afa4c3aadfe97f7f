/** The one door to wgsl-preprocessor, which ships without `main`, `exports` or types. */

import { wgsl as untyped } from 'wgsl-preprocessor/wgsl-preprocessor.js';

/** Template tag for WGSL with `#if ${…}`, `#elif ${…}`, `#else` and `#endif`. */
export const wgsl = untyped as (
  strings: TemplateStringsArray,
  ...values: readonly (string | number | boolean)[]
) => string;
