// A programme that finds a table from before: what is right stays, what is not is put right, and whatever the way, the kernel
// holds in the end what is intended.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Element, FakeNft, Transaction } from '#nftables/index.ts';
import { type ServiceWants, wantsOf } from './frontends.ts';
import type { KernelTable } from './kernel-table.ts';
import { place, ranges, serviceOf, sliceOf } from './objects.testing.ts';
import { Programme } from './programme.ts';
import { setsOf, tableOf, writtenSets } from './sets.ts';

const table = tableOf('IPv4');
const sets = writtenSets(setsOf.IPv4);

async function elementsIn(nft: FakeNft, set: (typeof sets)[number]): Promise<Element[]> {
  const pieces = await Array.fromAsync(nft.elements(table, set));
  return pieces.flat();
}

async function kernelOf(nft: FakeNft): Promise<KernelTable> {
  const elements = new Map<string, Map<string, Element>>();
  for (const set of sets) {
    elements.set(set.name, new Map((await elementsIn(nft, set)).map((element) => [element.key, element])));
  }
  return { chains: await nft.chains(table), elements };
}

const byKey = (a: Element, b: Element): number => (a.key < b.key ? -1 : 1);
const plain = ({ key, value, comment }: Element): Element => ({
  key,
  ...(value !== undefined && { value }),
  ...(comment !== undefined && { comment }),
});

/** The kernel holds what is intended: no element more, none less, and the chains. */
async function assertAsIntended(nft: FakeNft, programme: Programme): Promise<void> {
  for (const set of sets) {
    const intended = [...programme.intended(set)].map(plain).sort(byKey);
    assert.deepEqual((await elementsIn(nft, set)).map(plain).sort(byKey), intended, set.name);
  }
  const chains = [...programme.intendedRules()].flatMap((object) => (object.kind === 'chain' ? object.name : []));
  assert.deepEqual((await nft.chains(table)).sort(), chains.sort());
}

/** All there is to choose from: addresses and node ports are drawn apart from names, so that Services take each other's over. */
const entry = fc.record({
  name: fc.constantFrom('a', 'b', 'c'),
  address: fc.constantFrom('10.96.1.1', '10.96.1.2', '10.96.1.3'),
  nodePort: fc.constantFrom(undefined, 30001, 30002),
  externalIP: fc.constantFrom(undefined, '203.0.113.1', '10.96.1.1'),
  balancer: fc.constantFrom(undefined, '203.0.113.1', '203.0.113.2'),
  sources: fc.subarray(['192.0.2.0/24', '192.0.2.128/25', '198.51.100.1/32', '10.254.0.0/24']),
  sticky: fc.constantFrom(undefined, 60, 120),
  local: fc.boolean(),
  gone: fc.boolean(),
  endpoints: fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { maxLength: 5 }),
});
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;
const batches = fc.array(fc.array(entry, { maxLength: 3 }), { maxLength: 6 });

function wantsOfEntry(drawn: Entry): ServiceWants | undefined {
  if (drawn.gone) return undefined;
  const policy = drawn.local ? 'Local' : 'Cluster';
  const service = serviceOf({
    name: drawn.name,
    clusterIP: drawn.address,
    type: 'LoadBalancer',
    ports: [{ name: 'http', port: 80, ...(drawn.nodePort && { nodePort: drawn.nodePort }) }],
    ingress: drawn.balancer ? [{ ip: drawn.balancer }] : [],
    spec: {
      externalIPs: drawn.externalIP ? [drawn.externalIP] : [],
      loadBalancerSourceRanges: drawn.sources,
      internalTrafficPolicy: policy,
      externalTrafficPolicy: policy,
      ...(drawn.sticky && {
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: drawn.sticky } },
      }),
    },
  });
  const endpoints = drawn.endpoints.map((n) => ({ ip: `10.244.1.${n}`, nodeName: n < 4 ? 'one' : 'two' }));
  return wantsOf(
    service,
    [sliceOf({ service: drawn.name, ports: [{ name: 'http', port: 8080 }], endpoints })],
    'IPv4',
    place,
  );
}

test('any way of changes leads to what is intended, and to what starting anew would', async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (steps) => {
      const nft = new FakeNft();
      const programme = new Programme('IPv4', ranges);
      const last = new Map<string, ServiceWants | undefined>();
      let now = 0;
      for (const batch of [[], ...steps]) {
        now += 6000;
        for (const drawn of batch) {
          last.set(drawn.name, wantsOfEntry(drawn));
          programme.set(drawn.name, last.get(drawn.name), now);
        }
        await nft.run(programme.take(now).transaction);
        await assertAsIntended(nft, programme);
      }
      const anew = new Programme('IPv4', ranges);
      for (const [name, wants] of last) anew.set(name, wants);
      for (const set of sets) assert.deepEqual(comparable(programme, set), comparable(anew, set), set.name);
    }),
    { numRuns: 150 },
  );
});

/** Numbers of endpoints are not in order. */
const comparable = (programme: Programme, set: (typeof sets)[number]): string[] =>
  [...programme.intended(set)]
    .map(({ key, value }) =>
      set.name.includes('endpoints-') && value ? `${key.replace(/\d+$/, '')}${value}` : `${key} ${value}`,
    )
    .sort();

