import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { listenError } from './listen-error.ts';
import { portHolder } from './port-holder.ts';

const bindError = async (address: string, port: number): Promise<Error> => {
  const socket = createSocket('udp4');
  const [error] = await new Promise<[Error]>((resolve) => {
    socket.once('error', (error) => resolve([error]));
    socket.bind(port, address);
  });
  return error;
};

test('who has a port is named, and that of another address is not in the way', async (t) => {
  const held = createSocket('udp4');
  t.after(() => held.close());
  held.bind(0, '127.0.0.1');
  await once(held, 'listening');
  const { port } = held.address();
  const { message } = await listenError(
    'listen',
    'udp',
    { host: '127.0.0.1', port },
    await bindError('127.0.0.1', port),
  );
  const us = new RegExp(`^node \\(process ${process.pid}\\)$`);
  const [, holder = '', rest] =
    /^Cannot listen at 127\.0\.0\.1:\d+ \(UDP\): (.*) has the port\. (.*)$/.exec(message) ?? [];
  assert.match(holder, us);
  assert.equal(rest, 'Stop it, or choose another address or port.');
  assert.match((await portHolder('udp', port, '0.0.0.0')) ?? '', us);
  assert.match((await portHolder('udp', port)) ?? '', us);
  assert.equal(await portHolder('udp', port, '127.0.0.2'), undefined);
  assert.equal(await portHolder('tcp', port), undefined);
});

test('a holder of all addresses is in the way of each', async (t) => {
  const held = createServer().listen(0, '::');
  t.after(() => held.close());
  await once(held, 'listening');
  const { port } = held.address() as AddressInfo;
  assert.match((await portHolder('tcp', port, '127.0.0.1')) ?? '', new RegExp(`\\(process ${process.pid}\\)$`));
});

test('an address of somebody else, and what else the system says', async () => {
  const at = { host: '203.0.113.7', port: 53 };
  const cause = await bindError(at.host, at.port);
  const { message } = await listenError('serve /metrics', 'udp', at, cause);
  assert.equal(message, 'Cannot serve /metrics at 203.0.113.7:53 (UDP): this machine does not have the address.');
  const other = await listenError('listen', 'tcp', { host: '', port: 1 }, new Error('it rains'));
  assert.equal(other.message, 'Cannot listen at *:1 (TCP): it rains.');
});
