// Entries that are asked for again before somebody misses them: prefetch and serve_stale, with time moved by hand.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { CacheSettings, ServeStale } from '../../config/settings.ts';
import { cacheOf, inquiry, ScriptedUpstream, usualStale } from '../../testing/cache.ts';
import { printed } from '../../testing/cluster.ts';
import { type ReplyText, reply } from '../../testing/replies.ts';
import { Flag, Rcode } from '../../wire/index.ts';
import type { Answer, Resolver } from '../resolver.ts';

const www = 'www.example A';
/** What the upstream says in round `version`, for 100 s. */
const version = (number: number): ReplyText => ({ answer: [`www.example 100 A 192.0.2.${number}`] });
const nxdomain: ReplyText = { rcode: 'NXDOMAIN', authority: ['example 100 SOA 100'] };

const shown = (answer: Answer): string =>
  Buffer.isBuffer(answer) ? printed(answer).split('\n').slice(0, 2).join(' ') : codeName(answer.rcode);
const codeName = (code: number): string =>
  Object.entries(Rcode).find(([, value]) => value === code)?.[0] ?? String(code);
/** Of forwarders that have no answer. */
const silent = { rcode: Rcode.SERVFAIL, reason: 'no reply' };
const refused = { rcode: Rcode.REFUSED, reason: 'too many' };
const at = (ttl: number, number: number, aa = ' aa') =>
  `NOERROR qr${aa} rd ra answer www.example. ${ttl} IN A 192.0.2.${number}`;
function hit(cache: Resolver): string {
  const answer = cache.resolve(inquiry(www));
  assert.ok(!(answer instanceof Promise), 'at once');
  return shown(answer);
}
const ask = async (cache: Resolver): Promise<string> => shown(await cache.resolve(inquiry(www)));
/** Lets a renewal come to its end. */
const settle = () => setImmediate();

async function started(settings: Partial<CacheSettings>) {
  const upstream = new ScriptedUpstream(reply(www, version(1)));
  const { cache, clock } = cacheOf(upstream, settings);
  assert.equal(await ask(cache), at(100, 1, ''));
  upstream.answer = () => reply(www, version(2));
  const count = async (name: string) =>
    [...((await [...cache.metrics()].find((metric) => metric.name === `coredns_cache_${name}`)?.samples()) ?? [])].map(
      ({ value }) => value,
    )[0];
  return { upstream, cache, clock, count };
}
const stale = (more: Partial<ServeStale>): Partial<CacheSettings> => ({ serveStale: { ...usualStale, ...more } });

describe('prefetch', () => {
  const prefetch = { amount: 3, durationMs: 60_000, percentage: 10 };

  test('renews what is asked often in the last part of its life, behind the answer', async () => {
    const { upstream, cache, clock, count } = await started({ prefetch });
    for (let i = 0; i < 5; i++) hit(cache);
    clock.advance(50_000);
    hit(cache);
    clock.advance(39_000);
    assert.equal(hit(cache), at(11, 1));
    assert.equal(upstream.asked.length, 1, 'too early');
    clock.advance(1000);
    assert.equal(hit(cache), at(10, 1));
    assert.equal(hit(cache), at(10, 1));
    await settle();
    assert.equal(upstream.asked.length, 2, 'one at a time');
    assert.equal(hit(cache), at(100, 2));
    assert.equal(await count('prefetch_total'), 1);
  });

  test('needs the amount, without a gap of the duration', async () => {
    const { upstream, cache, clock } = await started({ prefetch });
    hit(cache);
    hit(cache);
    clock.advance(61_000);
    hit(cache);
    clock.advance(30_000);
    hit(cache);
    await settle();
    assert.equal(upstream.asked.length, 1, 'twice, a gap, twice');
    hit(cache);
    await settle();
    assert.equal(upstream.asked.length, 2);
  });

  test('the count goes on after a renewal', async () => {
    const { upstream, cache, clock } = await started({ prefetch });
    for (let i = 0; i < 2; i++) {
      clock.advance(55_000);
      hit(cache);
      clock.advance(40_000);
      hit(cache);
      hit(cache);
      await settle();
      assert.equal(upstream.asked.length, 2 + i);
    }
    clock.advance(55_000);
    hit(cache);
    clock.advance(40_000);
    hit(cache);
    await settle();
    assert.equal(upstream.asked.length, 4, 'one query in the last part is enough');
  });

  test('that fails leaves the entry, and is not tried again within a second', async () => {
    const { upstream, cache, clock } = await started({ prefetch });
    upstream.answer = () => reply(www, { rcode: 'SERVFAIL' });
    clock.advance(95_000);
    for (let i = 0; i < 10; i++) {
      hit(cache);
      await settle();
    }
    assert.equal(upstream.asked.length, 2);
    clock.advance(1000);
    assert.equal(hit(cache), at(4, 1));
    await settle();
    assert.equal(upstream.asked.length, 3);
    clock.advance(4000);
    assert.equal(await ask(cache), 'SERVFAIL qr rd ra');
  });

  test('asks as the entry was asked for: by TCP what did not fit UDP', async () => {
    const upstream = new ScriptedUpstream(reply(www, version(1)));
    const { cache, clock } = cacheOf(upstream, { prefetch: { ...prefetch, amount: 1 } });
    await cache.resolve(inquiry(www, { isTcp: true, edns: { dnssecOk: false } }));
    clock.advance(95_000);
    hit(cache);
    await settle();
    assert.deepEqual(upstream.asked[1], upstream.asked[0]);
    assert.equal(upstream.asked[1]?.isTcp, true);
  });
});

