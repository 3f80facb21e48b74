// Questions about names of a hosts file, and what is answered; the file itself while it changes.

import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createLogger } from '#lib/log.ts';
import { ManualClock } from '#lib/manual-clock.ts';
import { Chain } from '../chain.ts';
import type { HostsSettings } from '../config/settings.ts';
import { HostsSource } from '../hosts/hosts-source.ts';
import { Responder } from '../responder.ts';
import { Routes } from '../routes.ts';
import { packet, printed } from '../testing/cluster.ts';
import { log } from '../testing/listening.ts';
import { encodeMessage, nothing, parseName, writeResponse } from '../wire/index.ts';
import { HostsHandler } from './hosts.ts';

const usual: HostsSettings = {
  zones: [''],
  file: '/nonexistent/hosts',
  inline: [],
  ttl: 3600,
  reverse: true,
  reloadMs: 5000,
  fallthrough: [],
};

/** Behind `hosts` there is a handler that says NXDOMAIN without AA. */
function responder(source: HostsSource, settings: HostsSettings): Responder {
  const next = {
    name: 'next',
    handle: ({ query, limit }: Parameters<HostsHandler['handle']>[0]) => writeResponse(query, 3, 0, nothing, limit),
  };
  const chain = new Chain('', [new HostsHandler(() => source.table, settings), next]);
  return new Responder({ routes: new Routes([chain]), log });
}
async function asker(t: TestContext, more: Partial<HostsSettings>, own = log) {
  const clock = new ManualClock();
  const settings = { ...usual, ...more };
  const source = new HostsSource({ log: own, clock }, settings);
  const stop = new AbortController();
  t.after(() => stop.abort());
  await source.start(stop.signal);
  const asked = responder(source, settings);
  const ask = (question: string) => {
    const client = { address: '192.0.2.1', port: 5353 };
    const response = asked.respond(encodeMessage(packet(question)), client, false);
    assert.ok(response instanceof Uint8Array);
    return printed(response).split('\n');
  };
  return { ask, source, clock };
}
const next = ['NXDOMAIN qr rd'];
const nodata = ['NOERROR qr aa rd'];
const found = (...lines: string[]) => ['NOERROR qr aa rd', ...lines.map((line) => `answer ${line}`)];

test('addresses and names of the lines', async (t) => {
  const inline = [
    '# a comment',
    '192.0.2.1 www.example www # another',
    '192.0.2.1\twww.example',
    'fd00::1 www.example',
    '192.0.2.2   WWW.Example. other.example',
    '::ffff:192.0.2.3 mapped.example',
    'fe80::1%eth0 local.example',
    'FD00:0:0::2 six.example',
    '192.0.2.300 wrong.example',
    'wrong.example 192.0.2.9',
    `192.0.2.9 ${'x'.repeat(64)}.example good.example`,
    '192.0.2.10',
    '',
  ];
  const { ask } = await asker(t, { inline, ttl: 60 });
  const cases: [question: string, want: string[]][] = [
    ['www A', found('www. 60 IN A 192.0.2.1')],
    ['www.example AAAA', found('www.example. 60 IN AAAA fd00::1')],
    ['other.example A', found('other.example. 60 IN A 192.0.2.2')],
    ['OTHER.example A', found('OTHER.example. 60 IN A 192.0.2.2')],
    ['mapped.example A', found('mapped.example. 60 IN A 192.0.2.3')],
    ['local.example AAAA', found('local.example. 60 IN AAAA fe80::1')],
    ['good.example A', found('good.example. 60 IN A 192.0.2.9')],
    ['other.example AAAA', nodata],
    ['six.example A', nodata],
    ['www.example TXT', nodata],
    ['www.example TYPE65', nodata],
    ['www.example PTR', nodata],
    ['www.example AXFR', next],
    [
      '1.2.0.192.in-addr.arpa PTR',
      found('1.2.0.192.in-addr.arpa. 60 IN PTR www.example.', '1.2.0.192.in-addr.arpa. 60 IN PTR www.'),
    ],
    [
      '2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa PTR',
      found('2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa. 60 IN PTR six.example.'),
    ],
    ['9.9.0.192.in-addr.arpa PTR', next],
    ['2.0.192.in-addr.arpa PTR', next],
    ['in-addr.arpa PTR', next],
    ['1.2.0.192.example PTR', next],
    ['wrong.example A', ['SERVFAIL qr rd']],
    ['example A', ['SERVFAIL qr rd']],
    ['. A', ['SERVFAIL qr rd']],
  ];
  for (const [question, want] of cases) assert.deepEqual(ask(question), want, question);
  assert.deepEqual(ask('www.example A').sort(), [
    'NOERROR qr aa rd',
    'answer www.example. 60 IN A 192.0.2.1',
    'answer www.example. 60 IN A 192.0.2.2',
  ]);
});

