// What no query by dig brings about: faults, answers that come later, transfers, silence.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import { Chain } from '../chain.ts';
import type { Handled, Handler } from '../handler.ts';
import { Responder } from '../responder.ts';
import { Routes } from '../routes.ts';
import { packet } from '../testing/cluster.ts';
import { encodeMessage, nothing, optRecord, type Query, Rcode, writeResponse } from '../wire/index.ts';
import { QueryCounts } from './query-counts.ts';

const client = { address: '192.0.2.7', port: 53 };
const silent = createLogger('dns', 'error', () => {});

/** One handler, whose answers are counted; what is dropped is too. */
function counted(handle: (query: Query) => Handled | Promise<Handled>) {
  const labels = { server: 'dns://:53', zone: '.', view: '' };
  const [counts, drops] = [new QueryCounts(labels), new QueryCounts({ ...labels, zone: 'dropped' })];
  let faults = 0;
  const handler: Handler = { name: 'test', handle: ({ query }) => handle(query) };
  const routes = new Routes([new Chain('', [handler], { observers: [counts] })]);
  const observer = { onDropped: drops.onDropped.bind(drops), onFault: () => faults++ };
  const responder = new Responder({ routes, observer, log: silent });
  const lines = async (of: QueryCounts, name: string) => {
    const metric = of.metrics().find((each) => each.name === `coredns_dns_${name}`);
    return [...((await metric?.samples()) ?? [])].map(({ labels, value }) => {
      const { server: _, zone: __, view: ___, ...own } = labels;
      return `${Object.values(own).join(' ')} ${value}`;
    });
  };
  return {
    ask: async (message = encodeMessage(packet('www.example'))) =>
      void (await responder.respond(message, client, false)),
    responses: () => lines(counts, 'responses_total'),
    sizes: async () => (await lines(counts, 'response_size_bytes')).length,
    dropped: (name: string) => lines(drops, name),
    faults: () => faults,
  };
}

test('a handler that fails, at once or later, is a fault and a SERVFAIL', async () => {
  let isLate = false;
  const { ask, faults, responses } = counted(() => {
    if (isLate) return Promise.reject(new Error('later'));
    throw new Error('at once');
  });
  await ask();
  isLate = true;
  await ask();
  assert.equal(faults(), 2);
  assert.deepEqual(await responses(), ['SERVFAIL  2']);
});

test('who had an answer is counted, also when it came later', async () => {
  const { ask, faults, responses } = counted((query) =>
    Promise.resolve(query.type === 1 ? writeResponse(query, Rcode.NXDOMAIN, 0, nothing, 512) : undefined),
  );
  await ask();
  await ask(encodeMessage(packet('www.example AAAA')));
  assert.deepEqual(await responses(), ['NXDOMAIN test 1', 'SERVFAIL  1']);
  assert.equal(faults(), 0);
});

test('the upper bits of a code are those of the OPT record', async () => {
  const { ask, responses } = counted((query) => writeResponse(query, 23, 0, nothing, 512));
  const edns = { udpSize: 512, version: 0, dnssecOk: false };
  await ask(encodeMessage({ ...packet('www.example'), additional: [optRecord(edns)] }));
  await ask();
  assert.deepEqual(await responses(), ['YXRRSET test 1', 'BADCOOKIE test 1']);
});

test('a transfer is one response, whose size nobody knows yet', async () => {
  const { ask, responses, sizes } = counted(() => [Buffer.alloc(12), Buffer.alloc(12)]);
  await ask();
  assert.deepEqual(await responses(), ['NOERROR test 1']);
  assert.equal(await sizes(), 0);
});

test('what is met with silence is a request without a response', async () => {
  const { ask, dropped } = counted(() => undefined);
  const answer = encodeMessage(packet('www.example'));
  answer.writeUInt16BE(0x8000, 2);
  for (const junk of [Buffer.alloc(0), Buffer.from('junk'), answer]) await ask(junk);
  const cut = encodeMessage(packet('www.example')).subarray(0, 20);
  await ask(cut);
  assert.deepEqual(await dropped('requests_total'), ['udp 1 other 4']);
  assert.deepEqual(await dropped('responses_total'), ['FORMERR  1']);
});
