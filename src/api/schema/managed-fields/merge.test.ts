// Merging onto live, and taking away: what wins, what stays, and in which order items of lists come. The orders are those
// that upstream's merge gives for the same lists.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { message, optional, rawExtension } from '../dsl.ts';
import { Pod } from '../pod.ts';
import { Service } from '../service.ts';
import { fieldsOfPaths } from './fields.ts';
import { merge } from './merge.ts';
import { removeFields, withNamedFields } from './remove.ts';
import { shapeOf } from './shape.ts';

describe('the order of a merged list', () => {
  const cases: { name: string; live: string; applied: string; want: string }[] = [
    { name: 'live alone', live: 'abc', applied: '', want: 'abc' },
    { name: 'applied alone', live: '', applied: 'abc', want: 'abc' },
    { name: 'a part in the same order', live: 'abc', applied: 'ab', want: 'abc' },
    { name: 'another order wins', live: 'ab', applied: 'ba', want: 'ba' },
    { name: 'new ones come last', live: 'abc', applied: 'def', want: 'abcdef' },
    { name: 'after the one they share', live: 'abc', applied: 'cdef', want: 'abcdef' },
    { name: 'between those they share', live: 'abcgf', applied: 'cdef', want: 'abcgdef' },
    { name: 'new ones between', live: 'cdef', applied: 'ace', want: 'acdef' },
    { name: 'a common end', live: 'abcxyz', applied: 'defxyz', want: 'abcdefxyz' },
    { name: 'all shared', live: 'cagf', applied: 'cfag', want: 'cfag' },
    { name: 'what was first becomes last', live: 'abcd', applied: 'defa', want: 'bcdefa' },
    { name: 'crossing', live: 'cdefghij', applied: '2h3e4kl', want: 'cdfg2hij3e4kl' },
    { name: 'crossing more', live: 'abcdefghij', applied: '1b2h3e4kl', want: 'a1bcdfg2hij3e4kl' },
    { name: 'live duplicates stay', live: 'abb', applied: 'c', want: 'abbc' },
    { name: 'named ones become one', live: 'abb', applied: 'b', want: 'ab' },
    { name: 'duplicates on the way', live: 'abcdec', applied: '1b2ed', want: 'a1bc2ecd' },
    { name: 'named duplicates on the way', live: 'abcdec', applied: '1b2ced', want: 'a1b2ced' },
  ];
  for (const { name, live, applied, want } of cases) {
    test(name, () => {
      const of = (text: string) => ({ metadata: { finalizers: [...text] } });
      const merged = merge(shapeOf(Service), of(live), of(applied)) as ReturnType<typeof of>;
      assert.equal(merged.metadata.finalizers.join(''), want);
      const items = (text: string) => ({ spec: { containers: [...text].map((letter) => ({ name: letter })) } });
      const { spec } = merge(shapeOf(Pod), items(live), items(applied)) as ReturnType<typeof items>;
      assert.equal(spec.containers.map((container) => container.name).join(''), want);
    });
  }
});

test('values that are applied win; units as a whole, everything else field by field', () => {
  const live = {
    metadata: { labels: { a: '1', b: '1' } },
    spec: { type: 'ClusterIP', selector: { a: '1', b: '1' }, ports: [{ port: 80, protocol: 'TCP', nodePort: 1 }] },
  };
  const config = {
    metadata: { labels: { b: '2', c: '2' } },
    spec: { selector: { c: '2' }, ports: [{ port: 80, name: 'web' }], externalIPs: null },
  };
  const before = structuredClone([live, config]);
  assert.deepEqual(merge(shapeOf(Service), live, config), {
    metadata: { labels: { a: '1', b: '2', c: '2' } },
    spec: {
      type: 'ClusterIP',
      selector: { c: '2' },
      ports: [{ port: 80, protocol: 'TCP', nodePort: 1, name: 'web' }],
      externalIPs: null,
    },
  });
  assert.deepEqual([live, config], before);
});

const Free = message('test.v1.Free', '', { data: optional(1, rawExtension) });

test('values of no fixed form merge object by object', () => {
  const live = { data: { a: { b: 1, c: [1, 2] } } };
  const config = { data: { a: { c: [3], d: { e: 1 } } } };
  assert.deepEqual(merge(shapeOf(Free), live, config), { data: { a: { b: 1, c: [3], d: { e: 1 } } } });
});

test('taking fields away takes items and entries, and leaves null where nothing is left', () => {
  const object = {
    metadata: { name: 'a', labels: { a: '1' }, finalizers: ['x', 'y'] },
    spec: {
      selector: { a: '1' },
      ports: [
        { port: 80, protocol: 'TCP', name: 'web' },
        { port: 53, protocol: 'UDP' },
      ],
    },
  };
  const gone = fieldsOfPaths(
    ['f:metadata', 'f:labels', 'f:a'],
    ['f:metadata', 'f:finalizers', 'v:"x"'],
    ['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}', 'f:name'],
    ['f:spec', 'f:ports', 'k:{"port":53,"protocol":"UDP"}'],
    ['f:spec', 'f:selector'],
    ['f:spec', 'f:none'],
  );
  assert.deepEqual(removeFields(shapeOf(Service), object, gone), {
    metadata: { name: 'a', labels: null, finalizers: ['y'] },
    spec: { ports: [{ port: 80, protocol: 'TCP' }] },
  });
});

test('a struct goes with what is in it, a map does not', () => {
  const shape = shapeOf(Service);
  const fields = fieldsOfPaths(['f:metadata', 'f:labels', 'f:a'], ['f:spec', 'f:type']);
  assert.deepEqual(withNamedFields(shape, fields), {
    'f:metadata': { '.': {}, 'f:labels': { '.': {}, 'f:a': {} } },
    'f:spec': { '.': {}, 'f:type': {} },
  });
});
