import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress } from '#lib/cidr.ts';
import { Flag, Type } from './codes.ts';
import { FormatError } from './format-error.ts';
import { decodeMessage, ednsOf, encodeMessage, type Message, optRecord, queryMessage } from './message.ts';
import { formatName, fromLabels, type Name, parseName } from './name.ts';
import { outline } from './outline.ts';
import { readQuery } from './query.ts';
import type { RecordData } from './rdata.ts';
import { formatRecord, type ResourceRecord } from './record.ts';

const object = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { noNullPrototype: true });
const u8 = fc.nat(255);
const u16 = fc.nat(65535);
const u32 = fc.nat(0xffffffff);
const octets = (max: number, min = 0) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => Buffer.from(bytes).toString('latin1'));
/** Few different labels, so that compression has something to find. */
const label = fc.oneof(fc.constantFrom('web', 'WEB', 'svc', 'cluster', 'local'), octets(63, 1));
const name: fc.Arbitrary<Name> = fc
  .array(label, { maxLength: 6 })
  .map((labels) => fromLabels(labels) ?? parseName('too-long.example'));
const bytes = fc.uint8Array({ maxLength: 40 }).map((data) => new Uint8Array(data));
const address = fc.oneof(
  u32.map((value) => ({ type: 'A' as const, address: formatAddress({ family: 'IPv4', value: BigInt(value) }) })),
  fc
    .bigInt({ min: 0n, max: (1n << 128n) - 1n })
    .map((value) => ({ type: 'AAAA' as const, address: formatAddress({ family: 'IPv6', value }) })),
);
const dataOf: Record<RecordData['type'], fc.Arbitrary<RecordData>> = {
  A: address,
  AAAA: address,
  CNAME: name.map((target) => ({ type: 'CNAME', target })),
  NS: name.map((target) => ({ type: 'NS', target })),
  PTR: name.map((target) => ({ type: 'PTR', target })),
  SRV: object({ type: fc.constant('SRV' as const), priority: u16, weight: u16, port: u16, target: name }),
  SOA: object({
    type: fc.constant('SOA' as const),
    mname: name,
    rname: name,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
  }),
  TXT: fc.array(octets(255), { minLength: 1, maxLength: 3 }).map((strings) => ({ type: 'TXT', strings })),
  HINFO: object({ type: fc.constant('HINFO' as const), cpu: octets(20), os: octets(20) }),
  MX: object({ type: fc.constant('MX' as const), preference: u16, exchange: name }),
  OPT: fc.array(object({ code: u16, data: bytes }), { maxLength: 3 }).map((options) => ({ type: 'OPT', options })),
  opaque: object({ type: fc.constant('opaque' as const), code: fc.integer({ min: 256, max: 65535 }), data: bytes }),
};
const { OPT: _, ...ordinary } = dataOf;
const record: fc.Arbitrary<ResourceRecord> = object({
  name,
  class: u16,
  ttl: u32,
  data: fc.oneof(...Object.values(ordinary)),
});
const section = fc.array(record, { maxLength: 5 });
const message: fc.Arbitrary<Message> = object({
  id: u16,
  flags: u16,
  question: fc.option(object({ name, type: u16, class: u16 }), { nil: undefined }),
  answer: section,
  authority: section,
  additional: section,
});

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

/** Damaged packets: valid ones with octets replaced, cut off or added, and plain noise. */
const damaged = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((data) => Buffer.from(data)),
  fc.tuple(message, fc.array(fc.tuple(u16, u8), { maxLength: 8 }), u16).map(([sent, changes, length]) => {
    const packet = Buffer.from(encodeMessage(sent));
    for (const [at, value] of changes) packet[at % packet.length] = value;
    return packet.subarray(0, 12 + (length % packet.length));
  }),
);

test('no packet makes the codec throw anything but FormatError, or run on', () => {
  const attempt = (read: () => unknown) => {
    try {
      read();
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  };
  fc.assert(
    fc.property(damaged, (packet) => {
      attempt(() => decodeMessage(packet).answer.map(formatRecord));
      attempt(() => outline(packet));
      // The way in never throws at all.
      readQuery(packet);
    }),
    { numRuns: 2000 },
  );
});

test('names with malformed compression are refused', () => {
  const header = '000000000001000000000000';
  const cases: Record<string, string> = {
    'pointer to itself': 'c00c',
    'pointer forwards': 'c010 00000000 0161 00',
    'two pointers to each other': '0161 c00e c00c',
    'label beyond the end': '3f61',
    'no end': '0161',
    'reserved label type': '4061 00',
    'longer than 255 octets': `${`3f${'61'.repeat(63)}`.repeat(4)}00`,
  };
  for (const [what, hex] of Object.entries(cases)) {
    const packet = Buffer.from(`${header}${hex}00010001`.replaceAll(' ', ''), 'hex');
    assert.throws(() => decodeMessage(packet), FormatError, what);
    assert.equal(readQuery(packet), 1, what);
  }
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
  assert.equal(line({ type: 'opaque', code: 65, data: new Uint8Array([1, 2]) }), 'a.example. 5 IN TYPE65 \\# 2 0102');
  assert.equal(formatName(owner), 'a.example.');
});
