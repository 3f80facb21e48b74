// What cannot be walked is an error, never passed over; and what a walk tells.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeNft, Transaction, trailText, walk } from '../index.ts';
import type { Packet } from './flow.ts';

async function nftWith(...expressions: readonly string[]): Promise<FakeNft> {
  const nft = new FakeNft();
  const transaction = new Transaction({ family: 'ip', name: 't' });
  transaction.addTable();
  transaction.add({ kind: 'set', name: 'hosts', key: 'ip daddr' }, { kind: 'chain', name: 'target' });
  transaction.add({ kind: 'set', name: 'fronts', key: 'ip daddr . sctp dport', value: 'verdict' });
  transaction.addElements('fronts', [{ key: '10.3.0.1 . 80', value: 'goto target' }]);
  transaction.add({ kind: 'rule', chain: 'target', expression: 'sctp dport 80 reject' });
  transaction.add({ kind: 'chain', name: 'forward', hook: { type: 'filter', hook: 'forward', priority: 0 } });
  for (const expression of expressions) transaction.add({ kind: 'rule', chain: 'forward', expression });
  await nft.run(transaction);
  return nft;
}

const packet: Packet = {
  from: 'prerouting',
  family: 'ip',
  protocol: 'tcp',
  saddr: '10.1.0.1',
  daddr: '10.3.0.1',
  dport: 80,
  localAddresses: ['10.9.0.1'],
};

describe('a rule that is not understood is an error, also where the packet does not come by', () => {
  for (const expression of [
    'iifname "eth0" drop',
    'ip daddr 10.0.0.1 log drop',
    'ip daddr < 10.0.0.1 drop',
    'ip daddr 10.0.0.999 drop',
    'ip daddr . tcp dport 10.0.0.1 drop',
    'ip daddr vmap { 10.0.0.1 : sink }',
    'ip daddr { 10.0.0.1 drop',
    'ct state != new drop',
    'ct state fresh drop',
    'ct status & dnat != 0 drop',
    'fib daddr type broadcast drop',
    'fib daddr oif drop',
    'reject with icmp type net-unreachable',
    'meta mark set',
    'meta priority set 1',
    'numgen inc mod 2 vmap { 0 : drop }',
    'update @hosts { ip daddr timeout 1h }',
    'dnat 10.0.0.1',
    'limit rate 1/second accept',
    'jump',
  ]) {
    test(expression, async () => {
      const nft = await nftWith('ip daddr 10.3.0.2 goto target', 'accept', expression);
      assert.throws(
        () => walk(nft, packet),
        (error: Error) => {
          assert.ok(error.message.startsWith(`cannot walk through the rule "${expression}": `), error.message);
          return true;
        },
      );
    });
  }
});

describe('what the kernel would not have taken is an error when the packet comes by', () => {
  for (const [expression, want] of [
    ['masquerade', /masquerade in a chain that is not nat postrouting/],
    ['dnat to 10.0.0.1', /dnat in a chain that is not nat prerouting or output/],
    ['ip daddr . tcp dport @hosts drop', /2 values are looked up in hosts, whose key is ip daddr/],
  ] as const) {
    test(expression, async () => {
      const nft = await nftWith(expression);
      assert.throws(() => walk(nft, packet), want);
    });
  }

  test('conntrack asked too early', async () => {
    const nft = await nftWith();
    const transaction = new Transaction({ family: 'ip', name: 't' });
    transaction.add({ kind: 'chain', name: 'raw', hook: { type: 'filter', hook: 'prerouting', priority: -300 } });
    transaction.add({ kind: 'rule', chain: 'raw', expression: 'ct state new drop' });
    await nft.run(transaction);
    assert.throws(() => walk(nft, packet), /"ct state new drop" asks conntrack before it has seen the packet/);
  });

  test('chains without end', async () => {
    const nft = await nftWith('jump loop-a'.replace('loop-a', 'target'));
    const transaction = new Transaction({ family: 'ip', name: 't' });
    transaction.add({ kind: 'rule', chain: 'target', expression: 'jump target' });
    await nft.run(transaction);
    assert.throws(() => walk(nft, packet), /chains call each other too deeply, at target/);
  });

  test('packets that are none', async () => {
    const nft = await nftWith();
    assert.throws(() => walk(nft, { ...packet, daddr: 'fd00::1' }), /a packet with "fd00::1" for its ipv4/);
    assert.throws(() => walk(nft, { ...packet, protocol: 'icmp' }), /a packet of icmp with port 80/);
  });
});

test('SCTP is walked like the others; ICMP matches nothing that asks for ports', async () => {
  const nft = await nftWith(
    'ip daddr . sctp dport vmap @fronts',
    'meta l4proto icmp drop',
    'th dport 0-65535 accept',
    'drop',
  );
  assert.equal(walk(nft, { ...packet, protocol: 'sctp' }).outcome, 'is rejected with port-unreachable');
  assert.equal(walk(nft, packet).outcome, 'goes where it was sent');
  const { dport: _, ...ping } = packet;
  assert.equal(walk(nft, { ...ping, protocol: 'icmp' }).outcome, 'is dropped');
});

test('the trail names each rule that matched, and ends with what became of the packet', async () => {
  const nft = await nftWith('ip daddr @hosts drop', 'ip daddr . sctp dport vmap @fronts');
  assert.equal(
    trailText(walk(nft, { ...packet, protocol: 'sctp' })),
    `forward: ip t forward: ip daddr . sctp dport vmap @fronts → goto target
forward: ip t target: sctp dport 80 reject → reject
is rejected with port-unreachable`,
  );
});

test('what rules wrote goes with its time', async () => {
  let now = 0;
  const nft = new FakeNft({ clock: { now: () => new Date(now) } });
  const table = { family: 'ip', name: 't' } as const;
  const transaction = new Transaction(table);
  transaction.addTable();
  const seen = { kind: 'set', name: 'seen', key: 'ip saddr', flags: ['dynamic', 'timeout'], size: 9 } as const;
  transaction.add(seen, { kind: 'chain', name: 'in', hook: { type: 'filter', hook: 'prerouting', priority: 0 } });
  transaction.add({ kind: 'rule', chain: 'in', expression: 'tcp dport 81 ip saddr @seen drop' });
  transaction.add({ kind: 'rule', chain: 'in', expression: 'update @seen { ip saddr timeout 10s }' });
  await nft.run(transaction);
  assert.equal(walk(nft, packet).verdict, 'accepted');
  now = 9000;
  assert.equal(walk(nft, packet).verdict, 'accepted');
  now = 18_000;
  assert.equal(walk(nft, { ...packet, dport: 81 }).verdict, 'dropped');
  assert.deepEqual(await Array.fromAsync(nft.elements(table, seen)), [[{ key: '10.1.0.1', timeout: 10, expires: 1 }]]);
  now = 19_001;
  assert.equal(walk(nft, { ...packet, dport: 81 }).verdict, 'accepted');
});
