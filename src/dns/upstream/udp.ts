// One UDP socket to one server, from a random port of the kernel's. It is connected: the kernel drops other senders and
// reports a port where nobody listens.

import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { numericLookup } from '../numeric-lookup.ts';
import { type Connection, ConnectionClosed, type Opening } from './connection.ts';
import { Pending } from './pending.ts';
import type { Nameserver } from './resolv-conf.ts';

export async function openUdp({ host, port }: Nameserver, { onEnd }: Omit<Opening, 'timeoutMs'>): Promise<Connection> {
  const pending = new Pending();
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', lookup: numericLookup });
  let isOpen = true;
  const end = (error: Error) => {
    if (!isOpen) return;
    isOpen = false;
    socket.close();
    pending.fail(error);
    onEnd();
  };
  const connected = Promise.withResolvers<void>();
  socket.on('error', connected.reject);
  socket.connect(port, host, (error?: Error) => (error ? connected.reject(error) : connected.resolve()));
  try {
    await connected.promise;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.off('error', connected.reject).on('error', end);
  socket.on('message', (message) => {
    try {
      pending.receive(message);
    } catch (error) {
      end(error as Error);
    }
  });
  // What the kernel heard of an earlier message it may tell the next one that is sent.
  const send = (message: Buffer) => socket.send(message, (error) => error && end(error));
  return {
    ask: (inquiry, timeoutMs) => {
      if (!isOpen) return Promise.reject(new ConnectionClosed('the socket is closed'));
      return pending.ask(inquiry, timeoutMs, send);
    },
    close: () => end(new ConnectionClosed('the socket is closed')),
  };
}
