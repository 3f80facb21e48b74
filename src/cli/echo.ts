// `portolan echo`: a server that tells who answered and what it saw, for trying out Services. Over HTTP it answers with
// its pod, node and the request (`/env`: its environment, which is what tutorials use httpenv for); over TCP and UDP it
// answers each line or datagram with the same facts. Imports nothing of the project: it runs by the dozen in pods.

import { createSocket, type SocketType } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, isIPv6, type Socket } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';

export const protocols = ['http', 'tcp', 'udp'] as const;
export type EchoProtocol = (typeof protocols)[number];
export interface EchoOptions {
  readonly protocol: EchoProtocol;
  readonly port: number;
  readonly host?: string | undefined;
}

/** A connection that says nothing for this long is closed. */
const idleTimeoutMs = 60_000;
/** Longer lines are answered piece by piece. */
const lineLimit = 4096;

/** NODE_NAME where the pod says it, else what the image `host` knows; empty outside a pod. */
function nodeName(): string {
  if (process.env.NODE_NAME) return process.env.NODE_NAME;
  try {
    return readFileSync('/etc/portolan-node', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Those that others reach us at: not loopback, nor of one link only. */
const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.filter(({ internal, scopeid = 0 }) => !internal && scopeid === 0).map(({ address }) => address),
  );

/** `ips` where there is one for each IP family, as in a dual-stack cluster. */
function identity() {
  const ips = ownAddresses();
  const ip = process.env.POD_IP ?? ips[0] ?? '';
  return { pod: hostname(), ip, ...(ips.length > 1 && { ips }), node: nodeName() };
}

/** `192.0.2.7:80`, `[2001:db8::7]:80`. A socket that serves both families shows IPv4 addresses in IPv6 notation. */
function peer(address = '', port = 0): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
}

function answerHttp(request: IncomingMessage, response: ServerResponse): void {
  // A client that sends a body must be able to finish before it reads the answer.
  request.resume();
  const path = new URL(request.url ?? '/', 'http://echo').pathname;
  const body =
    path === '/env'
      ? process.env
      : {
          ...identity(),
          request: {
            method: request.method,
            path: request.url,
            client: peer(request.socket.remoteAddress, request.socket.remotePort),
            server: peer(request.socket.localAddress, request.socket.localPort),
            headers: request.headers,
          },
        };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body, null, 2)}\n`);
}

const line = (client: string, received: string): string =>
  `${JSON.stringify({ ...identity(), client, received: received.trimEnd() })}\n`;

function serveHttp(port: number, host: string | undefined, signal: AbortSignal): Promise<void> {
  const server = createHttpServer(answerHttp);
  signal.addEventListener('abort', () => {
    server.close();
    server.closeIdleConnections();
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject).on('close', resolve).listen(port, host);
  });
}

function answerTcp(socket: Socket): void {
  const client = peer(socket.remoteAddress, socket.remotePort);
  let pending = '';
  socket.setTimeout(idleTimeoutMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('drain', () => socket.resume());
  socket.on('data', (chunk) => {
    const lines = (pending + chunk.toString()).split('\n');
    pending = lines.pop() ?? '';
    if (pending.length > lineLimit) {
      lines.push(pending);
      pending = '';
    }
    for (const received of lines) if (!socket.write(line(client, received))) socket.pause();
  });
  socket.on('end', () => socket.end(pending ? line(client, pending) : ''));
}

function serveTcp(port: number, host: string | undefined, signal: AbortSignal): Promise<void> {
  const open = new Set<Socket>();
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    answerTcp(socket);
  });
  signal.addEventListener('abort', () => {
    server.close();
    for (const socket of open) socket.end();
  });
  return new Promise((resolve, reject) => {
    server.on('error', reject).on('close', resolve).listen(port, host);
  });
}

/** Without a host: both families, as Node does for TCP, or IPv4 where the kernel has no other. */
async function serveUdp(port: number, host: string | undefined, signal: AbortSignal): Promise<void> {
  try {
    await serveUdpIn(host === undefined || isIPv6(host) ? 'udp6' : 'udp4', port, host, signal);
  } catch (error) {
    if (host || (error as NodeJS.ErrnoException).code !== 'EAFNOSUPPORT') throw error;
    await serveUdpIn('udp4', port, host, signal);
  }
}

function serveUdpIn(type: SocketType, port: number, host: string | undefined, signal: AbortSignal): Promise<void> {
  const socket = createSocket(type);
  socket.on('message', (message: Buffer, { address, port: from }) => {
    socket.send(line(peer(address, from), message.toString()), from, address);
  });
  signal.addEventListener('abort', () => socket.close());
  return new Promise((resolve, reject) => {
    socket.on('error', reject).on('close', resolve).bind(port, host);
  });
}

/** Serves until `signal` aborts. Rejects when the port cannot be had. */
export async function serveEcho({ protocol, port, host }: EchoOptions, signal: AbortSignal): Promise<void> {
  const serve = { http: serveHttp, tcp: serveTcp, udp: serveUdp }[protocol];
  await serve(port, host, signal);
}
