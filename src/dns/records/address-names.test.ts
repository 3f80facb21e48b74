import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AddressNames } from './address-names.ts';

test('whatever is added and removed, an address has its holders, in the order in which they came', () => {
  const holders = ['a', 'b', 'c', 'd'].map((name) => ({ name }));
  const step = fc.record({
    isAdded: fc.boolean(),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1', 'FD00:0::1'),
    holder: fc.constantFrom(...holders),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const names = new AddressNames<{ name: string }>();
      const model = new Map<string, Set<{ name: string }>>();
      for (const { isAdded, address, holder } of steps) {
        const key = address === 'FD00:0::1' ? 'fd00::1' : address;
        const set = model.get(key) ?? new Set();
        model.set(key, set);
        if (isAdded) set.add(holder);
        else set.delete(holder);
        names[isAdded ? 'add' : 'remove'](address, holder);
      }
      for (const [address, set] of model) assert.deepEqual(names.of(address), [...set]);
    }),
  );
});

test('no more are told than a message can', () => {
  const names = new AddressNames<object>();
  for (let i = 0; i < 50_000; i++) names.add('10.0.0.1', {});
  assert.equal(names.of('10.0.0.1').length, 4096);
});
