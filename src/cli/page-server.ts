/** A server for one page on this machine: gives it its script and carries its calls' bytes. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const document = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>wgconv</title>
<link rel="icon" href="data:,">
<script type="module" src="page.js"></script>
</html>
`;

export class PageServer {
  /** Folder of `page.js` and its chunks. */
  readonly #folder: string;
  readonly #server: Server;
  /** Part of every path: other programs on this machine do not know it. */
  readonly #secret = randomBytes(16).toString('hex');
  readonly #requests = new Map<number, Uint8Array>();
  readonly #responses = new Map<number, Uint8Array>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.writeHead(500).end());
    });
  }

  static async start(folder: string): Promise<PageServer> {
    const server = new PageServer(folder);
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject);
      server.#server.listen(0, '127.0.0.1', resolve);
    });
    return server;
  }

  /** WebGPU needs a secure context, which this machine's own address is. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/${this.#secret}/`;
  }

  /** Lays out what the page fetches at `request/ID`. */
  offer(id: number, bytes: Uint8Array): void {
    this.#requests.set(id, bytes);
  }

  /** What the page posted to `response/ID`; undefined where it did not. */
  take(id: number): Uint8Array | undefined {
    const bytes = this.#responses.get(id);
    this.#responses.delete(id);
    this.#requests.delete(id);
    return bytes;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (type: string, body: Uint8Array | string) =>
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    const prefix = `/${this.#secret}/`;
    const url = request.url ?? '';
    if (!url.startsWith(prefix)) return void response.writeHead(404).end();
    const path = url.slice(prefix.length);
    const [kind, rest = ''] = path.split('/');
    if (path === '') return void send('text/html', document);
    if (kind === 'request') {
      const bytes = this.#requests.get(Number(rest));
      this.#requests.delete(Number(rest));
      if (bytes) return void send('application/octet-stream', bytes);
    } else if (kind === 'response' && request.method === 'POST') {
      this.#responses.set(Number(rest), await readBody(request));
      return void response.writeHead(204).end();
    } else if (/^(page\.js|page-chunks\/[\w.-]+\.js)$/.test(path)) {
      return void send('text/javascript', readFileSync(join(this.#folder, path)));
    }
    response.writeHead(404).end();
  }
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(piece as Uint8Array);
  // `concat` may hand out a piece of a shared pool, at any offset.
  return new Uint8Array(Buffer.concat(pieces));
}
