/**
 * A page under a strict Content-Security-Policy, with the packed package bundled: it loads a model by
 * its address, reads a picture and computes, and the browser reports no violation; and a page that
 * does what the policy forbids is told so, or this test would see nothing.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { type Answer, type FileServer, serveFiles } from '../support/file-server.ts';

/** Nothing but the page's own scripts, fetches and pictures. */
const plain = [
  "default-src 'none'",
  ...["script-src 'self'", "connect-src 'self'", "img-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'"],
].join('; ');
/** As docs/untrusted-models.md has it. What it forbids more comes before the rest would be told. */
const strict = `${plain}; require-trusted-types-for 'script'`;

const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>wgconv under a strict policy</title>
<link rel="icon" href="digit.png">
<p id="answer"></p>
<p id="violations"></p>
<script type="module" src="page.js"></script>
</html>
`;

/** What the page runs; \`#webgpu\`, \`#cpu\` or the name of something forbidden says what. */
const script = `
  import { InferenceSession } from 'wgconv';
  import { imageToTensor, presets } from 'wgconv/image';

  const violations = [];
  document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
    violations.push(effectiveDirective + ' ' + blockedURI);
  });
  const forbidden = {
    eval: () => (0, eval)('1'),
    function: () => new Function('return 1')(),
    wasm: () => WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
    fetch: () => fetch('data:,x'),
    inline: () => {
      const element = document.createElement('div');
      element.setAttribute('onclick', 'globalThis.ran = true');
      element.click();
      return globalThis.ran;
    },
  };
  async function digit(backend) {
    const picture = new Image();
    picture.src = 'digit.png';
    await picture.decode();
    const session = await InferenceSession.create('lenet5.onnx', { backend });
    const size = { width: 28, height: 28 };
    const { tensor } = await imageToTensor(picture, { session, ...size, ...presets.digit });
    const { probabilities } = await session.run({ input: tensor });
    const report = backend === 'webgpu' ? await session.verify({ input: tensor }) : { ok: true };
    await session.dispose();
    const best = probabilities.data.indexOf(Math.max(...probabilities.data));
    return 'a ' + best + ' on ' + session.backend + (report.ok ? '' : ', which is wrong');
  }
  const what = location.hash.slice(1);
  let answer;
  try {
    answer = String(await (forbidden[what] ?? digit)(what));
  } catch (error) {
    answer = String(error);
  }
  // Violations are told in tasks of their own.
  await new Promise((resolve) => setTimeout(resolve, 300));
  document.querySelector('#violations').textContent = violations.join(', ');
  document.querySelector('#answer').textContent = answer;
`;

let browser: Browser;
let server: FileServer;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wgconv-csp-'));
  await build({
    stdin: { contents: script, resolveDir: inject('bare') },
    ...{ bundle: true, splitting: true, minify: true, format: 'esm', target: 'es2022' },
    ...{ outdir: folder, entryNames: 'page', chunkNames: '[name]-[hash]', logLevel: 'error' },
  });
  const model = resolve(import.meta.dirname, '../../models/lenet5');
  server = await serveFiles({
    'strict.html': answerOf(html, 'text/html', strict),
    'plain.html': answerOf(html, 'text/html', plain),
    'digit.png': answerOf(readFileSync(join(model, 'digits/7-7982.png')), 'image/png'),
    'lenet5.onnx': answerOf(readFileSync(join(model, 'lenet5.onnx')), 'application/octet-stream'),
    ...Object.fromEntries(
      readdirSync(folder).map((name) => [
        name,
        answerOf(readFileSync(join(folder, name)), 'text/javascript'),
      ]),
    ),
  });
  browser = await launchBrowser('cr-ss');
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  rmSync(folder, { recursive: true });
});

function answerOf(content: string | Uint8Array, type: string, policy = strict): Answer {
  return (_, response) => {
    response.setHeader('content-type', type).setHeader('content-security-policy', policy);
    response.end(content);
  };
}

/** What a page does, and which violations it was told of. */
async function visit(
  policy: 'strict' | 'plain',
  what: string,
): Promise<{ answer: string; violations: string }> {
  const page = await browser.newPage();
  try {
    await page.goto(`${server.address}${policy}.html#${what}`);
    const answer = page.locator('#answer:not(:empty)');
    await answer.waitFor({ timeout: 80_000 });
    const violations = await page.locator('#violations').textContent();
    return { answer: `${await answer.textContent()}`, violations: `${violations}` };
  } finally {
    await page.close();
  }
}

describe('a page under a strict Content-Security-Policy', () => {
  test.each(['webgpu', 'cpu'])('reads its digit on %s', async (backend) => {
    expect(await visit('strict', backend)).toEqual({ answer: `a 7 on ${backend}`, violations: '' });
  });

  test.each([
    ['eval', 'script-src eval', /EvalError/],
    ['function', 'script-src eval', /EvalError/],
    ['wasm', 'script-src wasm-eval', /CompileError/],
    ['fetch', 'connect-src data', /TypeError/],
    ['inline', 'script-src-attr inline', /undefined/],
  ])('would notice %s', async (what, violation, error) => {
    const { answer, violations } = await visit('plain', what);
    expect(answer).toMatch(error);
    expect(violations).toContain(violation);
  });
});
