// The kubelet's own server (port 10250), to which the API server passes `kubectl logs`, `exec` and `attach`:
// /containerLogs/NAMESPACE/POD/CONTAINER, /exec/… and /attach/… likewise, /healthz. With TLS it serves only those who
// show a certificate of the cluster's authority.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Server as NetServer, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { whenDrained } from '#lib/drained.ts';
import type { Logger } from '#lib/log.ts';
import type { ExecSession } from '../runtime.ts';
import { protocols, streamExec } from './exec-stream.ts';
import { readLog } from './logs.ts';

/** What the server may ask of the pods of its node. */
export interface PodAccess {
  /** The log file, and while the container runs the promise of its end. Throws RequestError. */
  log(at: ContainerPath, previous: boolean): { path: string; until: Promise<unknown> | undefined };
  /** Throws RequestError when there is no such container, or it does not run. */
  requireRunning(at: ContainerPath): void;
  /** Throws like requireRunning. */
  exec(
    at: ContainerPath,
    options: { command: string[]; stdin: boolean; tty: boolean; signal: AbortSignal },
  ): ExecSession;
  /** Joins the container itself. Throws like requireRunning. */
  attach(at: ContainerPath, options: { stdin: boolean; signal: AbortSignal }): ExecSession;
}
export interface ContainerPath {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export class RequestError extends Error {
  override name = 'RequestError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface ServerOptions {
  /** Listens already, perhaps in another network namespace; else `host` and `port` say where to listen. */
  readonly listener?: NetServer | undefined;
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string } | undefined;
}

/** Bytes of one message from a client. */
const maxMessage = 4 * 1024 * 1024;

export class KubeletServer {
  readonly #pods: PodAccess;
  readonly #options: ServerOptions;
  readonly #log: Logger;
  readonly #sockets = new Set<Socket>();
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: maxMessage,
    perMessageDeflate: false,
    handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
  });
  #server: Server | undefined;

  constructor(pods: PodAccess, options: ServerOptions, log: Logger) {
    this.#pods = pods;
    this.#options = options;
    this.#log = log;
  }

  /** Resolves with the port. */
  async start(): Promise<number> {
    const { tls, listener, host, port } = this.#options;
    const handle = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    const server = tls
      ? createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' }, handle)
      : createServer(handle);
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#track(socket));
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    server.on('tlsClientError', (error) => this.#log.debug('refused', { error }));
    if (listener) listener.on('connection', (socket) => server.emit('connection', socket));
    else await new Promise<void>((resolve, reject) => server.on('error', reject).listen(port, host, resolve));
    const address = (listener ?? server).address();
    return typeof address === 'object' && address ? address.port : port;
  }

  async close(): Promise<void> {
    const closed = [this.#options.listener, this.#server].map(
      (server) => new Promise<void>((resolve) => (server?.listening ? server.close(() => resolve()) : resolve())),
    );
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { url, kind, rest } = parsed(request);
      if (kind === 'healthz') {
        response.end('ok');
      } else if (kind === 'containerLogs' && rest.length === 3 && request.method === 'GET') {
        await this.#serveLog(containerPath(rest), url.searchParams, response);
      } else if (kind === 'exec' || kind === 'attach') {
        throw new RequestError(
          400,
          `${kind} needs a WebSocket: use a client that offers v5.channel.k8s.io or v4.channel.k8s.io`,
        );
      } else {
        throw new RequestError(404, `the kubelet does not serve ${request.method} ${url.pathname}`);
      }
    } catch (error) {
      this.#refuse(response, error);
    }
  }

  #refuse(response: ServerResponse, error: unknown): void {
    const { status, message } =
      error instanceof RequestError ? error : { status: 500, message: (error as Error).message };
    if (status === 500) this.#log.warn('request failed', { error });
    if (response.headersSent) response.destroy();
    else response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(message);
  }

  async #serveLog(at: ContainerPath, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const selection = logSelection(query);
    const { path, until } = this.#pods.log(at, isOn(query, 'previous'));
    const over = new AbortController();
    response.on('close', () => over.abort());
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    response.flushHeaders();
    const follow = isOn(query, 'follow') ? until : undefined;
    for await (const line of readLog({ ...selection, path, until: follow, signal: over.signal })) {
      if (!response.write(line)) await whenDrained(response);
    }
    response.end();
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    const over = new AbortController();
    // A connection that breaks meanwhile is nobody's failure.
    socket.on('error', () => socket.destroy());
    try {
      const { url, kind, rest } = parsed(request);
      const query = url.searchParams;
      if ((kind !== 'exec' && kind !== 'attach') || rest.length !== 3)
        throw new RequestError(404, `the kubelet does not serve ${url.pathname}`);
      const at = containerPath(rest);
      // Begun only when the client is really there, but refused before the upgrade, while an answer is readable; and
      // first of all, because kubectl asks once more, over a protocol of its past, and shows what it is told then.
      this.#pods.requireRunning(at);
      if (!protocols.some((protocol) => offered.includes(protocol))) {
        throw new RequestError(
          400,
          `no supported protocol: offered ${offered.join(', ')}, supported ${protocols.join(', ')}`,
        );
      }
      const tty = isOn(query, 'tty');
      const stdin = isOn(query, 'input') || isOn(query, 'stdin');
      const stdout = isOn(query, 'output') || isOn(query, 'stdout');
      const stderr = isOn(query, 'error') || isOn(query, 'stderr');
      const command = query.getAll('command');
      if (kind === 'exec' && command.length === 0) {
        throw new RequestError(400, 'you must specify at least one command for the container');
      }
      const { signal } = over;
      const begin = () =>
        kind === 'exec'
          ? this.#pods.exec(at, { command, stdin, tty, signal })
          : this.#pods.attach(at, { stdin, signal });
      this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        this.#stream(webSocket, begin, { stdin, stdout, stderr, tty }, () => over.abort());
      });
    } catch (error) {
      const { status, message } =
        error instanceof RequestError ? error : { status: 500, message: (error as Error).message };
      const length = Buffer.byteLength(message);
      socket.end(
        `HTTP/1.1 ${status} ${status === 404 ? 'Not Found' : 'Bad Request'}\r\nContent-Type: text/plain\r\n` +
          `Content-Length: ${length}\r\nConnection: close\r\n\r\n${message}`,
      );
    }
  }

  #stream(
    webSocket: WebSocket,
    begin: () => ExecSession,
    options: Parameters<typeof streamExec>[2],
    abort: () => void,
  ): void {
    try {
      streamExec(webSocket, begin(), options, abort).catch((error) => {
        this.#log.warn('stream failed', { error });
        webSocket.terminate();
      });
    } catch (error) {
      webSocket.close(1011, (error as Error).message.slice(0, 120));
    }
  }
}

