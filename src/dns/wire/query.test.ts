import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rcode, Type } from './codes.ts';
import { decodeMessage, ednsOf, encodeMessage, queryMessage } from './message.ts';
import { parseName } from './name.ts';
import { pack, recordsThatFit } from './packed.ts';
import { type Query, readQuery } from './query.ts';
import { sizeLimit, writeResponse } from './response.ts';

const owner = parseName('web.default.svc.cluster.local');
const ask = (edns?: Parameters<typeof queryMessage>[3]): Buffer => encodeMessage(queryMessage(1, owner, Type.A, edns));
const changed = (changes: Record<number, number>): Buffer => {
  const packet = ask();
  for (const [at, value] of Object.entries(changes)) packet.writeUInt16BE(value, Number(at));
  return packet;
};

test('what is no proper query gets silence or a bare code', () => {
  const cases: [what: string, packet: Buffer, want: number | undefined][] = [
    ['fewer than 12 octets', ask().subarray(0, 11), undefined],
    ['an answer', changed({ 2: 0x8000 }), undefined],
    ['opcode STATUS', changed({ 2: 2 << 11 }), Rcode.NOTIMP],
    ['no question', changed({ 4: 0 }), Rcode.FORMERR],
    ['two questions', changed({ 4: 2 }), Rcode.FORMERR],
    ['two answers', changed({ 6: 2 }), Rcode.FORMERR],
    ['two authority records', changed({ 8: 2 }), Rcode.FORMERR],
    ['three additional records', changed({ 10: 3 }), Rcode.FORMERR],
    ['an additional record that is not there', changed({ 10: 1 }), Rcode.FORMERR],
    ['a question cut off', ask().subarray(0, 20), Rcode.FORMERR],
    ['a compressed question', changed({ 12: 0xc00c }), Rcode.FORMERR],
  ];
  for (const [what, packet, want] of cases) assert.equal(readQuery(packet), want, what);
});

test('a query is read with its spelling, NOTIFY and trailing octets tolerated', () => {
  const spelled = encodeMessage(queryMessage(1, parseName('WEB.Default.svc.cluster.LOCAL'), Type.A));
  const query = readQuery(Buffer.concat([spelled, Buffer.from('junk')])) as Query;
  assert.equal(query.key, owner);
  assert.equal(query.name, parseName('WEB.Default.svc.cluster.LOCAL'));
  assert.equal(query.type, Type.A);
  assert.equal(typeof readQuery(changed({ 2: 4 << 11 })), 'object');
});

test('responses are cut to what the client takes: 512, or what it advertises up to our cap', () => {
  const cases: [udpSize: number | undefined, isTcp: boolean, want: number][] = [
    [undefined, false, 512],
    [100, false, 512],
    [1232, false, 1232],
    [65535, false, 4096],
    [undefined, true, 65535],
  ];
  for (const [udpSize, isTcp, want] of cases) {
    const edns = udpSize === undefined ? undefined : { udpSize, version: 0, dnssecOk: false };
    assert.equal(sizeLimit(readQuery(ask(edns)) as Query, isTcp, 4096), want);
  }
});

test('400 addresses: 29 fit 512 octets, 73 fit 1232 with OPT, each response begins with another one', () => {
  const short = parseName('a.b.svc.cluster.local');
  const answer = Array.from({ length: 400 }, (_, i) => ({
    name: short,
    class: 1,
    ttl: 5,
    data: { type: 'A', address: `10.0.${i >> 8}.${i & 255}` } as const,
  }));
  const packed = pack(short, { answer });
  assert.equal(packed.stride, 16);
  assert.equal(recordsThatFit(packed, packed.body.length), 400);

  const plain = readQuery(encodeMessage(queryMessage(1, short, Type.A))) as Query;
  const edns = { udpSize: 1232, version: 0, dnssecOk: true };
  const extended = readQuery(encodeMessage(queryMessage(1, short, Type.A, edns))) as Query;
  const small = decodeMessage(writeResponse(plain, 0, 0, packed, 512));
  assert.equal(small.answer.length, 29);
  assert.equal(small.flags, 0x8300);
  const large = decodeMessage(writeResponse(extended, 0, 0, packed, 1232));
  assert.equal(large.answer.length, 73);
  assert.deepEqual(ednsOf(large), { ...edns, extendedRcode: 0, options: [] });
  const whole = decodeMessage(writeResponse(plain, 0, 0, packed, 65535));
  assert.equal(new Set(whole.answer.map(({ data }) => JSON.stringify(data))).size, 400);
  const firsts = new Set(
    Array.from({ length: 50 }, () =>
      JSON.stringify(decodeMessage(writeResponse(plain, 0, 0, packed, 512, true)).answer[0]),
    ),
  );
  assert.ok(firsts.size > 1);
});
