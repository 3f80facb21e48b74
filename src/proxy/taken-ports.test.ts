// Who takes a port of the node from whom, from Services as they come from the API. That the events are written is in
// node-proxy.test.ts.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KubeObject, Node, Service } from '#api/index.ts';
import { createLogger } from '#lib/log.ts';
import { wantsOf } from './frontends.ts';
import { place, type ServiceShape, serviceOf } from './objects.testing.ts';
import { TakenPorts } from './taken-ports.ts';

const [own = '', own6 = ''] = place.nodeIPs;
const second = '192.0.2.9';

const service = (name: string, n: number, port: number, more: Partial<ServiceShape> = {}): Service => {
  const found = serviceOf({ name, clusterIP: [`10.96.0.${n}`, `fd00:96::${n}`], ports: [{ port }], ...more });
  return { ...found, metadata: { ...found.metadata, uid: name } };
};
const nodePort = (name: string, n: number, number: number, protocol = 'TCP') =>
  service(name, n, 80, { type: 'NodePort', ports: [{ port: 80, nodePort: number, protocol }] });
const external = (name: string, n: number, port: number, ...externalIPs: string[]) =>
  service(name, n, port, { spec: { externalIPs } });

class Told {
  readonly events: string[] = [];
  readonly ports: TakenPorts;

  constructor(nodePortRanges: readonly string[] = place.nodeIPs) {
    const event = (about: KubeObject, type: string, reason: string, message: string) =>
      this.events.push(`${type} ${about.metadata.name} ${reason}: ${message}`);
    const nodeAddresses = async () => [...place.nodeIPs, second, '127.0.0.1'];
    const log = createLogger('test', 'error');
    this.ports = new TakenPorts({ recorder: { event }, nodeAddresses, log }, { nodeName: 'one', nodePortRanges });
  }

  /** What is told when these Services have become so, in both families; undefined: it is gone. */
  async when(services: Record<string, Service | undefined>): Promise<string[]> {
    for (const family of ['IPv4', 'IPv6'] as const) {
      for (const [name, found] of Object.entries(services)) {
        const state = found && { service: found, slices: [], wants: wantsOf(found, [], family, place) };
        this.ports.set(family, `default/${name}`, state);
      }
      this.ports.written(family);
    }
    await this.ports.idle();
    return this.events.splice(0);
  }
}

const taken = (name: string, number: string, address: string, from: string) =>
  `Warning ${name} ExternalIPTakesPort: This Service takes port ${number} of ${address}, which is an address of node one, from ${from}. Use an address that no node has, or another port.`;
const lost = (name: string, number: string, address: string, by: string) =>
  `Warning ${name} NodePortTaken: This Service's node port is not reached at port ${number} of ${address}, which is an address of node one: it is taken by Service default/${by}, which has the address as an external IP or from its load balancer.`;

describe('ports of the node that Services take', () => {
  test('a node port of another Service: both are told, once until it is over and begins again', async () => {
    const told = new Told();
    const [shop, taker] = [nodePort('shop', 1, 30080), external('taker', 2, 30080, own, '203.0.113.7')];
    assert.deepEqual(await told.when({ shop }), []);
    const both = [
      taken('taker', '30080/TCP', own, 'the node port of Service default/shop'),
      lost('shop', '30080/TCP', own, 'taker'),
    ];
    assert.deepEqual(await told.when({ taker }), both);
    assert.deepEqual(await told.when({ taker, shop }), []);
    assert.deepEqual(await told.when({ other: nodePort('other', 3, 30081) }), []);
    assert.deepEqual(await told.when({ taker: external('taker', 2, 30080, '203.0.113.7') }), []);
    assert.deepEqual(await told.when({ taker }), both);
    assert.deepEqual(await told.when({ shop: undefined }), []);
    assert.deepEqual(await told.when({ shop }), both);
  });

  test("the kubelet's port, which its Node says", async () => {
    const told = new Told();
    const taker = external('taker', 2, 10_250, own);
    assert.deepEqual(await told.when({ taker }), [taken('taker', '10250/TCP', own, 'the kubelet')]);
    told.ports.nodeChanged({ status: { daemonEndpoints: { kubeletEndpoint: { Port: 10_255 } } } } as Node);
    assert.deepEqual(await told.when({}), []);
    const moved = external('taker', 2, 10_255, own6);
    assert.deepEqual(await told.when({ taker: moved }), [taken('taker', '10255/TCP', own6, 'the kubelet')]);
  });

  test("a load balancer's address is the same; of two that ask for it, the older one takes the port", async () => {
    const told = new Told();
    const balancer = (name: string, n: number, created: string) =>
      service(name, n, 30080, { type: 'LoadBalancer', ingress: [{ ip: own }], created });
    const services = {
      shop: nodePort('shop', 1, 30080),
      younger: balancer('younger', 2, '2026-01-01T00:00:00Z'),
      older: balancer('older', 3, '2025-01-01T00:00:00Z'),
    };
    const events = await told.when(services);
    assert.deepEqual(
      events.map((event) => event.split(' ')[1]),
      ['older', 'shop'],
    );
  });

  const nothing: { name: string; services: Service[]; ranges?: string[] }[] = [
    {
      name: 'its own node port',
      services: [
        service('a', 1, 30080, {
          type: 'NodePort',
          ports: [{ port: 30080, nodePort: 30080 }],
          spec: { externalIPs: [own] },
        }),
      ],
    },
    { name: 'a number by another protocol', services: [nodePort('a', 1, 30080, 'UDP'), external('b', 2, 30080, own)] },
    { name: 'another number', services: [nodePort('a', 1, 30080), external('b', 2, 30081, own)] },
    { name: "another node's address", services: [nodePort('a', 1, 30080), external('b', 2, 30080, '10.254.0.12')] },
    { name: 'the cluster IP of a Service with that port', services: [nodePort('a', 1, 30080), service('b', 2, 30080)] },
    {
      name: 'an address of the node where no node ports are served',
      services: [nodePort('a', 1, 30080), external('b', 2, 30080, second)],
    },
    {
      name: 'where none are served at all',
      services: [nodePort('a', 1, 30080), external('b', 2, 30080, own)],
      ranges: [],
    },
  ];
  for (const { name, services, ranges } of nothing) {
    test(`nothing is told of ${name}`, async () => {
      assert.deepEqual(
        await new Told(ranges).when(Object.fromEntries(services.map((one) => [one.metadata.name, one]))),
        [],
      );
    });
  }

  test('served everywhere, each address of the node counts', async () => {
    const told = new Told(['0.0.0.0/0']);
    const events = await told.when({
      shop: nodePort('shop', 1, 30080),
      taker: external('taker', 2, 30080, second, own6),
    });
    assert.deepEqual(events, [
      taken('taker', '30080/TCP', second, 'the node port of Service default/shop'),
      lost('shop', '30080/TCP', second, 'taker'),
    ]);
  });
});
