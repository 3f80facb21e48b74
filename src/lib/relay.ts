// Relays: what arrives at a port of this machine goes on to another address, and the answers come back. In user space,
// for loopback addresses, which the kernel does not translate for the world outside.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';

export interface RelayTarget {
  readonly host: string;
  readonly port: number;
}

export interface RelayOptions {
  readonly host: string;
  readonly port: number;
  /** Asked for every new connection, and every new client of UDP. Undefined: there is nowhere to go, and the client is refused. */
  readonly target: (clientAddress: string) => RelayTarget | undefined;
  /** UDP: a client that was not heard of for so long is a new one when it comes again; 60 s when absent. */
  readonly idleMs?: number | undefined;
}

/** Ends the relay with all its connections. Resolves when the port is free. */
export type CloseRelay = () => Promise<void>;

/** Of one port; more at a time are turned away. */
const maxConnections = 4096;
/** Of the clients that a UDP port is relayed for, the longest unheard one is forgotten for a new one. */
const maxClients = 1024;
const connectMs = 10_000;
const keepAliveMs = 60_000;

/** Resolves when the port is open; rejects with the error of the system call. */
export async function relayTcp({ host, port, target }: RelayOptions): Promise<CloseRelay> {
  const server = createServer();
  server.listen({ host, port, ipv6Only: isIPv6(host) });
  await once(server, 'listening');
  const endConnections = relayConnections(server, target);
  return async () => {
    endConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}

/**
 * Relays what arrives at a server that listens. Connections go on when the server is closed; the function that is returned
 * ends them.
 */
export function relayConnections(server: Server, target: RelayOptions['target']): () => void {
  const open = new Set<Socket>();
  server.maxConnections = maxConnections;
  // Of single connections that could not be accepted.
  server.on('error', () => {});
  server.on('connection', (client) => {
    const to = target(client.remoteAddress ?? '');
    if (!to) return client.resetAndDestroy();
    const upstream = connect({ ...to, timeout: connectMs });
    upstream.once('timeout', () => upstream.destroy(new Error('timed out')));
    upstream.once('connect', () => upstream.setTimeout(0));
    for (const socket of [client, upstream]) {
      // Either side may have said all that it has to say and still wait for the answer.
      socket.allowHalfOpen = true;
      socket.setNoDelay(true);
      socket.setKeepAlive(true, keepAliveMs);
      open.add(socket);
      socket.on('close', () => open.delete(socket));
    }
    join(client, upstream);
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}

/** Each sees what became of the other: the end of what it says, or that it is lost. */
function join(one: Socket, other: Socket): void {
  one.pipe(other);
  other.pipe(one);
  const tie = (from: Socket, to: Socket) => {
    // A refusal, or a reset: the other side hears of it as of its own.
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => to.destroySoon());
  };
  tie(one, other);
  tie(other, one);
}

interface Client {
  readonly socket: UdpSocket;
  readonly send: (message: Buffer) => void;
  readonly idle: NodeJS.Timeout;
}

/** Resolves when the port is open; rejects with the error of the system call. */
export async function relayUdp({ host, port, target, idleMs = 60_000 }: RelayOptions): Promise<CloseRelay> {
  const server = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', ipv6Only: isIPv6(host) });
  /** By address and port, the one that was heard of last at the end. */
  const clients = new Map<string, Client>();
  const forget = (key: string) => {
    const client = clients.get(key);
    clients.delete(key);
    clearTimeout(client?.idle);
    client?.socket.close();
  };
  const meet = (key: string, address: string, clientPort: number): Client | undefined => {
    const to = target(address);
    if (!to) return undefined;
    const [oldest] = clients.keys();
    if (clients.size >= maxClients && oldest) forget(oldest);
    const socket = createSocket(isIPv6(to.host) ? 'udp6' : 'udp4');
    // What cannot be delivered is lost, as datagrams are.
    socket.on('error', () => clients.get(key)?.socket === socket && forget(key));
    socket.on('message', (answer, from) => {
      if (from.address !== to.host || from.port !== to.port) return;
      clients.get(key)?.idle.refresh();
      server.send(answer, clientPort, address, () => {});
    });
    const send = (message: Buffer) => socket.send(message, to.port, to.host, () => {});
    return { socket, send, idle: setTimeout(() => forget(key), idleMs) };
  };
  server.on('message', (message, { address, port: clientPort }) => {
    const key = `${address} ${clientPort}`;
    const client = clients.get(key) ?? meet(key, address, clientPort);
    if (!client) return;
    client.idle.refresh();
    clients.delete(key);
    clients.set(key, client);
    client.send(message);
  });
  server.bind(port, host);
  await once(server, 'listening');
  server.on('error', () => {});
  return async () => {
    for (const key of [...clients.keys()]) forget(key);
    await new Promise<void>((resolve) => server.close(resolve));
  };
}
