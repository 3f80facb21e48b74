// GET, POST and all others of `…/proxy/PATH`: the request goes on to the pod, to a pod of the Service, or to the node, and
// the answer comes back, both as streams. A client that goes away takes the backend's exchange with it.

import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import type { Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { type ApiError, badRequest, internalError } from '#api/index.ts';
import { inBrackets } from '#lib/cidr.ts';
import { whenDrained } from '#lib/drained.ts';
import type { HttpRequest, HttpResponse } from '#lib/http.ts';
import type { Call } from '../call.ts';
import { answerHeaders, forwardedHeaders } from './headers.ts';
import { HtmlLinks, type Place, rewriteLink } from './links.ts';
import { locate, type Target, type TargetParts, unavailable } from './target.ts';

/** Connections to one backend, and to all of them. Who comes when there are more waits until one ends. */
const limits = { maxSockets: 256, maxTotalSockets: 1024 };
const connectTimeoutMs = 30_000;

type ProxyCall = Pick<Call, 'kind' | 'at' | 'request'>;

export interface Upgraded {
  readonly answer: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
}

export class ReverseProxy {
  readonly #parts: TargetParts;
  readonly #http = new HttpAgent(limits);
  readonly #https = new HttpsAgent(limits);

  constructor(parts: TargetParts) {
    this.#parts = parts;
  }

  async serve(call: ProxyCall): Promise<HttpResponse> {
    const { request, at } = call;
    const target = await locate(this.#parts, call.kind, at);
    const { path, query } = split(request.url);
    const proxyPath = at.proxyPath ?? '';
    if (proxyPath === '' && (request.method === 'GET' || request.method === 'HEAD')) {
      // Relative links of what is there would lead beside it.
      return { status: 301, headers: { location: `${path}/${query}` }, body: new Uint8Array() };
    }
    const outgoing = this.#request(target, request, {
      path: `${proxyPath || '/'}${query}`,
      headers: forwardedHeaders(request, path, hostOf(target)),
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve);
      outgoing.on('error', (error) => reject(unreachable(target, error)));
      // Without a word: it wants to speak another protocol, which nobody has asked for.
      outgoing.on('close', () => reject(unreachable(target, new Error('it closed the connection without an answer'))));
    });
    sendBody(outgoing, request);
    const place = {
      prefix: path.slice(0, path.length - proxyPath.length),
      backendHost: hostOf(target),
      requestHost: request.headers.host ?? '',
    };
    return answerOf(await answered, place, request.method);
  }

  /** Hands on a request for another protocol. Resolves with the backend's refusal too: that is the client's to read. */
  async upgrade(call: ProxyCall): Promise<Upgraded | { readonly refusal: HttpResponse }> {
    const { request, at } = call;
    const target = await locate(this.#parts, call.kind, at);
    const { path, query } = split(request.url);
    const forwarded = forwardedHeaders(request, path, hostOf(target));
    const headers = { ...forwarded, connection: 'Upgrade', upgrade: request.headers.upgrade };
    const outgoing = this.#request(target, request, { path: `${at.proxyPath || '/'}${query}`, headers, agent: false });
    return new Promise((resolve, reject) => {
      outgoing.on('upgrade', (answer, socket, head) => resolve({ answer, socket, head }));
      outgoing.on('response', (answer) => {
        const status = answer.statusCode ?? 0;
        if (status >= 400) return resolve({ refusal: { status, ...answerHeaders(answer), body: answer } });
        answer.destroy();
        reject(internalError(`invalid upgrade response: status code ${status}`));
      });
      outgoing.on('error', (error) => reject(unreachable(target, error)));
      outgoing.end();
    });
  }

  #request(target: Target, { method, signal }: HttpRequest, options: RequestOptions): ClientRequest {
    const { scheme, host, port, tls } = target;
    const common = { host, port, method, signal, setHost: false, ...options };
    try {
      const outgoing =
        scheme === 'https'
          ? httpsRequest({ agent: this.#https, rejectUnauthorized: tls !== undefined, ...common, ...tls })
          : httpRequest({ agent: this.#http, ...common });
      outgoing.on('socket', limitConnecting);
      return outgoing;
    } catch (error) {
      // What Node does not let into a request: control characters, a method that is none.
      throw badRequest(`the request cannot be passed on: ${(error as Error).message}`);
    }
  }
}

function split(url: string): { path: string; query: string } {
  const at = url.indexOf('?');
  return at < 0 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at) };
}

const hostOf = ({ host, port }: Target): string => `${inBrackets(host)}:${port}`;

function limitConnecting(this: ClientRequest, socket: Socket): void {
  if (!socket.connecting) return;
  socket.setTimeout(connectTimeoutMs, () => this.destroy(new Error('i/o timeout')));
  socket.once('connect', () => socket.setTimeout(0));
}

/** At the pace of the backend. When it wants no more, or is gone, the rest is not read. */
function sendBody(outgoing: ClientRequest, { body, stream }: HttpRequest): void {
  if (!stream) return void outgoing.end(body);
  const send = async () => {
    for await (const chunk of stream) {
      if (outgoing.destroyed) return;
      if (!outgoing.write(chunk)) await whenDrained(outgoing);
    }
    outgoing.end();
  };
  send().catch((error: Error) => outgoing.destroy(error));
}

function answerOf(answer: IncomingMessage, place: Place, method: string): HttpResponse {
  const status = answer.statusCode ?? 502;
  const { headers, cookies } = answerHeaders(answer);
  if (headers.location !== undefined) {
    return { status, headers: { ...headers, location: rewriteLink(headers.location, place) }, cookies, body: answer };
  }
  const encoding = headers['content-encoding'] ?? '';
  const isHtml = /^text\/html\s*(?:;|$)/i.test(headers['content-type'] ?? '');
  // In an encoding that is unknown here, links stay as they are.
  if (!isHtml || method === 'HEAD' || (encoding !== '' && encoding !== 'gzip')) {
    return { status, headers, cookies, body: answer };
  }
  const { 'content-length': _, ...others } = headers;
  const links = new HtmlLinks((link) => rewriteLink(link, place));
  if (encoding === '') return { status, headers: others, cookies, body: rewritten(answer, links) };
  // A failure on the way in shows as a failure of what is read at the end.
  const plain = pipeline(answer, createGunzip(), () => {});
  const body = pipeline(Readable.from(rewritten(plain, links)), createGzip(), () => {});
  return { status, headers: others, cookies, body };
}

async function* rewritten(html: AsyncIterable<Uint8Array>, links: HtmlLinks): AsyncGenerator<Uint8Array> {
  for await (const piece of html) {
    const out = links.push(piece);
    if (out.length > 0) yield out;
  }
  const rest = links.end();
  if (rest.length > 0) yield rest;
}

const inGo: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

/** In the words that people know from upstream. */
function unreachable(target: Target, error: NodeJS.ErrnoException): ApiError {
  const why = inGo[error.code ?? ''] ?? error.message;
  return unavailable(`error trying to reach service: dial tcp ${hostOf(target)}: ${why}`, error);
}
