// What keeps controllers from acting on a cache that does not show their own writes yet.

import assert from 'node:assert/strict';
import { test } from 'node:test';
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

test('SliceTracker knows its own writes and whether the cache shows them', () => {
  const slice = (uid: string, generation: number): EndpointSlice => ({
    metadata: { uid, generation },
    addressType: 'IPv4',
    endpoints: [],
    ports: [],
  });
  const tracker = new SliceTracker();
  tracker.wrote('s', slice('a', 2));
  assert.ok(tracker.isOwnWrite('s', slice('a', 2)));
  assert.ok(!tracker.isOwnWrite('s', slice('a', 3)));
  assert.ok((tracker.staleMs('s', []) ?? 0) > 0, 'not there');
  assert.ok((tracker.staleMs('s', [slice('a', 1)]) ?? 0) > 0, 'older');
  assert.equal(tracker.staleMs('s', [slice('a', 3)]), undefined, 'newer');
  tracker.deleted('s', slice('a', 3));
  assert.ok((tracker.staleMs('s', [slice('a', 3)]) ?? 0) > 0, 'still there');
  assert.equal(tracker.staleMs('s', []), undefined);
});
