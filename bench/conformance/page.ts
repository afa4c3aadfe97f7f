/** The page in which cases run: one engine a page. */

import type { CaseInputs } from '../../src/cli/engine.ts';
import { decodeMessage, encodeMessage } from '../../src/cli/message.ts';
import { onnxruntimeEngine, type PageEngine, wgconvEngine } from './engines.ts';
import type { EngineName } from './result.ts';

declare global {
  interface Window {
    /** Loads an engine; answers its version and what the page runs on. */
    openEngine(name: EngineName): Promise<{ version: string; adapter: string; browser: string }>;
    /** Messages in base64. */
    runCase(message: string): Promise<string>;
  }
}

let engine: PageEngine | undefined;

window.openEngine = async (name) => {
  engine = await load(name);
  const adapter = await navigator.gpu?.requestAdapter();
  const { vendor, architecture, description } = adapter?.info ?? {};
  return {
    version: engine.version,
    adapter:
      [vendor, architecture, description].filter(Boolean).join(' ') || 'none, or without a name',
    browser: /Chrom\S+/.exec(navigator.userAgent)?.[0] ?? navigator.userAgent,
  };
};

async function load(name: EngineName): Promise<PageEngine> {
  switch (name) {
    case 'wgconv webgpu':
      return wgconvEngine('webgpu');
    case 'wgconv cpu':
      return wgconvEngine('cpu');
    case 'onnxruntime-web webgpu':
      return onnxruntimeEngine('webgpu');
    case 'onnxruntime-web wasm':
      return onnxruntimeEngine('wasm');
    case 'tfjs webgpu':
      return (await import('./tfjs.ts')).tfjsEngine();
  }
}

window.runCase = async (message) => {
  if (!engine) throw new Error('no engine is open');
  const { model, sets } = decodeMessage(fromBase64(message)) as {
    readonly model: Uint8Array;
    readonly sets: readonly CaseInputs[];
  };
  return toBase64(encodeMessage(await engine.run(model, sets)));
};

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}
