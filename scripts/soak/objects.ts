// The objects that are there from the beginning: the nodes, and a Service whose only endpoint moves, to see how long that takes.

import { type EndpointSlice, endpointSlices, nodes as nodeKind, services } from '#api/index.ts';
import type { Client } from '#client/index.ts';
import { worlds } from '#proxy/worlds.testing.ts';
import { type Machine, nodes, pods } from './machines.ts';
import { families, zoneOf } from './services.ts';

export const probe = { address: worlds.IPv4.service(200), port: 80 };

export const probeSlice = (machine: Machine): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'probe', namespace: 'default', labels: { 'kubernetes.io/service-name': 'probe' } },
  addressType: 'IPv4',
  ports: [{ name: '', protocol: 'TCP', port: 8080 }],
  endpoints: [{ addresses: [machine.addresses.IPv4], conditions: { ready: true }, nodeName: machine.node?.name }],
});

export async function createObjects(client: Client): Promise<void> {
  for (const { name, index } of nodes) {
    const podCIDRs = families.map((family) => worlds[family].podCIDR(index));
    const addresses = families.map((family) => ({ type: 'InternalIP', address: worlds[family].node(index) }));
    const labels = { 'topology.kubernetes.io/zone': zoneOf(index) };
    const made = await client
      .resource(nodeKind)
      .create({ metadata: { name, labels }, spec: { podCIDR: podCIDRs[0], podCIDRs } });
    await client.resource(nodeKind).updateStatus({ ...made, status: { addresses } });
  }
  await client.resource(services).create({
    metadata: { name: 'probe', namespace: 'default' },
    spec: { clusterIP: probe.address, ports: [{ port: probe.port }] },
  });
  await client.resource(endpointSlices).create(probeSlice(pods[0] as Machine));
}
