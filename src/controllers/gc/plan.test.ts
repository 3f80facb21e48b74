import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type OwnerReference, pods } from '#api/index.ts';
import type { GraphNode } from './graph.ts';
import { OwnerGraph } from './graph.ts';
import { blocking, type OwnerState, planDependent } from './plan.ts';

const owner = (uid: string, blockOwnerDeletion = true): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'Any',
  name: uid,
  uid,
  blockOwnerDeletion,
});
const node = (uid: string, owners: OwnerReference[], metadata: Partial<GraphNode['metadata']> = {}): GraphNode => ({
  ref: pods,
  metadata: { uid, name: uid, ownerReferences: owners, ...metadata },
});
const child = node('child', []);

for (const { name, owners, states, metadata, dependents = [], want } of [
  { name: 'an object without owners stays', owners: [], states: {}, want: { type: 'none' } },
  { name: 'an object with an owner stays', owners: ['a'], states: { a: 'solid' }, want: { type: 'none' } },
  {
    name: 'an object whose owners are all gone goes',
    owners: ['a', 'b'],
    states: { a: 'absent', b: 'absent' },
    want: { type: 'delete', propagationPolicy: 'Background' },
  },
  {
    name: 'one owner of two is gone: the reference goes',
    owners: ['a', 'b'],
    states: { a: 'absent', b: 'solid' },
    want: { type: 'setOwners', owners: [owner('b')] },
  },
  {
    name: 'an owner waits for the object and what it owns',
    owners: ['a'],
    states: { a: 'waiting' },
    dependents: [child],
    want: { type: 'delete', propagationPolicy: 'Foreground' },
  },
  {
    name: 'an owner that waits for the object is owned by it: one of the two must let go',
    owners: ['a'],
    states: { a: 'waiting' },
    dependents: [node('a', [], { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['foregroundDeletion'] })],
    want: { type: 'setOwners', owners: [owner('a', false)] },
  },
  {
    name: 'an owner waits for the object, which owns nothing',
    owners: ['a'],
    states: { a: 'waiting' },
    want: { type: 'delete', propagationPolicy: 'Background' },
  },
  {
    name: 'a finalizer tells how',
    owners: ['a'],
    states: { a: 'absent' },
    metadata: { finalizers: ['orphan'] },
    want: { type: 'delete', propagationPolicy: 'Orphan' },
  },
  {
    name: 'what is being deleted is left to it',
    owners: ['a'],
    states: { a: 'absent' },
    metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' },
    want: { type: 'none' },
  },
]) {
  test(`planDependent: ${name}`, () => {
    const known = states as Record<string, OwnerState>;
    const subject = node(
      'x',
      owners.map((uid) => owner(uid)),
      metadata,
    );
    assert.deepEqual(
      planDependent(subject, dependents, ({ uid }) => known[uid] ?? 'absent'),
      want,
    );
  });
}

test('blocking are the dependents that say so of this owner', () => {
  const dependents = [node('x', [owner('a')]), node('y', [owner('a', false)]), node('z', [owner('b')])];
  assert.deepEqual(
    blocking(node('a', []), dependents).map(({ metadata }) => metadata.uid),
    ['x'],
  );
});

test('OwnerGraph follows changes of owners, known or not', () => {
  const graph = new OwnerGraph();
  const uids = (of: string) => graph.dependentsOf(of).map(({ metadata }) => metadata.uid);
  graph.put(node('x', [owner('a')]));
  assert.deepEqual(uids('a'), ['x']);
  graph.put(node('x', [owner('b')]));
  assert.deepEqual([uids('a'), uids('b')], [[], ['x']]);
  graph.remove('x');
  assert.deepEqual(uids('b'), []);
});
