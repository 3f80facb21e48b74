// The Service of the cluster DNS through our own API server and controllers.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { endpointSlices, endpoints, services } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client, Informer } from '#client/index.ts';
import { startControllers } from '#controllers/index.ts';
import { createLogger } from '#lib/log.ts';
import { MemoryStore } from '#storage/index.ts';
import { createDnsAddon } from './addons.ts';

const log = createLogger('test', 'error');

const cases = [
  { name: 'IPv4', serviceCIDR: '10.96.0.0/12', clusterIPs: ['10.96.0.10'], addresses: ['10.254.0.1'] },
  {
    name: 'dual stack',
    serviceCIDR: '10.96.0.0/12,fd00:10:96::/112',
    clusterIPs: ['10.96.0.10', 'fd00:10:96::a'],
    addresses: ['10.254.0.1', 'fd00:10:254::1'],
  },
];
for (const { name, serviceCIDR, clusterIPs, addresses } of cases) {
  test(`the Service of the cluster DNS has Endpoints, and the slices that they are mirrored to: ${name}`, async () => {
    const stop = new AbortController();
    const { signal } = stop;
    const server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR });
    after(async () => {
      stop.abort();
      await server.close();
    });
    await server.start();
    const client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
    const slices = new Informer(client.resource(endpointSlices), { namespace: 'kube-system', log });
    const made = new Promise<void>((resolve) => {
      slices.onChange(() => slices.list().length === addresses.length && resolve());
    });
    slices.start(signal);
    await startControllers({ client, log }, { signal });
    const addon = { clusterIPs, addresses, port: 1053 };
    await createDnsAddon(client, addon);

    const { spec, metadata } = await client.resource(services).get('kube-dns', 'kube-system');
    // As at the next start of a cluster that has it.
    await createDnsAddon(client, addon);
    const again = await client.resource(services).get('kube-dns', 'kube-system');
    assert.equal(again.metadata.resourceVersion, metadata.resourceVersion);
    assert.equal(spec.clusterIP, clusterIPs[0]);
    assert.deepEqual(spec.clusterIPs, clusterIPs);
    assert.equal(spec.ipFamilyPolicy, clusterIPs.length > 1 ? 'RequireDualStack' : 'SingleStack');
    const ports = [
      { name: 'dns', port: 1053, protocol: 'UDP' },
      { name: 'dns-tcp', port: 1053, protocol: 'TCP' },
    ];
    const { subsets } = await client.resource(endpoints).get('kube-dns', 'kube-system');
    assert.deepEqual(subsets, [{ addresses: addresses.map((ip) => ({ ip })), ports }]);
    await made;
    for (const slice of slices.list()) {
      assert.equal(slice.metadata.labels?.['kubernetes.io/service-name'], 'kube-dns');
      assert.deepEqual(slice.ports, ports);
    }
    const found = slices.list().flatMap((slice) => slice.endpoints ?? []);
    assert.deepEqual(found.flatMap((endpoint) => endpoint.addresses).sort(), addresses);
    assert.ok(found.every(({ conditions }) => conditions?.ready));
  });
}

test('a cluster that has a second IP family since its first start gets the second addresses, once', async (t) => {
  const server = new ApiServer(
    { store: new MemoryStore(), log },
    { serviceCIDR: ['10.96.0.0/12', 'fd00:10:96::/112'] },
  );
  t.after(() => server.close());
  await server.start();
  const client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
  await createDnsAddon(client, { clusterIPs: ['10.96.0.10'], addresses: ['10.254.0.1'], port: 1053 });
  const both = {
    clusterIPs: ['10.96.0.10', 'fd00:10:96::a'],
    addresses: ['10.254.0.1', 'fd00:10:254::1'],
    port: 1053,
  };
  await createDnsAddon(client, both);
  const { spec, metadata } = await client.resource(services).get('kube-dns', 'kube-system');
  assert.deepEqual(spec.clusterIPs, both.clusterIPs);
  assert.equal(spec.ipFamilyPolicy, 'RequireDualStack');
  const { subsets } = await client.resource(endpoints).get('kube-dns', 'kube-system');
  assert.deepEqual(
    subsets?.[0]?.addresses?.map(({ ip }) => ip),
    both.addresses,
  );
  await createDnsAddon(client, both);
  const again = await client.resource(services).get('kube-dns', 'kube-system');
  assert.equal(again.metadata.resourceVersion, metadata.resourceVersion);
});
