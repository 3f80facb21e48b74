// Three announcers on the real kernel, on nodes of a fabric, against our own API server; the test is the controller that
// writes addresses and the kubelet that says how nodes do. Fabric 10.203.82.0/24 and fd00:203:0:82::/64.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointSlices, events, nodes, services } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { parseAddressRanges } from '#lib/address-ranges.ts';
import { createLogger } from '#lib/log.ts';
import { run } from '#lib/run.ts';
import {
  announcedAddresses,
  attachNode,
  createFabric,
  createNamespace,
  deleteFabric,
  deleteNamespace,
  listNamespaces,
  startAnnouncing,
} from '#network/index.ts';
import { MemoryStore } from '#storage/index.ts';
import { Announcer } from './index.ts';
import { isReachable } from './peers.ts';

const name = `tc${process.pid}`;
const names = { hostLink: name, fabric: name };
const log = createLogger('test', 'error');
const namespace = 'default';
const machines = [1, 2, 3].map((index) => ({
  index,
  name: `n${index}`,
  namespace: `${name}-n${index}`,
  mac: `02:00:00:00:00:0${index}`,
  ips: [`10.203.82.1${index}`, `fd00:203:0:82::1${index}`],
}));
type Machine = (typeof machines)[number];
const [v4, v6] = ['10.203.82.200', 'fd00:203:0:82::c8'];

