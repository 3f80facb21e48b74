// Names that are exchanged on the way in and back. Rules are read from a Corefile's words; behind them is the sample cluster
// or a handler that tells what it was asked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chain } from '../chain.ts';
import type { RewriteRule } from '../config/settings.ts';
import type { Handler } from '../handler.ts';
import { Responder } from '../responder.ts';
import { Routes } from '../routes.ts';
import { packet, printed } from '../testing/cluster.ts';
import { log } from '../testing/listening.ts';
import { record } from '../testing/replies.ts';
import { sample } from '../testing/sample.ts';
import {
  encodeMessage,
  Flag,
  formatName,
  type Message,
  pack,
  parseName,
  queryMessage,
  writeResponse,
} from '../wire/index.ts';
import { AuthorityHandler } from './authority.ts';
import { RewriteHandler } from './rewrite.ts';

const rule = (match: RewriteRule['match'], more: Partial<RewriteRule> = {}): RewriteRule => ({
  field: 'name',
  match,
  answers: [],
  next: 'stop',
  ...more,
});
const exact = (from: string, to: string, more = {}) => rule({ type: 'exact', from, to }, more);
const automatic = { answers: [{ type: 'auto' }] } as const;

function asking(rules: readonly RewriteRule[], ...handlers: Handler[]) {
  const rest = new Chain('', handlers);
  const chain = new Chain('', [new RewriteHandler(rules, rest), ...handlers]);
  const responder = new Responder({ routes: new Routes([chain]), log });
  return async (question: string | Message, isTcp = false) => {
    const message = typeof question === 'string' ? packet(question) : question;
    const client = { address: '192.0.2.1', port: 5353 };
    return (await responder.respond(encodeMessage(message), client, isTcp)) as Uint8Array;
  };
}
const cluster = new AuthorityHandler({ name: 'kubernetes', zones: sample(), isSynced: () => true });
const web = 'web.default.svc.cluster.local.';

/** Answers every name with itself and names below it, and remembers what it was asked. */
class Mirror implements Handler {
  readonly name = 'mirror';
  readonly asked: string[] = [];

  async handle({ query, limit }: Parameters<Handler['handle']>[0]) {
    const name = formatName(query.name);
    this.asked.push(name);
    const answer = [record(`${name} 60 CNAME sub.${name}`), record(`sub.${name} 60 A 192.0.2.1`)];
    return writeResponse(query, 0, Flag.RA, pack(query.name, { answer }), limit);
  }
}
const mirrored = async (rules: readonly RewriteRule[], name: string) => {
  const mirror = new Mirror();
  const response = await asking(rules, mirror)(`${name} A`);
  return { asked: mirror.asked, answer: printed(response).split('\n').slice(1) };
};

test('which names are exchanged for which', async () => {
  const cases: [rules: RewriteRule[], name: string, asked: string][] = [
    [[exact('a.example.', 'b.example.')], 'a.example', 'b.example.'],
    [[exact('a.example.', 'b.example.')], 'A.EXAMPLE', 'b.example.'],
    [[exact('a.example.', 'b.example.')], 'x.a.example', 'x.a.example.'],
    [[rule({ type: 'prefix', from: 'a.', to: 'b.c.' })], 'a.example', 'b.c.example.'],
    [[rule({ type: 'prefix', from: 'a.', to: 'b.' })], 'aa.example', 'aa.example.'],
    [[rule({ type: 'suffix', from: '.a.example.', to: '.b.example.' })], 'x.a.example', 'x.b.example.'],
    [[rule({ type: 'suffix', from: '.a.example.', to: '.b.example.' })], 'a.example', 'a.example.'],
    [[rule({ type: 'substring', from: 'a.', to: 'b.' })], 'a.a.example', 'b.b.example.'],
    [[rule({ type: 'substring', from: 'a.', to: '$&.' })], 'a.example', '\\036&.example.'],
    [
      [rule({ type: 'regex', from: /(.*)-(us-west-1)\.example\.org/u, to: '{1}.service.{2}.consul.' })],
      'ftp-us-west-1.example.org',
      'ftp.service.us-west-1.consul.',
    ],
    [[rule({ type: 'regex', from: /^(a)|(b)/u, to: 'x{1}{2}{7}.example.' })], 'b.example', 'xb{7}.example.'],
    [[exact('a.', 'b.'), exact('b.', 'c.')], 'a', 'b.'],
    [[exact('a.', 'b.', { next: 'continue' }), exact('b.', 'c.'), exact('c.', 'd.')], 'a', 'c.'],
    [[exact('x.', 'y.'), exact('a.', 'c.')], 'a', 'c.'],
  ];
  for (const [rules, name, asked] of cases) {
    const response = await mirrored(rules, name);
    assert.deepEqual(response.asked, [asked], `${name} becomes ${asked}`);
  }
});

