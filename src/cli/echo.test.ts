import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const portolan = fileURLToPath(new URL('../../bin/portolan', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : assert.fail();
}

/** It listens on every address of the machine. */
async function withEcho(protocol: string, use: (port: number) => Promise<void>): Promise<void> {
  const port = await freePort();
  const args = ['echo', '--port', `${port}`, '--protocol', protocol];
  const child: ChildProcess = spawn(portolan, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_NAME: 'node-7', GREETING: 'hello' },
  });
  try {
    await use(port);
  } finally {
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    assert.equal(code, 0, 'echo ends cleanly on SIGTERM');
  }
}

/** Tries again while the server is still starting. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

test('echo over HTTP tells pod, node and the request as seen, and the environment on /env', () =>
  withEcho('http', async (port) => {
    const base = `http://127.0.0.1:${port}`;
    const seen = (await eventually(async () =>
      (await fetch(`${base}/a?b=c`, { headers: { 'x-test': 'yes' } })).json(),
    )) as { node: string; request: { method: string; path: string; client: string; headers: Record<string, string> } };
    assert.equal(seen.node, 'node-7');
    assert.equal(seen.request.method, 'GET');
    assert.equal(seen.request.path, '/a?b=c');
    assert.equal(seen.request.headers['x-test'], 'yes');
    assert.match(seen.request.client, /^127\.0\.0\.1:\d+$/);
    const seen6 = (await (await fetch(`http://[::1]:${port}/`)).json()) as typeof seen;
    assert.match(seen6.request.client, /^\[::1\]:\d+$/);
    const env = (await (await fetch(`${base}/env`)).json()) as Record<string, string>;
    assert.equal(env.GREETING, 'hello');
  }));

test('echo over TCP answers each line', () =>
  withEcho('tcp', async (port) => {
    const answer = await eventually(
      () =>
        new Promise<string>((resolve, reject) => {
          let text = '';
          const socket = connect(port, '127.0.0.1', () => socket.end('one\ntwo'));
          socket.on('data', (chunk) => {
            text += chunk.toString();
          });
          socket.on('error', reject).on('close', () => (text ? resolve(text) : reject(new Error('no answer'))));
        }),
    );
    const received = answer
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).received);
    assert.deepEqual(received, ['one', 'two']);
  }));

for (const [type, address] of [
  ['udp4', '127.0.0.1'],
  ['udp6', '::1'],
] as const) {
  test(`echo over UDP answers each datagram to ${address}`, () =>
    withEcho('udp', async (port) => {
      const socket = createSocket(type);
      try {
        const answer = await eventually(async () => {
          socket.send('ping', port, address);
          const [message] = await once(socket, 'message', { signal: AbortSignal.timeout(200) });
          return JSON.parse(message.toString());
        });
        assert.equal(answer.received, 'ping');
        assert.match(answer.client, type === 'udp4' ? /^127\.0\.0\.1:\d+$/ : /^\[::1\]:\d+$/);
      } finally {
        socket.close();
      }
    }));
}
