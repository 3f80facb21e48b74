// Every type at every kind of name: data, NODATA, or NXDOMAIN (types.md).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeMessage, encodeMessage, Flag, rcodeOf, typeName, typeOf } from '../wire/index.ts';
import { documents } from './documents.testing.ts';
import { textOf, wanted } from './expected.testing.ts';
import { codeOf, packetOf, typeCodes } from './question.testing.ts';
import { Servers } from './servers.testing.ts';
import { allTypes, kindsOfNames, rowsOfTypes } from './types.testing.ts';

const client = { address: '192.0.2.1', port: 5353 };

test('every type at every kind of name', async (t) => {
  const servers = await Servers.start(t);
  for (const row of rowsOfTypes) {
    const { responder, zoneOf } = await servers.of(row);
    const { question } = row;
    const response = await responder.respond(encodeMessage(packetOf(question, 1)), client, true);
    assert.ok(response instanceof Uint8Array);
    if (!row.hasData) {
      assert.equal(textOf(response, false), wanted(row.expected, question, zoneOf), question.text);
      continue;
    }
    const { flags, answer } = decodeMessage(response);
    assert.deepEqual([rcodeOf(flags), flags & Flag.AA], [0, Flag.AA], question.text);
    const types = new Set(answer.map(({ data }) => typeName(typeOf(data))));
    assert.ok(types.has(question.type) || types.has('CNAME'), `${question.text}: ${[...types]}`);
  }
});

test('the table has every kind of name of the grammar, under rules that there are', () => {
  const ids = new Set(documents.flatMap(({ rules }) => rules.map(({ id }) => id)));
  const used = new Set(kindsOfNames.map(({ rule }) => rule));
  assert.deepEqual(
    [...used].filter((rule) => !ids.has(rule)),
    [],
  );
  const grammar = Array.from({ length: 8 }, (_, i) => `1.1.${i + 1}`);
  assert.deepEqual(
    grammar.filter((rule) => !used.has(rule)),
    [],
  );
  const data = new Set(kindsOfNames.flatMap(({ types = [] }) => types));
  assert.deepEqual([...data].sort(), ['A', 'AAAA', 'CNAME', 'NS', 'PTR', 'SOA', 'SRV', 'TXT']);
});

test('every type that has a name is asked for, once', () => {
  assert.equal(new Set(allTypes.map(codeOf)).size, allTypes.length);
  assert.ok(Object.keys(typeCodes).every((type) => allTypes.includes(type)));
});
