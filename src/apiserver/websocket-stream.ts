// A stream over a WebSocket (api.md §5, §14), for clients that can read nothing else piece by piece: a watch, each event one
// message of text, and a log, in messages of bytes. Of the client nothing is expected but to read.

import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** In the order in which we would take them: text of base64, and plain bytes. */
const protocols = ['base64.binary.k8s.io', 'binary.k8s.io'];
/** A client may say a little, if only to be polite. */
const maxMessage = 64 * 1024;
/** The stream waits while the client has this much still to take. */
const highWater = 1024 * 1024;

const server = new WebSocketServer({
  noServer: true,
  maxPayload: maxMessage,
  perMessageDeflate: false,
  handleProtocols: (offered) => protocols.find((protocol) => offered.has(protocol)) ?? false,
});

export const wantsWebSocket = ({ headers }: IncomingMessage): boolean =>
  (headers.upgrade ?? '').toLowerCase() === 'websocket';

export interface WebSocketClient {
  readonly incoming: IncomingMessage;
  readonly socket: Socket;
  readonly head: Buffer;
}

export interface Stream {
  readonly body: AsyncIterable<Uint8Array>;
  /** Each line is a message of its own. */
  readonly perLine: boolean;
  /** A client that takes nothing for so long while there is much to take is cut off; none is when absent. */
  readonly stallMs?: number | undefined;
}

/** Resolves when the stream or the client is at its end. */
export async function streamOverWebSocket(
  { incoming, socket, head }: WebSocketClient,
  { body, perLine, stallMs = 0 }: Stream,
): Promise<void> {
  const client = await new Promise<WebSocket>((resolve, reject) => {
    socket.once('close', () => reject(new Error('the client went away before the handshake was done')));
    server.handleUpgrade(incoming, socket, head, resolve);
  });
  client.on('error', () => client.terminate());
  socket.on('timeout', () => client.terminate());
  // Read, so that pings are answered and a farewell is noticed.
  client.on('message', () => {});
  for await (const message of perLine ? lines(body) : body) {
    if (client.readyState !== client.OPEN) break;
    const room = send(client, message, perLine);
    if (!room) continue;
    socket.setTimeout(stallMs);
    await room;
    socket.setTimeout(0);
  }
  client.close(1000);
}

/** Undefined while there is room for more, else resolves when there is. */
function send(client: WebSocket, message: Uint8Array, isText: boolean): Promise<void> | undefined {
  const isFull = client.bufferedAmount + message.length > highWater;
  const data = client.protocol === 'base64.binary.k8s.io' ? Buffer.from(message).toString('base64') : message;
  const binary = client.protocol === 'binary.k8s.io' || (client.protocol === '' && !isText);
  if (!isFull) return void client.send(data, { binary });
  return new Promise((resolve) => client.send(data, { binary }, () => resolve()));
}

/** Lines without their ends. A piece may hold several, or a part of one. */
async function* lines(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of body) {
    const data = rest.length > 0 ? Buffer.concat([rest, piece]) : Buffer.from(piece);
    let from = 0;
    for (let at = data.indexOf(0x0a); at >= 0; at = data.indexOf(0x0a, from)) {
      yield data.subarray(from, at);
      from = at + 1;
    }
    rest = data.subarray(from);
  }
  if (rest.length > 0) yield rest;
}
