// Messages of every kind for property tests: any record type that is used here, any octet in a name.

import fc from 'fast-check';
import { formatAddress } from '#lib/cidr.ts';
import { Type } from './codes.ts';
import type { Message } from './message.ts';
import { fromLabels, type Name, parseName } from './name.ts';
import type { RecordData } from './rdata.ts';
import type { ResourceRecord } from './record.ts';

const object = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { noNullPrototype: true });
const u8 = fc.nat(255);
const u16 = fc.nat(65535);
const u32 = fc.nat(0xffffffff);
const octets = (max: number, min = 0) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => Buffer.from(bytes).toString('latin1'));
/** Few different labels, so that compression has something to find. */
const label = fc.oneof(fc.constantFrom('web', 'WEB', 'svc', 'cluster', 'local'), octets(63, 1));
export const name: fc.Arbitrary<Name> = fc
  .array(label, { maxLength: 6 })
  .map((labels) => fromLabels(labels) ?? parseName('too-long.example'));
const bytes = fc.uint8Array({ maxLength: 40 }).map((data) => new Uint8Array(data));
const known = new Set<number>(Object.values(Type));
/** SVCB, HTTPS and CAA among them. */
const unknownType = fc.oneof(
  fc.constantFrom(64, 65, 257),
  u16.filter((code) => !known.has(code)),
);
const address = fc.oneof(
  u32.map((value) => ({ type: 'A' as const, address: formatAddress({ family: 'IPv4', value: BigInt(value) }) })),
  fc
    .bigInt({ min: 0n, max: (1n << 128n) - 1n })
    .map((value) => ({ type: 'AAAA' as const, address: formatAddress({ family: 'IPv6', value }) })),
);
export const dataOf: Record<RecordData['type'], fc.Arbitrary<RecordData>> = {
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
  opaque: object({ type: fc.constant('opaque' as const), code: unknownType, data: bytes }),
};
const { OPT: _, ...ordinary } = dataOf;
const record: fc.Arbitrary<ResourceRecord> = object({
  name,
  class: u16,
  ttl: u32,
  data: fc.oneof(...Object.values(ordinary)),
});
const section = fc.array(record, { maxLength: 5 });
/** Without an OPT record. */
export const message: fc.Arbitrary<Message> = object({
  id: u16,
  flags: u16,
  question: fc.option(object({ name, type: u16, class: u16 }), { nil: undefined }),
  answer: section,
  authority: section,
  additional: section,
});

const changes = fc.array(
  fc.oneof(
    fc.record({ how: fc.constant('replace' as const), at: u16, value: u8 }),
    // Towards anywhere, itself and what follows included.
    fc.record({ how: fc.constant('point' as const), at: u16, value: u16 }),
    fc.record({ how: fc.constant('count' as const), at: fc.nat(3), value: fc.oneof(fc.nat(3), u16) }),
    fc.record({ how: fc.constant('cut' as const), at: u16, value: u8 }),
    fc.record({ how: fc.constant('repeat' as const), at: u16, value: u8 }),
  ),
  { maxLength: 6 },
);

/** Valid packets with octets replaced, pointers, counts that are wrong, and parts that are missing or there twice. */
export const mutated = (packets: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Buffer> =>
  fc.tuple(packets, changes).map(([sent, all]) => {
    let packet = Buffer.from(sent);
    for (const { how, at, value } of all) {
      const place = packet.length === 0 ? 0 : at % packet.length;
      if (how === 'cut') packet = Buffer.concat([packet.subarray(0, place), packet.subarray(place + value)]);
      else if (how === 'repeat') packet = Buffer.concat([packet.subarray(0, place + value), packet.subarray(place)]);
      else if (how === 'replace') packet[place] = value;
      else if (how === 'count' && packet.length >= 12) packet.writeUInt16BE(value, 4 + 2 * at);
      else if (how === 'point' && place + 2 <= packet.length) packet.writeUInt16BE(0xc000 | value, place);
    }
    return packet;
  });

export const noise: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 600 }).map((data) => Buffer.from(data));
