// Which servers there are: those of the configuration, and those of files that change.

import assert from 'node:assert/strict';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import type { Upstream } from '../config/settings.ts';
import { usualForward } from '../testing/upstream.ts';
import { ForwardMetrics } from './metrics.ts';
import { parseNameservers } from './resolv-conf.ts';
import { UpstreamServer } from './server.ts';
import { ServerList } from './server-list.ts';

test('resolv.conf: nameserver lines with addresses, comments and other lines left out', () => {
  const text =
    '# x\nnameserver 10.0.0.1 # y\n;nameserver 10.0.0.9\nsearch a b\nnameserver\nnameserver ::1\nnameserver host\noptions ndots:5\n';
  assert.deepEqual(parseNameservers(text), [
    { host: '10.0.0.1', port: 53 },
    { host: '::1', port: 53 },
  ]);
});

async function folder(t: TestContext) {
  const path = await mkdtemp(join(tmpdir(), 'resolv-'));
  t.after(() => rm(path, { recursive: true }));
  let second = 1_700_000_000;
  /** Each version has another time of change, whatever the clock. */
  return async (text: string): Promise<string> => {
    const file = join(path, 'resolv.conf');
    await writeFile(file, text);
    await utimes(file, ++second, second);
    return file;
  };
}

async function listOf(t: TestContext, to: readonly Upstream[], isOurselves = (_: { host: string }) => false) {
  const lines: string[] = [];
  const log = createLogger('test', 'warn', (line) => lines.push(line));
  const closed: string[] = [];
  const list = new ServerList(to, {
    make: (address) => {
      const server = new UpstreamServer(address, usualForward, { log, metrics: new ForwardMetrics() });
      const close = server.close.bind(server);
      server.close = () => {
        closed.push(server.name);
        close();
      };
      return server;
    },
    isOurselves,
    log,
  });
  t.after(() => list.close());
  await list.load();
  return { list, lines, closed, names: () => list.all.map(({ name }) => name) };
}

test('servers and files stand in their order, each server once, 15 at most', async (t) => {
  const write = await folder(t);
  const file = await write('nameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver 192.0.2.9\n');
  const dns = (host: string, port = 53): Upstream => ({ transport: 'dns', host, port });
  const { names } = await listOf(t, [dns('192.0.2.9', 5353), { file }, dns('192.0.2.9'), dns('192.0.2.8')]);
  assert.deepEqual(names(), ['192.0.2.9:5353', '192.0.2.1:53', '[2001:db8::1]:53', '192.0.2.9:53', '192.0.2.8:53']);
  const many = await write(Array.from({ length: 20 }, (_, i) => `nameserver 192.0.2.${i}\n`).join(''));
  assert.equal((await listOf(t, [{ file: many }])).names().length, 15);
});

test('a file that changed is followed: servers that stay keep their connections, those that left are closed', async (t) => {
  const write = await folder(t);
  const file = await write('nameserver 192.0.2.1\nnameserver 192.0.2.2\n');
  const { list, names, closed } = await listOf(t, [{ file }]);
  const [first] = list.all;
  await write('nameserver 192.0.2.3\nnameserver 192.0.2.1\n');
  await list.load();
  assert.deepEqual(names(), ['192.0.2.3:53', '192.0.2.1:53']);
  assert.equal(list.all[1], first);
  assert.deepEqual(closed, ['192.0.2.2:53']);
});

test('a file that is gone leaves what was known, and it is told', async (t) => {
  const write = await folder(t);
  const file = await write('nameserver 192.0.2.1\n');
  const { list, names, lines } = await listOf(t, [{ file }]);
  assert.deepEqual(names(), ['192.0.2.1:53']);
  await rm(file);
  await list.load();
  assert.deepEqual(names(), ['192.0.2.1:53']);
  assert.match(lines.join(''), /cannot read the list of upstream servers file=.*ENOENT/);
  await write('nameserver 192.0.2.2\n');
  await list.load();
  assert.deepEqual(names(), ['192.0.2.2:53']);
});

test('a file’s servers that are ourselves are left out; that none is left is told', async (t) => {
  const write = await folder(t);
  const file = await write('nameserver 127.0.0.1\nnameserver 192.0.2.1\n');
  const { list, names, lines } = await listOf(t, [{ file }], ({ host }) => host === '127.0.0.1');
  assert.deepEqual(names(), ['192.0.2.1:53']);
  assert.deepEqual(lines, []);
  await write('nameserver 127.0.0.1\n');
  await list.load();
  assert.deepEqual(names(), []);
  assert.match(lines.join(''), /no upstream server is left/);
});
