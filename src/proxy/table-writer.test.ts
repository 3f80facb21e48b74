// What a table writer must not forget when the kernel refuses.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger } from '#lib/log.ts';
import { FakeNft, NftError, type Transaction } from '#nftables/index.ts';
import { place, ranges, serviceOf } from './objects.testing.ts';
import { Observers } from './observer.ts';
import { TableWriter } from './table-writer.ts';

const quiet = createLogger('test', 'error', () => {});

class RefusingNft extends FakeNft {
  refusals = 0;

  override async run(transaction: Transaction): Promise<void> {
    if (this.refusals-- > 0) throw new NftError('Failed', 'refused by the test');
    await super.run(transaction);
  }
}

test('Services that go while the rules are refused are told of, however many they are', async () => {
  const keys = Array.from({ length: 1200 }, (_, n) => `default/s${n}`);
  let isGone = false;
  const told = new Set<string>();
  const nft = new RefusingNft();
  const writer = new TableWriter('IPv4', {
    nft,
    log: quiet,
    source: {
      all: () => (isGone ? [] : keys),
      get: (key) => {
        const n = keys.indexOf(key);
        const shape = { name: `s${n}`, clusterIP: `10.96.${n >> 8}.${n & 255}`, ports: [{ port: 80 }] };
        return isGone ? undefined : { service: serviceOf(shape), slices: [] };
      },
      serviceCIDRs: ranges.serviceCIDRs,
      place,
    },
    observer: new Observers([{ set: (_, key, state) => void (state === undefined && told.add(key)) }], quiet),
    options: ranges,
  });
  await writer.write(0);
  isGone = true;
  writer.add(keys);
  writer.distrust();
  nft.refusals = 1;
  await assert.rejects(writer.write(0));
  await writer.write(0);
  assert.equal(told.size, keys.length);
  assert.ok(!nft.dump().includes('10.96.4.'));
});