function parsed({ url: text = '/' }: IncomingMessage): { url: URL; kind: string; rest: string[] } {
  try {
    const url = new URL(`http://kubelet${text.startsWith('/') ? '' : '/'}${text}`);
    const [kind = '', ...rest] = url.pathname.split('/').slice(1).map(decodeURIComponent);
    return { url, kind, rest };
  } catch {
    throw new RequestError(400, `not a path: ${text.slice(0, 200)}`);
  }
}
const containerPath = ([namespace = '', pod = '', container = '']: string[]): ContainerPath => ({
  namespace,
  pod,
  container,
});
const isOn = (query: URLSearchParams, name: string): boolean => ['1', 'true'].includes(query.get(name) ?? '');

/** The query parameters of a log request. Throws RequestError for what is not a number or a time. */
export function logSelection(query: URLSearchParams, now = new Date()) {
  const number = (name: string) => {
    const text = query.get(name);
    if (text === null || text === '') return undefined;
    if (!/^-?\d+$/.test(text)) throw new RequestError(400, `${name}: Invalid value: "${text}": must be a number`);
    return Number(text);
  };
  const sinceSeconds = number('sinceSeconds');
  const sinceTime = query.get('sinceTime');
  if (sinceTime && Number.isNaN(Date.parse(sinceTime))) {
    throw new RequestError(400, `sinceTime: Invalid value: "${sinceTime}": must be a time as in RFC 3339`);
  }
  const since = sinceTime
    ? new Date(sinceTime)
    : sinceSeconds === undefined
      ? undefined
      : new Date(now.getTime() - sinceSeconds * 1000);
  return {
    timestamps: isOn(query, 'timestamps'),
    since,
    tailLines: number('tailLines'),
    limitBytes: number('limitBytes'),
  };
}
