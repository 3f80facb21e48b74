// The cache of a whole server that forwards to another one, both on loopback, seen by dig.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skip } from '../../testing/dig.ts';
import { forwarding } from '../../testing/forwarding.ts';

const counts = (answers: number, authority: number, additional: number) =>
  `QUERY: 1, ANSWER: ${answers}, AUTHORITY: ${authority}, ADDITIONAL: ${additional}`;
/** Seconds pass while a test runs. */
const ageless = (text: string) => text.replace(/ (\d+) IN /g, (_, ttl) => ` ${Number(ttl) > 3 ? 'N' : ttl} IN `);

test('dig gets from the cache what the upstream said once, by UDP and TCP, with EDNS and without', {
  skip,
}, async (t) => {
  const { upstream, ask } = await forwarding(t, 'cache');
  const www = (text: string) => `${text}\nwww.example. N IN A 192.0.2.0`;
  assert.equal(ageless(await ask('www.example')), www(`NOERROR qr rd ra ad; ${counts(1, 0, 1)}`));
  assert.equal(ageless(await ask('www.example')), www(`NOERROR qr aa rd ra ad; ${counts(1, 0, 1)}`));
  assert.equal(ageless(await ask('www.example', '+noad')), www(`NOERROR qr aa rd ra; ${counts(1, 0, 1)}`));
  assert.equal(ageless(await ask('www.example', '+noedns')), www(`NOERROR qr aa rd ra ad; ${counts(1, 0, 0)}`));
  assert.equal(ageless(await ask('www.example', '+tcp')), www(`NOERROR qr aa rd ra ad; ${counts(1, 0, 1)}`));
  assert.equal(ageless(await ask('www.example', '+norec')), www(`NOERROR qr aa ra ad; ${counts(1, 0, 1)}`));
  const spelled = (await ask('WWW.Example')).split('\n')[1] ?? '';
  assert.match(spelled, /^WWW\.Example\. \d+ IN A 192\.0\.2\.0$/);
  assert.equal(upstream.asked, 1);
  await ask('www.example', '+dnssec');
  await ask('www.example', '+cd');
  assert.equal(upstream.asked, 3);
});

test('denials and failures as well', { skip }, async (t) => {
  const { upstream, ask } = await forwarding(t, 'cache {\n servfail 1m\n }');
  const soa = 'example. N IN SOA ns.example. root.example. 1 2 3 4 20';
  for (const aa of ['', ' aa']) {
    assert.equal(ageless(await ask('gone.example')), `NXDOMAIN qr${aa} rd ra ad; ${counts(0, 1, 1)}\n${soa}`);
    assert.equal(ageless(await ask('www.example', 'AAAA')), `NOERROR qr${aa} rd ra ad; ${counts(0, 1, 1)}\n${soa}`);
    assert.equal(ageless(await ask('broken.example')), `SERVFAIL qr${aa} rd ra ad; ${counts(0, 0, 1)}`);
  }
  assert.equal(upstream.asked, 3);
});

test('what was fetched by TCP is cut for UDP', { skip }, async (t) => {
  const { upstream, ask } = await forwarding(t, 'cache');
  const whole = await ask('large.example', '+tcp');
  assert.match(whole, /^NOERROR qr rd ra ad; QUERY: 1, ANSWER: 100,/);
  const asked = upstream.asked;
  assert.match(await ask('large.example', '+ignore'), /^NOERROR qr aa tc rd ra ad; QUERY: 1, ANSWER: 7\d,/);
  assert.match(await ask('large.example', '+ignore', '+noedns'), /^NOERROR qr aa tc rd ra ad; QUERY: 1, ANSWER: 30,/);
  assert.equal(upstream.asked, asked);
});

test('a cut answer by UDP is not kept; zones may be left out', { skip }, async (t) => {
  const { upstream, ask } = await forwarding(t, 'cache {\n disable success off.example\n }');
  await ask('large.example', '+ignore');
  await ask('large.example', '+ignore');
  assert.equal(upstream.asked, 2);
  await ask('www.off.example');
  await ask('www.off.example');
  assert.equal(upstream.asked, 4);
});

test('a reload keeps what is known, unless the cache is another one', { skip }, async (t) => {
  const { upstream, ask, reload } = await forwarding(t, 'cache');
  await ask('www.example');
  await reload('cache\n bufsize 1232');
  await ask('www.example');
  assert.equal(upstream.asked, 1);
  await reload('cache 30');
  await ask('www.example');
  assert.match(await ask('www.example'), /www\.example\. (30|2\d) IN A/);
  assert.equal(upstream.asked, 2);
});
