// What is kept, for how long, and what a hit looks like later. Replies are real messages; time is moved by hand.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { exposition } from '#lib/exposition.ts';
import { cacheOf, inquiry, ScriptedUpstream, usualCache, usualStale } from '../../testing/cache.ts';
import { printed } from '../../testing/cluster.ts';
import { type ReplyText, record, reply } from '../../testing/replies.ts';
import {
  decodeMessage,
  encodeMessage,
  Flag,
  formatName,
  outline,
  parseName,
  queryMessage,
  Rcode,
  type ResourceRecord,
} from '../../wire/index.ts';
import type { Answer, Resolver } from '../resolver.ts';

const www = 'www.example A';
const address = 'www.example 60 A 192.0.2.1';
const hour = 3_600_000;

/** The message as text; an rcode without one as a number. */
const shown = (answer: Answer): string => (Buffer.isBuffer(answer) ? printed(answer) : String(answer.rcode));
const ask = async (resolver: Resolver, ...of: Parameters<typeof inquiry>): Promise<string> =>
  shown(await resolver.resolve(inquiry(...of)));
/** A promise would mean that somebody else is asked. */
function hit(resolver: Resolver, ...of: Parameters<typeof inquiry>): string {
  const answer = resolver.resolve(inquiry(...of));
  assert.ok(!(answer instanceof Promise), 'a hit is synchronous');
  return shown(answer);
}
const ttls = (text: string): number[] =>
  text
    .split('\n')
    .slice(1)
    .map((line) => Number(line.split(' ')[2]));

