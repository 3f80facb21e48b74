import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalQuantity, parseQuantity, quantityError } from './quantity.ts';

const canonical: [given: string, want: string][] = [
  ['0', '0'],
  ['0.5', '500m'],
  ['500m', '500m'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['+1', '1'],
  ['-0.25', '-250m'],
  ['1000', '1k'],
  ['100000', '100k'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Ki', '512'],
  ['1Ki', '1Ki'],
  ['1e3', '1e3'],
  ['12E6', '12e6'],
  ['1e2', '100'],
  ['0.1n', '1n'],
  ['.5', '500m'],
  ['5.', '5'],
];
for (const [given, want] of canonical) {
  test(`canonicalQuantity: ${given} is ${want}`, () => {
    assert.equal(canonicalQuantity(given), want);
    assert.equal(canonicalQuantity(want), want);
  });
}

test('canonicalQuantity keeps the value', () => {
  const suffix = fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-2');
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 9), max: 10 ** 9 }), suffix, (number, unit) => {
      const text = `${number}${unit}`;
      assert.equal(parseQuantity(canonicalQuantity(text)).nanos, parseQuantity(text).nanos);
    }),
  );
});

test('quantityError refuses what is no quantity, hostile sizes included', () => {
  for (const bad of ['', '.', 'x', '1 ', '1..2', '1Zi', '1e', '1e99999', 'Ki', '9'.repeat(10_000), '--1']) {
    assert.equal(typeof quantityError(bad), 'string', bad);
  }
});
