import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '#api/index.ts';
import { nextHop, routesThrough } from './host-route.ts';

const cases: { name: string; inUse: string | undefined; candidates: string[]; want: string | undefined }[] = [
  { name: 'the first that can', inUse: undefined, candidates: ['a', 'b'], want: 'a' },
  { name: 'the one in use while it can', inUse: 'b', candidates: ['a', 'b'], want: 'b' },
  { name: 'another when the one in use cannot any more', inUse: 'b', candidates: ['a'], want: 'a' },
  { name: 'none when none can', inUse: 'a', candidates: [], want: undefined },
];
for (const { name, inUse, candidates, want } of cases) {
  test(`the host's way to cluster IPs: ${name}`, () => assert.equal(nextHop(inUse, candidates), want));
}

test("routesThrough() goes by the node's address of the range's family", () => {
  const node = (...addresses: string[]): Node => ({
    metadata: { name: 'a' },
    spec: {},
    status: {
      addresses: [...addresses.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: 'a' }],
    },
  });
  const ranges = ['10.96.0.0/12', 'fd00:10:96::/112'];
  assert.deepEqual(routesThrough(node('10.254.0.11', 'fd00:10:254::b'), ranges), [
    { to: '10.96.0.0/12', via: '10.254.0.11' },
    { to: 'fd00:10:96::/112', via: 'fd00:10:254::b' },
  ]);
  assert.deepEqual(routesThrough(node('fd00:10:254::b'), ranges), [{ to: 'fd00:10:96::/112', via: 'fd00:10:254::b' }]);
});
