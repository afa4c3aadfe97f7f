// Types for wgsl-preprocessor, which ships plain JavaScript only.
declare module 'wgsl-preprocessor/wgsl-preprocessor.js' {
  /** Joins a WGSL template, resolving `#if`, `#elif`, `#else` and `#endif` lines. */
  export function wgsl(strings: TemplateStringsArray, ...values: readonly unknown[]): string;
}
