// A request and its answer as HTTP/1.1 and HTTP/2 have them: what both can do, but each in a way of its own. Whoever else
// handles a socket's request need not know which of the two it came by.

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Http2ServerRequest, type Http2ServerResponse, constants as http2 } from 'node:http2';
import type { Socket } from 'node:net';
import type { HttpRequest } from '#lib/http.ts';

export type Incoming = IncomingMessage | Http2ServerRequest;
export type Outgoing = ServerResponse | Http2ServerResponse;

export function headOf(incoming: Incoming, signal: AbortSignal): HttpRequest {
  const headers = headersOf(incoming);
  // By this name an exchange is found again, in logs here and there.
  headers['audit-id'] ||= randomUUID();
  return { method: incoming.method ?? 'GET', url: incoming.url ?? '/', headers, signal };
}

export const socketOf = (incoming: Incoming): Socket | undefined =>
  'stream' in incoming ? incoming.stream.session?.socket : incoming.socket;

export function clientOf(incoming: Incoming): string {
  const socket = socketOf(incoming);
  const { remoteAddress: address = '', remotePort: port = 0 } = socket ?? {};
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Tells an HTTP/1.1 client that its connection ends here; HTTP/2 has frames for that, and forbids the header. */
export const lastAnswer = (incoming: Incoming): Record<string, string> =>
  'stream' in incoming ? {} : { connection: 'close' };

/** After an answer to a request that is still coming in: the rest of it is nobody's. */
export function endUnread(incoming: Incoming): void {
  if ('stream' in incoming) incoming.stream.close(http2.NGHTTP2_NO_ERROR);
  else incoming.socket.destroySoon();
}

/** Ends an answer in a way that nobody takes for its end. */
export function cutOff(outgoing: Outgoing): void {
  if ('stream' in outgoing) outgoing.stream?.close(http2.NGHTTP2_INTERNAL_ERROR);
  else outgoing.destroy();
}

/** To what is no HTTP/1.1, or too much of it, in words that a person at the other end can read. */
export function refuseMalformed({ code }: NodeJS.ErrnoException, socket: Socket): void {
  const status =
    code === 'HPE_HEADER_OVERFLOW'
      ? '431 Request Header Fields Too Large'
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? '408 Request Timeout'
        : '400 Bad Request';
  if (!socket.writable) return void socket.destroy();
  const head = 'Content-Type: text/plain; charset=utf-8\r\nConnection: close';
  socket.end(`HTTP/1.1 ${status}\r\n${head}\r\n\r\n${status}`, () => socket.destroy());
}

/** Names in lower case, repeated ones joined; HTTP/2's own pseudo headers left out. */
function headersOf({ headers }: Incoming): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !name.startsWith(':')) result[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const authority = headers[':authority'];
  if (typeof authority === 'string') result.host ??= authority;
  return result;
}
