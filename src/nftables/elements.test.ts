// Elements are listed in the form in which they are added, by the fake and by the kernel.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { implementations, listed } from './implementations.testing.ts';
import { commentText, type Element, type NamedSet, type TableRef, Transaction } from './index.ts';

const set = (definition: Omit<NamedSet, 'kind' | 'name'>): NamedSet => ({ kind: 'set', name: 'tested', ...definition });

const forms: { name: string; family?: 'ip6'; set: NamedSet; elements: Element[] }[] = [
  { name: 'addresses', set: set({ key: 'ip daddr' }), elements: [{ key: '10.0.0.1' }, { key: '255.255.255.255' }] },
  {
    name: 'IPv6 addresses',
    family: 'ip6',
    set: set({ key: 'ip6 daddr' }),
    elements: [{ key: '2001:db8:0:1:1:1:1:1' }, { key: '2001:db8::1' }, { key: '::1' }, { key: 'fd00:1:2:3:4:5:6:7' }],
  },
  {
    name: 'concatenations to verdicts, with comments',
    set: set({ key: 'ip daddr . meta l4proto . th dport', value: 'verdict' }),
    elements: [
      { key: '10.0.0.1 . sctp . 65535', value: 'drop' },
      { key: '10.0.0.1 . tcp . 80', value: 'goto target', comment: 'ns/web:http' },
      { key: '10.0.0.1 . udp . 53', value: 'jump target', comment: 'all of ,:{}[] are "quiet"'.replaceAll('"', '') },
      { key: '10.0.0.2 . icmp . 0', value: 'accept' },
    ],
  },
  {
    name: 'concatenations to concatenations, IPv6',
    family: 'ip6',
    set: set({ key: 'ip6 daddr . tcp dport . numgen random mod 65536', value: 'ip6 daddr . tcp dport' }),
    elements: [
      { key: 'fd00::1 . 80 . 0', value: 'fd01::2 . 8080' },
      { key: 'fd00::1 . 80 . 32768', value: 'fd01::3 . 8080' },
    ],
  },
  {
    name: 'intervals',
    set: set({ key: 'ip daddr', flags: ['interval'] }),
    elements: [{ key: '1.2.3.4' }, { key: '1.2.3.8-1.2.3.10' }, { key: '10.0.0.0/8' }, { key: '192.168.0.0/31' }],
  },
  {
    name: 'the interval of everything',
    set: set({ key: 'ip daddr', flags: ['interval'] }),
    elements: [{ key: '0.0.0.0/0' }],
  },
  {
    name: 'IPv6 intervals to verdicts',
    family: 'ip6',
    set: set({ key: 'ip6 daddr', value: 'verdict', flags: ['interval'] }),
    elements: [
      { key: '::/1', value: 'drop' },
      { key: 'fd00::/64', value: 'goto target' },
      { key: 'fe80::1-fe80::5', value: 'return' },
    ],
  },
  {
    name: 'concatenations with intervals',
    set: set({ key: 'ip daddr . meta l4proto . th dport . ip saddr', flags: ['interval'] }),
    elements: [
      { key: '10.0.0.1 . tcp . 80 . 0.0.0.0/1' },
      { key: '10.0.0.1 . tcp . 80 . 192.168.0.1' },
      { key: '10.0.0.1 . tcp . 80-90 . 193.0.0.1-193.0.0.5' },
    ],
  },
  { name: 'marks', set: set({ key: 'meta mark' }), elements: [{ key: '0x00004000' }, { key: '0xffffffff' }] },
];

for (const [name, make] of Object.entries(implementations)) {
  describe(name, () => {
    const nft = make();
    const fresh = async (table: TableRef, tested: NamedSet, elements: readonly Element[]) => {
      const transaction = new Transaction(table);
      transaction.addTable();
      transaction.deleteTable();
      transaction.addTable();
      transaction.add({ kind: 'chain', name: 'target' }, tested);
      transaction.addElements(tested.name, elements);
      await nft.run(transaction);
    };

    for (const form of forms) {
      test(`listed as added: ${form.name}`, async () => {
        const table = { family: form.family ?? 'ip', name: 'test' } as const;
        await fresh(table, form.set, form.elements);
        assert.deepEqual(await listed(nft, table, form.set), form.elements);
        // The same again is no change, and what is listed can be deleted.
        const again = new Transaction(table);
        again.addElements(form.set.name, form.elements);
        again.deleteElements(form.set.name, form.elements);
        await nft.run(again);
        assert.deepEqual(await listed(nft, table, form.set), []);
      });
    }

    test('elements that go by themselves tell how long they had and have', async () => {
      const table = { family: 'ip', name: 'test' } as const;
      const sticky = set({
        key: 'ip saddr . ip daddr . tcp dport',
        value: 'ip daddr . tcp dport',
        flags: ['dynamic', 'timeout'],
        size: 65_535,
      });
      const key = '10.0.0.1 . 10.96.0.1 . 80';
      await fresh(table, sticky, [{ key, value: '10.244.0.1 . 8080', timeout: 10_800 }]);
      const [{ expires, ...rest } = {}] = await listed(nft, table, sticky);
      assert.deepEqual(rest, { key, value: '10.244.0.1 . 8080', timeout: 10_800 });
      assert.ok(expires !== undefined && expires <= 10_800 && expires > 10_700, String(expires));
    });

    test('a comment is listed as nft could take it', async () => {
      const table = { family: 'ip', name: 'test' } as const;
      const noted = set({ key: 'ip daddr' });
      const comment = `a "quoted" \\ \n ünd ${'x'.repeat(200)}`;
      await fresh(table, noted, [{ key: '10.0.0.1', comment }]);
      assert.deepEqual(await listed(nft, table, noted), [{ key: '10.0.0.1', comment: commentText(comment) }]);
    });

    test('a spelling of ours is listed in the spelling of nft', async () => {
      const table = { family: 'ip6', name: 'test' } as const;
      const spelled = set({ key: 'ip6 saddr . meta l4proto', flags: ['interval'] });
      await fresh(table, spelled, [
        { key: '2001:DB8:0::0/64 . icmpv6' },
        { key: '2001:db8:0:1::-2001:db8:0:1::ff . 6' },
      ]);
      const keys = (await listed(nft, table, spelled)).map(({ key }) => key);
      assert.deepEqual(keys, ['2001:db8:0:1::/120 . tcp', '2001:db8::/64 . ipv6-icmp']);
    });

    test('a long list comes in pieces that hold up nobody, and need not be taken to its end', async () => {
      const table = { family: 'ip', name: 'test' } as const;
      const endpoints = set({ key: 'ip daddr . tcp dport . numgen random mod 65536', value: 'ip daddr . tcp dport' });
      const elements = Array.from({ length: 30_000 }, (_, i) => ({
        key: `10.96.${i >> 12}.${(i >> 4) & 255} . 80 . ${i & 15}`,
        value: `10.244.${i >> 8}.${i & 255} . 8080`,
      }));
      await fresh(table, endpoints, elements);
      const found = new Map<string, string | undefined>();
      for await (const some of nft.elements(table, endpoints)) {
        assert.ok(some.length < 4000, `${some.length} in one piece`);
        for (const { key, value } of some) found.set(key, value);
      }
      assert.deepEqual(found, new Map(elements.map(({ key, value }) => [key, value])));
      for await (const some of nft.elements(table, endpoints)) {
        assert.ok(some.length > 0);
        break;
      }
    });
  });
}
