// The loop against our own API server in this process, with nft in memory.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { endpointSlices, services } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { createLogger } from '#lib/log.ts';
import { FakeNft, type Nft, NftError, Transaction } from '#nftables/index.ts';
import { MemoryStore } from '#storage/index.ts';
import type { Conntrack, Flow } from './conntrack.ts';
import { place, ranges, serviceOf, sliceOf } from './objects.testing.ts';
import { Proxier } from './proxier.ts';
import { table } from './rules.ts';

/** Lets a test wait for the next transaction, and refuse some. */
class WatchedNft extends FakeNft {
  refusals = 0;
  transactions = 0;
  #ran = Promise.withResolvers<void>();

  override async run(transaction: Transaction): Promise<void> {
    if (this.refusals > 0) {
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
  server = new ApiServer({ store: new MemoryStore(), log: quiet }, { serviceCIDR: ranges.serviceCIDR });
  await server.start();
  client = new Client(server.fetchAs({ name: 'test', groups: ['system:masters'] }));
});
after(() => server.close());

async function withProxier(
  nft: Nft,
  work: () => Promise<void>,
  extra: { conntrack?: Conntrack; checkPeriodMs?: number } = {},
): Promise<void> {
  const stop = new AbortController();
  const { conntrack, checkPeriodMs } = extra;
  const proxier = new Proxier({ client, nft, log: quiet, conntrack }, { ...place, ...ranges, checkPeriodMs });
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
        const flush = new Transaction(table);
        flush.deleteTable();
        await nft.run(flush);
        await nft.until((dump) => dump.includes('10.96.0.22 . 80 . 0'));
      },
      { checkPeriodMs: 10 },
    );
    await remove('kept');
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

  test('UDP flows to an endpoint that is gone are ended, others are not', async () => {
    const flow = (destination: string, answeredBy: string): Flow => ({
      source: '10.244.1.9',
      sourcePort: 5000,
      destination,
      destinationPort: 53,
      answeredBy,
    });
    const ended = Promise.withResolvers<readonly Flow[]>();
    const flows = [
      flow('10.96.0.30', '10.244.1.2 . 5353'),
      flow('10.96.0.30', '10.244.1.3 . 5353'),
      flow('10.96.0.30', '10.96.0.30 . 53'),
      flow('10.96.0.99', '10.244.1.2 . 5353'),
    ];
    const conntrack: Conntrack = {
      listUdp: async () => flows,
      deleteUdp: async (stale) => {
        if (stale.length > 0) ended.resolve(stale);
      },
    };
    await withProxier(
      new WatchedNft(),
      async () => {
        const ports = [{ name: 'dns', port: 53, protocol: 'UDP' }];
        await client.resource(endpointSlices).create(
          sliceOf({
            service: 'dns',
            ports: [{ name: 'dns', port: 5353, protocol: 'UDP' }],
            endpoints: [{ ip: '10.244.1.3' }],
          }),
        );
        await client.resource(services).create(serviceOf({ name: 'dns', clusterIP: '10.96.0.30', ports }));
        assert.deepEqual(await ended.promise, [flows[0], flows[2]]);
      },
      { conntrack },
    );
    await remove('dns');
  });
});
