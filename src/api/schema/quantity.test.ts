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
  ['1.953125Ki', '2k'],
  ['1.46484375Ki', '1500'],
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

/** The value as a fraction of BigInts, worked out without the parser. */
const exact = (digits: bigint, decimals: number, suffix: string): [numerator: bigint, denominator: bigint] => {
  const decimal = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'].indexOf(suffix);
  const binary = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'].indexOf(suffix);
  const exponent = /^e(-?\d+)$/.exec(suffix)?.[1];
  const power = exponent !== undefined ? Number(exponent) : decimal >= 0 ? (decimal - 3) * 3 : 0;
  const scale = binary >= 0 ? 1024n ** BigInt(binary + 1) : 1n;
  const by = power - decimals;
  return [digits * scale * (by > 0 ? 10n ** BigInt(by) : 1n), by < 0 ? 10n ** BigInt(-by) : 1n];
};
const suffixes = [
  'n',
  'u',
  'm',
  '',
  'k',
  'M',
  'G',
  'T',
  'P',
  'E',
  'Ki',
  'Mi',
  'Gi',
  'Ti',
  'Pi',
  'Ei',
  'e3',
  'e-2',
  'e12',
];
const amount = fc
  .record({ digits: fc.bigInt(-(10n ** 12n), 10n ** 12n), decimals: fc.nat(6), suffix: fc.constantFrom(...suffixes) })
  .map(({ digits, decimals, suffix }) => {
    const size = `${digits < 0n ? -digits : digits}`.padStart(decimals + 1, '0');
    const point = decimals > 0 ? `${size.slice(0, -decimals)}.${size.slice(-decimals)}` : size;
    return { text: `${digits < 0n ? '-' : ''}${point}${suffix}`, value: exact(digits, decimals, suffix) };
  });

test('a quantity is the number that it says, rounded away from zero to a nano-unit', () => {
  fc.assert(
    fc.property(amount, ({ text, value: [numerator, denominator] }) => {
      const nanos = numerator * 10n ** 9n;
      const up = nanos < 0n ? -((-nanos + denominator - 1n) / denominator) : (nanos + denominator - 1n) / denominator;
      assert.equal(parseQuantity(text).nanos, up, text);
    }),
    { numRuns: 1000 },
  );
});

test('quantities compare as their numbers do', () => {
  fc.assert(
    fc.property(amount, amount, (a, b) => {
      const difference = a.value[0] * b.value[1] - b.value[0] * a.value[1];
      const [left, right] = [parseQuantity(a.text).nanos, parseQuantity(b.text).nanos];
      // What differs by less than a nano-unit may have become equal, but never changes places.
      if (difference < 0n) assert.ok(left <= right, `${a.text} and ${b.text}`);
      if (difference > 0n) assert.ok(left >= right, `${a.text} and ${b.text}`);
      if (difference === 0n) assert.equal(left, right);
    }),
    { numRuns: 1000 },
  );
});

test('the canonical form of a canonical form is itself', () => {
  fc.assert(
    fc.property(amount, ({ text }) => {
      const once = canonicalQuantity(text);
      assert.equal(canonicalQuantity(once), once, text);
    }),
    { numRuns: 1000 },
  );
});