describe('what is kept, and for how long', () => {
  const cases: { name: string; question?: string; text: ReplyText; seconds: number }[] = [
    { name: 'an answer: its TTL', text: { answer: [address] }, seconds: 60 },
    {
      name: 'the smallest TTL of all sections',
      text: { answer: [address], authority: ['example 50 NS ns.example'], additional: ['ns.example 40 A 192.0.2.2'] },
      seconds: 40,
    },
    { name: 'a TTL below 5 is 5', text: { answer: ['www.example 0 A 192.0.2.1'] }, seconds: 5 },
    { name: 'a TTL above the cap is the cap', text: { answer: ['www.example 86400 A 192.0.2.1'] }, seconds: 3600 },
    {
      name: 'a TTL beyond 31 bits is large, not 0 (RFC 8767 §4)',
      text: { answer: ['www.example 4294967295 A 192.0.2.1'] },
      seconds: 3600,
    },
    { name: 'the TTL field of OPT is none', text: { answer: [address], extendedRcode: 0 }, seconds: 60 },
    {
      name: 'aliases count',
      text: { answer: ['www.example 20 CNAME a.example', 'a.example 60 A 192.0.2.1'] },
      seconds: 20,
    },
    {
      name: 'any record answers ANY',
      question: 'www.example ANY',
      text: { answer: [address] },
      seconds: 60,
    },
    {
      name: 'NXDOMAIN: minimum of the SOA record below its TTL',
      text: { rcode: 'NXDOMAIN', authority: ['example 900 SOA 30'] },
      seconds: 30,
    },
    {
      name: 'NXDOMAIN: TTL of the SOA record below its minimum',
      text: { rcode: 'NXDOMAIN', authority: ['example 20 SOA 900'] },
      seconds: 20,
    },
    {
      name: 'NXDOMAIN: the cap of denials',
      text: { rcode: 'NXDOMAIN', authority: ['example 86400 SOA 86400'] },
      seconds: 1800,
    },
    { name: 'NXDOMAIN: at least 5', text: { rcode: 'NXDOMAIN', authority: ['example 60 SOA 0'] }, seconds: 5 },
    { name: 'NXDOMAIN without SOA: not kept', text: { rcode: 'NXDOMAIN' }, seconds: 0 },
    {
      name: 'NXDOMAIN of what an alias leads to',
      text: { rcode: 'NXDOMAIN', answer: ['www.example 10 CNAME a.example'], authority: ['example 60 SOA 60'] },
      seconds: 10,
    },
    { name: 'NODATA with SOA', text: { authority: ['example 60 SOA 25'] }, seconds: 25 },
    { name: 'NODATA without SOA: 5', text: {}, seconds: 5 },
    {
      name: 'an alias that leads to nothing of the type is NODATA',
      text: { answer: ['www.example 60 CNAME a.example'], authority: ['example 60 SOA 25'] },
      seconds: 25,
    },
    {
      name: 'an alias that leads to nothing of the type, without SOA',
      text: { answer: ['www.example 60 CNAME a.example'] },
      seconds: 5,
    },
    { name: 'a referral', text: { authority: ['example 600 NS ns.example'] }, seconds: 5 },
    { name: 'SERVFAIL: 5', text: { rcode: 'SERVFAIL' }, seconds: 5 },
    { name: 'NOTIMP: 5', text: { rcode: 'NOTIMP' }, seconds: 5 },
    { name: 'REFUSED: not kept', text: { rcode: 'REFUSED' }, seconds: 0 },
    { name: 'FORMERR: not kept', text: { rcode: 'FORMERR' }, seconds: 0 },
    { name: 'BADVERS, whose lower bits are NOERROR: not kept', text: { extendedRcode: 1 }, seconds: 0 },
    { name: 'with TC: not kept', text: { answer: [address], flags: Flag.TC }, seconds: 0 },
    { name: 'TKEY, a meta type: not kept', question: 'www.example TYPE249', text: {}, seconds: 0 },
  ];
  for (const { name, question = www, text, seconds } of cases) {
    test(name, async () => {
      const upstream = new ScriptedUpstream(reply(question, text));
      const { cache, clock } = cacheOf(upstream);
      const first = await ask(cache, question);
      if (seconds === 0) {
        assert.equal(first, printed(reply(question, text)), 'passed on as it came');
        await ask(cache, question);
        return assert.equal(upstream.asked.length, 2);
      }
      assert.ok(ttls(first).every((ttl) => ttl === seconds));
      for (const left of [seconds, 2, 1]) {
        clock.advance((seconds - left) * 1000 - (clock.now().getTime() - Date.parse('2030-01-01T00:00:00Z')));
        const later = hit(cache, question);
        assert.ok(
          ttls(later).every((ttl) => ttl === left),
          `${left} s before its end: ${later}`,
        );
        assert.equal(later.replaceAll(` ${left} IN`, ` ${seconds} IN`), first.replace(/ qr( aa)? /, ' qr aa '));
      }
      clock.advance(999);
      hit(cache, question);
      assert.equal(upstream.asked.length, 1);
      clock.advance(1);
      assert.equal(await ask(cache, question), first, 'asked again, and as new as at first');
      assert.equal(upstream.asked.length, 2);
    });
  }

  test('settings: caps, least TTLs, servfail, zones that are left out', async () => {
    const share = usualCache.success;
    const seconds = async (text: ReplyText, settings: Parameters<typeof cacheOf>[1]) => {
      const { cache, clock } = cacheOf(new ScriptedUpstream(reply(www, text)), settings);
      await ask(cache, www);
      let seconds = 0;
      while (seconds < 100 && !((await isMiss(cache)) as boolean)) {
        seconds++;
        clock.advance(1000);
      }
      return seconds;
    };
    const isMiss = async (cache: Resolver) => cache.resolve(inquiry(www)) instanceof Promise;
    const nxdomain: ReplyText = { rcode: 'NXDOMAIN', authority: ['example 60 SOA 60'] };
    const short: ReplyText = { answer: ['www.example 1 A 192.0.2.1'] };
    assert.equal(await seconds({ answer: [address] }, { success: { ...share, maxTtl: 30 } }), 30);
    assert.equal(await seconds(nxdomain, { denial: { ...share, maxTtl: 30 } }), 30);
    assert.equal(await seconds(short, { success: { ...share, minTtl: 20 } }), 20);
    assert.equal(await seconds(short, { success: { ...share, maxTtl: 3 } }), 3, 'the cap counts more than the least');
    assert.equal(await seconds({ answer: ['www.example 0 A 192.0.2.1'] }, { success: { ...share, minTtl: 0 } }), 0);
    assert.equal(await seconds({ rcode: 'SERVFAIL' }, { servfailMs: 20_000 }), 20);
    assert.equal(await seconds({ rcode: 'SERVFAIL' }, { servfailMs: 0 }), 0);
    const disabled = { ...share, disabled: [parseName('example')] };
    assert.equal(await seconds({ answer: [address] }, { success: disabled }), 0);
    assert.equal(await seconds(nxdomain, { success: disabled }), 60);
    assert.equal(await seconds({ answer: [address] }, { denial: disabled }), 60);
    assert.equal(await seconds(nxdomain, { denial: disabled }), 0);
    assert.equal(await seconds({ rcode: 'SERVFAIL' }, { denial: disabled }), 0);
    const elsewhere = { ...share, disabled: [parseName('w.example'), parseName('ample')] };
    assert.equal(await seconds({ answer: [address] }, { success: elsewhere }), 60);
    assert.equal(await seconds({ answer: [address] }, { zones: [parseName('other.example')] }), 0);
  });
});

