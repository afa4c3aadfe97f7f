/** A server of files in memory, for tests in Node of what is fetched. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FileServer {
  /** Ends with a slash. */
  readonly address: string;
  /** `METHOD path` of every request so far. */
  readonly requests: string[];
  close(): void;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Paths without an answer are not found. */
export async function serveFiles(
  answers: Readonly<Record<string, Answer | Uint8Array>>,
): Promise<FileServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1);
    requests.push(`${request.method} ${path}`);
    const answer = answers[path];
    if (typeof answer === 'function') answer(request, response);
    else if (answer) response.setHeader('content-length', answer.length).end(answer);
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
