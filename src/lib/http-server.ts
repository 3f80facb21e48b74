// A small HTTP server for whoever watches over a part: health, readiness, metrics. Each address has a server of its own, so
// that one can be closed before the others. What clients may take of it is bounded, in number and in time.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createSocket, type Server } from 'node:net';
import type { BindAddress } from './bind-address.ts';
import type { MetricsText } from './exposition.ts';

/** Health checks come one at a time; more than this at once is nobody's health check. */
const maxConnections = 128;

export interface HttpServer {
  /** Where it listens, also when any port would do. */
  readonly port: number;
  /** The port is free from now on, and open connections end. */
  close(): void;
}

/** Resolves when it is open; rejects with the error of the system call. Port 0 stands for any. */
export async function listenHttp({ host, port }: BindAddress, handle: RequestListener): Promise<HttpServer> {
  const socket = createSocket().listen(port, host);
  await once(socket, 'listening');
  return serveHttp(socket, handle);
}

/** @param socket listens already, perhaps in another network namespace */
export function serveHttp(socket: Server, handle: RequestListener): HttpServer {
  const { port } = socket.address() as AddressInfo;
  const server = createServer({ headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 5000 }, handle);
  server.maxConnections = maxConnections;
  server.listen(socket);
  return {
    port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Without the first slash and the query: `healthz`. */
export const pathOf = ({ url = '/' }: IncomingMessage): string => (url.split('?')[0] ?? '').slice(1);

/** Whatever else the client sends is passed over, so that it gets to read this. */
export function answer(response: ServerResponse, code: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.req.resume();
  response.writeHead(code, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' }).end(body);
}

export const answerNotFound = (response: ServerResponse): void => answer(response, 404, '404 page not found\n');

/** @param make see `exposition` */
export function answerMetrics(response: ServerResponse, make: () => Promise<MetricsText>): void {
  make().then(
    ({ contentType, text }) => answer(response, 200, text, contentType),
    ({ message }) => answer(response, 500, `cannot collect metrics: ${message}\n`),
  );
}
