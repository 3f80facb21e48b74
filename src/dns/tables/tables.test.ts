// Every row of the tables, asked of a responder; and that every rule of the specification has a row.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeMessage, encodeMessage } from '../wire/index.ts';
import type { Row } from './document.testing.ts';
import { documents } from './documents.testing.ts';
import { textOf, wanted } from './expected.testing.ts';
import { isAskedBy, packetOf } from './question.testing.ts';
import { type Served, Servers } from './servers.testing.ts';

/** How many rules spec/dns.md has by section: rows of its tables, its bullets, and items of its lists. */
const rules = {
  '1.1': 13,
  '1.2': 2,
  '1.3': 6,
  '1.4': 7,
  '1.5': 4,
  '1.6': 5,
  '1.7': 4,
  '1.8': 4,
  '1.9': 3,
  '2': 9,
  '3': 8,
};

const client = { address: '192.0.2.1', port: 5353 };

async function asked({ responder, zoneOf }: Served, { question, expected }: Row, isTcp: boolean): Promise<void> {
  const packet = encodeMessage(packetOf(question, 4711));
  const response = await responder.respond(packet, client, isTcp);
  assert.ok(response instanceof Uint8Array, question.text);
  const where = `${question.text} by ${isTcp ? 'TCP' : 'UDP'}`;
  assert.equal(textOf(response, expected.counts !== undefined), wanted(expected, question, zoneOf), where);
  const { id, question: repeated } = decodeMessage(response);
  assert.deepEqual(id, 4711);
  // What is refused with the header alone repeats nothing.
  if (repeated) assert.deepEqual(repeated, decodeMessage(packet).question, where);
}

test('every row, by UDP and TCP', async (t) => {
  const servers = await Servers.start(t);
  for (const { title, rules } of documents) {
    await t.test(title, async (t) => {
      for (const { id, text, rows } of rules) {
        await t.test(`${id} ${text}`, async () => {
          for (const row of rows) {
            const served = await servers.of(row);
            if (isAskedBy(row.question, 'udp')) await asked(served, row, false);
            if (isAskedBy(row.question, 'tcp')) await asked(served, row, true);
          }
        });
      }
    });
  }
});

test('every rule of the specification is shown by a row or a test', () => {
  const all = documents.flatMap((document) => document.rules);
  const bare = all.filter(({ rows, tests }) => rows.length + tests.length === 0);
  assert.deepEqual(bare, []);
  const shown = new Set(
    all.filter(({ rows, tests }) => rows.length + tests.length > 0).map(({ id }) => id.replace(/[a-z]+$/, '')),
  );
  const wanted = Object.entries(rules).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, i) => `${section}.${i + 1}`),
  );
  assert.deepEqual([...shown].sort(), wanted.sort());
  const ids = all.map(({ id }) => id);
  assert.deepEqual(
    ids.filter((id, at) => ids.indexOf(id) !== at),
    [],
  );
});

test('the tests that rules refer to are there', () => {
  for (const reference of documents.flatMap(({ rules }) => rules.flatMap(({ tests }) => tests))) {
    const [file = '', title = ''] = reference.split(': ');
    const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    assert.ok(source.includes(title), reference);
  }
});
