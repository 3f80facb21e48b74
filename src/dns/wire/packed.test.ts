import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flag, maxMessage, Type } from './codes.ts';
import { decodeMessage, encodeMessage, queryMessage } from './message.ts';
import { fromLabels, type Name, parseName } from './name.ts';
import { nothing, pack, recordCount, recordsThatFit, sizeOfRecords } from './packed.ts';
import { type Query, readQuery } from './query.ts';
import type { ResourceRecord } from './record.ts';
import { writeResponse } from './response.ts';

const owner = parseName('web.default.svc.cluster.local');
const target = (index: number): Name => (fromLabels([`pod-${index}`]) as Name) + owner;
const service = (index: number): ResourceRecord => {
  return {
    name: owner,
    class: 1,
    ttl: 5,
    data: { type: 'SRV', priority: 0, weight: 1, port: 80, target: target(index) },
  };
};
const address = (name: Name, index: number): ResourceRecord => {
  return { name, class: 1, ttl: 5, data: { type: 'A', address: `10.0.${index >> 8}.${index & 255}` } };
};

test('packed records are cut behind any of them, whatever is in them', () => {
  const answer = [0, 1, 2].map(service);
  const additional = [0, 1, 2].map((index) => address(target(index), index));
  const packed = pack(owner, { answer, additional });
  assert.equal(recordCount(packed), 6);
  for (let count = 0; count <= 6; count++) {
    const size = sizeOfRecords(packed, count);
    assert.equal(recordsThatFit(packed, size), count);
    if (count > 0) assert.equal(recordsThatFit(packed, size - 1), count - 1);
    const query = readQuery(encodeMessage(queryMessage(1, owner, Type.SRV))) as Query;
    const message = decodeMessage(writeResponse(query, 0, 0, packed, query.questionEnd + size));
    assert.deepEqual([...message.answer, ...message.additional], [...answer, ...additional].slice(0, count));
    assert.equal((message.flags & Flag.TC) !== 0, count < 6);
  }
  assert.deepEqual(pack(owner, {}), nothing);
});

test('what no message has room for is not encoded, nor worked out; the response shows that it is cut', () => {
  let asked = 0;
  const glue = function* (): Generator<ResourceRecord> {
    for (let index = 0; ; index++) {
      asked++;
      yield address(target(index), index);
    }
  };
  const query = readQuery(encodeMessage(queryMessage(1, owner, Type.SRV))) as Query;
  const few = pack(owner, { answer: [service(0)], additional: glue() });
  assert.ok(few.body.length < maxMessage + 100, `${few.body.length} octets`);
  assert.equal(asked, few.additionals);
  const cut = decodeMessage(writeResponse(query, 0, 0, few, maxMessage));
  assert.equal(cut.additional.length, few.additionals - 1);
  assert.ok(cut.flags & Flag.TC);

  const many = pack(owner, {
    answer: Array.from({ length: 20_000 }, (_, index) => service(index)),
    additional: glue(),
  });
  assert.ok(many.body.length < maxMessage + 100, `${many.body.length} octets`);
  assert.equal(many.additionals, 0);
  const full = decodeMessage(writeResponse(query, 0, 0, many, maxMessage));
  assert.equal(full.answer.length, many.answers - 1);
  assert.ok(full.flags & Flag.TC);
});
