// A small HTTP server on a socket that listens already, for whoever watches over the node.

import { createServer, type RequestListener } from 'node:http';
import type { Server } from 'node:net';
import type { Closable } from './listeners.ts';

/** Health checks come one at a time; more than this at once is nobody's health check. */
const maxConnections = 128;

export function serveHttp(socket: Server, handle: RequestListener): Closable {
  const server = createServer({ headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 5000 }, handle);
  server.maxConnections = maxConnections;
  server.listen(socket);
  return {
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
