/** All uniforms of a plan, in one buffer that is written once. */

import { type Dispatch, uniformBytes, writeUniforms } from '../../shaders/lib/kernel.ts';

/** WebGPU's default alignment of uniform buffer offsets; every device allows it. */
const uniformAlignment = 256;

export class UniformBlock {
  readonly #entries: { readonly offset: number; readonly dispatch: Dispatch }[] = [];
  #end = 0;

  /** Room for the dispatch's uniforms: their byte offset. */
  add(dispatch: Dispatch): number {
    const offset = this.#end;
    this.#entries.push({ offset, dispatch });
    const bytes = uniformBytes(dispatch.kernel.uniforms);
    this.#end += Math.ceil(bytes / uniformAlignment) * uniformAlignment;
    return offset;
  }

  pack(): ArrayBuffer {
    const block = new ArrayBuffer(Math.max(this.#end, uniformAlignment));
    const view = new DataView(block);
    for (const { offset, dispatch } of this.#entries) {
      writeUniforms(dispatch.kernel.uniforms, dispatch.uniforms, view, offset);
    }
    return block;
  }
}