test('a star stands for one label, where there is no name of its own', async (t) => {
  const { ask } = await asker(t, { inline: ['192.0.2.1 *.example', 'fd00::1 *.example', '192.0.2.2 www.example'] });
  assert.deepEqual(ask('any.example A'), found('any.example. 3600 IN A 192.0.2.1'));
  assert.deepEqual(ask('any.example MX'), nodata);
  assert.deepEqual(ask('www.example A'), found('www.example. 3600 IN A 192.0.2.2'));
  assert.deepEqual(ask('www.example AAAA'), nodata);
  assert.deepEqual(ask('a.any.example A'), ['SERVFAIL qr rd']);
  assert.deepEqual(ask('example A'), ['SERVFAIL qr rd']);
  assert.deepEqual(ask('1.2.0.192.in-addr.arpa PTR'), next);
});

test('zones, fallthrough, no_reverse', async (t) => {
  const inline = ['192.0.2.1 www.example', '192.0.2.2 www.test'];
  const zoned = await asker(t, { inline, zones: [parseName('example')] });
  assert.deepEqual(zoned.ask('www.test A'), next);
  assert.deepEqual(zoned.ask('nope.example A'), ['SERVFAIL qr rd']);
  assert.deepEqual(zoned.ask('2.2.0.192.in-addr.arpa PTR'), next, 'names outside are not told of');
  assert.deepEqual(zoned.ask('1.2.0.192.in-addr.arpa PTR').length, 2, 'reverse zones need not be named');
  const falling = await asker(t, { inline, fallthrough: [parseName('test')] });
  assert.deepEqual(falling.ask('nope.test A'), next);
  assert.deepEqual(falling.ask('www.test AAAA'), nodata, 'NODATA never falls through');
  assert.deepEqual(falling.ask('nope.example A'), ['SERVFAIL qr rd']);
  const forward = await asker(t, { inline, reverse: false });
  assert.deepEqual(forward.ask('1.2.0.192.in-addr.arpa PTR'), next);
});

test('other classes are not asked of it', async (t) => {
  const { source } = await asker(t, { inline: ['192.0.2.1 www.example'] });
  const query = { ...packet('www.example A'), question: { name: parseName('www.example'), type: 1, class: 3 } };
  const client = { address: '192.0.2.1', port: 5353 };
  const response = responder(source, usual).respond(encodeMessage(query), client, false);
  assert.equal(printed(response as Uint8Array).split(' ')[0], 'NXDOMAIN');
});

test('the file is read again when it changes; while it is away what it said holds', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'portolan-hosts-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'hosts');
  const replace = async (text: string) => {
    await writeFile(`${file}.new`, text);
    await rename(`${file}.new`, file);
  };
  await replace('192.0.2.1 www.example\n');
  const { ask, clock } = await asker(t, { file, inline: ['192.0.2.9 inline.example'] });
  const becomes = async (want: string[]) => {
    while (clock.sleepers === 0) await setImmediate();
    clock.advance(5000);
    while (clock.sleepers === 0) await setImmediate();
    assert.deepEqual(ask('www.example A'), want);
    assert.deepEqual(ask('inline.example A'), found('inline.example. 3600 IN A 192.0.2.9'));
  };
  assert.deepEqual(ask('www.example A'), found('www.example. 3600 IN A 192.0.2.1'));
  await replace('192.0.2.2 www.example\r\n');
  await becomes(found('www.example. 3600 IN A 192.0.2.2'));
  await rm(file);
  await becomes(found('www.example. 3600 IN A 192.0.2.2'));
  await replace(`# ${'x'.repeat(10_000)}\n${'192.0.2.3 other.example\n'.repeat(5000)}`);
  await becomes(['SERVFAIL qr rd']);
});

test('a file that is not there leaves the lines of the configuration, and is told of once', async (t) => {
  const lines: string[] = [];
  const own = createLogger('dns-test', 'warn', (line) => lines.push(line));
  const { ask, clock } = await asker(t, { inline: ['192.0.2.9 inline.example'] }, own);
  for (let i = 0; i < 3; i++) {
    while (clock.sleepers === 0) await setImmediate();
    clock.advance(5000);
  }
  while (clock.sleepers === 0) await setImmediate();
  assert.deepEqual(ask('inline.example A'), found('inline.example. 3600 IN A 192.0.2.9'));
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /\/nonexistent\/hosts/);
});
