import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddressRanges } from '#lib/address-ranges.ts';
import { type Choice, chooseAddresses, type Wish } from './choose-addresses.ts';

const v4 = '203.0.113.1-203.0.113.2';
const dual = `${v4},2001:db8::1-2001:db8::2`;
const wish: Wish = { families: ['IPv4'], policy: 'SingleStack', requested: undefined, held: [] };
const both: Partial<Wish> = { families: ['IPv4', 'IPv6'], policy: 'RequireDualStack' };

const cases: {
  name: string;
  pool?: string;
  taken?: string[];
  wish?: Partial<Wish>;
  want: string[];
  problem?: RegExp;
}[] = [
  { name: 'the first', want: ['203.0.113.1'] },
  { name: 'the first that is free', taken: ['203.0.113.1'], want: ['203.0.113.2'] },
  { name: 'what it has', wish: { held: ['203.0.113.2'] }, want: ['203.0.113.2'] },
  { name: 'another when what it has is not in the pool', wish: { held: ['198.51.100.7'] }, want: ['203.0.113.1'] },
  {
    name: "another when what it has is somebody else's",
    taken: ['203.0.113.1'],
    wish: { held: ['203.0.113.1'] },
    want: ['203.0.113.2'],
  },
  { name: 'one of each range', pool: '203.0.113.1,203.0.113.9', taken: ['203.0.113.1'], want: ['203.0.113.9'] },
  { name: 'none that looks like a network', pool: '203.0.112.255-203.0.113.1', want: ['203.0.113.1'] },
  {
    name: 'none when all are in use',
    taken: ['203.0.113.1', '203.0.113.2'],
    want: [],
    problem: /^all IPv4 addresses of the pool 203.0.113.1-203.0.113.2 are in use. Delete .*--load-balancer-pool/,
  },
  { name: 'what it asks for', wish: { requested: '203.0.113.2', held: ['203.0.113.1'] }, want: ['203.0.113.2'] },
  {
    name: 'nothing but what it asks for',
    taken: ['203.0.113.2'],
    wish: { requested: '203.0.113.2' },
    want: [],
    problem: /asks for 203.0.113.2, which the Service other\/one has already/,
  },
  {
    name: 'what it has while what it asks for is taken',
    taken: ['203.0.113.2'],
    wish: { requested: '203.0.113.2', held: ['203.0.113.1'] },
    want: ['203.0.113.1'],
    problem: /has already/,
  },
  {
    name: 'nothing outside the pool',
    wish: { requested: '192.0.2.1' },
    want: [],
    problem: /192.0.2.1, which is not in the pool 203.0.113.1-203.0.113.2\. Choose one of the pool, or start/,
  },
  {
    name: 'nothing when it asks for nonsense',
    wish: { requested: 'lb.example.com' },
    want: [],
    problem: /is no IP address/,
  },
  {
    name: 'nothing of a family that the Service does not have',
    pool: dual,
    wish: { requested: '2001:db8::1' },
    want: [],
    problem: /is an IPv6 address, and spec.ipFamilies has IPv4 alone/,
  },
  { name: 'one for each family', pool: dual, wish: both, want: ['203.0.113.1', '2001:db8::1'] },
  {
    name: 'one family as asked, the other as it comes',
    pool: dual,
    wish: { ...both, requested: '2001:db8:0::2' },
    want: ['203.0.113.1', '2001:db8::2'],
  },
  {
    name: 'the other family while one is exhausted',
    pool: dual,
    taken: ['203.0.113.1', '203.0.113.2'],
    wish: both,
    want: ['2001:db8::1'],
    problem: /^all IPv4/,
  },
  { name: 'a family that the pool does not have', wish: both, want: ['203.0.113.1'], problem: /has no IPv6 addresses/ },
  {
    name: 'a family that the pool does not have, and that is only preferred',
    wish: { ...both, policy: 'PreferDualStack' },
    want: ['203.0.113.1'],
  },
  {
    name: 'a pool without end',
    pool: 'fd00::/64',
    taken: ['fd00::1'],
    wish: { families: ['IPv6'] },
    want: ['fd00::2'],
  },
];
for (const { name, pool = v4, taken = [], wish: special, want, problem } of cases) {
  test(`chooseAddresses: ${name}`, () => {
    const holderOf = (address: string) => (taken.includes(address) ? 'other/one' : undefined);
    const choice: Choice = chooseAddresses({ ...wish, ...special }, parseAddressRanges(pool), holderOf);
    assert.deepEqual(choice.addresses, want);
    if (problem) assert.match(choice.problem ?? '', problem);
    else assert.equal(choice.problem, undefined);
  });
}