test('which names come back', async () => {
  const below = (name: string) => [`answer ${name} 60 IN CNAME sub.${name}`, `answer sub.${name} 60 IN A 192.0.2.1`];
  const suffix = { type: 'suffix', from: '.a.example.', to: '.b.test.' } as const;
  const regex = { type: 'regex', from: /^(.*)\.a\.example\.$/u, to: '{1}.b.test.' } as const;
  const toName = { type: 'name', from: /^(.*)\.b\.test\.$/u, to: '{1}.a.example.' } as const;
  const toValue = { ...toName, type: 'value' } as const;
  const other = 'x.b.test.';
  const own = 'x.a.example.';
  const cases: [name: string, rules: RewriteRule[], want: string[]][] = [
    ['exact: always', [exact(own, other)], below(own)],
    ['suffix: not by itself', [rule(suffix)], below(other)],
    ['suffix auto', [rule(suffix, automatic)], below(own)],
    ['prefix auto', [rule({ type: 'prefix', from: 'x.a.', to: 'q.' }, automatic)], below(own)],
    ['substring auto', [rule({ type: 'substring', from: 'a.exa', to: 'b' }, automatic)], below(own)],
    ['regex auto', [rule(regex, automatic)], below(own)],
    ['regex: not by itself', [rule(regex)], below(other)],
    [
      'names alone',
      [rule(regex, { answers: [toName] })],
      [`answer ${own} 60 IN CNAME sub.${other}`, `answer sub.${own} 60 IN A 192.0.2.1`],
    ],
    ['names and values', [rule(regex, { answers: [toName, toValue] })], below(own)],
    [
      'several rules, the last undone first',
      [rule(suffix, { ...automatic, next: 'continue' }), exact(other, 'c.')],
      below(own),
    ],
    ['what becomes no name stays', [rule(regex, { answers: [{ ...toName, to: '..' }] })], below(other)],
  ];
  for (const [name, rules, want] of cases) assert.deepEqual((await mirrored(rules, 'x.a.example')).answer, want, name);
});

test('the client finds its own question, spelling, id, EDNS and flags', async () => {
  const ask = asking([exact('www.example.', web)], cluster);
  const edns = { udpSize: 1400, version: 0, dnssecOk: true };
  const response = await ask({ ...queryMessage(4711, parseName('WWW.Example'), 1, edns) });
  assert.equal(printed(response), 'NOERROR qr aa rd\nanswer WWW.Example. 5 IN A 10.96.0.80');
  assert.equal(Buffer.from(response).readUInt16BE(0), 4711);
  assert.equal(Buffer.from(response).toString('latin1', 12, 25), '\x03WWW\x07Example\0');
  assert.equal(Buffer.from(response).readUInt16BE(10), 1, 'OPT');
});

test('other names pass as they came, answers and denials', async () => {
  const ask = asking([exact('www.example.', web)], cluster);
  assert.equal(printed(await ask(`${web} A`)), `NOERROR qr aa rd\nanswer ${web} 5 IN A 10.96.0.80`);
  assert.match(printed(await ask('nope.cluster.local A')), /^NXDOMAIN qr aa rd\nauthority cluster\.local\. 5 IN SOA/);
  assert.equal(printed(await ask('other.example A')), 'SERVFAIL qr rd');
});

test('denials of the other name are denials of the own one, values of any kind are turned back', async () => {
  const toCluster = rule({ type: 'suffix', from: '.corp.', to: '.default.svc.cluster.local.' }, automatic);
  const ask = asking([toCluster], cluster);
  assert.match(printed(await ask('nope.corp A')), /^NXDOMAIN qr aa rd\nauthority cluster\.local\. 5 IN SOA ns\.dns\./);
  assert.equal(
    printed(await ask('_sql._tcp.db.corp SRV'))
      .split('\n')
      .sort()
      .join('\n'),
    [
      'NOERROR qr aa rd',
      'additional 10-244-3-7.db.corp. 5 IN A 10.244.3.7',
      'additional db-0.db.corp. 5 IN A 10.244.1.7',
      'additional db-1.db.corp. 5 IN A 10.244.2.7',
      'answer _sql._tcp.db.corp. 5 IN SRV 0 33 5432 10-244-3-7.db.corp.',
      'answer _sql._tcp.db.corp. 5 IN SRV 0 33 5432 db-0.db.corp.',
      'answer _sql._tcp.db.corp. 5 IN SRV 0 33 5432 db-1.db.corp.',
    ]
      .sort()
      .join('\n'),
  );
});

test('a name that becomes none is SERVFAIL; transfers pass', async () => {
  const mirror = new Mirror();
  const ask = asking([rule({ type: 'regex', from: /^a/u, to: 'a..b.' }), exact('z.', 'y.')], mirror);
  assert.equal(printed(await ask('a.example A')), 'SERVFAIL qr rd');
  assert.deepEqual(mirror.asked, []);
  await ask('z AXFR', true);
  assert.deepEqual(mirror.asked, ['z.']);
});

test('answers are cut at the size of the client, with the names that it gets', async () => {
  const many: Handler = {
    name: 'many',
    handle: ({ query, limit }) => {
      const hosts = Array.from({ length: 100 }, (_, i) => ({ ...record(`x 60 A 192.0.2.${i}`), name: query.name }));
      return writeResponse(query, 0, 0, pack(query.name, { answer: hosts }), limit);
    },
  };
  const long = `${'l'.repeat(60)}.example.`;
  const ask = asking([exact(long, 's.'), exact('s.example.', long)], many);
  for (const [question, count] of [
    [`${long} A`, 26],
    ['s.example A', 30],
  ] as const) {
    const response = await ask(question);
    assert.ok(response.length <= 512);
    const [status, ...lines] = printed(response).split('\n');
    assert.deepEqual([status, lines.length], ['NOERROR qr tc rd', count]);
    assert.equal(printed(await ask(question, true)).split('\n').length, 101);
  }
});