test('whatever an earlier programme left is put right, in as many pieces as one likes', async () => {
  await fc.assert(
    fc.asyncProperty(batches, batches, async (before, after) => {
      const nft = new FakeNft();
      const earlier = new Programme('IPv4', ranges);
      for (const drawn of before.flat()) earlier.set(drawn.name, wantsOfEntry(drawn), 0);
      await nft.run(earlier.take(0).transaction);
      const programme = new Programme('IPv4', { ...ranges, nodePortIPs: ['10.254.0.0/24'] }, await kernelOf(nft));
      for (const batch of [[], ...after]) {
        for (const drawn of batch) programme.set(drawn.name, wantsOfEntry(drawn), 0);
        await nft.run(programme.take(0).transaction);
      }
      programme.endLoad(0);
      await nft.run(programme.take(0).transaction);
      await nft.run(programme.take(10_000).transaction);
      await assertAsIntended(nft, programme);
    }),
    { numRuns: 150 },
  );
});

describe('a proxy that starts again', () => {
  const http = [{ name: 'http', port: 8080 }];
  const web = serviceOf({
    name: 'web',
    clusterIP: '10.96.0.20',
    type: 'NodePort',
    ports: [{ name: 'http', port: 80, nodePort: 30080 }],
    spec: { sessionAffinity: 'ClientIP' },
  });
  const wants = (...numbers: number[]) =>
    wantsOf(
      web,
      [
        sliceOf({
          service: 'web',
          ports: http,
          endpoints: numbers.map((n) => ({ ip: `10.244.1.${n}`, nodeName: 'one' })),
        }),
      ],
      'IPv4',
      place,
    );
  const left = async (...numbers: number[]) => {
    const nft = new FakeNft();
    const programme = new Programme('IPv4', ranges);
    programme.set('default/web', wants(...numbers));
    await nft.run(programme.take().transaction);
    return nft;
  };
  const adopt = async (nft: FakeNft, ...numbers: number[]) => {
    const programme = new Programme('IPv4', ranges, await kernelOf(nft));
    programme.set('default/web', wants(...numbers));
    programme.endLoad();
    const step = programme.take();
    await nft.run(step.transaction);
    await assertAsIntended(nft, programme);
    return step;
  };
  const elementLines = ({ transaction }: { transaction: Transaction }): string[] =>
    transaction.toString().match(/^\w+ element .*/gm) ?? [];

  test('touches no element when nothing has changed, whatever the order of endpoints; the rules are written anew', async () => {
    const nft = await left(1, 2, 3);
    const before = nft.dump();
    const step = await adopt(nft, 3, 1, 2);
    assert.deepEqual(elementLines(step), []);
    assert.doesNotMatch(step.transaction.toString(), /delete table/);
    assert.equal(nft.dump(), before);
  });

  test('touches what changed meanwhile', async () => {
    const nft = await left(1, 2, 3);
    assert.deepEqual(elementLines(await adopt(nft, 1, 3, 4)), [
      'delete element ip portolan hairpin-connections { 10.244.1.2 . 10.244.1.2 }',
      'add element ip portolan hairpin-connections { 10.244.1.4 . 10.244.1.4 }',
      'delete element ip portolan affinity-services-tcp { 10.96.0.20 . 80 . 10.244.1.2 . 8080 }',
      'add element ip portolan affinity-services-tcp { 10.96.0.20 . 80 . 10.244.1.4 . 8080 : goto affinity-10800 }',
      'delete element ip portolan endpoints-tcp { 10.96.0.20 . 80 . 1 }',
      'add element ip portolan endpoints-tcp { 10.96.0.20 . 80 . 1 : 10.244.1.4 . 8080 }',
      'delete element ip portolan affinity-nodeports-tcp { 30080 . 10.244.1.2 . 8080 }',
      'add element ip portolan affinity-nodeports-tcp { 30080 . 10.244.1.4 . 8080 : goto affinity-10800 }',
      'delete element ip portolan nodeport-endpoints-tcp { 30080 . 1 }',
      'add element ip portolan nodeport-endpoints-tcp { 30080 . 1 : 10.244.1.4 . 8080 }',
    ]);
  });

  test('repairs what somebody changed, and removes what somebody added', async () => {
    const nft = await left(1);
    const tampering = new Transaction(table);
    tampering.deleteElements('service-ips', [{ key: '10.96.0.20 . tcp . 80' }]);
    tampering.addElements('service-ips', [{ key: '10.96.0.20 . tcp . 80', value: 'drop' }]);
    tampering.addElements('cluster-ips', [{ key: '10.96.9.9' }]);
    tampering.deleteElements('nodeport-ips', [{ key: '10.254.0.11' }]);
    tampering.add(
      { kind: 'chain', name: 'stranger' },
      { kind: 'rule', chain: 'services', expression: 'ip daddr 10.96.0.20 drop' },
    );
    await nft.run(tampering);
    const programme = new Programme('IPv4', ranges, await kernelOf(nft));
    programme.set('default/web', wants(1));
    programme.endLoad(0);
    await nft.run(programme.take(0).transaction);
    await nft.run(programme.take(10_000).transaction);
    await assertAsIntended(nft, programme);
    assert.doesNotMatch(nft.dump(), /stranger|10\.96\.0\.20 drop/m);
  });

  test('looks through all affinity, and forgets none that is right', async () => {
    const nft = await left(1, 2);
    const { staleAffinity } = await adopt(nft, 2);
    assert.deepEqual(staleAffinity?.protocols, ['tcp', 'udp', 'sctp']);
    const isRight = (key: string, endpoint: string) => staleAffinity?.isRight('tcp', key, endpoint);
    assert.equal(isRight('10.244.9.9 . 10.96.0.20 . 80', '10.244.1.2 . 8080'), true);
    assert.equal(isRight('10.244.9.9 . 10.96.0.20 . 80', '10.244.1.1 . 8080'), false);
    assert.equal(isRight('10.244.9.9 . 10.96.0.21 . 80', '10.244.1.2 . 8080'), false);
    assert.equal(isRight('203.0.113.9 . 10.254.0.11 . 30080', '10.244.1.2 . 8080'), true);
  });
});
