// Every expression that the walk understands, on the fake and on the kernel: the same rules, the same packets, and both must
// have matched the same rules and done the same in the end. Addresses are in kernel.testing.ts.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { inBrackets } from '#lib/cidr.ts';
import { listed } from '../implementations.testing.ts';
import { FakeNft, type TableRef, Transaction } from '../index.ts';
import { type Case, cases, type TestPacket } from './cases.testing.ts';
import type { Packet } from './flow.ts';
import { Kernel, localAddresses } from './kernel.testing.ts';
import { type Step, walk } from './walk.ts';

let kernel: Kernel;
before(async () => {
  kernel = await Kernel.start(`walk${process.pid}`);
});
after(() => kernel?.[Symbol.asyncDispose]());

const packetOf = ({ from = 'prerouting', family = 'ip', protocol = 'tcp', saddr, ...rest }: TestPacket) => {
  const outside = family === 'ip' ? '10.1.0.1' : 'fd01::1';
  const own = family === 'ip' ? '10.9.0.1' : 'fd09::1';
  return { from, family, protocol, saddr: saddr ?? (from === 'output' ? own : outside), localAddresses, ...rest };
};

/** To the kernel, what is rejected is dropped after the answer was sent. */
const stepText = ({ table, chain, number, verdict }: Step): string =>
  `${table} ${chain} ${number}: ${verdict === 'reject' ? 'drop' : verdict}`;

const described = ({ from, family, protocol, saddr, daddr, dport }: Packet): string =>
  `${from}: ${protocol} from ${saddr} to ${inBrackets(daddr)}:${dport} (${family})`;

/** Runs with the tables written to both, and takes them out of the kernel afterwards. */
async function onBoth(tables: Case['tables'], run: (fake: FakeNft) => Promise<void>): Promise<void> {
  const fake = new FakeNft();
  const refs = Object.keys(tables).map((text) => {
    const [family, name = ''] = text.split(' ');
    return { family, name } as TableRef;
  });
  for (const [i, write] of Object.values(tables).entries()) {
    const transaction = new Transaction(refs[i] as TableRef);
    transaction.addTable();
    write(transaction);
    await fake.run(transaction);
    await kernel.nft.run(transaction);
  }
  await kernel.readRules();
  try {
    await run(fake);
  } finally {
    kernel.letGo();
    for (const ref of refs) {
      const removal = new Transaction(ref);
      removal.deleteTable();
      await kernel.nft.run(removal);
    }
  }
}

async function sameWay(fake: FakeNft, wanted: TestPacket, want: string): Promise<void> {
  const packet = packetOf(wanted);
  const what = described(packet);
  const walked = walk(fake, packet, { random: () => 0 });
  assert.equal(walked.outcome, want, what);
  const traced = await kernel.send(packet);
  assert.deepEqual(walked.trail.map(stepText), traced.trail, what);
  assert.equal(walked.verdict === 'accepted', traced.isAccepted, what);
  if (!traced.isAccepted) return;
  assert.equal(walked.destination, `${inBrackets(traced.daddr)}:${traced.dport}`, what);
  assert.equal(walked.isMasqueraded, traced.saddr !== packet.saddr, what);
  assert.equal(walked.mark, traced.mark, what);
}

async function sameElements(fake: FakeNft): Promise<void> {
  for (const [text, { family, sets }] of fake.tables) {
    const table = { family, name: text.slice(family.length + 1) };
    for (const { definition } of sets.values()) {
      const [inFake, inKernel] = await Promise.all(
        [fake, kernel.nft].map(async (nft) =>
          (await listed(nft, table, definition)).map(({ expires = 0, ...element }) => ({
            ...element,
            // Some seconds may lie between the two.
            expires: Math.ceil(expires / 50) * 50,
          })),
        ),
      );
      assert.deepEqual(inFake, inKernel, definition.name);
    }
  }
}

describe('a packet is walked as the kernel leads it', () => {
  for (const { name, tables, packets } of cases) {
    test(name, () =>
      onBoth(tables, async (fake) => {
        for (const { want, ...packet } of packets) await sameWay(fake, packet, want);
        await sameElements(fake);
      }),
    );
  }

  test('numbers are drawn from the offset on, evenly', () => {
    const write = (t: Transaction) => {
      t.add({ kind: 'set', name: 'drawn', key: 'numgen random mod 65536', value: 'ip daddr' });
      t.add({ kind: 'chain', name: 'nat', hook: { type: 'nat', hook: 'prerouting', priority: -100 } });
      t.add({ kind: 'rule', chain: 'nat', expression: 'dnat to numgen random mod 3 offset 10 map @drawn' });
      t.addElements(
        'drawn',
        [9, 10, 11, 12, 13].map((n) => ({ key: `${n}`, value: `10.2.0.${n}` })),
      );
    };
    return onBoth({ 'ip t': write }, async (fake) => {
      const packet = packetOf({ daddr: '10.3.0.1', dport: 80 });
      const walked = [0, 0.3, 0.34, 0.66, 0.67, 0.99].map((n) => walk(fake, packet, { random: () => n }).destination);
      const three = ['10.2.0.10:80', '10.2.0.11:80', '10.2.0.12:80'];
      assert.deepEqual(
        walked,
        three.flatMap((one) => [one, one]),
      );
      const traced = new Set<string>();
      for (let i = 0; i < 40; i++) {
        const { daddr, dport } = await kernel.send(packet);
        traced.add(`${daddr}:${dport}`);
      }
      assert.deepEqual([...traced].sort(), three);
    });
  });

  test('what changes on its way counts for sets at once, for rules from the next chain on; a new chain is empty', async () => {
    const table = { family: 'ip', name: 't' } as const;
    const fake = new FakeNft();
    const begin = new Transaction(table);
    begin.addTable();
    begin.add({ kind: 'set', name: 'called', key: 'ip daddr', value: 'verdict' });
    begin.add({ kind: 'chain', name: 'first', hook: { type: 'filter', hook: 'prerouting', priority: 0 } });
    for (const expression of ['counter', 'ip daddr vmap @called', 'ip daddr 10.3.0.1 meta mark set 1'])
      begin.add({ kind: 'rule', chain: 'first', expression });
    begin.add({ kind: 'chain', name: 'next', hook: { type: 'filter', hook: 'forward', priority: 0 } });
    await fake.run(begin);
    const change = new Transaction(table);
    change.add({ kind: 'chain', name: 'new' }, { kind: 'rule', chain: 'new', expression: 'drop' });
    change.add({ kind: 'rule', chain: 'first', expression: 'meta mark set 8' });
    change.add({ kind: 'rule', chain: 'next', expression: 'ip daddr 10.3.0.1 meta mark set meta mark | 2' });
    change.addElements('called', [{ key: '10.3.0.1', value: 'jump new' }]);
    const outcomeOf = async (steps: readonly Transaction[], at: number) => {
      const nft = fake.copy();
      const [last, ...before] = steps.toReversed();
      for (const one of before.reverse()) await nft.run(one);
      let rules = 0;
      const { outcome, mark } = walk(nft, packetOf({ daddr: '10.3.0.1', dport: 80 }), {
        beforeRule: () => void (last && rules++ === at && nft.run(last)),
      });
      return `${outcome}, mark ${mark}`;
    };
    assert.equal(await outcomeOf([change], 0), 'goes where it was sent, mark 3');
    assert.equal(await outcomeOf(change.inSteps(), 0), 'is dropped, mark 0');
    assert.equal(await outcomeOf([change], 9), 'goes where it was sent, mark 1');
    assert.equal(fake.dump().includes('new'), false);
  });
});