describe('hits', () => {
  test('are the stored message: only id, flags, TTLs differ, and OPT is gone', async () => {
    const name = fc.constantFrom('www.example', 'a.b.example', 'x.test', 'example');
    const ttl = fc.integer({ min: 5, max: 3600 });
    const value = fc.constantFrom(
      'A 192.0.2.9',
      'CNAME a.example',
      `TXT ${'t'.repeat(200)}`,
      'NS n.test',
      'AAAA fd00::1',
    );
    const records = fc.array(
      fc.tuple(name, ttl, value).map(([owner, seconds, data]) => record(`${owner} ${seconds} ${data}`)),
      { maxLength: 12 },
    );
    const edns = fc.boolean();
    const age = fc.integer({ min: 0, max: 4_999 });
    const property = fc.asyncProperty(
      records,
      records,
      records,
      edns,
      age,
      async (answer, authority, more, isEdns, ms) => {
        const first: ResourceRecord = record('www.example 7 A 192.0.2.1');
        const opt = { name: '', class: 1232, ttl: 0, data: { type: 'OPT', options: [] } } as const;
        const message = {
          ...queryMessage(99, parseName('www.example'), 1),
          flags: Flag.QR | Flag.RD | Flag.RA | Flag.AD,
          answer: [first, ...answer],
          authority,
          additional: isEdns ? [...more, opt] : more,
        };
        const { cache, clock } = cacheOf(new ScriptedUpstream(encodeMessage(message)));
        await cache.resolve(inquiry(www));
        clock.advance(ms);
        const answered = cache.resolve(inquiry(www));
        assert.ok(Buffer.isBuffer(answered));
        const all = [first, ...answer, ...authority, ...more].map((each) => each.ttl);
        const left = Math.ceil((Math.min(...all) * 1000 - ms) / 1000);
        const aged = (each: ResourceRecord) => ({ ...each, ttl: left });
        assert.deepEqual(decodeMessage(answered), {
          ...message,
          flags: message.flags | Flag.AA,
          answer: message.answer.map(aged),
          authority: authority.map(aged),
          additional: more.map(aged),
        });
        const end = outline(answered).ends.at(-1);
        assert.equal(end, answered.length, 'nothing is left behind the last record');
      },
    );
    await fc.assert(property, { numRuns: 300 });
  });

  test('keepttl shows the first TTL until the end', async () => {
    const upstream = new ScriptedUpstream(reply(www, { answer: [address] }));
    const { cache, clock } = cacheOf(upstream, { keepTtl: true });
    await ask(cache, www);
    clock.advance(59_999);
    assert.deepEqual(ttls(hit(cache, www)), [60]);
    clock.advance(1);
    await ask(cache, www);
    assert.equal(upstream.asked.length, 2);
  });

  test('a message that others still hold does not change', async () => {
    const original = reply(www, { answer: [address], extendedRcode: 0 });
    const octets = Buffer.from(original);
    const { cache, clock } = cacheOf(new ScriptedUpstream(original));
    const first = await cache.resolve(inquiry(www));
    const before = shown(first);
    clock.advance(10_000);
    hit(cache, www);
    assert.deepEqual(original, octets);
    assert.equal(shown(first), before);
  });

  test('a clock that was set back ends what is kept', async () => {
    const upstream = new ScriptedUpstream(reply(www, { answer: [address] }));
    const { cache, clock } = cacheOf(upstream);
    await ask(cache, www);
    clock.advance(-hour);
    await ask(cache, www);
    assert.equal(upstream.asked.length, 2);
    assert.deepEqual(ttls(hit(cache, www)), [60]);
  });
});

