// What holds for any selector (api.md §7): its text, read again, selects the same, and what it selects is what a matcher
// written straight from the rules selects.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFieldSelector } from './fields.ts';
import { parseRequirements, type Requirement } from './label-selector-parser.ts';
import { formatSelector, matchesSelector, parseLabelSelector } from './labels.ts';
import type { LabelSelector } from './schema/meta.ts';

const key = fc.constantFrom('a', 'b', 'in', 'example.com/c', 'Not_in.x');
const value = fc.constantFrom('', '1', '2', '10', 'x', 'notin', 'A.b-c_d');
const labels = fc.dictionary(key, value, { noNullPrototype: true });

const requirement: fc.Arbitrary<Requirement> = fc.oneof(
  fc.record({ key, operator: fc.constantFrom('=' as const, '!=' as const), values: fc.tuple(value) }),
  fc.record({
    key,
    operator: fc.constantFrom('in' as const, 'notin' as const),
    values: fc.uniqueArray(value, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ key, operator: fc.constantFrom('exists' as const, '!' as const), values: fc.constant([]) }),
  fc.record({
    key,
    operator: fc.constantFrom('<' as const, '>' as const),
    values: fc.tuple(fc.nat(20).map(String)),
  }),
);

/** With the liberties that the grammar gives. */
function written({ key: name, operator, values }: Requirement, space: string): string {
  switch (operator) {
    case 'exists':
      return name;
    case '!':
      return `!${space}${name}`;
    case 'in':
    case 'notin':
      return `${name} ${operator} (${values.join(`,${space}`)})`;
    default:
      return `${name}${space}${operator}${space}${values[0]}`;
  }
}

/** The rules, one sentence each. */
function naive(all: readonly Requirement[], have: Readonly<Record<string, string>>): boolean {
  return all.every(({ key: name, operator, values }) => {
    const is = Object.hasOwn(have, name) ? have[name] : undefined;
    if (operator === 'exists') return is !== undefined;
    if (operator === '!') return is === undefined;
    if (operator === '=' || operator === 'in') return is !== undefined && values.includes(is);
    if (operator === '!=' || operator === 'notin') return is === undefined || !values.includes(is);
    const isNumber = is !== undefined && /^-?\d+$/.test(is);
    return isNumber && (operator === '>' ? Number(is) > Number(values[0]) : Number(is) < Number(values[0]));
  });
}

test('a label selector that is read from its text is the same', () => {
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), fc.constantFrom('', ' ', '  '), (all, space) => {
      const text = all.map((one) => written(one, space)).join(`,${space}`);
      const sorted = all.map((one) => ({ ...one, values: [...one.values].sort() }));
      assert.deepEqual(parseRequirements(text), sorted, text);
    }),
    { numRuns: 1000 },
  );
});

test('a label selector selects what the rules say', () => {
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 3 }), labels, (all, have) => {
      const text = all.map((one) => written(one, '')).join(',');
      assert.equal(parseLabelSelector(text)(have), naive(all, have), `${text} on ${JSON.stringify(have)}`);
    }),
    { numRuns: 1000 },
  );
});

const selector: fc.Arbitrary<LabelSelector> = fc.record(
  {
    matchLabels: labels,
    matchExpressions: fc.array(
      fc.oneof(
        fc.record({
          key,
          operator: fc.constantFrom('In', 'NotIn'),
          values: fc.uniqueArray(value, { minLength: 1, maxLength: 3 }),
        }),
        fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);

test("the text of a workload's selector selects what the selector selects", () => {
  fc.assert(
    fc.property(selector, labels, (given, have) => {
      const text = formatSelector(given);
      assert.equal(parseLabelSelector(text)(have), matchesSelector(given, have), text);
    }),
    { numRuns: 1000 },
  );
});

test('a field selector that is read from its text is the same', () => {
  const value = fc.string({ unit: fc.constantFrom('a', ',', '=', '\\', '!', ' ', 'é'), maxLength: 6 });
  const field = fc.constantFrom('metadata.name', 'spec.nodeName', 'x');
  const op = fc.constantFrom('=' as const, '!=' as const);
  const term = fc.record({ field, op, value }, { noNullPrototype: true });
  const escaped = (text: string) => text.replaceAll(/[\\,=]/g, '\\$&');
  fc.assert(
    fc.property(fc.array(term, { maxLength: 3 }), fc.boolean(), (terms, doubled) => {
      const text = terms
        .map(({ field, op, value: wanted }) => `${field}${op === '=' && doubled ? '==' : op}${escaped(wanted)}`)
        .join(',');
      assert.deepEqual(parseFieldSelector(text), terms, text);
    }),
    { numRuns: 1000 },
  );
});
