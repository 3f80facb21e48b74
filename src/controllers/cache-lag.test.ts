// What keeps controllers from acting on a cache that does not show their own writes yet.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EndpointSlice } from '#api/index.ts';
import { SliceTracker } from './endpointslice/tracker.ts';
import { Expectations } from './expectations.ts';

test('Expectations are pending until every creation and deletion was seen, failed ones included', () => {
  const expectations = new Expectations();
  expectations.expect('a', 2, ['x']);
  assert.ok((expectations.pendingMs('a') ?? 0) > 0);
  expectations.created('a');
  expectations.created('a');
  expectations.deleted('a', 'other');
  assert.ok((expectations.pendingMs('a') ?? 0) > 0);
  expectations.deleted('a', 'x');
  assert.equal(expectations.pendingMs('a'), undefined);
  expectations.created('a');
  assert.equal(expectations.pendingMs('a'), undefined, 'somebody else created one');
});

describe('SliceTracker', () => {
  const slice = (uid: string, generation: number): EndpointSlice => ({
    metadata: { uid, generation },
    addressType: 'IPv4',
    endpoints: [],
    ports: [],
  });
  /** A tracker, and how often it told of others. */
  function start() {
    const told: string[] = [];
    const tracker = new SliceTracker((service) => told.push(service));
    const saw = (object: EndpointSlice, type: 'updated' | 'deleted' = 'updated') => tracker.saw('s', { type, object });
    const write = (object: EndpointSlice) => {
      tracker.writing('s');
      tracker.wrote('s', object);
      tracker.settled('s');
    };
    return { tracker, told, saw, write };
  }

  test('says whether the cache shows its own writes', () => {
    const { tracker, write } = start();
    write(slice('a', 2));
    assert.ok((tracker.staleMs('s', []) ?? 0) > 0, 'not there');
    assert.ok((tracker.staleMs('s', [slice('a', 1)]) ?? 0) > 0, 'older');
    assert.equal(tracker.staleMs('s', [slice('a', 3)]), undefined, 'newer');
    tracker.deleted('s', slice('a', 3));
    assert.ok((tracker.staleMs('s', [slice('a', 3)]) ?? 0) > 0, 'still there');
    assert.equal(tracker.staleMs('s', []), undefined);
  });

  test('tells of changes by others, not of its own', () => {
    const { tracker, told, saw, write } = start();
    write(slice('a', 2));
    saw(slice('a', 2));
    saw(slice('a', 1));
    assert.equal(told.length, 0, 'what it wrote itself, and what it has overwritten');
    saw(slice('a', 3));
    assert.equal(told.length, 1);
    saw(slice('b', 1));
    assert.equal(told.length, 2, 'one that it does not know');
    tracker.deleted('s', slice('b', 1));
    saw(slice('b', 1), 'deleted');
    assert.equal(told.length, 2);
    saw(slice('a', 3), 'deleted');
    assert.equal(told.length, 3);
    assert.equal(tracker.staleMs('s', []), undefined, 'the one that others deleted is not waited for');
  });

  test('what is told before the answer is known to be its own by the answer', () => {
    const { tracker, told, saw } = start();
    tracker.writing('s');
    saw(slice('a', 1));
    saw(slice('b', 4), 'deleted');
    tracker.wrote('s', slice('a', 1));
    tracker.deleted('s', slice('b', 4));
    tracker.settled('s');
    assert.equal(told.length, 0);
    assert.equal(tracker.staleMs('s', [slice('a', 1)]), undefined);
    tracker.writing('s');
    saw(slice('a', 3));
    tracker.wrote('s', slice('a', 2));
    tracker.settled('s');
    assert.equal(told.length, 1, 'somebody wrote after it');
  });

  test('a Service that was put off is told of when the cache moves', () => {
    const { tracker, told, saw, write } = start();
    write(slice('a', 2));
    assert.ok(tracker.staleMs('s', [slice('a', 1)]));
    saw(slice('a', 2));
    assert.deepEqual(told, ['s']);
  });

  test('a slice whose labels others took is not waited for', () => {
    const { tracker, told, write } = start();
    write(slice('a', 2));
    tracker.lost('s', slice('a', 2));
    assert.equal(told.length, 1);
    assert.equal(tracker.staleMs('s', []), undefined);
  });
});
