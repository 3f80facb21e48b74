// Packets that nobody sends in good faith: refused with a FormatError wherever they are read, and by the way in (readQuery)
// with a code or silence.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { message, mutated, noise } from './arbitrary.testing.ts';
import { FormatError } from './format-error.ts';
import { decodeMessage, encodeMessage, optRecord, queryMessage } from './message.ts';
import { parseName } from './name.ts';
import { shuffleAddresses } from './order.ts';
import { isReplyTo, outline } from './outline.ts';
import { readQuery } from './query.ts';
import { formatRecord } from './record.ts';

const question = encodeMessage(queryMessage(1, parseName('www.example.com'), 1));

/** Everything that reads what somebody else sent. */
const readers: Readonly<Record<string, (packet: Buffer) => unknown>> = {
  decodeMessage,
  outline,
  shuffleAddresses: (packet) => shuffleAddresses(Buffer.from(packet), () => true),
};

function refuses(read: (packet: Buffer) => unknown, packet: Buffer): boolean {
  try {
    read(packet);
    return false;
  } catch (error) {
    if (error instanceof FormatError) return true;
    throw error;
  }
}

test('no packet makes a reader throw anything but FormatError, nor the way in anything at all', () => {
  fc.assert(
    fc.property(fc.oneof(noise, mutated(message.map((sent) => encodeMessage(sent)))), (packet) => {
      for (const read of Object.values(readers)) refuses(read, packet);
      if (!refuses(decodeMessage, packet)) decodeMessage(packet).answer.map(formatRecord);
      readQuery(packet);
      isReplyTo(packet, question, question.length);
    }),
    { numRuns: 5000 },
  );
});

test('every beginning of a message is refused', () => {
  const edns = { udpSize: 1232, version: 0, dnssecOk: true, options: [{ code: 10, data: new Uint8Array(8) }] };
  fc.assert(
    fc.property(message, fc.boolean(), (sent, withEdns) => {
      const whole = encodeMessage({
        ...sent,
        additional: withEdns ? [...sent.additional, optRecord(edns)] : sent.additional,
      });
      for (let length = 0; length < whole.length; length++) {
        assert.ok(refuses(decodeMessage, whole.subarray(0, length)), `decodeMessage: ${length} of ${whole.length}`);
        assert.ok(refuses(outline, whole.subarray(0, length)), `outline: ${length} of ${whole.length}`);
      }
    }),
  );
});

test('every beginning of a query is met with FORMERR, or with silence while it has no header', () => {
  const edns = { udpSize: 1232, version: 0, dnssecOk: true, options: [{ code: 10, data: new Uint8Array(8) }] };
  const query = encodeMessage(queryMessage(1, parseName('web.default.svc.cluster.local'), 1, edns));
  for (let length = 0; length < query.length; length++) {
    assert.equal(readQuery(query.subarray(0, length)), length < 12 ? undefined : 1, `${length} of ${query.length}`);
  }
  assert.equal(typeof readQuery(query), 'object');
});

const header = '000000000001000000000000';
/** A question of that name, in hexadecimal. */
const asking = (name: string): Buffer => Buffer.from(`${header}${name}00010001`.replaceAll(' ', ''), 'hex');

test('names with malformed compression are refused', () => {
  const cases: Record<string, string> = {
    'pointer to itself': 'c00c',
    'pointer to its second octet': 'c00d',
    'pointer forwards': 'c010 00000000 0161 00',
    'two pointers to each other': '0161 c00e c00c',
    'a label and a pointer to it': '0161 c00c',
    'pointer into the header that leads back': 'c003 00',
    'pointer beyond the end': 'ffff',
    'half a pointer': 'c0',
    'label beyond the end': '3f61',
    'no end': '0161',
    'reserved label type 01': '4061 00',
    'reserved label type 10': '8061 00',
    'longer than 255 octets': `${`3f${'61'.repeat(63)}`.repeat(4)}00`,
  };
  for (const [what, name] of Object.entries(cases)) {
    assert.ok(refuses(decodeMessage, asking(name)), what);
    assert.equal(readQuery(asking(name)), 1, what);
  }
});

/** Two records, the second of which is called by a pointer to a pointer to a pointer … to the root label in the first. */
function pointers(count: number): Buffer {
  const data = Buffer.alloc(2 * count - 1);
  const start = 12 + 11;
  for (let at = 1; at < data.length; at += 2) data.writeUInt16BE(0xc000 | (start + Math.max(0, at - 2)), at);
  const record = (name: number[], size: number) =>
    Buffer.from([...name, 0, 10, 0, 1, 0, 0, 0, 0, size >> 8, size & 255]);
  const last = 0xc000 | (start + Math.max(0, data.length - 2));
  const head = Buffer.from([0, 1, 0x80, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
  return Buffer.concat([head, record([0], data.length), data, record([last >> 8, last & 255], 0)]);
}

test('a name has no more pointers than it could have labels', () => {
  for (const count of [1, 2, 127])
    assert.equal(decodeMessage(pointers(count)).answer[1]?.name, '', `${count} pointers`);
  for (const count of [128, 5000]) assert.ok(refuses(decodeMessage, pointers(count)), `${count} pointers`);
});
