import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextHop } from './host-route.ts';

const [a, b, cannot] = ['10.254.0.11', '10.254.0.12', undefined];
const cases: {
  name: string;
  inUse: string | undefined;
  candidates: (string | undefined)[];
  want: string | undefined;
}[] = [
  { name: 'the first that can', inUse: undefined, candidates: [a, b], want: a },
  { name: 'one that can, beside one that cannot', inUse: undefined, candidates: [cannot, b], want: b },
  { name: 'the one in use while it can', inUse: b, candidates: [a, b], want: b },
  { name: 'another when the one in use cannot any more', inUse: b, candidates: [a, cannot], want: a },
  { name: 'none when none can', inUse: a, candidates: [cannot, cannot], want: undefined },
];
for (const { name, inUse, candidates, want } of cases) {
  test(`the host's way to cluster IPs: ${name}`, () => assert.equal(nextHop(inUse, candidates), want));
}
