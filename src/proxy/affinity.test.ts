// Session affinity: which remembered endpoints are right, and that the others are forgotten. That the kernel remembers them is
// in kernel.test.ts.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import { type Element, FakeNft, isNotFound, Transaction } from '#nftables/index.ts';
import { affinityKey } from './affinity.ts';
import { AffinityCleaner } from './affinity-cleaner.ts';
import { wantsOf } from './frontends.ts';
import { place, ranges, serviceOf, sliceOf } from './objects.testing.ts';
import { Programme } from './programme.ts';
import { setsOf, tableOf } from './sets.ts';

test('the ends of keys are those that the kernel makes', () => {
  assert.equal(affinityKey('IPv4', '10.96.0.20', 80), '10.96.0.20 . 80');
  // As nft 1.0.6 lists them on kernel 6.18 after a connection to this address.
  assert.equal(affinityKey('IPv6', 'fd00:96::1', 80), '3159120507 . 3871454034 . 80');
});

const pods = {
  IPv4: (n: number) => `10.244.1.${n}`,
  IPv6: (n: number) => `fd00:244::${n}`,
};
const clusterIP = { IPv4: '10.96.0.20', IPv6: 'fd00:96::20' };
const nodeIP = { IPv4: '10.254.0.11', IPv6: 'fd00:254::11' };

for (const family of ['IPv4', 'IPv6'] as const) {
  const wants = (numbers: readonly number[], { policy = 'Cluster', port = 8080, sticky = true } = {}) =>
    wantsOf(
      serviceOf({
        name: 'web',
        clusterIP: clusterIP[family],
        type: 'NodePort',
        ports: [{ name: 'http', port: 80, nodePort: 30080 }],
        spec: { sessionAffinity: sticky ? 'ClientIP' : 'None', externalTrafficPolicy: policy },
      }),
      [
        sliceOf({
          service: 'web',
          addressType: family,
          ports: [{ name: 'http', port }],
          endpoints: numbers.map((n) => ({ ip: pods[family](n), nodeName: n < 3 ? 'one' : 'two' })),
        }),
      ],
      family,
      place,
    );
  const client = family === 'IPv4' ? '203.0.113.1' : '12345';
  const byAddress = `${client} . ${affinityKey(family, clusterIP[family], 80)}`;
  const byNodePort = `${client} . ${affinityKey(family, nodeIP[family], 30080)}`;
  const stranger = `${client} . ${affinityKey(family, clusterIP[family], 81)}`;

  /** A table in which the kernel remembers some clients, and what it remembers after the Service has become `after`. */
  const remembered = async (
    entries: Record<string, number>,
    after: ReturnType<typeof wants>,
    { endLoad = false, before = wants([1, 2, 3]) } = {},
  ) => {
    const nft = new FakeNft();
    const table = tableOf(family);
    const maps = setsOf[family].affinity.tcp;
    const programme = new Programme(family, ranges);
    programme.set('default/web', before);
    await nft.run(programme.take().transaction);
    const transaction = new Transaction(table);
    for (const [key, n] of Object.entries(entries)) {
      const parts = family === 'IPv4' ? [`${pods[family](n)} . 8080`] : [pods[family](n), '8080'];
      for (const [i, map] of maps.entries()) {
        transaction.addElements(map.name, [{ key, value: parts[i] ?? '', timeout: 100 }]);
      }
    }
    await nft.run(transaction);
    programme.set('default/web', after);
    if (endLoad) programme.endLoad();
    const step = programme.take();
    await nft.run(step.transaction);
    const cleaner = new AffinityCleaner(family, { nft, log: createLogger('test', 'error') });
    if (step.staleAffinity) cleaner.add(step.staleAffinity);
    await cleaner.idle();
    const left: Record<string, string> = {};
    for (const map of maps) {
      for (const { key, value } of (await Array.fromAsync(nft.elements(table, map))).flat() as Element[]) {
        left[key] = left[key] === undefined ? `${value}` : `${left[key]} . ${value}`;
      }
    }
    return { left, looked: step.staleAffinity !== undefined };
  };
  const target = (n: number): string => `${pods[family](n)} . 8080`;

  describe(`what is remembered, ${family}`, () => {
    test('goes with its endpoint, by address and by node port; other clients keep theirs', async () => {
      const other = byAddress.replace(/^\S+/, family === 'IPv4' ? '203.0.113.2' : '54321');
      const { left } = await remembered({ [byAddress]: 1, [other]: 2, [byNodePort]: 1 }, wants([2, 3]));
      assert.deepEqual(left, { [other]: target(2) });
    });

    test('is not even looked at when endpoints come', async () => {
      const { left, looked } = await remembered({ [byAddress]: 1 }, wants([1, 2, 3, 4]));
      assert.deepEqual({ left, looked }, { left: { [byAddress]: target(1) }, looked: false });
    });

    test('goes when the endpoint has another port', async () => {
      const { left } = await remembered({ [byAddress]: 1 }, wants([1, 2, 3], { port: 9090 }));
      assert.deepEqual(left, {});
    });

    test('goes when the Service has no affinity any more, and when it is gone', async () => {
      assert.deepEqual((await remembered({ [byAddress]: 1 }, wants([1, 2, 3], { sticky: false }))).left, {});
      assert.deepEqual((await remembered({ [byAddress]: 1, [byNodePort]: 2 }, undefined)).left, {});
    });

    test('goes with another policy, where that applies', async () => {
      const { left } = await remembered({ [byAddress]: 1, [byNodePort]: 3 }, wants([1, 2, 3], { policy: 'Local' }));
      assert.deepEqual(left, { [byAddress]: target(1) });
    });

    test('at the moment in which affinity begins goes: it may be of a packet that was on its way', async () => {
      const before = wants([1, 2, 3], { sticky: false });
      assert.deepEqual((await remembered({ [byAddress]: 1 }, wants([1, 2, 3]), { before })).left, {});
    });

    test('of frontends that are unknown to a proxy that starts goes; what is right stays', async () => {
      const { left } = await remembered({ [byAddress]: 1, [stranger]: 2, [byNodePort]: 3 }, wants([1, 2, 3]), {
        endLoad: true,
      });
      assert.deepEqual(left, { [byAddress]: target(1), [byNodePort]: target(3) });
    });
  });
}

test('a map that cannot be read is told of, and the next clean-up works', async () => {
  const nft = new FakeNft();
  const warnings: unknown[] = [];
  const log = { ...createLogger('test', 'error'), warn: (_: string, fields: unknown) => warnings.push(fields) };
  const cleaner = new AffinityCleaner('IPv4', { nft, log: log as unknown as ReturnType<typeof createLogger> });
  cleaner.add({ protocols: ['tcp'], isRight: () => false });
  await cleaner.idle();
  assert.equal(warnings.length, 1);
  assert.ok(isNotFound((warnings[0] as { error: unknown }).error));
  await nft.run(new Programme('IPv4', ranges).take().transaction);
  cleaner.add({ protocols: ['tcp'], isRight: () => false });
  await cleaner.idle();
  assert.equal(warnings.length, 1);
});