describe('serve_stale immediate', () => {
  test('gives what is past its end with TTL 0 and renews behind, one at a time', async () => {
    const { upstream, cache, clock, count } = await started(stale({}));
    clock.advance(100_000);
    assert.equal(hit(cache), at(0, 1));
    assert.equal(hit(cache), at(0, 1));
    await settle();
    assert.equal(upstream.asked.length, 2);
    assert.equal(hit(cache), at(100, 2));
    assert.equal(await count('served_stale_total'), 2);
    assert.equal(await count('prefetch_total'), 1);
  });

  test('with the TTL that is asked for', async () => {
    const { cache, clock } = await started(stale({ ttl: 30 }));
    clock.advance(100_000);
    assert.equal(hit(cache), at(30, 1));
  });

  test('up to the duration and no longer, for denials too', async () => {
    const { upstream, cache, clock } = await started(stale({ durationMs: 50_000 }));
    upstream.answer = () => silent;
    clock.advance(149_999);
    assert.equal(hit(cache), at(0, 1));
    clock.advance(1);
    await settle();
    assert.equal(await ask(cache), 'SERVFAIL');
    upstream.answer = () => reply(www, nxdomain);
    await ask(cache);
    upstream.answer = () => silent;
    clock.advance(149_999);
    assert.match(hit(cache), /^NXDOMAIN .* 0 IN SOA/);
  });

  test('the upstream is not asked again after a failure before the recheck', async () => {
    const { upstream, cache, clock } = await started(stale({ recheckMs: 30_000 }));
    upstream.answer = () => silent;
    clock.advance(100_000);
    hit(cache);
    await settle();
    clock.advance(29_999);
    hit(cache);
    await settle();
    assert.equal(upstream.asked.length, 2);
    clock.advance(1);
    hit(cache);
    await settle();
    assert.equal(upstream.asked.length, 3);
  });

  test('a denial takes the place of an answer; one without SOA ends it', async () => {
    for (const text of [nxdomain, { rcode: 'NXDOMAIN' } as const]) {
      const { upstream, cache, clock } = await started(stale({}));
      upstream.answer = () => reply(www, text);
      clock.advance(100_000);
      assert.equal(hit(cache), at(0, 1));
      await settle();
      assert.match(await ask(cache), /^NXDOMAIN/);
    }
  });

  test('prefer_positive keeps the answer whatever denial comes, until an answer comes or its time is over', async () => {
    const { upstream, cache, clock } = await started(stale({ preferPositive: true, durationMs: 500_000 }));
    upstream.answer = () => reply(www, nxdomain);
    clock.advance(100_000);
    hit(cache);
    await settle();
    clock.advance(5000);
    assert.equal(hit(cache), at(0, 1));
    await settle();
    upstream.answer = () => reply(www, version(3));
    clock.advance(5000);
    hit(cache);
    await settle();
    assert.equal(hit(cache), at(100, 3));
    upstream.answer = () => reply(www, nxdomain);
    clock.advance(600_000);
    assert.match(await ask(cache), /^NXDOMAIN/);
    assert.match(hit(cache), /^NXDOMAIN/);
  });
});

describe('serve_stale verify', () => {
  test('asks first and gives what is new', async () => {
    const { upstream, cache, clock, count } = await started(stale({ refresh: 'verify' }));
    clock.advance(100_000);
    assert.deepEqual(await Promise.all([ask(cache), ask(cache)]), [at(100, 2, ''), at(100, 2, '')]);
    assert.equal(upstream.asked.length, 2, 'those who wait share one question');
    assert.equal(await count('served_stale_total'), 0);
  });

  test('gives the stale answer when that fails, and for a second does not ask again', async () => {
    const { upstream, cache, clock, count } = await started(stale({ refresh: 'verify', ttl: 30 }));
    const failures = [reply(www, { rcode: 'SERVFAIL' }), reply(www, { flags: Flag.TC }), silent, refused];
    for (const [i, failure] of failures.entries()) {
      upstream.answer = () => failure;
      clock.advance(i === 0 ? 100_000 : 1000);
      assert.equal(await ask(cache), at(30, 1));
      assert.equal(hit(cache), at(30, 1));
      assert.equal(upstream.asked.length, 2 + i);
    }
    assert.equal(await count('served_stale_total'), 8);
  });

  test('after the timeout gives the stale answer; what comes later is kept', async () => {
    const { upstream, cache, clock } = await started(stale({ refresh: 'verify', verifyTimeoutMs: 200 }));
    const late = Promise.withResolvers<Answer>();
    upstream.answer = () => late.promise;
    clock.advance(100_000);
    const waiting = ask(cache);
    clock.advance(199);
    await settle();
    clock.advance(1);
    assert.equal(await waiting, at(0, 1));
    late.resolve(reply(www, version(2)));
    await settle();
    assert.equal(hit(cache), at(100, 2));
    assert.equal(clock.sleepers, 0);
  });

  test('in time leaves no timer behind', async () => {
    const { cache, clock } = await started(stale({ refresh: 'verify', verifyTimeoutMs: 200 }));
    clock.advance(100_000);
    assert.equal(await ask(cache), at(100, 2, ''));
    assert.equal(clock.sleepers, 0);
  });

  test('lets a thousand wait, and no more', async () => {
    const { upstream, cache, clock } = await started(stale({ refresh: 'verify' }));
    const late = Promise.withResolvers<Answer>();
    upstream.answer = () => late.promise;
    clock.advance(100_000);
    const waiting = Array.from({ length: 1000 }, () => ask(cache));
    assert.equal(hit(cache), at(0, 1));
    late.resolve(reply(www, version(2)));
    for (const answer of await Promise.all(waiting)) assert.equal(answer, at(100, 2, ''));
  });
});
