// Writes an answer to a client: whole, compressed when it is large and the client allows it, or as a stream at the pace at
// which the client reads.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import type { Outgoing } from './incoming.ts';

const compressFrom = 128 * 1024;
const compress = promisify(gzip);

/** Who reads an answer. */
export interface Reader {
  /** Aborts when the connection or the stream of HTTP/2 has closed. */
  readonly gone: AbortSignal;
  /** Called when a stream's reader takes nothing for so long; without it a reader may sleep as long as it likes. */
  readonly stall?: { readonly ms: number; readonly cutOff: () => void } | undefined;
}

export async function send(outgoing: Outgoing, response: HttpResponse, request: HttpRequest, reader: Reader) {
  // Both kinds of response have the same methods, but TypeScript cannot call a union of their overloads.
  const out = outgoing as ServerResponse;
  const { headers, status, body } = response;
  const all: Record<string, string> = { ...headers, 'audit-id': request.headers['audit-id'] ?? randomUUID() };
  if (response.cookies?.length) out.setHeader('set-cookie', response.cookies);
  if (body instanceof Uint8Array) {
    const bytes = await encoded(body, request, all);
    out.writeHead(status, { ...all, 'content-length': String(bytes.length) });
    out.end(request.method === 'HEAD' ? undefined : bytes);
    return;
  }
  if (response.isBulk && acceptsGzip(request)) {
    markGzip(all);
    out.writeHead(status, all);
    // A pipeline ends its source when the reader has gone.
    const zipped = pipeline(Readable.from(body, { objectMode: false }), createGzip({ level: 1 }), () => {});
    await pipe(out, zipped, reader);
    return;
  }
  out.writeHead(status, all);
  // Before the first event the client must know that its watch has begun.
  out.flushHeaders();
  await pipe(out, body, reader);
}

async function encoded(body: Uint8Array, request: HttpRequest, headers: Record<string, string>): Promise<Uint8Array> {
  if (body.length <= compressFrom || !acceptsGzip(request)) return body;
  markGzip(headers);
  return compress(body, { level: 1 });
}

/** `gzip;q=0` says that it is not wanted. */
const acceptsGzip = ({ headers }: HttpRequest): boolean =>
  /(?:^|,)\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))|,|$)/i.test(headers['accept-encoding'] ?? '');

function markGzip(headers: Record<string, string>): void {
  headers['content-encoding'] = 'gzip';
  headers.vary = headers.vary ? `${headers.vary}, Accept-Encoding` : 'Accept-Encoding';
}

async function pipe(out: ServerResponse, body: AsyncIterable<Uint8Array>, reader: Reader): Promise<void> {
  const { gone } = reader;
  try {
    for await (const chunk of body) {
      if (gone.aborted) return;
      if (!out.write(chunk)) await drained(out, reader);
    }
    out.end();
    // The last event is with the client before the exchange counts as over.
    await once(out, 'finish', { signal: gone });
  } catch (error) {
    if (!gone.aborted) throw error;
  }
}

async function drained(out: ServerResponse, { gone, stall }: Reader): Promise<void> {
  const timer = stall && setTimeout(stall.cutOff, stall.ms);
  try {
    await once(out, 'drain', { signal: gone });
  } finally {
    clearTimeout(timer);
  }
}
