// Whole zones by the real dig. The cluster is that of testing/cluster.ts.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { run } from '#lib/run.ts';
import type { TransferSettings } from '../config/settings.ts';
import { serviceFacts } from '../records/index.ts';
import { packet, printed, service } from '../testing/cluster.ts';
import { skip } from '../testing/dig.ts';
import { listening } from '../testing/listening.ts';
import { clusterResponder } from '../testing/responders.ts';
import { sample } from '../testing/sample.ts';
import { encodeMessage, parseName } from '../wire/index.ts';
import { TransferHandler } from './transfer.ts';

const zones = [parseName('cluster.local')];
const everybody: TransferSettings[] = [{ zones, to: '*' }];
const soa = 'cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 1700000000 7200 1800 86400 5';

function responder(rules: TransferSettings[], cluster = sample(), isSynced: () => boolean = () => true) {
  const handlers = () => [new TransferHandler({ zones: cluster, isSynced }, rules)];
  return clusterResponder(cluster, { handlers });
}
const start = (t: TestContext, cluster = sample()) => listening(t, responder(everybody, cluster));

/** What a client at 192.0.2.1 gets, as text. */
function ask(question: string, { from = responder(everybody), isTcp = true } = {}): string {
  const client = { address: '192.0.2.1', port: 5353 };
  const response = from.respond(encodeMessage(packet(question)), client, isTcp);
  assert.ok(response instanceof Uint8Array);
  return printed(response);
}

async function transfer(port: number, type = 'AXFR'): Promise<string[]> {
  const flags = ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=5', '+nocookie', '+onesoa'];
  const text = await run('dig', [...flags, 'cluster.local', type]);
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'))
    .map((line) => line.replace(/\s+/g, ' '));
}

test('AXFR is every record of the zone, and nothing that follows a rule', { skip }, async (t) => {
  const cluster = sample();
  const records = await transfer(await start(t, cluster));
  assert.equal(records[0], soa);
  assert.deepEqual([...records].sort(), cluster.dump().split('\n'));
  assert.ok(records.includes('db-0.db.default.svc.cluster.local. 5 IN A 10.244.1.7'));
  assert.ok(records.includes('cluster.local. 5 IN NS kube-dns.kube-system.svc.cluster.local.'));
  assert.ok(!records.some((record) => / PTR |\.pod\./.test(record)));
});

test('a zone of many messages arrives whole', { skip }, async (t) => {
  const cluster = sample();
  for (let i = 0; i < 4000; i++) {
    const ports = [{ name: 'http', port: 80 }];
    cluster.index.setService(
      serviceFacts(service(`s-${i}`, { clusterIPs: [`10.97.${i >> 8}.${i & 255}`], ports } as never)),
    );
  }
  const records = await transfer(await start(t, cluster));
  assert.equal(records.filter((record) => /^s-\d+\.default\.svc\.cluster\.local\. 5 IN A /.test(record)).length, 4000);
});

test('who may not have the zone, or asks for it by UDP, or for what is no zone of ours, is refused', () => {
  const refused = 'REFUSED qr rd';
  const others = responder([{ zones, to: [{ host: '192.0.2.2', port: 53 }] }]);
  assert.equal(ask('cluster.local AXFR', { from: others }), refused);
  assert.equal(ask('default.svc.cluster.local AXFR'), refused);
  assert.equal(ask('96.10.in-addr.arpa AXFR'), refused);
  assert.equal(ask('cluster.local AXFR', { isTcp: false }), refused);
});

test('a rule for a zone above holds for the zone too, unless a closer one says otherwise', () => {
  const root: TransferSettings = { zones: [parseName('.')], to: '*' };
  const query = encodeMessage(packet('cluster.local AXFR'));
  const given = responder([root]).respond(query, { address: '192.0.2.1', port: 5353 }, true);
  assert.ok(given && !(given instanceof Promise) && !(given instanceof Uint8Array), 'messages, not a refusal');
  const closer: TransferSettings = { zones, to: [{ host: '192.0.2.2', port: 53 }] };
  for (const rules of [
    [root, closer],
    [closer, root],
  ]) {
    assert.equal(ask('cluster.local AXFR', { from: responder(rules) }), 'REFUSED qr rd');
  }
});

test('IXFR by UDP tells the serial alone', () => {
  assert.equal(ask('cluster.local IXFR', { isTcp: false }), `NOERROR qr aa rd\nanswer ${soa}`);
});

test('IXFR: nothing new is the SOA alone, otherwise the whole zone', { skip }, async (t) => {
  const port = await start(t);
  assert.deepEqual(await transfer(port, 'IXFR=1700000000'), [soa]);
  const older = await transfer(port, 'IXFR=1600000000');
  assert.ok(older.includes('web.default.svc.cluster.local. 5 IN A 10.96.0.80'));
});

test('half a zone is not given away', () => {
  assert.equal(ask('cluster.local AXFR', { from: responder(everybody, sample(), () => false) }), 'SERVFAIL qr rd');
});