describe('who may share an answer', () => {
  const plain = {};
  const edns = { edns: { dnssecOk: false } };
  const dnssec = { edns: { dnssecOk: true } };
  const checkingDisabled = { flags: Flag.RD | Flag.CD };
  const cases: [name: string, first: object, second: object, isShared: boolean][] = [
    ['EDNS after none', plain, edns, true],
    ['none after EDNS', edns, plain, true],
    ['TCP after UDP', plain, { isTcp: true }, true],
    ['UDP after TCP', { isTcp: true }, plain, true],
    ['AD after none', plain, { flags: Flag.RD | Flag.AD }, true],
    ['DO after none', plain, dnssec, false],
    ['EDNS after DO', dnssec, edns, false],
    ['CD after none', plain, checkingDisabled, false],
    ['none after CD', checkingDisabled, plain, false],
    ['without recursion after with', plain, { flags: 0 }, true],
    ['recursion after without', { flags: 0 }, plain, false],
    ['another class', plain, { class: 3 }, false],
    ['another type', plain, { type: 28 }, false],
    ['another name', plain, { name: parseName('ww.example') }, false],
    ['NOTIFY after a query', plain, { flags: Flag.RD | 0x2000 }, false],
    ['a query after NOTIFY', { flags: Flag.RD | 0x2000 }, plain, false],
  ];
  for (const [name, first, second, isShared] of cases) {
    test(`${name}: ${isShared ? 'the same' : 'asked apart'}`, async () => {
      const upstream = new ScriptedUpstream(({ name, type, class: klass, flags }) =>
        encodeMessage({
          ...queryMessage(1, name, type),
          flags: flags | Flag.QR | Flag.RA,
          question: { name, type, class: klass },
          answer: [{ ...record(address), name }],
        }),
      );
      const { cache } = cacheOf(upstream);
      await cache.resolve(inquiry(www, first));
      await cache.resolve(inquiry(www, second));
      assert.equal(upstream.asked.length, isShared ? 1 : 2);
    });
  }

  test('a failure is told only to those who would have asked the same way', async () => {
    const upstream = new ScriptedUpstream(({ edns: client, isTcp }) =>
      reply(www, client || isTcp ? { rcode: 'SERVFAIL' } : { answer: [address] }),
    );
    const { cache } = cacheOf(upstream);
    assert.equal(await ask(cache, www, { isTcp: true }), 'SERVFAIL qr rd ra');
    assert.equal(hit(cache, www, { isTcp: true }), 'SERVFAIL qr aa rd ra');
    assert.equal(await ask(cache, www, edns), 'SERVFAIL qr rd ra');
    assert.match(await ask(cache, www), /^NOERROR/);
    assert.match(hit(cache, www, edns), /^NOERROR/, 'an answer is everybody’s');
  });
});

