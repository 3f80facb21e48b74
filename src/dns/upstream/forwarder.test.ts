// Forwarding to servers of our own on loopback: what is asked, by what transport, and what becomes of their answers, also of
// those that lie (spec/dns.md §8).

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { SeededRandom } from '#lib/seeded-random.ts';
import type { Responder } from '../responder.ts';
import { packet, printed } from '../testing/cluster.ts';
import { clusterResponder } from '../testing/responders.ts';
import { sample } from '../testing/sample.ts';
import {
  address,
  type ForwarderChanges,
  forwarderTo,
  framed,
  garbage,
  honest,
  replyTo,
  type Say,
  type TestUpstream,
  until,
  upstream,
} from '../testing/upstream.ts';
import { decodeMessage, ednsOf, encodeMessage, Flag, type Message, optRecord, parseName } from '../wire/index.ts';

const responderFor = async (t: TestContext, servers: TestUpstream[], changes?: ForwarderChanges): Promise<Responder> =>
  clusterResponder(sample(), { resolver: await forwarderTo(t, servers, changes) });

const ask = async (responder: Responder, query: Message | string, isTcp = false): Promise<Uint8Array> => {
  const message = typeof query === 'string' ? packet(query, 77) : query;
  const response = await responder.respond(encodeMessage(message), { address: '127.0.0.1', port: 5353 }, isTcp);
  return response as Uint8Array;
};

const external = packet('WWW.example.com A', 77);
const answered = 'NOERROR qr rd ra\nanswer WWW.example.com. 60 IN A 192.0.2.1';
const servfail = 'SERVFAIL qr rd ra';
const formerr = 'FORMERR qr rd ra';
const many = (query: Message, count = 60): Message['answer'] =>
  Array.from({ length: count }, (_, i) => address(query, `192.0.${i >> 8}.${i & 255}`)).flat();
const edns = { udpSize: 1400, version: 0, dnssecOk: true };

describe('what is asked', () => {
  test('the client’s question in lower case, under another id; its reply has the client’s id and spelling', async (t) => {
    const server = await upstream(t, honest());
    const response = await ask(await responderFor(t, [server]), external);
    assert.equal(printed(response), answered);
    assert.equal(decodeMessage(response).id, 77);
    assert.equal(server.asked[0]?.query.question?.name, parseName('www.example.com'));
    assert.equal(server.asked[0]?.query.additional.length, 0);
  });

  test('with EDNS when the client speaks it, without its options; AD is told to those who ask for it', async (t) => {
    const server = await upstream(t, ({ query }) => {
      const opt = optRecord({ ...edns, dnssecOk: false, options: [{ code: 3, data: new Uint8Array(4) }] });
      return encodeMessage({ ...query, flags: Flag.QR | Flag.AD, additional: [opt] });
    });
    const responder = await responderFor(t, [server]);
    const opt = optRecord({ ...edns, options: [{ code: 10, data: new Uint8Array(8) }] });
    const got = decodeMessage(await ask(responder, { ...external, additional: [opt] }));
    const sane = { udpSize: 1232, version: 0, dnssecOk: true, extendedRcode: 0, options: [] };
    assert.deepEqual(ednsOf(server.asked[0]?.query as Message), sane);
    assert.deepEqual(ednsOf(got), sane);
    assert.ok(got.flags & Flag.AD);
    const plain = decodeMessage(await ask(responder, external));
    assert.deepEqual([plain.additional, plain.flags & Flag.AD], [[], 0]);
    const asking = decodeMessage(await ask(responder, { ...external, flags: Flag.RD | Flag.AD }));
    assert.ok(asking.flags & Flag.AD);
    assert.deepEqual(
      server.asked.map(({ query }) => query.flags),
      Array(3).fill(Flag.RD | Flag.AD),
    );
  });

  const transports: { name: string; changes: ForwarderChanges; udp: string[]; tcp: string[] }[] = [
    { name: 'that of the client', changes: {}, udp: ['udp'], tcp: ['tcp'] },
    { name: 'always TCP with force_tcp', changes: { forceTcp: true }, udp: ['tcp'], tcp: ['tcp'] },
    { name: 'UDP with prefer_udp', changes: { preferUdp: true }, udp: ['udp'], tcp: ['udp'] },
    { name: 'TCP with both', changes: { forceTcp: true, preferUdp: true }, udp: ['tcp'], tcp: ['tcp'] },
  ];
  for (const { name, changes, udp, tcp } of transports) {
    test(`transport: ${name}`, async (t) => {
      const server = await upstream(t, honest());
      const responder = await responderFor(t, [server], changes);
      assert.equal(printed(await ask(responder, external)), answered);
      assert.equal(printed(await ask(responder, external, true)), answered);
      assert.deepEqual(server.questions, [...udp, ...tcp]);
    });
  }
});

