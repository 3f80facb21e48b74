// One suite, run on the fake and on the kernel.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { implementations, listed } from './implementations.testing.ts';
import { FakeNft, isNotFound, type NamedSet, NftError, type NftErrorReason, Transaction } from './index.ts';

const table = { family: 'ip', name: 'test' } as const;
const fronts: NamedSet = { kind: 'set', name: 'fronts', key: 'ip daddr . meta l4proto . th dport', value: 'verdict' };
const hosts: NamedSet = { kind: 'set', name: 'hosts', key: 'ip daddr' };
const target = { kind: 'chain', name: 'target' } as const;

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
      await assert.rejects(nft.chains(table), isNotFound);
      await assert.rejects(listed(nft, table, hosts), isNotFound);
    });

    test('what was added is listed', async () => {
      await change(fresh);
      assert.deepEqual(await nft.chains(table), ['target', 'in']);
      assert.deepEqual(await listed(nft, table, fronts), [
        { key: '10.0.0.1 . tcp . 80', value: 'goto target', comment: 'ns/web' },
      ]);
      assert.deepEqual(await listed(nft, table, hosts), [{ key: '10.0.0.1' }]);
    });

    test('an element is replaced by deleting and adding it in one transaction', async () => {
      await change(fresh);
      await change((t) => {
        t.deleteElements('fronts', [{ key: '10.0.0.1 . tcp . 80' }]);
        t.addElements('fronts', [{ key: '10.0.0.1 . tcp . 80', value: 'drop' }]);
      });
      assert.deepEqual(await listed(nft, table, fronts), [{ key: '10.0.0.1 . tcp . 80', value: 'drop' }]);
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
      assert.deepEqual(await nft.chains(table), ['in']);
      await assert.rejects(listed(nft, table, hosts), isNotFound);
    });

    const refused: { name: string; steps: Steps; want: NftErrorReason; element?: string }[] = [
      {
        name: 'another value for an element',
        want: 'Exists',
        element: '10.0.0.1 . tcp . 80',
        steps: (t) => t.addElements('fronts', [{ key: '10.0.0.1 . tcp . 80', value: 'drop' }]),
      },
      { name: 'a set with another definition', want: 'Exists', steps: (t) => t.add({ ...hosts, key: 'th dport' }) },
      {
        name: 'deleting an element that is not there',
        want: 'NotFound',
        element: '10.9.9.9',
        steps: (t) => t.deleteElements('hosts', [{ key: '10.0.0.1' }, { key: '10.9.9.9' }]),
      },
      {
        name: 'a verdict to a chain that is not there',
        want: 'NotFound',
        element: '10.0.0.1 . tcp . 81',
        steps: (t) =>
          t.addElements('fronts', [{ key: '10.0.0.1 . tcp . 81', value: 'goto nope', comment: 'a, b : c' }]),
      },
      {
        name: 'an address that is none',
        want: 'Invalid',
        element: '10.0.0.999 . tcp . 80',
        steps: (t) => t.addElements('fronts', [{ key: '10.0.0.999 . tcp . 80', value: 'drop' }]),
      },
      {
        name: 'a port that is none',
        want: 'Invalid',
        element: '10.0.0.1 . tcp . 65536',
        steps: (t) => t.addElements('fronts', [{ key: '10.0.0.1 . tcp . 65536', value: 'drop' }]),
      },
      {
        name: 'a value for an element of a set',
        want: 'Invalid',
        steps: (t) => t.addElements('hosts', [{ key: '10.0.0.2', value: 'drop' }]),
      },
      {
        name: 'a timeout in a set without the flag',
        want: 'Failed',
        element: '10.0.0.2',
        steps: (t) => t.addElements('hosts', [{ key: '10.0.0.2', timeout: 5 }]),
      },
      {
        name: 'more elements than the size of the set',
        want: 'Failed',
        element: '10.0.0.3',
        steps: (t) => {
          t.add({ kind: 'set', name: 'two', key: 'ip daddr', size: 2 });
          t.addElements('two', [{ key: '10.0.0.1' }, { key: '10.0.0.2' }, { key: '10.0.0.3' }]);
        },
      },
      ...['ip daddr', 'ip daddr . th dport'].map((key) => ({
        name: `an interval that overlaps another, by ${key}`,
        want: 'Exists' as const,
        element: key === 'ip daddr' ? '10.1.0.0/16' : '10.1.0.0/16 . 80',
        steps: (t: Transaction) => {
          t.add({ kind: 'set', name: 'ranges', key, flags: ['interval'] });
          const port = key === 'ip daddr' ? '' : ' . 80';
          t.addElements('ranges', [{ key: `10.0.0.0/8${port}` }, { key: `10.1.0.0/16${port}` }]);
        },
      })),
      {
        name: 'a nat chain before conntrack',
        want: 'Failed',
        steps: (t) =>
          t.add({ kind: 'chain', name: 'early', hook: { type: 'nat', hook: 'prerouting', priority: -200 } }),
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
    for (const { name, steps, want, element } of refused) {
      test(`refused, and nothing of the transaction done: ${name}`, async () => {
        await change(fresh);
        const refusal = change((t) => {
          t.addElements('hosts', [{ key: '10.0.0.7' }]);
          steps(t);
        });
        await assert.rejects(refusal, (error: unknown) => {
          assert.ok(error instanceof NftError, String(error));
          assert.equal(error.reason, want, error.message);
          assert.match(error.message, /^cannot change nftables table ip test: /);
          if (element === undefined) return true;
          assert.equal(error.element?.key, element, error.message);
          assert.ok(error.message.includes(`{ ${element}`), error.message);
          return true;
        });
        assert.deepEqual(await listed(nft, table, hosts), [{ key: '10.0.0.1' }]);
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
