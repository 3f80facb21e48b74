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

test('ranges that pods and Services have in common are told of, once and by the family that has them', async () => {
  const lines: string[] = [];
  const log = createLogger('test', 'warn', (line) => lines.push(line));
  let serviceCIDRs = ['10.96.0.0/12', 'fd00:96::/108'];
  const options = { ...ranges, clusterCIDRs: ['10.240.0.0/12', 'fd00:244::/56'] };
  const source = {
    all: () => [],
    get: () => undefined,
    place,
    get serviceCIDRs() {
      return serviceCIDRs;
    },
  };
  const writers = (['IPv4', 'IPv6'] as const).map(
    (family) =>
      new TableWriter(family, { nft: new FakeNft(), log, source, observer: new Observers([], quiet), options }),
  );
  const write = async () => {
    for (const writer of writers) await writer.write(0);
  };
  await write();
  assert.deepEqual(lines, []);
  serviceCIDRs = [...serviceCIDRs, '10.244.0.0/16', 'fd00:244:0:7::/64'];
  await write();
  for (const writer of writers) writer.distrust();
  await write();
  assert.equal(lines.length, 2, lines.join(''));
  assert.match(lines[0] ?? '', /overlap.* pods=10\.240\.0\.0\/12 services=10\.244\.0\.0\/16/);
  assert.match(lines[1] ?? '', /overlap.* pods=fd00:244::\/56 services=fd00:244:0:7::\/64/);
});