test('servers are asked by IPv6, too', async (t) => {
  const server = await upstream(t, honest(), '::1');
  const responder = await responderFor(t, [server]);
  assert.equal(printed(await ask(responder, external)), answered);
  assert.equal(printed(await ask(responder, external, true)), answered);
  assert.deepEqual(server.questions, ['udp', 'tcp']);
});

describe('equal questions under way share one exchange', () => {
  const plain = packet('www.example.com A');
  const cases: { name: string; first?: Message; second: Message; tcp?: [boolean, boolean]; isShared: boolean }[] = [
    { name: 'another id and spelling', second: packet('wWw.EXAMPLE.com A', 8), isShared: true },
    { name: 'AD', second: { ...plain, flags: Flag.RD | Flag.AD }, isShared: true },
    { name: 'UDP while TCP is under way', second: plain, tcp: [true, false], isShared: true },
    { name: 'TCP while UDP is under way', second: plain, tcp: [false, true], isShared: false },
    { name: 'EDNS', second: { ...plain, additional: [optRecord({ ...edns, dnssecOk: false })] }, isShared: false },
    { name: 'DO', second: { ...plain, additional: [optRecord(edns)] }, isShared: false },
    { name: 'CD', second: { ...plain, flags: Flag.RD | Flag.CD }, isShared: false },
    { name: 'no recursion', second: { ...plain, flags: 0 }, isShared: false },
    { name: 'another type', second: packet('www.example.com AAAA'), isShared: false },
  ];
  for (const { name, first = plain, second, tcp: [firstTcp, secondTcp] = [false, false], isShared } of cases) {
    test(`${name}: ${isShared ? 'shared' : 'asked apart'}`, async (t) => {
      const release = Promise.withResolvers<void>();
      const server = await upstream(t, async ({ query }) => {
        await release.promise;
        return replyTo(query, address(query));
      });
      const responder = await responderFor(t, [server], { tryMs: 5000, totalMs: 5000 });
      const waiting = [ask(responder, first, firstTcp), ask(responder, second, secondTcp)];
      await until(() => server.asked.length === (isShared ? 1 : 2));
      release.resolve();
      const got = (await Promise.all(waiting)).map(decodeMessage);
      assert.deepEqual(
        got.map(({ id, question, answer }) => [id, question?.name, answer.length]),
        [first, second].map(({ id, question }) => [id, question?.name, 1]),
      );
      assert.equal(server.asked.length, isShared ? 1 : 2);
      // What is over is no longer shared.
      await ask(responder, first, firstTcp);
      assert.equal(server.asked.length, isShared ? 2 : 3);
    });
  }
});

