// One suite, run on the fake and on the kernel (in a network namespace made here).

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { run } from '#lib/run.ts';
import {
  commentText,
  FakeNft,
  isNotFound,
  type NamedSet,
  type Nft,
  NftError,
  type NftErrorReason,
  NftExec,
  Transaction,
} from './index.ts';

const table = { family: 'ip', name: 'test' } as const;
const namespace = `nft${process.pid}`;
const fronts: NamedSet = { kind: 'set', name: 'fronts', key: 'ip daddr . meta l4proto . th dport', value: 'verdict' };
const hosts: NamedSet = { kind: 'set', name: 'hosts', key: 'ip daddr' };
const target = { kind: 'chain', name: 'target' } as const;

const implementations: Record<string, () => Nft> = {
  FakeNft: () => new FakeNft(),
  NftExec: () => new NftExec({ prefix: ['nsenter', `--net=/run/netns/${namespace}`] }),
};

before(() => run('ip', ['netns', 'add', namespace]));
after(() => run('ip', ['netns', 'del', namespace]));

type Steps = (transaction: Transaction) => void;

for (const [name, make] of Object.entries(implementations)) {
  describe(name, () => {
    const nft = make();
    const change = (steps: Steps) => {
      const transaction = new Transaction(table);
      steps(transaction);
      return nft.run(transaction);
    };
    const fresh: Steps = (t) => {
      t.addTable();
      t.deleteTable();
      t.addTable();
      t.add(fronts, hosts, target, {
        kind: 'chain',
        name: 'in',
        hook: { type: 'nat', hook: 'prerouting', priority: -100 },
      });
      t.add({ kind: 'rule', chain: 'in', expression: 'ip daddr . meta l4proto . th dport vmap @fronts' });
      t.add({ kind: 'rule', chain: 'in', expression: 'ip daddr @hosts drop' });
      t.addElements('fronts', [{ key: '10.0.0.1 . tcp . 80', value: 'goto target', comment: 'ns/web' }]);
      t.addElements('hosts', [{ key: '10.0.0.1' }]);
    };

    test('a table that is not there is NotFound', async () => {
      await assert.rejects(nft.definition(table), isNotFound);
      await assert.rejects(nft.listChains(table), isNotFound);
      await assert.rejects(nft.listElements(table, hosts), isNotFound);
    });

    test('what was added is listed', async () => {
      await change(fresh);
      assert.deepEqual(await nft.listChains(table), ['target', 'in']);
      assert.deepEqual(await nft.listElements(table, fronts), [
        { key: '10.0.0.1 . tcp . 80', value: 'goto target', comment: 'ns/web' },
      ]);
      assert.deepEqual(await nft.listElements(table, hosts), [{ key: '10.0.0.1' }]);
    });

    test('an element is replaced by deleting and adding it in one transaction', async () => {
      await change(fresh);
      await change((t) => {
        t.deleteElements('fronts', [{ key: '10.0.0.1 . tcp . 80' }]);
        t.addElements('fronts', [{ key: '10.0.0.1 . tcp . 80', value: 'drop' }]);
      });
      assert.deepEqual(await nft.listElements(table, fronts), [{ key: '10.0.0.1 . tcp . 80', value: 'drop' }]);
    });

    test('the definition does not change with elements, and does with rules', async () => {
      await change(fresh);
      const before = await nft.definition(table);
      await change((t) => t.addElements('hosts', [{ key: '10.0.0.2' }]));
      assert.equal(await nft.definition(table), before);
      await change((t) => t.flush({ kind: 'chain', name: 'in' }));
      assert.notEqual(await nft.definition(table), before);
    });

    test('adding again what is there is no error', async () => {
      await change(fresh);
      await change((t) => {
        t.addTable();
        t.add(target, hosts, fronts);
        t.addElements('hosts', [{ key: '10.0.0.1' }]);
      });
    });

    test('chains and sets are deleted when nothing refers to them, also in the same transaction', async () => {
      await change(fresh);
      await change((t) => {
        t.flush({ kind: 'chain', name: 'in' });
        t.deleteElements('fronts', [{ key: '10.0.0.1 . tcp . 80' }]);
        t.delete(target);
        t.flush(hosts);
        t.delete(hosts);
      });
      assert.deepEqual(await nft.listChains(table), ['in']);
      await assert.rejects(nft.listElements(table, hosts), isNotFound);
    });

    test('networks, addresses and comments are listed as they were written', async () => {
      const ranges: NamedSet = { kind: 'set', name: 'ranges', key: 'ip daddr', flags: ['interval'] };
      const sources: NamedSet = { kind: 'set', name: 'sources', key: 'ip daddr . ip saddr', flags: ['interval'] };
      const sticky: NamedSet = {
        kind: 'set',
        name: 'sticky',
        key: 'ip saddr . tcp dport',
        value: 'ip daddr . tcp dport',
        flags: ['dynamic', 'timeout'],
        size: 1000,
      };
      const written = {
        ranges: [{ key: '0.0.0.0/1' }, { key: '200.1.0.0/16' }, { key: '200.2.0.1' }],
        sources: [{ key: '10.0.0.1 . 10.1.0.0/16' }, { key: '10.0.0.1 . 10.2.0.1' }],
      };
      const strange = `a "quoted" \\ \n ünd ${'x'.repeat(200)}`;
      await change((t) => {
        fresh(t);
        t.add(ranges, sources, sticky);
        for (const [name, elements] of Object.entries(written)) t.addElements(name, elements);
        t.addElements('fronts', [{ key: '10.0.0.2 . udp . 53', value: 'drop', comment: strange }]);
        t.addElements('sticky', [{ key: '10.0.0.1 . 80', value: '10.0.0.2 . 8080' }]);
      });
      const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
      assert.deepEqual((await nft.listElements(table, ranges)).sort(byKey), written.ranges);
      assert.deepEqual((await nft.listElements(table, sources)).sort(byKey), written.sources);
      const listed = (await nft.listElements(table, fronts)).find(({ value }) => value === 'drop');
      assert.equal(listed?.comment, commentText(strange));
      await change((t) => t.deleteElements('ranges', [{ key: '0.0.0.0/1' }]));
      assert.equal((await nft.listElements(table, ranges)).length, 2);
    });

    const refused: { name: string; steps: Steps; want: NftErrorReason }[] = [
      {
        name: 'another value for an element',
        want: 'Exists',
        steps: (t) => t.addElements('fronts', [{ key: '10.0.0.1 . tcp . 80', value: 'drop' }]),
      },
      { name: 'a set with another definition', want: 'Exists', steps: (t) => t.add({ ...hosts, key: 'th dport' }) },
      {
        name: 'deleting an element that is not there',
        want: 'NotFound',
        steps: (t) => t.deleteElements('hosts', [{ key: '10.9.9.9' }]),
      },
      {
        name: 'a verdict to a chain that is not there',
        want: 'NotFound',
        steps: (t) => t.addElements('fronts', [{ key: '10.0.0.1 . tcp . 81', value: 'goto nope' }]),
      },
      {
        name: 'a rule in a chain that is not there',
        want: 'NotFound',
        steps: (t) => t.add({ kind: 'rule', chain: 'nope', expression: 'drop' }),
      },
      {
        name: 'a rule with a set that is not there',
        want: 'NotFound',
        steps: (t) => t.add({ kind: 'rule', chain: 'in', expression: 'ip daddr @nope drop' }),
      },
      {
        name: 'a jump to a chain that is not there',
        want: 'NotFound',
        steps: (t) => t.add({ kind: 'rule', chain: 'in', expression: 'jump nope' }),
      },
      {
        name: 'an element of a set that is not there',
        want: 'NotFound',
        steps: (t) => t.addElements('nope', [{ key: '10.0.0.1' }]),
      },
      {
        name: 'deleting a chain that is not there',
        want: 'NotFound',
        steps: (t) => t.delete({ kind: 'chain', name: 'nope' }),
      },
      { name: 'flushing a set that is not there', want: 'NotFound', steps: (t) => t.flush({ ...hosts, name: 'nope' }) },
      { name: 'deleting a chain that an element goes to', want: 'Busy', steps: (t) => t.delete(target) },
      { name: 'deleting a set that a rule uses', want: 'Busy', steps: (t) => t.delete(hosts) },
    ];
    for (const { name, steps, want } of refused) {
      test(`refused, and nothing of the transaction done: ${name}`, async () => {
        await change(fresh);
        const refusal = change((t) => {
          t.addElements('hosts', [{ key: '10.0.0.7' }]);
          steps(t);
        });
        await assert.rejects(refusal, (error: unknown) => {
          assert.ok(error instanceof NftError, String(error));
          assert.equal(error.reason, want, error.message);
          return true;
        });
        assert.deepEqual(await nft.listElements(table, hosts), [{ key: '10.0.0.1' }]);
      });
    }
  });
}

test('FakeNft dumps what it holds as nft would list it', async () => {
  const nft = new FakeNft();
  const transaction = new Transaction(table);
  transaction.addTable();
  transaction.add(hosts, fronts, target, { kind: 'rule', chain: 'target', expression: 'ip daddr @hosts drop' });
  transaction.addElements('hosts', [{ key: '10.0.0.10' }, { key: '10.0.0.9' }]);
  await nft.run(transaction);
  assert.equal(
    nft.dump(),
    `table ip test {
	set hosts {
		typeof ip daddr
		elements = { 10.0.0.9,
			     10.0.0.10 }
	}

	map fronts {
		typeof ip daddr . meta l4proto . th dport : verdict
	}

	chain target {
		ip daddr @hosts drop
	}
}
`,
  );
});
