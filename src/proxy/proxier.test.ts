// The loop against our own API server in this process, with nft in memory.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { endpointSlices, nodes, serviceCIDRs, services } from '#api/index.ts';
import type { ServiceCIDR } from '#api/schema/networking.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import type { Family } from '#lib/cidr.ts';
import { createLogger } from '#lib/log.ts';
import { FakeNft, type Nft, NftError, Transaction } from '#nftables/index.ts';
import { MemoryStore } from '#storage/index.ts';
import { place, ranges, serviceOf, sliceOf } from './objects.testing.ts';
import type { ProxyObserver } from './observer.ts';
import { Proxier, type ProxierOptions, type ProxierParts } from './proxier.ts';
import { setsOf, tableOf } from './sets.ts';

/** Lets a test wait for the next transaction, and refuse some. */
class WatchedNft extends FakeNft {
  refusals = 0;
  transactions = 0;
  #ran = Promise.withResolvers<void>();

  override async run(transaction: Transaction): Promise<void> {
    if (this.refusals > 0 && transaction.table.family === 'ip') {
      this.refusals--;
      throw new NftError('Failed', 'refused by the test');
    }
    await super.run(transaction);
    this.transactions++;
    this.#ran.resolve();
    this.#ran = Promise.withResolvers();
  }

  async until(condition: (dump: string) => boolean): Promise<void> {
    while (!condition(this.dump())) await this.#ran.promise;
  }
}

const quiet = createLogger('test', 'error', () => {});
let server: ApiServer;
let client: Client;

before(async () => {
  server = new ApiServer({ store: new MemoryStore(), log: quiet }, { serviceCIDR: '10.96.0.0/12' });
  await server.start();
  client = new Client(server.fetchAs({ name: 'test', groups: ['system:masters'] }));
});
after(() => server.close());

async function withProxier(
  nft: Nft,
  work: () => Promise<void>,
  extra: Pick<ProxierParts, 'log' | 'observers'> & Partial<ProxierOptions> = {},
): Promise<void> {
  const stop = new AbortController();
  const { observers, log = quiet, ...options } = extra;
  const proxier = new Proxier({ client, nft, log, observers }, { ...place, ...ranges, ...options });
  proxier.start(stop.signal);
  try {
    await proxier.synced();
    await work();
  } finally {
    stop.abort();
    await proxier.stopped();
  }
}

const http = [{ name: 'http', port: 8080 }];
const create = async (name: string, clusterIP: string, ...ips: string[]) => {
  await client.resource(services).create(serviceOf({ name, clusterIP, ports: [{ name: 'http', port: 80 }] }));
  const slice = sliceOf({ service: name, ports: http, endpoints: ips.map((ip) => ({ ip })) });
  return client.resource(endpointSlices).create(slice);
};
const remove = async (name: string) => {
  await client.resource(services).delete(name, { namespace: 'default' });
  await client.resource(endpointSlices).delete(`${name}-1`, { namespace: 'default' });
};

