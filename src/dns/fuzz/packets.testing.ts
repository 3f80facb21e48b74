// What clients send that mean no good: queries for every kind of name with every kind of header, damaged ones, messages that
// are no queries, and noise; and streams of them for TCP.

import fc from 'fast-check';
import { kindsOfNames } from '../tables/types.testing.ts';
import { message, mutated, name, noise } from '../wire/arbitrary.testing.ts';
import { encodeMessage, fromLabels, labelsOf, type Name, parseName, Type } from '../wire/index.ts';

const u16 = fc.nat(65535);
const octets = fc.uint8Array({ minLength: 1, maxLength: 63 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const pick = <T>(...values: readonly T[]) => fc.constantFrom(...values);

/** The first much more often than the second. */
const mostly = <T>(usual: fc.Arbitrary<T>, otherwise: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: usual, weight: 6 }, { arbitrary: otherwise, weight: 1 });

/** Names that mean something; in other spellings, with labels more and fewer. */
const meant: fc.Arbitrary<Name> = fc
  .record({
    text: pick(
      ...kindsOfNames.map((kind) => kind.name),
      'www.example.com.',
      'own.test.',
      'web.corp.test.',
      'localhost.',
    ),
    more: mostly(
      fc.constant<string[]>([]),
      fc.array(fc.oneof(pick('_tcp', '*', 'x', '10-0-0-1', 'svc'), octets), { maxLength: 3 }),
    ),
    skipped: mostly(fc.constant(0), fc.nat(4)),
    isUpper: fc.boolean(),
  })
  .map(({ text, more, skipped, isUpper }) => {
    const whole = parseName(text);
    const changed = fromLabels([...more, ...labelsOf(whole)].slice(skipped)) ?? whole;
    return isUpper ? changed.replace(/[a-z]/g, (letter) => letter.toUpperCase()) : changed;
  });

type Option = { code: number; data: Uint8Array<ArrayBuffer> };
const sane = fc.record({
  class: pick(512, 1232, 4096),
  ttl: pick(0, 0x8000),
  options: fc.constant<Option[]>([]),
});
const strange = fc.record({
  class: u16,
  ttl: fc.oneof(pick(0x10000, 0x7fff), fc.nat(0xffffffff)),
  options: fc.array(fc.record({ code: pick(3, 8, 10, 12, 65001), data: fc.uint8Array({ maxLength: 40 }) }), {
    maxLength: 3,
  }),
});

const query: fc.Arbitrary<Buffer> = fc
  .record({
    id: u16,
    flags: mostly(pick(0, 0x0100, 0x0130, 0x2000), u16),
    name: mostly(meant, name),
    type: mostly(pick(1, 28, 33, 12, 5, 16, 6, 2), fc.oneof(pick(...Object.values(Type), 64, 65, 257), u16)),
    class: mostly(fc.constant(1), fc.oneof(pick(0, 3, 4, 254, 255), u16)),
    edns: mostly(fc.option(sane, { nil: undefined }), strange),
  })
  .map(({ name, type, class: klass, edns, ...header }) => {
    const opt = edns && {
      name: '',
      class: edns.class,
      ttl: edns.ttl,
      data: { type: 'OPT', options: edns.options } as const,
    };
    const question = { name, type, class: klass };
    return encodeMessage({ ...header, question, answer: [], authority: [], additional: opt ? [opt] : [] });
  });

export const packets: fc.Arbitrary<Buffer> = fc.oneof(
  { arbitrary: query, weight: 8 },
  { arbitrary: mutated(query), weight: 4 },
  { arbitrary: mutated(message.map((sent) => encodeMessage(sent))), weight: 1 },
  { arbitrary: noise, weight: 1 },
);

/** Messages of other servers, good and damaged, for a question of theirs or another one. */
export const replies: fc.Arbitrary<Buffer> = fc.oneof(
  mutated(message.map((sent) => encodeMessage({ ...sent, flags: sent.flags | 0x8000 }))),
  noise,
);

/** What a connection brings: packets behind their length, or behind another one, in pieces. */
export const streams: fc.Arbitrary<readonly Buffer[]> = fc.array(
  fc
    .tuple(packets, fc.oneof({ arbitrary: pick(0), weight: 8 }, { arbitrary: pick(-1, 1, 100, 30_000), weight: 1 }))
    .map(([packet, wrong]) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(Math.max(0, packet.length + wrong));
      return Buffer.concat([length, packet]);
    }),
  { maxLength: 8 },
);
