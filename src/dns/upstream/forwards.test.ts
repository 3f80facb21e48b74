// Several `forward`s of one server block: whose a name is, and what `next` does with an answer.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ForwardHandler } from '../handlers/forward.ts';
import { inquiry, ScriptedUpstream } from '../testing/cache.ts';
import { packet } from '../testing/cluster.ts';
import { reply } from '../testing/replies.ts';
import { encodeMessage, parseName, type Query, Rcode, rcodeOf, readQuery } from '../wire/index.ts';
import { type Forward, Forwards } from './forwards.ts';
import type { Answer, Failure } from './resolver.ts';

type Written = [zone: string, except?: string[], next?: number[]];

const failure = (rcode: number): Failure => ({ rcode, reason: 'of no interest' });
const codeOf = (answer: Answer): number => (Buffer.isBuffer(answer) ? rcodeOf(answer.readUInt16BE(2)) : answer.rcode);

/** They fail with a code that is their place in the list, counted from 100, or do what is given. */
function forwardsOf(written: Written[], answers: Answer[] = []) {
  const upstreams = written.map((_, i) => new ScriptedUpstream(answers[i] ?? failure(100 + i)));
  const forwards = written.map(([zone, except = [], next = []], i): Forward => {
    const resolver = Object.assign(upstreams[i] as ScriptedUpstream, { servers: [`192.0.2.${i}:53`] });
    return { zone: parseName(zone), except: except.map(parseName), next, resolver };
  });
  return new Forwards(forwards);
}

describe('whose a name is', () => {
  const written: Written[] = [
    ['.', ['internal.example', 'example.net']],
    ['example.org', ['example.org', 'secret.example.org']],
    ['sub.example.org'],
    ['sub.example.org'],
    ['internal.example', ['a.internal.example']],
  ];
  const cases: [name: string, want: number | undefined][] = [
    ['www.example.com', 100],
    ['.', 100],
    ['example.org', 101],
    ['www.example.org', 100],
    ['notexample.org', 100],
    ['www.sub.example.org', 102],
    ['sub.example.org', 102],
    ['internal.example', 104],
    ['b.internal.example', 104],
    ['a.internal.example', undefined],
    ['x.a.internal.example', undefined],
    ['aa.internal.example', 104],
    ['www.example.net', undefined],
    ['example.net', undefined],
  ];
  const forwards = forwardsOf(written);
  for (const [name, want] of cases) {
    test(`${name}: ${want === undefined ? 'nobody’s' : `that of the ${want - 99}.`}`, async () => {
      assert.equal(forwards.takes(parseName(name)), want !== undefined);
      const answer = await forwards.resolve(inquiry(`${name} A`));
      // A zone itself cannot be excepted from it, names below it can.
      assert.equal(codeOf(answer), want ?? Rcode.SERVFAIL);
    });
  }

  test('servers of a name are those of all who take it', () => {
    assert.deepEqual(forwards.serversFor(parseName('www.sub.example.org')), [
      ...['192.0.2.2:53', '192.0.2.3:53', '192.0.2.0:53'],
    ]);
  });

  test('what is nobody’s falls through the handler, also a transfer', async () => {
    const handler = new ForwardHandler(forwards, (name) => forwards.takes(name));
    const handle = (text: string) => {
      const query = readQuery(encodeMessage(packet(text))) as Query;
      return handler.handle({ query, client: { address: '::1', port: 1 }, isTcp: true, limit: 512, depth: 0 });
    };
    assert.equal(await handle('X.a.Internal.example A'), undefined);
    assert.equal(await handle('a.internal.example AXFR'), undefined);
    assert.ok((await handle('b.internal.example A')) instanceof Uint8Array);
  });
});

describe('next', () => {
  const denied = reply('www.example.org A', { rcode: 'NXDOMAIN' });
  const found = reply('www.example.org A', { answer: ['www.example.org 60 A 192.0.2.1'] });
  const cases: { name: string; written: Written[]; answers: Answer[]; want: number }[] = [
    {
      name: 'passes on to the next that takes the name',
      written: [['example.org', [], [3]], ['example.org', ['www.example.org']], ['example.net'], ['.']],
      answers: [denied, failure(100), failure(100), found],
      want: 0,
    },
    {
      name: 'keeps other answers',
      written: [['example.org', [], [2]], ['.']],
      answers: [denied, found],
      want: 3,
    },
    {
      name: 'keeps the answer when nobody is next',
      written: [['.', [], [3]], ['example.net']],
      answers: [denied],
      want: 3,
    },
    {
      name: 'goes on from one to another',
      written: [
        ['.', [], [3]],
        ['.', [], [3]],
        ['.', [], [3]],
      ],
      answers: [denied, denied, found],
      want: 0,
    },
    {
      name: 'is about answers: who is silent or refused by ourselves has none',
      written: [['.', [], [2, 5]], ['.']],
      answers: [failure(Rcode.REFUSED), found],
      want: 5,
    },
  ];
  for (const { name, written, answers, want } of cases) {
    test(name, async () => {
      const answer = await forwardsOf(written, answers).resolve(inquiry('www.example.org A'));
      assert.equal(codeOf(answer), want);
    });
  }
});
