// Names of Services outside of the cluster. Load balancers 203.0.113.0/24 and 2001:db8::/32.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthorityHandler } from '../handlers/authority.ts';
import { emptyZones, fill, http, namespace, packet, printed, service, slice } from '../testing/cluster.ts';
import { clusterResponder } from '../testing/responders.ts';
import { encodeMessage, parseName } from '../wire/index.ts';
import { ExternalZones } from './external-zones.ts';
import { serviceFacts } from './facts.ts';

const zone = parseName('example.org');
const ports = [
  { name: 'http', protocol: 'TCP', port: 80 },
  { name: 'dns', protocol: 'UDP', port: 53 },
];
const cluster = fill(emptyZones(), [
  namespace('default'),
  service('plain', { clusterIPs: ['10.96.0.1'] }),
  service('headless', { clusterIP: 'None' }),
  slice('headless-1', 'headless', ['db-0=10.244.0.7', '10.244.0.8'], [http]),
]);
const balanced = service('web', { clusterIPs: ['10.96.0.2'], ports, externalIPs: ['203.0.113.9'] } as never);
const ingress = [{ ip: '203.0.113.1' }, { ip: '2001:db8::1' }];
const named = service('named', { clusterIPs: ['10.96.0.3'], ports });
for (const object of [
  { ...balanced, status: { loadBalancer: { ingress } } },
  { ...named, status: { loadBalancer: { ingress: [{ hostname: 'LB.cloud.test' }] } } },
]) {
  cluster.index.setService(serviceFacts(object as never, { external: true }));
}

function asker(headless: boolean): (question: string) => string[] {
  const zones = new ExternalZones(cluster, { zones: [zone], ttl: 5, apex: 'dns', headless });
  const handler = new AuthorityHandler({ name: 'k8s_external', zones, isSynced: () => true });
  const responder = clusterResponder(cluster, { handlers: () => [handler], served: [zone] });
  return (question) => {
    const client = { address: '192.0.2.1', port: 5353 };
    const response = responder.respond(encodeMessage(packet(question)), client, false);
    assert.ok(response instanceof Uint8Array);
    return printed(response).split('\n');
  };
}
const ask = asker(false);
const soa = 'example.org. 5 IN SOA ns1.dns.example.org. hostmaster.dns.example.org. 1700000000 7200 1800 86400 5';

test('a Service has the addresses of its load balancer and its external IPs', () => {
  assert.deepEqual(ask('web.default.example.org A'), [
    'NOERROR qr aa rd',
    'answer web.default.example.org. 5 IN A 203.0.113.1',
    'answer web.default.example.org. 5 IN A 203.0.113.9',
  ]);
  assert.deepEqual(ask('web.default.example.org AAAA').slice(1), [
    'answer web.default.example.org. 5 IN AAAA 2001:db8::1',
  ]);
  assert.deepEqual(ask('_http._tcp.web.default.example.org SRV').slice(0, 2), [
    'NOERROR qr aa rd',
    'answer _http._tcp.web.default.example.org. 5 IN SRV 0 100 80 web.default.example.org.',
  ]);
  assert.equal(ask('web.default.example.org SRV').filter((line) => / SRV 0 50 /.test(line)).length, 2);
});

test('a load balancer that has a name only is an alias', () => {
  assert.deepEqual(ask('named.default.example.org A').slice(0, 2), [
    'NOERROR qr aa rd',
    'answer named.default.example.org. 5 IN CNAME lb.cloud.test.',
  ]);
  assert.deepEqual(ask('_http._tcp.named.default.example.org SRV').slice(0, 2), [
    'NOERROR qr aa rd',
    'answer _http._tcp.named.default.example.org. 5 IN SRV 0 100 80 lb.cloud.test.',
  ]);
  assert.equal(
    ask('named.default.example.org SRV').filter((line) => / SRV 0 50 \d+ lb\.cloud\.test\.$/.test(line)).length,
    2,
  );
});

test('what has nothing outside does not exist; a namespace does', () => {
  for (const name of ['plain.default', 'nope.default', 'web.nowhere', 'a.web.default', '_x._tcp.web.default']) {
    assert.deepEqual(ask(`${name}.example.org A`), ['NXDOMAIN qr aa rd', `authority ${soa}`], name);
  }
  assert.deepEqual(ask('default.example.org A'), ['NOERROR qr aa rd', `authority ${soa}`]);
});

test('the apex has SOA and NS, its own names below dns', () => {
  assert.deepEqual(ask('example.org SOA'), ['NOERROR qr aa rd', `answer ${soa}`]);
  assert.equal(ask('example.org NS')[1], 'answer example.org. 5 IN NS ns1.dns.example.org.');
  assert.equal(ask('dns.example.org A')[0], 'NOERROR qr aa rd');
});

test('headless Services show their endpoints when asked to', () => {
  assert.equal(ask('headless.default.example.org A')[0], 'NXDOMAIN qr aa rd');
  const shown = asker(true);
  assert.equal(shown('headless.default.example.org A').filter((line) => / A 10\.244\.0\.[78]$/.test(line)).length, 2);
  assert.deepEqual(shown('db-0.headless.default.example.org A').slice(1), [
    'answer db-0.headless.default.example.org. 5 IN A 10.244.0.7',
  ]);
  assert.deepEqual(shown('_http._tcp.headless.default.example.org SRV').slice(1, 3).sort(), [
    'answer _http._tcp.headless.default.example.org. 5 IN SRV 0 50 8080 10-244-0-8.headless.default.example.org.',
    'answer _http._tcp.headless.default.example.org. 5 IN SRV 0 50 8080 db-0.headless.default.example.org.',
  ]);
});
