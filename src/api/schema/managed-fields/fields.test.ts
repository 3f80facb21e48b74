// Sets of fields: their algebra by example, and what must hold for all of them.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { decodeFields } from './decode.ts';
import {
  difference,
  type Fields,
  fieldsOfPaths,
  has,
  intersection,
  leaves,
  pathsOf,
  recursiveDifference,
  union,
} from './fields.ts';
import { canonicalElement, compareElements, formatPath } from './path-element.ts';

/** `a.b` in short for the path `f:a`, `f:b`. */
const set = (...paths: string[]): Fields =>
  fieldsOfPaths(...paths.map((path) => path.split('.').map((name) => `f:${name}`)));

describe('the algebra', () => {
  const cases: { name: string; got: Fields; want: Fields }[] = [
    { name: 'union', got: union(set('a', 'b.c'), set('b', 'd')), want: set('a', 'b', 'b.c', 'd') },
    { name: 'intersection', got: intersection(set('a', 'b', 'b.c'), set('b.c', 'a.x')), want: set('b.c') },
    { name: 'difference of a node and what is below it', got: difference(set('a', 'a.b'), set('a.b')), want: set('a') },
    { name: 'difference leaves what is below', got: difference(set('a', 'a.b'), set('a')), want: set('a.b') },
    { name: 'recursive difference does not', got: recursiveDifference(set('a', 'a.b', 'c'), set('a')), want: set('c') },
    { name: 'leaves', got: leaves(set('a', 'a.b', 'c')), want: set('a.b', 'c') },
    { name: 'nothing is left of itself', got: difference(set('a.b', 'c'), set('a.b', 'c')), want: set() },
  ];
  for (const { name, got, want } of cases) test(name, () => assert.deepEqual(got, want));

  test('what does not change is the same value', () => {
    const a = set('a', 'b.c');
    assert.equal(union(a, set('b.c')), a);
    assert.equal(difference(a, set('x', 'b')), a);
    assert.equal(recursiveDifference(a, set('x')), a);
  });
});

test('steps stand in order: fields, keys by value, members, places', () => {
  const steps = ['f:a', 'f:b', 'k:{"port":80}', 'k:{"port":443}', 'k:{"port":443,"protocol":"TCP"}', 'k:{"x":1}'];
  const all = ['.', ...steps, 'v:1', 'v:2.5', 'v:10', 'v:"a"', 'v:true', 'i:2', 'i:10'];
  assert.deepEqual([...all].reverse().sort(compareElements), all);
});

test('what clients write comes into one spelling, and what is unknown is left out', () => {
  const sent = {
    'k:{ "protocol":"TCP", "port": 80 }': { 'f:port': {} },
    'k:{"port":80,"protocol":"TCP"}': { '.': {} },
    'f:b': {},
    'f:a': { '.': {} },
    'x:new': {},
    'i:07': {},
    '.': {},
  };
  assert.equal(
    JSON.stringify(decodeFields(sent)),
    '{"f:a":{".":{}},"f:b":{},"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:port":{}},"i:7":{}}',
  );
  for (const wrong of [
    null,
    [],
    'x',
    { a: {} },
    { 'k:1': {} },
    { 'k:{': {} },
    { 'v:x': {} },
    { 'i:x': {} },
    { 'f:a': 1 },
  ]) {
    assert.throws(() => decodeFields(wrong), SyntaxError, JSON.stringify(wrong));
  }
  const deep: unknown = JSON.parse(`${'{"f:a":'.repeat(300)}{}${'}'.repeat(300)}`);
  assert.throws(() => decodeFields(deep), /nested deeper/);
});

test('paths are written as people know them', () => {
  const path = ['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}', 'f:name'];
  assert.equal(formatPath(path), '.spec.ports[port=80,protocol="TCP"].name');
  assert.equal(formatPath(['f:metadata', 'f:finalizers', 'v:"x"']), '.metadata.finalizers[="x"]');
  assert.equal(formatPath(['f:list', 'i:3']), '.list[3]');
});

const element = fc.oneof(
  fc.string({ maxLength: 3 }).map((name) => `f:${name}`),
  fc.constantFrom('f:a', 'f:b', 'f:__proto__'),
  fc.record({ name: fc.string({ maxLength: 2 }), port: fc.nat(9) }).map((key) => `k:${JSON.stringify(key)}`),
  fc.oneof(fc.string({ maxLength: 2 }), fc.nat(20), fc.boolean()).map((value) => `v:${JSON.stringify(value)}`),
  fc.nat(20).map((index) => `i:${index}`),
);
const anySet = fc
  .array(fc.array(element, { minLength: 1, maxLength: 4 }), { maxLength: 8 })
  .map((paths) => fieldsOfPaths(...paths));
const membersOf = (fields: Fields): Set<string> => new Set([...pathsOf(fields)].map((path) => JSON.stringify(path)));

describe('for all sets', () => {
  test('decoding gives what was encoded, byte by byte', () => {
    fc.assert(
      fc.property(anySet, (fields) => {
        const text = JSON.stringify(fields);
        assert.equal(JSON.stringify(decodeFields(JSON.parse(text))), text);
      }),
    );
  });

  test('the operations are those of their members', () => {
    fc.assert(
      fc.property(anySet, anySet, (a, b) => {
        const [inA, inB] = [membersOf(a), membersOf(b)];
        assert.deepEqual(membersOf(union(a, b)), inA.union(inB));
        assert.deepEqual(membersOf(intersection(a, b)), inA.intersection(inB));
        assert.deepEqual(membersOf(difference(a, b)), inA.difference(inB));
        assert.ok([...pathsOf(a)].every((path) => has(a, path)));
      }),
    );
  });

  test('equal sets have equal bytes, however they came about', () => {
    fc.assert(
      fc.property(anySet, anySet, (a, b) => {
        assert.equal(JSON.stringify(union(a, b)), JSON.stringify(union(b, a)));
        assert.equal(JSON.stringify(intersection(a, b)), JSON.stringify(intersection(b, a)));
        assert.equal(JSON.stringify(union(difference(a, b), intersection(a, b))), JSON.stringify(a));
      }),
    );
  });

  test('no operation changes its operands', () => {
    fc.assert(
      fc.property(anySet, anySet, (a, b) => {
        const before = JSON.stringify([a, b]);
        for (const operate of [union, intersection, difference, recursiveDifference]) operate(a, b);
        assert.equal(JSON.stringify([a, b]), before);
      }),
    );
  });

  test('a step in canonical spelling stays as it is', () => {
    fc.assert(fc.property(element, (step) => assert.equal(canonicalElement(step), step)));
  });
});
