// The tables themselves: that they say something about everything, and nothing that makes no sense.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answers, callers, conditionNames, endpointsIn, policies, pools } from './cases.testing.ts';
import { answersIn } from './read.testing.ts';

test('every state of an endpoint here meets every state of one elsewhere', () => {
  const one = (where: string) => ['', ...conditionNames.map((condition) => `${condition} ${where}`)];
  const all = one('here').flatMap((here) =>
    one('elsewhere').map((elsewhere) => [here, elsewhere].filter((text) => text !== '').join(', ') || 'none'),
  );
  const states = pools.rows.map(({ name }) => name);
  assert.deepEqual(
    all.filter((state) => !states.includes(state)),
    [],
  );
  assert.equal(new Set(states).size, states.length, 'a state is there twice');
});

test('the pools hold only endpoints that there are, and that serve', () => {
  for (const { name, cells } of pools.rows) {
    const usable = endpointsIn(name)
      .filter(({ conditions }) => conditions?.serving)
      .map(({ where }) => where);
    const inPool = { nobody: [], here: ['here'], elsewhere: ['elsewhere'], either: ['here', 'elsewhere'] };
    const of = (head: string) =>
      inPool[cells.get(head) as keyof typeof inPool] ?? assert.fail(`${name}: ${cells.get(head)}`);
    for (const where of [...of('of all nodes'), ...of('of this node')])
      assert.ok(usable.includes(where as 'here'), name);
    assert.ok(!of('of this node').includes('elsewhere' as never), name);
    assert.equal(of('of all nodes').length > 0, usable.length > 0, name);
  }
});

test('every caller calls every kind of address with every policy, once', () => {
  const all = ['a cluster IP', 'an outer address'].flatMap((called) =>
    policies.flatMap((policy) => callers.map((caller) => `${caller} calls ${called}, policy ${policy}`)),
  );
  assert.deepEqual(answers.rows.map(({ name }) => name).sort(), all.sort());
});

test('every pair of pools has its answers, and each answer only endpoints of these pools', () => {
  const pairs = new Set(pools.rows.map(({ cells }) => [...cells.values()].join(' / ')));
  assert.deepEqual([...answers.heads].sort(), [...pairs].sort());
  for (const { name, cells } of answers.rows) {
    for (const [pair, cell] of cells) {
      for (const answer of answersIn(cell)) {
        const [, where] = /^(here|elsewhere) as (?:itself|the node)$/.exec(answer) ?? [];
        if (where === undefined) assert.match(answer, /^(refused|silence)$/, name);
        else assert.ok(pair.includes(where) || pair.includes('either'), `${name}, ${pair}: ${answer}`);
      }
    }
  }
});
