import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeMessage,
  encodeMessage,
  parseName,
  queryMessage,
  type ResourceRecord,
  shuffleAddresses,
} from './index.ts';

const name = parseName('www.example.com');
const address = (owner: string, text: string): ResourceRecord => ({
  name: parseName(owner),
  class: 1,
  ttl: 30,
  data: text.includes(':') ? { type: 'AAAA', address: text } : { type: 'A', address: text },
});
const message = (answer: ResourceRecord[]): Buffer =>
  encodeMessage({ ...queryMessage(1, name, 1), flags: 0x8180, answer });
const answers = (bytes: Buffer): string[] =>
  decodeMessage(bytes).answer.map(({ data }) => ('address' in data ? data.address : data.type));

const texts = Array.from({ length: 20 }, (_, i) => `192.0.2.${i}`);

test('addresses are shuffled behind their aliases, and none is lost', () => {
  const alias: ResourceRecord = {
    name,
    class: 1,
    ttl: 30,
    data: { type: 'CNAME', target: parseName('a.example.com') },
  };
  const orders = new Set<string>();
  for (let i = 0; i < 20; i++) {
    const bytes = message([alias, ...texts.map((text) => address('a.example.com', text))]);
    shuffleAddresses(bytes);
    const [first, ...rest] = answers(bytes);
    assert.equal(first, 'CNAME');
    assert.deepEqual([...rest].sort(), [...texts].sort());
    orders.add(rest.join());
  }
  assert.ok(orders.size > 10);
});

test('preferred addresses come first', () => {
  const bytes = message(texts.map((text) => address('www.example.com', text)));
  shuffleAddresses(bytes, (octets) => (octets[3] ?? 0) >= 15);
  assert.deepEqual(answers(bytes).slice(0, 5).sort(), texts.slice(15).sort());
});

test('records of another name, whose first spells it out, stay readable', () => {
  const bytes = message([address('other.test', '192.0.2.1'), address('other.test', '192.0.2.2')]);
  shuffleAddresses(bytes);
  assert.deepEqual(
    decodeMessage(bytes).answer.map((record) => record.name),
    [parseName('other.test'), parseName('other.test')],
  );
});
