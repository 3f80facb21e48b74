import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dataOf, message, name } from './arbitrary.testing.ts';
import { Flag, Type } from './codes.ts';
import { decodeMessage, ednsOf, encodeMessage, optRecord, queryMessage } from './message.ts';
import { formatName, parseName } from './name.ts';
import { readQuery } from './query.ts';
import type { RecordData } from './rdata.ts';
import { formatRecord, type ResourceRecord } from './record.ts';

test('every record type comes back as it went in, compressed or not', () => {
  for (const [type, data] of Object.entries(dataOf)) {
    fc.assert(
      fc.property(name, data, (owner, item) => {
        const one: ResourceRecord = { name: owner, class: 1, ttl: 5, data: item };
        const sent = { id: 1, flags: 0, question: undefined, answer: [], authority: [], additional: [one] };
        assert.deepEqual(decodeMessage(encodeMessage(sent)).additional, [one], type);
      }),
      { numRuns: 50 },
    );
  }
});

test('whole messages come back as they went in', () => {
  fc.assert(fc.property(message, (sent) => assert.deepEqual(decodeMessage(encodeMessage(sent)), sent)));
});

test('a message cut at any size still decodes, keeps whole records in order, and says so with TC', () => {
  fc.assert(
    fc.property(message, fc.integer({ min: 300, max: 1500 }), (sent, limit) => {
      const cut = encodeMessage(sent, limit);
      const whole = encodeMessage(sent);
      const got = decodeMessage(cut);
      assert.ok(cut.length <= limit || got.answer.length + got.authority.length + got.additional.length === 0);
      const all = [...sent.answer, ...sent.authority, ...sent.additional];
      const kept = [...got.answer, ...got.authority, ...got.additional];
      assert.deepEqual(kept, all.slice(0, kept.length));
      if (whole.length > limit) assert.ok(got.flags & Flag.TC);
      else assert.deepEqual(got, sent);
    }),
  );
});

test('names are compressed against each other, SRV targets are not', () => {
  const owner = parseName('web.default.svc.cluster.local');
  const message = queryMessage(1, owner, Type.SRV);
  const srv = { type: 'SRV', priority: 0, weight: 1, port: 80, target: owner } as const;
  const a = { type: 'A', address: '10.0.0.1' } as const;
  const size = (data: RecordData) =>
    encodeMessage({ ...message, answer: [{ name: owner, class: 1, ttl: 5, data }] }).length -
    encodeMessage(message).length;
  assert.equal(size(a), 2 + 10 + 4);
  assert.equal(size(srv), 2 + 10 + 6 + owner.length + 1);
  assert.equal(size({ type: 'CNAME', target: owner }), 2 + 10 + 2);
});

test('EDNS is read out of the OPT record', () => {
  const edns = {
    udpSize: 1232,
    version: 0,
    dnssecOk: true,
    extendedRcode: 1,
    options: [{ code: 10, data: new Uint8Array(8) }],
  };
  const query = queryMessage(1, '', Type.NS, edns);
  assert.deepEqual(ednsOf(decodeMessage(encodeMessage(query))), edns);
  const twice = { ...query, additional: [optRecord(edns), optRecord(edns)] };
  assert.equal(readQuery(encodeMessage(twice)), 1, 'two OPT records are FORMERR');
});

test('records print as lines of a zone file', () => {
  const [owner, target] = [parseName('a.example'), parseName('b.example')];
  const line = (data: RecordData) => formatRecord({ name: owner, class: 1, ttl: 5, data });
  assert.equal(line({ type: 'A', address: '10.0.0.1' }), 'a.example. 5 IN A 10.0.0.1');
  assert.equal(line({ type: 'AAAA', address: 'fd00::1' }), 'a.example. 5 IN AAAA fd00::1');
  assert.equal(
    line({ type: 'SRV', priority: 0, weight: 100, port: 80, target }),
    'a.example. 5 IN SRV 0 100 80 b.example.',
  );
  assert.equal(line({ type: 'TXT', strings: ['a "b"', '\x00'] }), 'a.example. 5 IN TXT "a \\"b\\"" "\\000"');
  assert.equal(line({ type: 'opaque', code: 65, data: new Uint8Array([1, 2]) }), 'a.example. 5 IN HTTPS \\# 2 0102');
  assert.equal(formatName(owner), 'a.example.');
});