describe('Proxier', { timeout: 15_000 }, () => {
  test('writes what is there, follows changes, and leaves the rules when it stops', async () => {
    const nft = new WatchedNft();
    let slice = await create('web', '10.96.0.20', '10.244.1.2');
    await withProxier(nft, async () => {
      assert.match(nft.dump(), /10.96.0.20 . 80 . 0 : 10.244.1.2 . 8080/);
      slice = await client.resource(endpointSlices).update({
        ...slice,
        endpoints: [...slice.endpoints, { addresses: ['10.244.2.2'], conditions: { ready: true } }],
      });
      await nft.until((dump) => dump.includes('10.96.0.20 . 80 . 1 : 10.244.2.2 . 8080'));
      await remove('web');
      await nft.until((dump) => !dump.includes('10.96.0.20'));
    });
    assert.match(nft.dump(), /chain nat-prerouting/);
  });

  test('follows the zone of its Node: endpoints are those that are meant for it', async () => {
    const nft = new WatchedNft();
    const zoneLabel = 'topology.kubernetes.io/zone';
    const moveTo = (zone: string | null) =>
      client.resource(nodes).patch(place.nodeName, { metadata: { labels: { [zoneLabel]: zone } } }, { type: 'merge' });
    const slice = await create('near', '10.96.0.24', '10.244.1.2', '10.244.2.2');
    const endpoints = slice.endpoints.map((endpoint, i) => ({
      ...endpoint,
      hints: { forZones: [{ name: i === 0 ? 'here' : 'there' }] },
    }));
    await client.resource(endpointSlices).update({ ...slice, endpoints });
    const chosen = (dump: string) =>
      [...dump.matchAll(/10\.96\.0\.24 \. 80 \. \d+ : (\S+)/g)]
        .map(([, address]) => address)
        .sort()
        .join();
    await withProxier(nft, async () => {
      const both = '10.244.1.2,10.244.2.2';
      assert.equal(chosen(nft.dump()), both, 'nobody has told where this is');
      await client
        .resource(nodes)
        .create({ metadata: { name: place.nodeName, labels: { [zoneLabel]: 'here' } }, spec: {} });
      await nft.until((dump) => chosen(dump) === '10.244.1.2');
      for (const [zone, want] of [
        ['there', '10.244.2.2'],
        ['nowhere', both],
        ['here', '10.244.1.2'],
        [null, both],
      ] as const) {
        await moveTo(zone);
        await nft.until((dump) => chosen(dump) === want);
      }
    });
    await client.resource(nodes).delete(place.nodeName);
    await remove('near');
  });

  test('follows the ServiceCIDRs of the cluster, whatever it was told at the start', async () => {
    const nft = new WatchedNft();
    const ranges = (dump: string) =>
      /set service-cidrs \{[^}]*elements = \{ ([^}]*) \}/.exec(dump)?.[1]?.split(/,\s+/).join();
    const add = (name: string, ...cidrs: string[]) =>
      client.resource(serviceCIDRs).create({ metadata: { name }, spec: { cidrs } } as ServiceCIDR);
    const take = (name: string) => client.resource(serviceCIDRs).delete(name);
    await withProxier(
      nft,
      async () => {
        assert.equal(ranges(nft.dump()), '10.96.0.0/12');
        // By then the loop has nothing to do, and must be woken.
        await new Promise((resolve) => setTimeout(resolve, 100));
        await add('more', '172.30.0.0/16', 'fd00:30::/112');
        const ofIPv6 = /elements = \{ fd00:30::\/112 \}/;
        await nft.until((dump) => ranges(dump) === '10.96.0.0/12,172.30.0.0/16' && ofIPv6.test(dump));
        await add('within', '172.30.8.0/24');
        await add('other', '172.31.0.0/16');
        await nft.until((dump) => ranges(dump) === '10.96.0.0/12,172.30.0.0/16,172.31.0.0/16');
        await take('more');
        await nft.until((dump) => ranges(dump) === '10.96.0.0/12,172.30.8.0/24,172.31.0.0/16');
        for (const name of ['within', 'other']) await take(name);
        await nft.until((dump) => ranges(dump) === '10.96.0.0/12');
      },
      { serviceCIDRs: ['192.0.2.0/24'] },
    );
  });

  test('has a table for each family that it is told of, and for both when it is told of none', async () => {
    for (const [families, want] of [
      [['IPv4'], [true, false]],
      [['IPv6'], [false, true]],
      [undefined, [true, true]],
    ] as const) {
      const nft = new WatchedNft();
      await withProxier(nft, async () => {}, families && { families: [...families] });
      const dump = nft.dump();
      assert.deepEqual([/table ip portolan/.test(dump), /table ip6 portolan/.test(dump)], want);
    }
  });

  test('after a refusal it writes everything anew', async () => {
    const nft = new WatchedNft();
    await withProxier(nft, async () => {
      nft.refusals = 2;
      await create('again', '10.96.0.21', '10.244.1.2');
      await nft.until((dump) => dump.includes('10.96.0.21 . 80 . 0 : 10.244.1.2'));
      assert.equal(nft.refusals, 0);
    });
    await remove('again');
  });

  test('rules that somebody else flushed come back', async () => {
    const nft = new WatchedNft();
    await create('kept', '10.96.0.22', '10.244.1.2');
    await withProxier(
      nft,
      async () => {
        const flush = new Transaction(tableOf('IPv4'));
        flush.deleteTable();
        await nft.run(flush);
        await nft.until((dump) => dump.includes('10.96.0.22 . 80 . 0'));
      },
      { checkPeriodMs: 10 },
    );
    await remove('kept');
  });

  test('elements that somebody else took or changed are put right, with a word on how many', async () => {
    const nft = new WatchedNft();
    await create('meddled', '10.96.0.23', '10.244.1.2');
    const lines: string[] = [];
    await withProxier(
      nft,
      async () => {
        const { endpoints, clusterIPs } = setsOf.IPv4;
        const meddle = new Transaction(tableOf('IPv4'));
        meddle.flush(clusterIPs);
        meddle.deleteElements(endpoints.tcp.name, [{ key: '10.96.0.23 . 80 . 0' }]);
        meddle.addElements(endpoints.tcp.name, [{ key: '10.96.0.23 . 80 . 0', value: '10.6.6.6 . 66' }]);
        await nft.run(meddle);
        await nft.until((dump) => !dump.includes('10.6.6.6') && dump.includes('10.96.0.23 . 80 . 0'));
        while (lines.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      },
      { checkPeriodMs: 10, comparePeriodMs: 10, log: createLogger('test', 'warn', (line) => lines.push(line)) },
    );
    // The endpoint is deleted and added, the cluster IPs, also that of the API, are added.
    assert.match(lines.join(''), /were not what they should be, and were put right.* family=IPv4 elements=4/);
    await remove('meddled');
  });

  test('changes that come together are written together', async () => {
    const nft = new WatchedNft();
    await withProxier(nft, async () => {
      const begin = nft.transactions;
      await Promise.all([...Array(50).keys()].map((i) => create(`many-${i}`, `10.96.1.${i}`, '10.244.1.2')));
      await nft.until((dump) => [...Array(50).keys()].every((i) => dump.includes(`10.96.1.${i} . 80 . 0`)));
      assert.ok(nft.transactions - begin < 25, `${nft.transactions - begin} transactions`);
    });
    await Promise.all([...Array(50).keys()].map((i) => remove(`many-${i}`)));
  });

  test('observers are told of changes before the rules show them, and after; one that throws holds up nobody', async () => {
    const told: string[] = [];
    const tell = (family: Family, text: string) => family === 'IPv4' && told.push(text);
    const nft = new WatchedNft();
    await create('seen', '10.96.0.30', '10.244.1.3');
    const observer: ProxyObserver = {
      serviceChanged: ({ type, object }) => told.push(`service ${object.metadata.name} ${type}`),
      sliceChanged: ({ type, object }) => told.push(`slice ${object.metadata.name} ${type}`),
      begin: (family) => tell(family, 'begin'),
      set: (family, key, state) => tell(family, `${key} ${state?.wants?.frontends[0]?.endpoints.length ?? 'gone'}`),
      failed: (family) => tell(family, 'failed'),
      written: (family, { full }) => {
        const has = nft.dump().includes('10.96.0.30');
        tell(family, `written${full ? ' in full' : ''}, ${has ? 'with' : 'without'} it`);
      },
    };
    const broken: ProxyObserver = {
      set: () => {
        throw new Error('broken by the test');
      },
    };
    nft.refusals = 1;
    await withProxier(
      nft,
      async () => {
        const came = ['service kubernetes added', 'service seen added', 'slice seen-1 added'];
        assert.deepEqual(told.slice(0, 3).sort(), came);
        const state = ['default/kubernetes 0', 'default/seen 1'];
        assert.deepEqual([told[3], ...told.slice(4, 6).sort(), told[6]], ['begin', ...state, 'failed']);
        assert.deepEqual([told[7], ...told.slice(8, 10).sort()], ['begin', ...state]);
        assert.deepEqual(told.slice(10), ['written in full, with it']);
        told.length = 0;
        await client.resource(services).delete('seen', { namespace: 'default' });
        await nft.until((dump) => !dump.includes('10.96.0.30'));
      },
      { observers: [broken, observer] },
    );
    assert.deepEqual(told, ['service seen deleted', 'begin', 'default/seen gone', 'written, without it']);
    await client.resource(endpointSlices).delete('seen-1', { namespace: 'default' });
  });

  // What a load that was refused had read must not be forgotten by the next one, which begins from nothing.
  for (const refusals of [0, 1, 2, 3]) {
    test(`observers are told where the rules led before, also when the load is refused ${refusals} times`, async () => {
      const nft = new WatchedNft();
      const port = { name: 'dns', protocol: 'UDP' };
      const udp = (name: string, n: number, ports: object[]) =>
        serviceOf({ name, clusterIP: `10.96.0.${n}`, type: 'NodePort', ports: ports as [{ port: number }] });
      const stays = await client.resource(services).create(
        udp('stays', 41, [
          { ...port, port: 53, nodePort: 30_053 },
          { name: 'log', port: 514, protocol: 'UDP', nodePort: 30_055 },
        ]),
      );
      await client.resource(services).create(udp('goes', 42, [{ ...port, port: 54, nodePort: 30_054 }]));
      await withProxier(nft, async () => {});
      await client.resource(services).delete('goes', { namespace: 'default' });
      const spec = { ...stays.spec, ports: stays.spec?.ports?.slice(0, 1) };
      await client.resource(services).update({ ...stays, spec });
      nft.refusals = refusals;
      const told = new Set<string>();
      const observer: ProxyObserver = {
        left: (family, frontends) => {
          if (family === 'IPv4') for (const { address, port } of frontends) told.add(`${address} ${port}`);
        },
      };
      await withProxier(nft, async () => {}, { observers: [observer] });
      assert.equal(nft.refusals, 0);
      const still = ['10.96.0.41 53', 'undefined 30053'];
      const gone = ['10.96.0.41 514', 'undefined 30055', '10.96.0.42 54', 'undefined 30054'];
      assert.deepEqual([...told].sort(), [...still, ...gone].sort());
      await client.resource(services).delete('stays', { namespace: 'default' });
    });
  }

  test('observers are told what earlier proxies took out, also when nobody came to look after its flows', async () => {
    const nft = new WatchedNft();
    const port = { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30_056 };
    await client
      .resource(services)
      .create(serviceOf({ name: 'brief', clusterIP: '10.96.0.44', type: 'NodePort', ports: [port] }));
    const told: string[] = [];
    const observer: ProxyObserver = {
      left: (family, frontends) => {
        if (family === 'IPv4') for (const { address, port } of frontends) told.push(`${address} ${port}`);
      },
    };
    const isIn = (dump: string, number: number) => dump.includes(`10.96.0.44 . udp . ${number}`);
    await withProxier(nft, async () => {
      await client
        .resource(services)
        .patch('brief', { spec: { ports: [{ ...port, port: 54 }] } }, { namespace: 'default', type: 'merge' });
      await nft.until((dump) => isIn(dump, 54));
      await client.resource(services).delete('brief', { namespace: 'default' });
      await nft.until((dump) => !isIn(dump, 54));
    });
    // The first may have been killed before it had looked after them.
    for (let times = 0; times < 2; times++) {
      told.length = 0;
      await withProxier(nft, async () => {}, { observers: [observer] });
      assert.deepEqual(told.sort(), ['10.96.0.44 53', '10.96.0.44 54', 'undefined 30056']);
    }
  });
});