describe('what becomes of an answer', () => {
  const rcode = (code: number): Say => {
    return ({ query }) => replyTo(query, [], code);
  };
  const wrongQuestion: Say = ({ query }) => {
    return replyTo({ ...query, question: { name: parseName('evil.example'), type: 1, class: 1 } }, address(query));
  };
  const tcpOnly = (say: Say): Say => {
    return (asked) => (asked.isTcp ? say(asked) : replyTo(asked.query, [], Flag.TC));
  };
  interface Case {
    readonly name: string;
    readonly say: Say;
    readonly changes?: ForwarderChanges;
    readonly isTcp?: boolean;
    readonly want: string;
    /** How it was asked. */
    readonly questions: readonly string[];
  }
  const cases: Case[] = [
    { name: 'SERVFAIL is passed on', say: rcode(2), want: servfail, questions: ['udp'] },
    { name: 'NXDOMAIN is passed on', say: rcode(3), want: 'NXDOMAIN qr rd ra', questions: ['udp'] },
    { name: 'REFUSED is passed on', say: rcode(5), want: 'REFUSED qr rd ra', questions: ['udp'] },
    {
      name: 'TC is passed on to a client by UDP',
      say: tcpOnly(honest()),
      want: 'NOERROR qr tc rd ra',
      questions: ['udp'],
    },
    {
      name: 'TC with prefer_udp is asked again by TCP',
      say: tcpOnly(honest()),
      changes: { preferUdp: true },
      want: answered,
      questions: ['udp', 'tcp'],
    },
    {
      name: 'replies with a wrong id are skipped, the right one behind them counts',
      say: ({ query }) => [replyTo({ ...query, id: query.id ^ 1 }, address(query, '203.0.113.6')), honest()({ query })],
      want: answered,
      questions: ['udp'],
    },
    {
      name: 'a wrong id alone is silence',
      say: ({ query }) => replyTo({ ...query, id: query.id ^ 1 }, address(query)),
      want: servfail,
      questions: ['udp', 'udp'],
    },
    {
      name: 'by TCP wrong ids are skipped, too',
      say: ({ query }) => [replyTo({ ...query, id: query.id ^ 1 }, address(query, '203.0.113.6')), honest()({ query })],
      isTcp: true,
      want: answered,
      questions: ['tcp'],
    },
    { name: 'another question is FORMERR', say: wrongQuestion, want: formerr, questions: ['udp'] },
    { name: 'another question by TCP is FORMERR', say: wrongQuestion, isTcp: true, want: formerr, questions: ['tcp'] },
    {
      name: 'another type is FORMERR',
      say: ({ query }) => replyTo({ ...query, question: { name: external.question?.name ?? '', type: 28, class: 1 } }),
      want: formerr,
      questions: ['udp'],
    },
    {
      name: 'a query instead of a reply is FORMERR',
      say: ({ query }) => encodeMessage(query),
      want: formerr,
      questions: ['udp'],
    },
    {
      name: 'garbage under the right id is FORMERR',
      say: ({ query }) => garbage(query),
      want: formerr,
      questions: ['udp'],
    },
    {
      name: 'less than a header is skipped',
      say: ({ query }) => [Buffer.from([query.id >> 8, query.id & 255, 0x81]), Buffer.alloc(0), honest()({ query })],
      want: answered,
      questions: ['udp'],
    },
    {
      name: 'a reply that is cut within a record becomes an empty one with TC',
      say: ({ query }) => replyTo(query, address(query)).subarray(0, -3),
      want: 'NOERROR qr tc rd ra',
      questions: ['udp'],
    },
    {
      name: 'the same with prefer_udp is asked again by TCP',
      say: ({ query, isTcp }) => replyTo(query, address(query)).subarray(0, isTcp ? undefined : -3),
      changes: { preferUdp: true },
      want: answered,
      questions: ['udp', 'tcp'],
    },
    {
      name: 'the same by TCP counts as no answer',
      say: ({ query }) => replyTo(query, address(query)).subarray(0, -3),
      isTcp: true,
      want: servfail,
      questions: ['tcp', 'tcp'],
    },
    {
      name: 'an error without the question is one',
      say: ({ query }) => replyTo({ ...query, question: undefined }, [], 1),
      want: formerr,
      questions: ['udp'],
    },
    { name: 'silence', say: () => undefined, want: servfail, questions: ['udp', 'udp'] },
    { name: 'silence by TCP', say: () => undefined, isTcp: true, want: servfail, questions: ['tcp', 'tcp'] },
    {
      name: 'half an answer by TCP, then the end',
      say: ({ query }) => ({ raw: framed(replyTo(query, address(query))).subarray(0, 20), end: true }),
      isTcp: true,
      want: servfail,
      questions: ['tcp', 'tcp'],
    },
    {
      name: 'half an answer by TCP, then silence',
      say: ({ query }) => ({ raw: framed(replyTo(query, address(query))).subarray(0, 20) }),
      isTcp: true,
      want: servfail,
      questions: ['tcp', 'tcp'],
    },
    {
      name: 'the end by TCP without an answer',
      say: () => ({ raw: Buffer.alloc(0), end: true }),
      isTcp: true,
      want: servfail,
      questions: ['tcp', 'tcp'],
    },
    {
      name: 'messages by TCP that are empty or nobody’s are skipped',
      say: ({ query }) => [Buffer.alloc(0), Buffer.alloc(12), honest()({ query })],
      isTcp: true,
      want: answered,
      questions: ['tcp'],
    },
  ];
  for (const { name, say, changes, isTcp = false, want, questions } of cases) {
    test(name, async (t) => {
      const server = await upstream(t, say);
      // Only the question is to be seen: no probes.
      const responder = await responderFor(t, [server], { maxFails: 0, ...changes });
      assert.equal(printed(await ask(responder, external, isTcp)), want);
      assert.deepEqual(server.questions, questions);
    });
  }

  test('more than the client or we said to take is cut between records, with TC', async (t) => {
    const server = await upstream(t, ({ query }) => replyTo(query, many(query)));
    const responder = await responderFor(t, [server]);
    const got = decodeMessage(await ask(responder, external));
    assert.equal(got.answer.length, 29);
    assert.ok(got.flags & Flag.TC);
    const whole = decodeMessage(await ask(responder, external, true));
    assert.deepEqual([whole.answer.length, whole.flags & Flag.TC], [60, 0]);
  });

  test('the largest message by TCP arrives in pieces', async (t) => {
    const server = await upstream(t, ({ query }) => replyTo(query, many(query, 4000)));
    const got = decodeMessage(
      await ask(await responderFor(t, [server], { tryMs: 5000, totalMs: 5000 }), external, true),
    );
    assert.equal(got.answer.length, 4000);
  });

  test('an ExternalName outside the cluster is resolved there, behind its CNAME', async (t) => {
    const name = 'outside.default.svc.cluster.local';
    const server = await upstream(t, ({ query }) => {
      const edge = parseName('edge.example.net');
      const own = { name: query.question?.name ?? '', class: 1, ttl: 60 };
      const cname = { ...own, data: { type: 'CNAME', target: edge } } as const;
      const a = { name: edge, class: 1, ttl: 60, data: { type: 'A', address: '192.0.2.9' } } as const;
      return query.question?.type === 1 ? replyTo(query, [cname, a]) : replyTo(query, [], 3);
    });
    const responder = await responderFor(t, [server]);
    const alias = `answer ${name}. 5 IN CNAME www.example.com.`;
    const chain = 'answer www.example.com. 60 IN CNAME edge.example.net.\nanswer edge.example.net. 60 IN A 192.0.2.9';
    assert.equal(printed(await ask(responder, `${name} A`)), `NOERROR qr aa rd\n${alias}\n${chain}`);
    assert.equal(printed(await ask(responder, `${name} AAAA`)), `NOERROR qr aa rd\n${alias}`);
    const alone = await responderFor(t, [await upstream(t, () => undefined)]);
    assert.equal(printed(await ask(alone, `${name} A`)), `NOERROR qr aa rd\n${alias}`);
  });
});

