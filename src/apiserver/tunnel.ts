// Requests for another protocol (api.md §5, §14). exec, attach, portforward and proxy: after authentication and
// authorization the client's socket and the kubelet's or the backend's are joined, byte for byte; what is in them is between
// those two. A watch and a log become WebSockets here.

import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError, badRequest, internalError, type Kind, methodNotAllowed } from '#api/index.ts';
import { whenDrained } from '#lib/drained.ts';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import { accessLog } from './access-log.ts';
import type { User } from './authentication.ts';
import { authorize } from './authorization.ts';
import { clientOf } from './incoming.ts';
import type { ListenerParts } from './listener.ts';
import { parseRequest, type RequestInfo, type ResourceInfo } from './request.ts';
import type { Upgraded } from './reverse-proxy/proxy.ts';
import { streamOverWebSocket, wantsWebSocket } from './websocket-stream.ts';

export interface TunnelClient {
  readonly incoming: IncomingMessage;
  /** The same as of any request. Its signal aborts when the socket closes. */
  readonly request: HttpRequest;
  readonly user: User | ApiError;
  readonly socket: Socket;
  readonly head: Buffer;
  /** How long a client may take nothing of a watch. */
  readonly stallMs: number;
}

const tunnelled = new Set(['exec', 'attach', 'portforward']);
/** What a proxy must not pass on, or what is between us and the client. */
const ownHeaders = new Set(['host', 'authorization', 'content-length', 'transfer-encoding']);

export async function tunnel(parts: ListenerParts, client: TunnelClient): Promise<void> {
  const { socket, request } = client;
  let status = 101;
  let info: RequestInfo | undefined;
  try {
    info = parseRequest(request.method, request.url);
    const ended = observe(parts, client, info);
    socket.once('close', () => ended(status));
    if (client.user instanceof ApiError) throw client.user;
    authorize(client.user, info);
    const refusal = await open(parts, client, client.user, info);
    if (!refusal) return;
    status = refusal.status;
    await answer(socket, refusal);
  } catch (error) {
    const known = error instanceof ApiError ? error : internalError(error instanceof Error ? error.message : 'unknown');
    status = known.code;
    const body = Buffer.from(JSON.stringify(known.toStatus()));
    await answer(socket, { status, headers: { 'content-type': 'application/json' }, body });
  }
}

/** Counts and logs what passes like any other request. */
function observe({ metrics, log }: ListenerParts, { request, incoming }: TunnelClient, info: RequestInfo) {
  const logged = accessLog(log, { ...request, info, client: () => clientOf(incoming) });
  const running = metrics.requests.begin(info, undefined, true);
  return (status: number) => {
    running?.end(status, undefined);
    logged?.(status);
  };
}

/** Resolves with what to say instead, when nothing came of it. */
async function open(
  parts: ListenerParts,
  client: TunnelClient,
  user: User,
  info: RequestInfo,
): Promise<HttpResponse | undefined> {
  const at = info.resource;
  const kind = at && parts.dispatcher.kindAt(at);
  if (at && kind) {
    if ((info.verb === 'watch' || at.subresource === 'log') && wantsWebSocket(client.incoming)) {
      return stream(parts, client, user, info);
    }
    const upgraded = await connect(parts, client, kind, at, info);
    if (upgraded && 'refusal' in upgraded) return upgraded.refusal;
    if (upgraded) return void join(client, upgraded, parts.closing);
  }
  throw badRequest(`an upgrade of ${info.path} is not supported`);
}

/** Asks as if for a plain answer. What is no stream is an answer. */
async function stream({ dispatcher }: ListenerParts, client: TunnelClient, user: User, info: RequestInfo) {
  const response = await dispatcher.dispatch(client.request, user, info);
  const { body, status } = response;
  if (status !== 200 || body instanceof Uint8Array) return response;
  const isWatch = info.verb === 'watch';
  await streamOverWebSocket(client, { body, perLine: isWatch, stallMs: isWatch ? client.stallMs : undefined });
}

async function connect(
  { kubelet, proxy, registry }: ListenerParts,
  { request, incoming }: TunnelClient,
  kind: Kind,
  at: ResourceInfo,
  { query, method }: RequestInfo,
): Promise<Upgraded | { readonly refusal: HttpResponse } | undefined> {
  const isProxied = kind.group === '' && ['Node', 'Pod', 'Service'].includes(kind.kind);
  if (at.subresource === 'proxy' && isProxied) return proxy.upgrade({ kind, at, request });
  if (kind.kind !== 'Pod' || !tunnelled.has(at.subresource)) return undefined;
  if (method !== 'GET' && method !== 'POST') throw methodNotAllowed();
  const headers = Object.entries(incoming.headers).filter(([name]) => !ownHeaders.has(name));
  const forwarded = Object.fromEntries(headers) as Record<string, string | string[]>;
  return kubelet.upgrade(registry, at, query, { method, headers: forwarded });
}

/** Each side's end is passed on; when one is gone, or the server stops, so is the other. */
function join(
  { socket, head }: TunnelClient,
  { answer: first, socket: other, head: early }: Upgraded,
  closing: AbortSignal,
) {
  const stop = () => {
    socket.destroy();
    other.destroy();
  };
  for (const side of [socket, other]) side.on('error', () => side.destroy());
  if (socket.destroyed || closing.aborted) return stop();
  socket.write(`HTTP/1.1 ${first.statusCode ?? 101} ${first.statusMessage}\r\n${headerLines(first.rawHeaders)}\r\n`);
  socket.setNoDelay(true);
  if (early.length > 0) socket.write(early);
  if (head.length > 0) other.write(head);
  closing.addEventListener('abort', stop, { once: true });
  for (const side of [socket, other]) side.on('close', stop);
  socket.on('close', () => closing.removeEventListener('abort', stop));
  socket.pipe(other);
  other.pipe(socket);
}

function headerLines(raw: readonly string[]): string {
  let lines = '';
  for (let i = 0; i + 1 < raw.length; i += 2) lines += `${raw[i]}: ${raw[i + 1]}\r\n`;
  return lines;
}

/** How long a client may take to read why it was refused. */
const answerMs = 10_000;

/** Plain HTTP on a socket that Node has given up to us; the connection ends with it. */
async function answer(socket: Socket, { status, headers, body }: HttpResponse): Promise<void> {
  const { 'content-length': _, ...others } = headers;
  const lines = Object.entries({ ...others, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.setTimeout(answerMs, () => socket.destroy());
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\n${lines.join('')}\r\n`);
  if (body instanceof Uint8Array) return void socket.end(body);
  for await (const piece of body) {
    if (socket.destroyed) return;
    if (!socket.write(piece)) await whenDrained(socket);
  }
  socket.end();
}
