// Names of Services that are imported from other clusters, and of endpoints by their zone (spec/dns.md §6).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyZones, http, packet, printed, service, slice } from '../testing/cluster.ts';
import { clusterResponder } from '../testing/responders.ts';
import { encodeMessage, parseName } from '../wire/index.ts';
import { importedSliceFacts, importFacts, serviceFacts, sliceFacts } from './facts.ts';
import type { Zones } from './zones.ts';

const imported = (name: string, cluster: string, endpoints: string[]) => {
  const object = slice(name, 'unused', endpoints, [http]);
  const labels = {
    'multicluster.kubernetes.io/service-name': 'db',
    ...(cluster && { 'multicluster.kubernetes.io/source-cluster': cluster }),
  };
  return importedSliceFacts({ ...object, metadata: { ...object.metadata, labels } });
};

function asker(zones: Zones): (question: string) => string[] {
  const responder = clusterResponder(zones);
  return (question) => {
    const client = { address: '192.0.2.1', port: 5353 };
    const response = responder.respond(encodeMessage(packet(question)), client, false);
    assert.ok(response instanceof Uint8Array);
    const [status = '', ...records] = printed(response).split('\n');
    return [status.split(' ')[0] ?? '', ...records.filter((line) => line.startsWith('answer ')).sort()];
  };
}

test('imported Services: the set has its addresses, endpoints are below the name of their cluster', () => {
  const zone = parseName('clusterset.local');
  const zones = emptyZones({ zones: [parseName('cluster.local'), zone], multicluster: [zone] });
  for (const index of [zones.index, zones.imports]) index.setNamespace('default');
  const metadata = (name: string) => ({ metadata: { name, namespace: 'default' } });
  const ports = [{ name: 'http', protocol: 'TCP', port: 80 }];
  zones.imports.setService(
    importFacts({ ...metadata('web'), spec: { type: 'ClusterSetIP', ips: ['10.99.0.1'], ports } }),
  );
  zones.imports.setService(importFacts({ ...metadata('db'), spec: { type: 'Headless' } }));
  zones.imports.setSlice('a', imported('a', 'east', ['db-0=10.1.0.1']));
  zones.imports.setSlice('b', imported('b', 'west', ['db-0=10.2.0.1', '10.2.0.2']));
  zones.imports.setSlice('c', imported('c', '', ['db-9=10.3.0.1']));
  const ask = asker(zones);
  const db = 'db.default.svc.clusterset.local';
  assert.deepEqual(ask('web.default.svc.clusterset.local A'), [
    'NOERROR',
    'answer web.default.svc.clusterset.local. 5 IN A 10.99.0.1',
  ]);
  assert.equal(ask(`${db} A`).length, 1 + 4);
  assert.deepEqual(ask(`db-0.east.${db} A`), ['NOERROR', `answer db-0.east.${db}. 5 IN A 10.1.0.1`]);
  assert.deepEqual(ask(`10-2-0-2.west.${db} A`), ['NOERROR', `answer 10-2-0-2.west.${db}. 5 IN A 10.2.0.2`]);
  assert.deepEqual(ask(`db-0.${db} A`), ['NXDOMAIN']);
  assert.deepEqual(ask(`db-9.${db} A`), ['NXDOMAIN']);
  assert.equal(ask(`_http._tcp.${db} SRV`).length, 1 + 3);
  assert.ok(ask(`_http._tcp.${db} SRV`).includes(`answer _http._tcp.${db}. 5 IN SRV 0 33 8080 db-0.west.${db}.`));
  assert.deepEqual(ask('web.default.svc.cluster.local A'), ['NXDOMAIN']);
});

test('clusters may have pods of the same address', () => {
  const zone = parseName('clusterset.local');
  const zones = emptyZones({ zones: [zone], multicluster: [zone] });
  zones.imports.setNamespace('default');
  zones.imports.setService(importFacts({ metadata: { name: 'db', namespace: 'default' }, spec: { type: 'Headless' } }));
  for (const cluster of ['east', 'west']) zones.imports.setSlice(cluster, imported(cluster, cluster, ['10.2.0.2']));
  const ask = asker(zones);
  const db = 'db.default.svc.clusterset.local';
  for (const name of ['10-2-0-2.east', '10-2-0-2.west']) {
    assert.deepEqual(ask(`${name}.${db} A`), ['NOERROR', `answer ${name}.${db}. 5 IN A 10.2.0.2`]);
  }
  assert.equal(ask(`${db} A`).length, 1 + 1);
});

test('endpoints by zone: pin is this zone only, prefer is all when it has none, for headless Services', () => {
  const zones = emptyZones({ zonal: true });
  zones.index.setNamespace('default');
  zones.index.setService(serviceFacts(service('db', { clusterIP: 'None' })));
  zones.index.setService(serviceFacts(service('web', { clusterIPs: ['10.96.0.1'] })));
  const object = slice('db-1', 'db', ['10.244.0.1', '10.244.0.2']);
  for (const [i, endpoint] of object.endpoints.entries()) endpoint.zone = ['eu-1', 'Eu.West-2'][i] as string;
  zones.index.setSlice('db-1', sliceFacts(object, { zones: true }));
  const ask = asker(zones);
  const below = (zone: string, directive: string, name = 'db') =>
    `${zone}.${directive}._zone.${name}.default.svc.cluster.local`;
  const one = (name: string, address: string) => ['NOERROR', `answer ${name}. 5 IN A ${address}`];
  assert.deepEqual(ask(`${below('eu-1', 'pin')} A`), one(below('eu-1', 'pin'), '10.244.0.1'));
  assert.deepEqual(ask(`${below('eu.west-2', 'pin')} A`), one(below('eu.west-2', 'pin'), '10.244.0.2'));
  assert.deepEqual(ask(`${below('eu-1', 'pin')} AAAA`), ['NOERROR']);
  assert.deepEqual(ask(`${below('us-1', 'pin')} A`), ['NOERROR']);
  assert.equal(ask(`${below('us-1', 'prefer')} A`).length, 1 + 2);
  assert.deepEqual(ask(`${below('eu-1', 'near')} A`), ['NXDOMAIN']);
  assert.deepEqual(ask(`${below('eu-1', 'pin', 'web')} A`), ['NXDOMAIN']);
  assert.ok(!zones.dump().includes('_zone'));
});
