// The search list of a pod, gone through by the server. The cluster is that of testing/cluster.ts; a pod of the namespace
// default has 10.244.1.5.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PodIndex } from '../records/index.ts';
import { searchListOf } from '../search-paths.ts';
import { packet, printed } from '../testing/cluster.ts';
import { clusterResponder } from '../testing/responders.ts';
import { sample } from '../testing/sample.ts';
import type { Inquiry } from '../upstream/relay.ts';
import { encodeMessage, Flag, formatName, parseName, Rcode } from '../wire/index.ts';
import { AutopathHandler } from './autopath.ts';

const cluster = parseName('cluster.local');
const pods = new PodIndex();
pods.set('default/client', ['10.244.1.5']);

/** Knows www.example.com and host.corp.test. */
function resolve({ name, type }: Inquiry): Buffer {
  const known: Record<string, string> = { 'www.example.com.': '192.0.2.80', 'host.corp.test.': '192.0.2.90' };
  const address = known[formatName(name)];
  const question = { name, type, class: 1 };
  const answer = address ? [{ name, class: 1, ttl: 60, data: { type: 'A', address } as const }] : [];
  const flags = Flag.QR | Flag.RA | Flag.RD | (address ? Rcode.NOERROR : Rcode.NXDOMAIN);
  return encodeMessage({ id: 0, flags, question, answer, authority: [], additional: [] });
}

let successes = 0;
const searchOf = (address: string) => {
  const namespace = pods.namespaceOf(address);
  if (!namespace) return [];
  return [`${namespace}.svc.cluster.local`, 'svc.cluster.local', 'cluster.local', 'corp.test'].map(parseName);
};
const zones = sample();
const responder = clusterResponder(zones, {
  resolver: { resolve },
  handlers: (lookup) => [
    new AutopathHandler(
      { search: { of: searchOf, onSuccess: () => successes++ }, lookup, zones },
      { zones: [cluster], search: { from: 'kubernetes' } },
    ),
  ],
});

async function ask(question: string, address = '10.244.1.5'): Promise<string[]> {
  const response = await responder.respond(encodeMessage(packet(question)), { address, port: 5353 }, false);
  assert.ok(response instanceof Uint8Array);
  return printed(response).split('\n');
}

test('the first name of the list that exists is the answer, behind an alias', async () => {
  const asked = 'www.example.com.default.svc.cluster.local';
  assert.deepEqual(await ask(`${asked} A`), [
    'NOERROR qr rd ra',
    `answer ${asked}. 60 IN CNAME www.example.com.`,
    'answer www.example.com. 60 IN A 192.0.2.80',
  ]);
  assert.deepEqual((await ask('web.default.default.svc.cluster.local A')).slice(1), [
    'answer web.default.default.svc.cluster.local. 5 IN CNAME web.default.svc.cluster.local.',
    'answer web.default.svc.cluster.local. 5 IN A 10.96.0.80',
  ]);
  assert.deepEqual((await ask('host.default.svc.cluster.local A')).slice(1), [
    'answer host.default.svc.cluster.local. 60 IN CNAME host.corp.test.',
    'answer host.corp.test. 60 IN A 192.0.2.90',
  ]);
  assert.equal(successes, 3);
});

test('a name that exists without the type ends the search', async () => {
  const [status, ...records] = await ask('web.default.default.svc.cluster.local AAAA');
  assert.equal(status, 'NOERROR qr aa rd');
  assert.match(records.join(), /^authority cluster\.local\. 5 IN SOA/);
});

test('nowhere: the first reply, as if there were no search', async () => {
  const [status, soa] = await ask('nope.default.svc.cluster.local A');
  assert.equal(status, 'NXDOMAIN qr aa rd');
  assert.match(soa ?? '', /^authority cluster\.local\. /);
});

test('names that exist, other search lists and unknown clients are not touched', async () => {
  assert.deepEqual(await ask('web.default.svc.cluster.local A'), [
    'NOERROR qr aa rd',
    'answer web.default.svc.cluster.local. 5 IN A 10.96.0.80',
  ]);
  assert.equal((await ask('www.example.com.kube-system.svc.cluster.local A'))[0], 'NXDOMAIN qr aa rd');
  assert.equal((await ask('www.example.com.default.svc.cluster.local A', '192.0.2.7'))[0], 'NXDOMAIN qr aa rd');
});

test('the search list of a file is its last search line', () => {
  const text = 'search a.test b.test\n# search no.test\nnameserver 192.0.2.1\nsearch C.test d.test bad..name\n';
  assert.deepEqual(searchListOf(text).map(formatName), ['c.test.', 'd.test.']);
  assert.deepEqual(searchListOf('nameserver 192.0.2.1'), []);
});