describe('what replaces what', () => {
  const nxdomain: ReplyText = { rcode: 'NXDOMAIN', authority: ['example 60 SOA 60'] };

  test('the newest of answer and denial counts', async () => {
    const upstream = new ScriptedUpstream(reply(www, { answer: ['www.example 5 A 192.0.2.1'] }));
    const { cache, clock } = cacheOf(upstream, { serveStale: { ...usualStale, refresh: 'verify' } });
    await ask(cache, www);
    clock.advance(6000);
    upstream.answer = () => reply(www, nxdomain);
    assert.match(await ask(cache, www), /^NXDOMAIN/);
    assert.match(hit(cache, www), /^NXDOMAIN/);
    clock.advance(61_000);
    upstream.answer = () => reply(www, { answer: [address] });
    assert.match(await ask(cache, www), /^NOERROR/);
    assert.match(hit(cache, www), /^NOERROR/);
  });

  test('a failure, a rcode without message, and a reply to something else leave it alone', async () => {
    const bad: [name: string, answer: Answer][] = [
      ['SERVFAIL', reply(www, { rcode: 'SERVFAIL' })],
      ['REFUSED', reply(www, { rcode: 'REFUSED' })],
      ['TC', reply(www, { flags: Flag.TC })],
      ['no server', { rcode: Rcode.SERVFAIL, reason: 'no reply' }],
      ['another name', reply('evil.example A', { answer: ['evil.example 60 A 203.0.113.6'] })],
      ['another type', reply('www.example AAAA', { answer: ['www.example 60 AAAA fd00::6'] })],
      ['damaged', reply(www, { answer: [address] }).subarray(0, -3)],
    ];
    for (const [name, answer] of bad) {
      const upstream = new ScriptedUpstream(reply(www, { answer: ['www.example 5 A 192.0.2.1'] }));
      const { cache, clock } = cacheOf(upstream, { serveStale: { ...usualStale, refresh: 'verify', ttl: 30 } });
      await ask(cache, www);
      clock.advance(6000);
      upstream.answer = () => answer;
      assert.match(await ask(cache, www), /30 IN A 192.0.2.1/, name);
      assert.equal(upstream.asked.length, 2, name);
    }
  });

  test('replies to something else, and damaged ones, are passed on, counted and not kept', async () => {
    for (const answer of [
      reply('evil.example A', { answer: [address] }),
      reply(www, { answer: [address] }).subarray(0, -3),
    ]) {
      const upstream = new ScriptedUpstream(answer);
      const { cache } = cacheOf(upstream);
      assert.equal(await cache.resolve(inquiry(www)), answer);
      await cache.resolve(inquiry(www));
      assert.equal(upstream.asked.length, 2);
      const drops = [...cache.metrics()].find(({ name }) => name === 'coredns_cache_drops_total');
      assert.deepEqual(
        [...((await drops?.samples()) ?? [])].map(({ value }) => value),
        [2],
      );
    }
  });
});

test('metrics are those of CoreDNS', async () => {
  const upstream = new ScriptedUpstream(({ name }) => {
    const question = `${formatName(name)} A`;
    if (question === 'gone. A') return reply(question, { rcode: 'NXDOMAIN', authority: ['. 60 SOA 60'] });
    if (question === 'broken. A') return reply(question, { rcode: 'SERVFAIL' });
    if (question === 'evil. A') return reply('other A', {});
    return reply(question, { answer: [`${formatName(name)} 60 A 192.0.2.1`] });
  });
  const { cache, clock } = cacheOf(upstream, { serveStale: usualStale });
  for (const name of ['www', 'www', 'www', 'gone', 'gone', 'broken', 'broken', 'evil', 'refused'])
    await ask(cache, name);
  clock.advance(61_000);
  await ask(cache, 'www');
  for (let i = 0; i < 9984; i++) await ask(cache, `more${i}`);
  const register = await exposition(() => cache.metrics())();
  const own = register.text.split('\n').filter((line) => line.startsWith('coredns_'));
  const all = 'server="dns://:53",zones=".",view=""';
  assert.deepEqual(own, [
    `coredns_cache_entries{${all},type="success"} 9984`,
    `coredns_cache_entries{${all},type="denial"} 2`,
    `coredns_cache_requests_total{${all}} 9994`,
    `coredns_cache_hits_total{${all},type="success"} 3`,
    `coredns_cache_hits_total{${all},type="denial"} 2`,
    `coredns_cache_misses_total{${all}} 9989`,
    `coredns_cache_prefetch_total{${all}} 1`,
    `coredns_cache_drops_total{${all}} 1`,
    `coredns_cache_served_stale_total{${all}} 1`,
    `coredns_cache_evictions_total{${all},type="success"} 2`,
    `coredns_cache_evictions_total{${all},type="denial"} 0`,
  ]);
});
