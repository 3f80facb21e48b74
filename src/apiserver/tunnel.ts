// Upgraded connections (api.md §14): exec, attach and portforward. After authentication and authorization the client's
// socket and the kubelet's are joined, byte for byte; what the streams in them mean is between those two.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError, badRequest, internalError, methodNotAllowed } from '#api/index.ts';
import type { User } from './authentication.ts';
import { authorize } from './authorization.ts';
import type { ListenerParts } from './listener.ts';
import { parseRequest } from './request.ts';

interface Client {
  readonly socket: Socket;
  readonly head: Buffer;
}

const tunnelled = new Set(['exec', 'attach', 'portforward']);
/** What a proxy must not pass on, or what is between us and the client. */
const ownHeaders = new Set(['host', 'authorization', 'content-length', 'transfer-encoding']);

export async function tunnel(parts: ListenerParts, user: User | ApiError, incoming: IncomingMessage, client: Client) {
  const { socket, head } = client;
  socket.on('error', () => socket.destroy());
  try {
    const { answer, socket: kubelet, head: first } = await connect(parts, user, incoming);
    kubelet.on('error', () => kubelet.destroy());
    if (socket.destroyed) return void kubelet.destroy();
    socket.write(`${statusLine(answer)}${headerLines(answer.rawHeaders)}\r\n`);
    socket.setNoDelay(true);
    if (first.length > 0) socket.write(first);
    if (head.length > 0) kubelet.write(head);
    join(socket, kubelet, parts.closing);
  } catch (error) {
    refuse(socket, error);
  }
}

async function connect(parts: ListenerParts, user: User | ApiError, incoming: IncomingMessage) {
  if (user instanceof ApiError) throw user;
  const method = incoming.method ?? 'GET';
  const info = parseRequest(method, incoming.url ?? '/');
  authorize(user, info);
  const at = info.resource;
  const kind = at && parts.dispatcher.kindAt(at);
  if (!at || kind?.kind !== 'Pod' || !tunnelled.has(at.subresource)) {
    throw badRequest(`an upgrade of ${info.path} is not supported`);
  }
  if (method !== 'GET' && method !== 'POST') throw methodNotAllowed();
  const headers = Object.entries(incoming.headers).filter(([name]) => !ownHeaders.has(name));
  const forwarded = Object.fromEntries(headers) as Record<string, string | string[]>;
  return parts.kubelet.upgrade(parts.registry, at, info.query, { method, headers: forwarded });
}

const statusLine = (answer: IncomingMessage): string =>
  `HTTP/1.1 ${answer.statusCode ?? 101} ${answer.statusMessage ?? 'Switching Protocols'}\r\n`;

function headerLines(raw: readonly string[]): string {
  let lines = '';
  for (let i = 0; i + 1 < raw.length; i += 2) lines += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return lines;
}

/** Each side's end is passed on; when one is gone, or the server stops, so is the other. */
function join(a: Socket, b: Socket, closing: AbortSignal): void {
  const stop = () => {
    a.destroy();
    b.destroy();
  };
  closing.addEventListener('abort', stop, { once: true });
  for (const socket of [a, b]) socket.on('close', stop);
  a.on('close', () => closing.removeEventListener('abort', stop));
  a.pipe(b);
  b.pipe(a);
}

function refuse(socket: Socket, error: unknown): void {
  const known = error instanceof ApiError ? error : internalError(error instanceof Error ? error.message : 'unknown');
  const body = JSON.stringify(known.toStatus());
  const head = [
    `HTTP/1.1 ${known.code} ${known.reason || 'Error'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
