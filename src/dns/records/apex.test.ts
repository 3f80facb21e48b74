// The name servers of a zone (spec/dns.md §1.9). The server itself is at 10.244.0.53, 10.244.0.54 and fd00:244::53.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice, Service } from '#api/index.ts';
import { emptyZones, fill, http, namespace, packet, printed, service, slice } from '../testing/cluster.ts';
import { clusterResponder } from '../testing/responders.ts';
import { encodeMessage } from '../wire/index.ts';

const ownAddresses = ['10.244.0.53', '10.244.0.54', 'fd00:244::53'];
const cluster = service('dns', { clusterIP: '10.96.0.10' });
const headless = service('peers', { clusterIP: 'None' });

test('name servers are the Services of the server’s own addresses, or ns.dns', () => {
  const cases: { name: string; objects: (Service | EndpointSlice)[]; servers: string[]; glue: string[] }[] = [
    {
      name: 'no Service',
      objects: [cluster, slice('dns-1', 'dns', ['10.244.0.99'], [http])],
      servers: ['ns.dns'],
      glue: ['ns.dns A 10.244.0.53', 'ns.dns A 10.244.0.54', 'ns.dns AAAA fd00:244::53'],
    },
    {
      name: 'an endpoint that is not ready',
      objects: [cluster, slice('dns-1', 'dns', ['!10.244.0.53'], [http])],
      servers: ['ns.dns'],
      glue: ['ns.dns A 10.244.0.53', 'ns.dns A 10.244.0.54', 'ns.dns AAAA fd00:244::53'],
    },
    {
      name: 'two endpoints of one Service',
      objects: [cluster, slice('dns-1', 'dns', ['10.244.0.53', '10.244.0.54'], [http])],
      servers: ['dns.default.svc'],
      glue: ['dns.default.svc A 10.96.0.10'],
    },
    {
      name: 'a headless Service',
      objects: [headless, slice('peers-1', 'peers', ['a=10.244.0.53', '10.244.0.54', '10.244.0.77'], [http])],
      servers: ['10-244-0-54.peers.default.svc', 'a.peers.default.svc'],
      glue: ['10-244-0-54.peers.default.svc A 10.244.0.54', 'a.peers.default.svc A 10.244.0.53'],
    },
    {
      name: 'both, and the other family',
      objects: [
        cluster,
        slice('dns-1', 'dns', ['10.244.0.53'], [http]),
        headless,
        slice('peers-1', 'peers', ['six=fd00:244::53'], [http]),
      ],
      servers: ['dns.default.svc', 'six.peers.default.svc'],
      glue: ['dns.default.svc A 10.96.0.10', 'six.peers.default.svc AAAA fd00:244::53'],
    },
  ];
  for (const { name, objects, servers, glue } of cases) {
    const zones = fill(emptyZones({ ownAddresses }), [namespace('default'), ...objects]);
    const query = encodeMessage(packet('cluster.local NS'));
    const response = clusterResponder(zones).respond(query, { address: '192.0.2.1', port: 5353 }, false);
    assert.ok(response instanceof Uint8Array);
    const [status, ...lines] = printed(response).replaceAll('.cluster.local.', '').replaceAll(' 5 IN', '').split('\n');
    assert.equal(status, 'NOERROR qr aa rd');
    const want = [
      ...servers.map((server) => `answer cluster.local. NS ${server}`),
      ...glue.map((line) => `additional ${line}`),
    ];
    assert.deepEqual(lines.sort(), want.sort(), name);
  }
});
