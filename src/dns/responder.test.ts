// What the tables (tables/) cannot show: answers that are kept, very large ones, and whatever else may be asked.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLogger } from '#lib/log.ts';
import { emptyZones, fill, http, namespace, packet, printed, service, slice } from './testing/cluster.ts';
import { clusterResponder } from './testing/responders.ts';
import { sample } from './testing/sample.ts';
import { decodeMessage, encodeMessage, Flag, parseName } from './wire/index.ts';

const client = { address: '192.0.2.1', port: 5353 };

function ask(question: string, from = clusterResponder(sample()), isTcp = false): Uint8Array {
  const response = from.respond(encodeMessage(packet(question)), client, isTcp);
  assert.ok(response instanceof Uint8Array);
  return response;
}

test('an answer does not depend on what was asked before: in which spelling, with which labels, in which zone', () => {
  const names = ['web', 'db', '_http._tcp.web', 'http.tcp.web', '_http\\._tcp.web', 'db-0.db', 'alias', 'nope'];
  // Zones of the same length: pointers into one fit the other.
  const ends = ['default.svc.cluster.local', 'default.svc.cluster.other', 'DEFAULT.svc.Cluster.LOCAL'];
  const questions = names.flatMap((name) =>
    ends.flatMap((end) => ['A', 'SRV', 'TXT'].map((type) => `${name}.${end} ${type}`)),
  );
  const cluster = () => clusterResponder(sample({ zones: ['cluster.local', 'cluster.other'].map(parseName) }));
  // Addresses are turned round.
  const text = (response: Uint8Array) => printed(response).split('\n').sort().join('\n');
  const alone = new Map(questions.map((question) => [question, text(ask(question, cluster()))]));
  fc.assert(
    fc.property(fc.shuffledSubarray(questions, { minLength: 5 }), (order) => {
      const from = cluster();
      for (const question of order) assert.equal(text(ask(question, from)), alone.get(question), question);
    }),
    { numRuns: 30 },
  );
});

test('400 endpoints have SRV records of weight 1, each with its address', () => {
  const { answer, additional } = decodeMessage(ask('many.default.svc.cluster.local SRV', undefined, true));
  const targets = answer.map(
    ({ data }) => data.type === 'SRV' && data.weight === 1 && data.port === 8080 && data.target,
  );
  assert.deepEqual(new Set(targets), new Set(additional.map(({ name }) => name)));
  assert.equal(new Set(targets).size, 400);
});

test('5,000 addresses are cut with TC even by TCP', () => {
  const addresses = Array.from({ length: 5000 }, (_, i) => `10.250.${i >> 8}.${i & 255}`);
  const from = clusterResponder(
    fill(emptyZones(), [
      namespace('default'),
      service('huge', { clusterIP: 'None' }),
      slice('huge-1', 'huge', addresses, [http]),
    ]),
  );
  for (const type of ['A', 'SRV']) {
    const response = ask(`huge.default.svc.cluster.local ${type}`, from, true);
    const { flags, answer } = decodeMessage(response);
    assert.ok(flags & Flag.TC, type);
    const largest = type === 'A' ? 16 : 100;
    assert.ok(response.length <= 65_535 && response.length + largest > 65_535, `${type}: ${response.length} octets`);
    assert.equal(new Set(answer.map(({ data }) => JSON.stringify(data))).size, answer.length);
  }
});

const word = fc.constantFrom(
  ...['web', 'db', 'DB-0', 'loop-a', 'chain-1', '_http', '_tcp', 'default', 'svc', 'pod', 'fd00--1', '1-2-3-4', 'a--'],
  ...['--', 'ns', 'dns', '96', '10', '0', '80', 'f', 'in-addr', 'ip6', 'arpa', 'x'.repeat(63), '\\000', '\\.', '*'],
);
const zone = fc.constantFrom(
  ...['cluster.local', 'default.svc.Cluster.local', '96.10.in-addr.arpa', 'd.f.ip6.arpa', 'example.com'],
);
const type = fc.constantFrom(
  ...['A', 'AAAA', 'SRV', 'CNAME', 'PTR', 'NS', 'SOA', 'TXT', 'OPT', 'ANY', 'AXFR', 'IXFR', 'TYPE0', 'TYPE65535'],
);

test('whatever is asked, the answer is a message that repeats id and question and fits, and nothing fails', () => {
  const failures: string[] = [];
  const log = createLogger('dns', 'error', (line) => failures.push(line));
  const from = clusterResponder(sample(), { log });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 3 }), zone, type, fc.boolean(), (words, end, mnemonic, isTcp) => {
      const query = encodeMessage(packet(`${[...words, end].join('.')} ${mnemonic}`, 4711));
      const response = from.respond(query, client, isTcp);
      assert.ok(response instanceof Uint8Array && (isTcp || response.length <= 512));
      const { id, question } = decodeMessage(response);
      assert.deepEqual({ id, question }, { id: 4711, question: decodeMessage(query).question });
    }),
    { numRuns: 3000 },
  );
  assert.deepEqual(failures, []);
});
