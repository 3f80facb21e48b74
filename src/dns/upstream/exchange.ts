// One question to one server, one answer back: by UDP from a socket, and so a source port, of its own, or by TCP. What
// does not answer this very question is not listened to (RFC 5452).

import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { isReplyTo, maxMessage } from '../wire/index.ts';
import type { Nameserver } from './resolv-conf.ts';

export interface Exchange {
  readonly server: Nameserver;
  readonly message: Buffer;
  /** Where in `message` its question ends. */
  readonly questionEnd: number;
  readonly timeoutMs: number;
}

/** A connected socket would accept any number of forged packets: after this many wrong ones the try is given up. */
const maxStrangers = 100;

const timeoutError = ({ server, timeoutMs }: Exchange): Error =>
  new Error(`no answer from ${server.host} port ${server.port} within ${timeoutMs} ms`);

/** Rejects when no answer came in time, or at once when the server is known to be unreachable. */
export async function exchangeUdp(exchange: Exchange): Promise<Buffer> {
  const { server, message, questionEnd, timeoutMs } = exchange;
  const answered = Promise.withResolvers<Buffer>();
  const socket = createSocket({ type: isIPv6(server.host) ? 'udp6' : 'udp4' });
  const timer = setTimeout(() => answered.reject(timeoutError(exchange)), timeoutMs);
  let strangers = 0;
  socket.on('error', answered.reject);
  socket.on('message', (reply) => {
    if (isReplyTo(reply, message, questionEnd)) answered.resolve(reply);
    else if (++strangers > maxStrangers) answered.reject(new Error(`too many wrong answers from ${server.host}`));
  });
  // Connected, so that the kernel drops other senders and reports an unreachable port.
  socket.connect(server.port, server.host, (error?: Error) => {
    if (error) answered.reject(error);
    else socket.send(message, (failed) => failed && answered.reject(failed));
  });
  try {
    return await answered.promise;
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

/** Rejects as {@link exchangeUdp} does. */
export async function exchangeTcp(exchange: Exchange): Promise<Buffer> {
  const { server, message, questionEnd, timeoutMs } = exchange;
  const answered = Promise.withResolvers<Buffer>();
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  const timer = setTimeout(() => answered.reject(timeoutError(exchange)), timeoutMs);
  let received = Buffer.alloc(0);
  socket.on('error', answered.reject);
  socket.on('close', () => answered.reject(new Error(`${server.host} closed the connection without an answer`)));
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
    const reply = received.subarray(2, 2 + received.readUInt16BE(0));
    if (isReplyTo(reply, message, questionEnd)) answered.resolve(reply);
    else answered.reject(new Error(`${server.host} answered another question`));
  });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Math.min(message.length, maxMessage));
  socket.write(Buffer.concat([length, message]));
  try {
    return await answered.promise;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
