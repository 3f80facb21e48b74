import assert from 'node:assert/strict';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, type TestContext, test } from 'node:test';
import { type RelayOptions, relayTcp, relayUdp } from './relay.ts';

const host = '127.0.0.1';

/** A port that nobody holds now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(t: TestContext, onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, onConnection).listen(0, host);
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function relayed(t: TestContext, relay: typeof relayTcp, options: Omit<RelayOptions, 'host' | 'port'>) {
  const port = await freePort();
  const close = await relay({ host, port, ...options });
  t.after(close);
  return { port, close };
}

describe('relayTcp', () => {
  test('either side may say that it has said all, and still hears the other', async (t) => {
    const target = await listen(t, async (socket) => {
      const heard = await text(socket);
      socket.end(`heard ${heard}`);
    });
    const { port } = await relayed(t, relayTcp, { target: () => ({ host, port: target }) });
    const client = connect({ host, port, allowHalfOpen: true });
    client.end('x'.repeat(1_000_000));
    assert.equal(await text(client), `heard ${'x'.repeat(1_000_000)}`);
  });

  test('a refusal is a reset, at a target that refuses and without a target', async (t) => {
    const nobody = await freePort();
    for (const target of [{ host, port: nobody }, undefined]) {
      const { port } = await relayed(t, relayTcp, { target: () => target });
      const client = connect({ host, port });
      const [error] = await once(client, 'error');
      assert.equal(error.code, 'ECONNRESET');
    }
  });

  test('a client that resets is reset at the target too', async (t) => {
    const errors: Promise<unknown[]>[] = [];
    const reached = Promise.withResolvers<void>();
    const target = await listen(t, (socket) => {
      errors.push(once(socket, 'error'));
      socket.resume();
      reached.resolve();
    });
    const { port } = await relayed(t, relayTcp, { target: () => ({ host, port: target }) });
    const client = connect({ host, port });
    await reached.promise;
    client.resetAndDestroy();
    const [error] = (await errors[0]) as [NodeJS.ErrnoException];
    assert.equal(error.code, 'ECONNRESET');
  });

  test('closing ends the connections and frees the port', async (t) => {
    const target = await listen(t, (socket) => void socket.on('error', () => {}).write('hello'));
    const { port, close } = await relayed(t, relayTcp, { target: () => ({ host, port: target }) });
    const client = connect({ host, port });
    await once(client, 'data');
    const closed = once(client, 'close');
    await close();
    await closed;
    const again = await relayTcp({ host, port, target: () => undefined });
    await again();
  });

  test('a port that is taken is an error', async (t) => {
    const port = await listen(t, () => {});
    await assert.rejects(relayTcp({ host, port, target: () => undefined }), { code: 'EADDRINUSE' });
  });
});

describe('relayUdp', () => {
  const bound = async (t: TestContext): Promise<UdpSocket> => {
    const socket = createSocket('udp4').bind(0, host);
    t.after(() => socket.close());
    await once(socket, 'listening');
    return socket;
  };
  const ask = async (socket: UdpSocket, port: number, words: string): Promise<string> => {
    socket.send(words, port, host);
    const [answer] = await once(socket, 'message');
    return String(answer);
  };

  test('every client hears the answers to what it sent, from the port that it sent to', async (t) => {
    const target = await bound(t);
    target.on('message', (message, from) => target.send(`${from.port} said ${message}`, from.port, from.address));
    const { port } = await relayed(t, relayUdp, { target: () => ({ host, port: target.address().port }) });
    const [one, other] = [await bound(t), await bound(t)];
    const [first, second] = await Promise.all([ask(one, port, 'a'), ask(other, port, 'b')]);
    assert.match(first, /said a$/);
    assert.match(second, /said b$/);
    // The same client is the same to the target, another is another.
    const again = await ask(one, port, 'c');
    assert.equal(again.split(' ')[0], first.split(' ')[0]);
    assert.notEqual(first.split(' ')[0], second.split(' ')[0]);
  });

  test('a client that was silent for long is a new one', async (t) => {
    const target = await bound(t);
    target.on('message', (_, from) => target.send(String(from.port), from.port, from.address));
    const { port } = await relayed(t, relayUdp, { target: () => ({ host, port: target.address().port }), idleMs: 10 });
    const client = await bound(t);
    const first = await ask(client, port, 'a');
    const deadline = Date.now() + 5000;
    let later = first;
    while (later === first && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      later = await ask(client, port, 'b');
    }
    assert.notEqual(later, first);
  });

  test('closing frees the port', async () => {
    const port = await freePort();
    for (let i = 0; i < 2; i++) {
      const close = await relayUdp({ host, port, target: () => undefined });
      await assert.rejects(relayUdp({ host, port, target: () => undefined }), { code: 'EADDRINUSE' });
      await close();
    }
  });
});
