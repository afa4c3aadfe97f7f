/** Types for mnist, which ships plain JavaScript only. */
declare module 'mnist' {
  /** The digits of one class: `raw` holds 784 values in 0..1 for each, one after another. */
  interface DigitClass {
    readonly raw: readonly number[];
    readonly length: number;
  }
  const classes: readonly DigitClass[];
  export default classes;
}