test('whatever a server sends, the client gets one message that answers its question', async (t) => {
  const random = new SeededRandom(8);
  const mangled = (message: Buffer): Buffer => {
    const octets = Buffer.from(message);
    for (let i = random.below(4); i > 0; i--) octets[2 + random.below(octets.length - 2)] = random.below(256);
    return octets.subarray(0, random.below(3) === 0 ? random.below(octets.length) : undefined);
  };
  const server = await upstream(t, ({ query, isTcp }) => {
    const message = mangled(replyTo(query, many(query, 1 + random.below(4))));
    if (!isTcp || random.below(2) === 0) return [message, ...(random.below(4) === 0 ? [mangled(message)] : [])];
    return { raw: Buffer.concat([mangled(framed(message)), mangled(message)]), end: random.below(2) === 0 };
  });
  const forwarding = { tryMs: 20, totalMs: 40, maxFails: 0 };
  for (const changes of [forwarding, { ...forwarding, preferUdp: true }]) {
    const responder = await responderFor(t, [server], changes);
    const questions = Array.from({ length: 400 }, (_, i) => packet(`N${i}.example A`, i));
    await Promise.all(
      questions.map(async (query, i) => {
        const { id, question, flags } = decodeMessage(await ask(responder, query, i % 2 === 0));
        assert.deepEqual([id, question], [query.id, query.question]);
        assert.ok(flags & Flag.QR);
      }),
    );
  }
});

describe('limits', () => {
  test('above max_concurrent further clients are refused at once', async (t) => {
    const silent = await upstream(t, () => undefined);
    const responder = await responderFor(t, [silent], { maxConcurrent: 2 });
    const waiting = ['a.example A', 'a.example A'].map((text) => ask(responder, text));
    assert.equal(printed(await ask(responder, 'b.example A')), 'REFUSED qr rd');
    await Promise.all(waiting);
    assert.equal(printed(await ask(responder, 'b.example A')), servfail);
  });

  test('a transfer is refused: others’ zones are not ours to give away', async (t) => {
    const server = await upstream(t, honest());
    assert.equal(printed(await ask(await responderFor(t, [server]), 'example.com AXFR', true)), 'REFUSED qr rd');
    assert.equal(server.asked.length, 0);
  });
});
