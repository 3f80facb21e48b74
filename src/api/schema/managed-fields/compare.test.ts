// What changed between two states, and what a configuration mentions.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Pod } from '../pod.ts';
import { Service } from '../service.ts';
import { compare, isSame } from './compare.ts';
import { pathsOf } from './fields.ts';
import { formatPath } from './path-element.ts';
import { shapeOf } from './shape.ts';
import { anyService } from './testing.ts';
import { createdFields, toFields } from './to-fields.ts';

const written = (fields: Parameters<typeof pathsOf>[0]): string[] => [...pathsOf(fields)].map(formatPath).sort();

describe('compare', () => {
  const ports = (...list: object[]) => ({ metadata: {}, spec: { ports: list } });
  const [a, b] = [
    { port: 80, protocol: 'TCP' },
    { port: 53, protocol: 'UDP' },
  ];
  const [at80, at53] = ['.spec.ports[port=80,protocol="TCP"]', '.spec.ports[port=53,protocol="UDP"]'];
  const cases: { name: string; old: object; now: object; added?: string[]; modified?: string[]; removed?: string[] }[] =
    [
      { name: 'the same', old: ports(a, b), now: ports(a, b) },
      { name: 'a scalar', old: { spec: { type: 'A' } }, now: { spec: { type: 'B' } }, modified: ['.spec.type'] },
      { name: 'a field comes', old: { spec: {} }, now: { spec: { type: 'A' } }, added: ['.spec.type'] },
      { name: 'a field goes', old: { spec: { type: 'A' } }, now: { spec: {} }, removed: ['.spec.type'] },
      {
        name: 'a unit',
        old: { spec: { selector: { a: '1' } } },
        now: { spec: { selector: {} } },
        modified: ['.spec.selector'],
      },
      {
        name: 'a map comes, itself and what is in it',
        old: { metadata: {} },
        now: { metadata: { labels: { a: '1' } } },
        added: ['.metadata.labels', '.metadata.labels.a'],
      },
      {
        name: 'entries of a map',
        old: { metadata: { labels: { a: '1', b: '1', c: '1' } } },
        now: { metadata: { labels: { a: '1', b: '2', d: '1' } } },
        added: ['.metadata.labels.d'],
        modified: ['.metadata.labels.b'],
        removed: ['.metadata.labels.c'],
      },
      {
        name: 'a struct that is no pointer is always there',
        old: {},
        now: { spec: { type: 'A' } },
        added: ['.spec.type'],
      },
      { name: 'items in another order', old: ports(a, b), now: ports(b, a) },
      { name: 'an item comes', old: ports(a), now: ports(b, a), added: [at53, `${at53}.port`, `${at53}.protocol`] },
      { name: 'an item goes', old: ports(a, b), now: ports(a), removed: [at53, `${at53}.port`, `${at53}.protocol`] },
      { name: 'in an item', old: ports(a, b), now: ports(a, { ...b, nodePort: 1 }), added: [`${at53}.nodePort`] },
      {
        name: 'an item becomes two',
        old: ports(a),
        now: ports(a, { ...a, name: 'x' }),
        added: [at80],
        removed: [at80, `${at80}.port`, `${at80}.protocol`],
      },
      {
        name: 'two items become one',
        old: ports(a, a),
        now: ports(a),
        added: [at80, `${at80}.port`, `${at80}.protocol`],
        removed: [at80],
      },
      {
        name: 'two items of the same keys, and one of them',
        old: ports(a, a),
        now: ports(a, { ...a, name: 'x' }),
        modified: [at80],
      },
      {
        name: 'members of a set',
        old: { metadata: { finalizers: ['a', 'b'] } },
        now: { metadata: { finalizers: ['b', 'c'] } },
        added: ['.metadata.finalizers[="c"]'],
        removed: ['.metadata.finalizers[="a"]'],
      },
      { name: 'a default as a key', old: ports({ port: 80 }), now: ports(a), added: [`${at80}.protocol`] },
    ];
  for (const { name, old, now, added = [], modified = [], removed = [] } of cases) {
    test(name, () => {
      const found = compare(shapeOf(Service), old, now);
      assert.deepEqual(
        { added: written(found.added), modified: written(found.modified), removed: written(found.removed) },
        { added, modified, removed },
      );
    });
  }

  test('nothing differs from itself, nor from its copy', () => {
    fc.assert(
      fc.property(anyService, (service) => isSame(compare(shapeOf(Service), service, structuredClone(service)))),
    );
  });

  test('what is added one way is removed the other way', () => {
    fc.assert(
      fc.property(anyService, anyService, (one, other) => {
        const there = compare(shapeOf(Service), one, other);
        const back = compare(shapeOf(Service), other, one);
        assert.equal(JSON.stringify(there.added), JSON.stringify(back.removed));
        assert.equal(JSON.stringify(there.modified), JSON.stringify(back.modified));
      }),
    );
  });

  test('who creates an object gets what was added to nothing', () => {
    fc.assert(
      fc.property(anyService, (service) => {
        const added = compare(shapeOf(Service), {}, service).added;
        assert.equal(JSON.stringify(createdFields(shapeOf(Service), service, new Set())), JSON.stringify(added));
      }),
    );
  });

  test('it is not slower than the object is large', () => {
    const data = (value: string) => Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`key${n}`, value]));
    const start = process.cpuUsage().user;
    const { modified } = compare(
      shapeOf(Service),
      { metadata: { labels: data('1') } },
      { metadata: { labels: data('2') } },
    );
    assert.equal([...pathsOf(modified)].length, 50_000);
    assert.ok(process.cpuUsage().user - start < 5_000_000);
  });
});

test('a configuration mentions leaves, items, entries and nulls, but not what holds them', () => {
  const config = {
    metadata: { labels: { a: '1' }, annotations: {}, finalizers: ['x'] },
    spec: {
      nodeSelector: { a: 'b' },
      hostname: null,
      containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: '1' } }, securityContext: {} }],
      tolerations: [],
    },
  };
  const container = '.spec.containers[name="c"]';
  assert.deepEqual(written(toFields(shapeOf(Pod), config)), [
    '.metadata.annotations',
    '.metadata.finalizers[="x"]',
    '.metadata.labels.a',
    container,
    `${container}.image`,
    `${container}.name`,
    `${container}.resources.limits.cpu`,
    `${container}.securityContext`,
    '.spec.hostname',
    '.spec.nodeSelector',
    '.spec.tolerations',
  ]);
});