describe('announcer', { skip: process.getuid?.() !== 0 && 'needs root' }, () => {
  const stop = new AbortController();
  let server: ApiServer;
  let client: Client;

  const isThere = async (which: string) => (await listNamespaces()).includes(which);
  const attach = async (machine: Machine) => {
    await createNamespace(machine.namespace);
    const networks = machine.ips.map((ip, i) => ({
      address: `${ip}/${i === 0 ? 24 : 64}`,
      gateway: i === 0 ? '10.203.82.1' : 'fd00:203:0:82::1',
      podCIDR: i === 0 ? `10.201.${machine.index}.0/24` : `fd00:201:0:${machine.index}::/64`,
      peers: [],
    }));
    await attachNode({ fabric: name, namespace: machine.namespace, index: machine.index, networks });
  };
  const setReady = async (node: string, status: string) => {
    const conditions = [{ type: 'Ready', status }];
    await client.resource(nodes).patch(node, { status: { conditions } }, { type: 'merge', subresource: 'status' });
  };
  /** How many of the addresses each machine that is there answers for. */
  const answering = async (addresses: string[]) => {
    const there = await Promise.all(machines.map(({ namespace }) => isThere(namespace)));
    return await Promise.all(
      machines
        .filter((_, i) => there[i])
        .map(async (machine) => {
          const at = { namespace: machine.namespace, link: 'eth0' };
          const announced: string[] = await announcedAddresses(at).catch(() => []);
          return { machine, count: addresses.filter((address) => announced.includes(address)).length };
        }),
    );
  };
  /** Resolves when one machine answers for all of the addresses and no other for any: with that machine. */
  const settled = async (addresses: string[], isRight: (machine: Machine) => boolean = () => true) => {
    const begin = Date.now();
    for (;;) {
      const all = await answering(addresses);
      const [only, ...others] = all.filter(({ count }) => count > 0);
      if (only && others.length === 0 && only.count === addresses.length && isRight(only.machine)) {
        return { machine: only.machine, ms: Date.now() - begin };
      }
      if (Date.now() > begin + 8000) assert.fail(`not settled: ${JSON.stringify(all)}`);
      await sleep(20);
    }
  };
  const silent = async (address: string) => {
    const begin = Date.now();
    while ((await answering([address])).some(({ count }) => count > 0)) {
      assert.ok(Date.now() < begin + 5000, `${address} is still answered for`);
      await sleep(20);
    }
  };
  const balanced = async (service: string, addresses: string[], spec: object = {}) => {
    const resource = client.resource(services);
    await resource.create({
      metadata: { name: service, namespace },
      spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec },
    });
    const status = { loadBalancer: { ingress: addresses.map((ip) => ({ ip })) } };
    await resource.patch(service, { status }, { namespace, type: 'merge', subresource: 'status' });
  };
  const endpointsOn = async (service: string, ...on: string[]) => {
    const slice = {
      metadata: { name: `${service}-1`, namespace, labels: { 'kubernetes.io/service-name': service } },
      addressType: 'IPv4',
      endpoints: on.map((nodeName, i) => ({ addresses: [`10.201.9.${i + 1}`], nodeName, conditions: { ready: true } })),
      ports: [{ name: '', port: 8080 }],
    };
    const resource = client.resource(endpointSlices);
    await resource.delete(`${service}-1`, { namespace }).catch(() => {});
    await resource.create(slice);
  };
  /** Resolves when the host, which asks if it has to, believes the address to be at the machine. */
  const believedAt = async (address: string, { mac }: Machine, limitMs = 3000): Promise<void> => {
    const begin = Date.now();
    for (let found: string | undefined; found !== mac; ) {
      assert.ok(Date.now() < begin + limitMs, `${address} is believed to be at ${found}, not ${mac}`);
      await run('bash', ['-c', `echo > /dev/udp/${address}/9`]).catch(() => {});
      found = JSON.parse(await run('ip', ['-j', 'neigh', 'show', 'to', address, 'dev', name]))[0]?.lladdr;
    }
  };

  const told = async (...messages: string[]) => {
    const begin = Date.now();
    for (let found: (string | undefined)[] = []; found.join() !== messages.join(); ) {
      assert.ok(Date.now() < begin + 5000, `told: ${found.join()}`);
      await sleep(20);
      found = (await client.resource(events).list({ namespace })).items.map(({ message }) => message);
    }
  };

  before(async () => {
    server = new ApiServer({ store: new MemoryStore(), log }, { serviceCIDR: '10.96.0.0/16' });
    await server.start();
    client = new Client(server.fetchAs({ name: 'admin', groups: ['system:masters'] }));
    await createFabric({ ...names, addresses: ['10.203.82.1/24', 'fd00:203:0:82::1/64'] });
    for (const machine of machines) await attach(machine);
    // A link that was made just now drops packets for up to a second.
    for (const { ips } of machines) while (!(await isReachable(ips[0] ?? ''))) await sleep(20);
    for (const machine of machines) {
      await client.resource(nodes).create({ metadata: { name: machine.name }, spec: {} });
      const addresses = [{ type: 'InternalIP', address: machine.ips[0] ?? '' }];
      await client
        .resource(nodes)
        .patch(machine.name, { status: { addresses } }, { type: 'merge', subresource: 'status' });
      await setReady(machine.name, 'True');
      const announcer = new Announcer(
        { client, log },
        {
          nodeName: machine.name,
          at: { namespace: machine.namespace, link: 'eth0' },
          pool: parseAddressRanges(`${v4}-10.203.82.220,${v6}-fd00:203:0:82::d8`),
        },
      );
      announcer.start(stop.signal);
    }
  });
  after(async () => {
    stop.abort();
    await server.close();
    for (const machine of machines) await deleteNamespace(machine.namespace);
    await deleteFabric(names);
  });

  test('one node answers for the addresses of a Service, of both families, and an event says which', async () => {
    await balanced('web', [v4, v6, '192.0.2.1']);
    const { machine } = await settled([v4, v6]);
    await believedAt(v4, machine);
    await believedAt(v6, machine);
    await told(`announcing from node "${machine.name}"`);
    const announced = await announcedAddresses({ namespace: machine.namespace, link: 'eth0' });
    assert.equal(announced.includes('192.0.2.1'), false, 'what is not of the pool is not ours');
  });

  test('when its node is not ready another answers, and the neighbours know; then the first one again', async () => {
    const { machine: first } = await settled([v4, v6]);
    await setReady(first.name, 'Unknown');
    const { machine: second, ms } = await settled([v4, v6], (one) => one !== first);
    assert.ok(ms < 5000, `${ms} ms`);
    await believedAt(v4, second);
    await setReady(first.name, 'True');
    await settled([v4, v6], (one) => one === first);
    await believedAt(v4, first);
  });

  test('externalTrafficPolicy Local: the node with the endpoint, wherever that goes', async () => {
    const address = '10.203.82.201';
    await endpointsOn('local', 'n2');
    await balanced('local', [address], { externalTrafficPolicy: 'Local' });
    await settled([address], ({ name }) => name === 'n2');
    await endpointsOn('local', 'n3');
    await settled([address], ({ name }) => name === 'n3');
    await endpointsOn('local', 'n1', 'n2', 'n3');
    await settled([address]);
    await client.resource(services).delete('local', { namespace });
    await silent(address);
  });

  test('what an announcer finds announced when it starts, and should not be, ends', async () => {
    const { machine } = await settled([v4, v6]);
    const other = machines.find((one) => one !== machine) ?? assert.fail();
    await startAnnouncing({ namespace: other.namespace, link: 'eth0' }, ['10.203.82.210']);
    const again = new Announcer(
      { client, log },
      {
        nodeName: other.name,
        at: { namespace: other.namespace, link: 'eth0' },
        pool: parseAddressRanges(`${v4}-10.203.82.220`),
      },
    );
    again.start(stop.signal);
    await silent('10.203.82.210');
  });

  // The last: the node does not come back.
  test('a node that dies is replaced within seconds, though the API believes it to be ready', async () => {
    const { machine: dead } = await settled([v4, v6]);
    await deleteNamespace(dead.namespace);
    const { machine, ms } = await settled([v4, v6]);
    assert.notEqual(machine, dead);
    assert.ok(ms < 5000, `${ms} ms`);
    await believedAt(v4, machine);
    await believedAt(v6, machine);
  });
});
