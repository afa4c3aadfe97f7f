/**
 * Subresource Integrity of a file's bytes: hashes as `sha384-…`, in base64, several between spaces.
 * The strongest kind among them counts, and one of that kind must be right.
 * Definition: https://www.w3.org/TR/sri-2/
 */

import { WgconvError } from './errors.ts';

/** Names for the Web Cryptography API, the strongest last. */
const algorithms = { sha256: 'SHA-256', sha384: 'SHA-384', sha512: 'SHA-512' } as const;
type Algorithm = keyof typeof algorithms;

/** @throws WgconvError `wrong-integrity` naming both hashes */
export type IntegrityCheck = (bytes: Uint8Array) => Promise<void>;

/**
 * Where HTML takes hashes that it does not know for none, this refuses them: nobody would notice.
 * @throws WgconvError `invalid-argument` where the hashes cannot be read, or the page cannot compute any
 */
export function integrityCheck(integrity: string, what: string): IntegrityCheck {
  const hashes = typeof integrity === 'string' ? integrity.split(/\s+/).flatMap(readHash) : [];
  const strongest = hashes
    .map(({ algorithm }) => algorithm)
    .toSorted()
    .at(-1);
  if (!strongest) {
    throw new WgconvError(
      'invalid-argument',
      `the integrity ${JSON.stringify(integrity)} of ${named(what)} has no hash that wgconv knows: write sha256-, sha384- or sha512- and the hash in base64`,
    );
  }
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) {
    throw new WgconvError(
      'invalid-argument',
      `the integrity of ${named(what)} cannot be checked: browsers have crypto.subtle in secure contexts only (https, or localhost)`,
    );
  }
  const expected = hashes.filter(({ algorithm }) => algorithm === strongest);
  return async (bytes) => {
    const digest = await subtle.digest(algorithms[strongest], bytes as Uint8Array<ArrayBuffer>);
    const actual = btoa(String.fromCharCode(...new Uint8Array(digest)));
    if (expected.some(({ hash }) => hash === actual)) return;
    const wanted = expected.map(({ hash }) => `${strongest}-${hash}`);
    throw new WgconvError(
      'wrong-integrity',
      `${named(what)} has the hash ${strongest}-${actual}, not ${wanted.join(' or ')}: it is not the file that was meant`,
      { data: { expected: wanted, actual: `${strongest}-${actual}` } },
    );
  };
}

const named = (what: string) => (what === 'the model' ? what : `"${what}"`);

function readHash(text: string): { algorithm: Algorithm; hash: string }[] {
  const [, algorithm, hash = ''] =
    /^(sha256|sha384|sha512)-([\w+/-]+={0,2})(\?.*)?$/.exec(text) ?? [];
  // Some tools write base64url.
  const plain = hash.replaceAll('-', '+').replaceAll('_', '/');
  return algorithm ? [{ algorithm: algorithm as Algorithm, hash: plain }] : [];
}
