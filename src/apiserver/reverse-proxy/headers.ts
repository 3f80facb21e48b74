// Headers on their way through the proxy (RFC 9110 §7.6): what belongs to one connection stays there, and so does what says
// who the client is to this server.

import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import type { HttpRequest } from '#lib/http.ts';

const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** Credentials for this server, and the name by which it knows the exchange. */
const ours = /^(?:authorization|audit-id|expect|impersonate-.*|x-remote-(?:user|uid|group|extra-.*))$/;

/** The names that a message says are of its connection alone. */
const named = (connection: string | undefined): string[] =>
  (connection ?? '').split(',').map((name) => name.trim().toLowerCase());

/** @param uri the path at which the client sees what it asks for */
export function forwardedHeaders(request: HttpRequest, uri: string, backend: string): OutgoingHttpHeaders {
  const { headers, body, stream, clientAddress } = request;
  const dropped = new Set([...hopByHop, ...named(headers.connection)]);
  // A component of this process asks for no host.
  const result: OutgoingHttpHeaders = { host: backend };
  for (const [name, value] of Object.entries(headers)) {
    if (!dropped.has(name) && !ours.test(name)) result[name] = value;
  }
  if (clientAddress) {
    const before = headers['x-forwarded-for'];
    result['x-forwarded-for'] = before ? `${before}, ${clientAddress}` : clientAddress;
  }
  result['x-forwarded-uri'] = uri;
  // Node knows how long a body is for some methods only.
  if (body) result['content-length'] = body.length;
  else if (stream && result['content-length'] === undefined) result['transfer-encoding'] = 'chunked';
  return result;
}

export interface AnswerHeaders {
  readonly headers: Record<string, string>;
  /** Set-Cookie is the one header that cannot be joined. */
  readonly cookies: readonly string[];
}

export function answerHeaders({ headers }: IncomingMessage): AnswerHeaders {
  const dropped = new Set([...hopByHop, ...named(headers.connection), 'set-cookie']);
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !dropped.has(name)) result[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return { headers: result, cookies: headers['set-cookie'] ?? [] };
}
