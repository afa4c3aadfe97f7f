/** How pointwise operators run by themselves, with their kernels. */

export { lowerChain } from './chain.ts';
export { lowerClip } from './lower-clip.ts';
export { lowerUnary } from './lower-unary.ts';
