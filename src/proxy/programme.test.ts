// From objects to rules, on the fake: which endpoints, which elements, and that a change touches no more than it must.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { EndpointSlice, Service } from '#api/index.ts';
import { FakeNft } from '#nftables/index.ts';
import { type ServiceWants, wantsOf as wantsOfFamily } from './frontends.ts';
import { place, ranges, serviceOf, sliceOf } from './objects.testing.ts';
import { Programme } from './programme.ts';
import { placeInSlots } from './slots.ts';
import { families } from './words.ts';

const web = serviceOf({
  name: 'web',
  created: '2025-01-01T00:00:00Z',
  clusterIP: '10.96.0.20',
  ports: [{ name: 'http', port: 80 }],
});
const http = [{ name: 'http', port: 8080 }];
const slice = (endpoints: Parameters<typeof sliceOf>[0]['endpoints'], name?: string): EndpointSlice =>
  sliceOf({ service: 'web', ports: http, endpoints, ...(name && { name }) });
const wantsOf = (service: Service, slices: EndpointSlice[]): ServiceWants | undefined =>
  wantsOfFamily(service, slices, 'IPv4', place);

describe('placeInSlots', () => {
  const table = [
    { had: [], want: ['a', 'b'], slots: ['a', 'b'] },
    { had: ['a', 'b', 'c'], want: ['c', 'b', 'a'], slots: ['a', 'b', 'c'] },
    { had: ['a', 'b', 'c'], want: ['b', 'c'], slots: ['c', 'b'] },
    { had: ['a', 'b'], want: ['b', 'x', 'a'], slots: ['a', 'b', 'x'] },
    { had: ['a', 'b'], want: ['x', 'b'], slots: ['x', 'b'] },
    { had: ['a'], want: [], slots: [] },
  ];
  for (const { had, want, slots } of table) {
    test(`${had.join()} → ${want.join()}`, () => assert.deepEqual(placeInSlots(had, want), slots));
  }
});

const programmeOf = (...entries: [Service, EndpointSlice[]][]): Programme => {
  const programme = new Programme('IPv4', ranges);
  for (const [service, slices] of entries) programme.set(`default/${service.metadata.name}`, wantsOf(service, slices));
  return programme;
};

test('both tables, as text', async (t) => {
  const dns = serviceOf({
    name: 'dns',
    clusterIP: '10.96.0.10',
    type: 'NodePort',
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 },
      { name: 'unused', port: 9153, nodePort: 30054 },
    ],
  });
  const shop = serviceOf({
    name: 'shop',
    clusterIP: ['10.96.0.30', 'fd00:96::30'],
    type: 'LoadBalancer',
    ports: [{ name: 'http', port: 80, nodePort: 30080 }],
    ingress: [{ ip: '203.0.113.7' }, { ip: '2001:db8::7' }],
    spec: {
      externalTrafficPolicy: 'Local',
      sessionAffinity: 'ClientIP',
      loadBalancerSourceRanges: ['192.0.2.0/24', '198.51.100.1/32', '2001:db8:1::/48'],
    },
  });
  const dnsPods = sliceOf({
    service: 'dns',
    ports: [{ name: 'dns', port: 5353, protocol: 'UDP' }],
    endpoints: [
      { ip: '10.244.1.2', nodeName: 'one' },
      { ip: '10.244.2.2', nodeName: 'two' },
    ],
  });
  const shopPods = ['IPv4', 'IPv6'].map((addressType) =>
    sliceOf({
      service: 'shop',
      addressType,
      ports: http,
      endpoints: ['1', '2'].map((n) => ({
        ip: addressType === 'IPv4' ? `10.244.${n}.4` : `fd00:244::${n}:4`,
        nodeName: n === '1' ? 'one' : 'two',
      })),
    }),
  );
  const nft = new FakeNft();
  for (const family of families) {
    const programme = new Programme(family, ranges);
    for (const [service, slices] of [
      [web, [slice([{ ip: '10.244.1.3' }])]],
      [dns, [dnsPods]],
      [shop, shopPods],
    ] as const) {
      programme.set(`default/${service.metadata.name}`, wantsOfFamily(service, slices, family, place));
    }
    await nft.run(programme.take().transaction);
  }
  t.assert.fileSnapshot(nft.dump(), `${import.meta.dirname}/ruleset.golden.txt`, { serializers: [String] });
});

describe('a change touches only what it must', () => {
  const three = ['10.244.1.2', '10.244.1.3', '10.244.2.2'].map((ip) => ({ ip, nodeName: 'two' }));
  const table: { name: string; after: [Service | undefined, EndpointSlice[]]; want: string }[] = [
    { name: 'nothing changed', after: [web, [slice(three)]], want: '' },
    { name: 'endpoints in another order', after: [web, [slice(three.toReversed())]], want: '' },
    {
      name: 'one endpoint replaced',
      after: [web, [slice([...three.slice(1), { ip: '10.244.2.9', nodeName: 'two' }])]],
      want: `delete element ip portolan endpoints-tcp { 10.96.0.20 . 80 . 0 }
add element ip portolan endpoints-tcp { 10.96.0.20 . 80 . 0 : 10.244.2.9 . 8080 }
`,
    },
    {
      name: 'one endpoint less: its slot goes to the last one',
      after: [web, [slice(three.slice(1))]],
      want: `add chain ip portolan internal-tcp-2
add rule ip portolan internal-tcp-2 ip saddr != @cluster-cidrs meta mark set meta mark | 0x00004000
add rule ip portolan internal-tcp-2 meta l4proto tcp dnat ip to ip daddr . tcp dport . numgen random mod 2 map @endpoints-tcp
add rule ip portolan internal-tcp-2 drop
delete element ip portolan service-ips { 10.96.0.20 . tcp . 80 }
add element ip portolan service-ips { 10.96.0.20 . tcp . 80 comment "default/web:http" : goto internal-tcp-2 }
delete element ip portolan endpoints-tcp { 10.96.0.20 . 80 . 0, 10.96.0.20 . 80 . 2 }
add element ip portolan endpoints-tcp { 10.96.0.20 . 80 . 0 : 10.244.2.2 . 8080 }
`,
    },
    {
      name: 'no endpoint left',
      after: [web, []],
      want: `delete element ip portolan service-ips { 10.96.0.20 . tcp . 80 }
add element ip portolan service-ips { 10.96.0.20 . tcp . 80 comment "default/web:http" : goto reject-chain }
delete element ip portolan endpoints-tcp { 10.96.0.20 . 80 . 0, 10.96.0.20 . 80 . 1, 10.96.0.20 . 80 . 2 }
`,
    },
    {
      name: 'the Service is gone',
      after: [undefined, []],
      want: `delete element ip portolan cluster-ips { 10.96.0.20 }
delete element ip portolan service-ips { 10.96.0.20 . tcp . 80 }
delete element ip portolan endpoints-tcp { 10.96.0.20 . 80 . 0, 10.96.0.20 . 80 . 1, 10.96.0.20 . 80 . 2 }
`,
    },
  ];
  for (const { name, after, want } of table) {
    test(name, () => {
      const programme = programmeOf([web, [slice(three)]]);
      programme.take();
      const [service, slices] = after;
      programme.set('default/web', service && wantsOf(service, slices));
      assert.equal(programme.take().transaction.toString(), want);
    });
  }
});

test('an address that two Services ask for stays with the older one, and passes on when that one goes', async () => {
  const nft = new FakeNft();
  const thief = { ...web, metadata: { ...web.metadata, name: 'a-thief', creationTimestamp: '2026-01-01T00:00:00Z' } };
  const programme = programmeOf([thief, [slice([{ ip: '10.244.6.6' }])]], [web, [slice([{ ip: '10.244.1.2' }])]]);
  await nft.run(programme.take().transaction);
  assert.match(nft.dump(), /default\/web:http/);
  assert.doesNotMatch(nft.dump(), /: 10\.244\.6\.6/);
  programme.set('default/web', undefined);
  await nft.run(programme.take().transaction);
  assert.match(nft.dump(), /default\/a-thief:http" : goto internal-tcp-1/);
  assert.match(nft.dump(), /cluster-ips \{\n\t\ttypeof ip daddr\n\t\telements = \{ 10.96.0.20 \}/);
});

describe('what Services share and what they do not', () => {
  test('one Service comes and goes: no element of another is touched', () => {
    const programme = programmeOf([web, [slice([{ ip: '10.244.1.2', nodeName: 'one' }])]]);
    programme.take();
    const other = serviceOf({
      name: 'other',
      clusterIP: '10.96.0.21',
      type: 'LoadBalancer',
      ports: [{ name: 'http', port: 80, nodePort: 30080 }],
      ingress: [{ ip: '203.0.113.7' }],
      spec: { sessionAffinity: 'ClientIP', loadBalancerSourceRanges: ['192.0.2.0/24'] },
    });
    // The same pod, which the two share, and so does nobody lose its hairpin.
    programme.set('default/other', wantsOf(other, [slice([{ ip: '10.244.1.2', nodeName: 'one' }])]));
    const added = programme.take().transaction.toString();
    programme.set('default/other', undefined);
    const removed = programme.take().transaction.toString();
    for (const text of [added, removed]) assert.doesNotMatch(text, /10\.96\.0\.20|hairpin-connections/);
    assert.match(added, /add element ip portolan service-ips \{ 10\.96\.0\.21 /);
    assert.equal(
      removed.match(/^delete element .*/gm)?.length,
      added.match(/^add element .*/gm)?.length,
      'all that came has gone',
    );
  });

  test('a cluster IP stays with its Service, whatever external IPs others ask for', async () => {
    const nft = new FakeNft();
    const thief = serviceOf({
      name: 'thief',
      created: '2020-01-01T00:00:00Z',
      clusterIP: '10.96.0.66',
      ports: [{ name: 'http', port: 80 }],
      spec: { externalIPs: ['10.96.0.20'] },
    });
    const programme = programmeOf([thief, [slice([{ ip: '10.244.6.6' }])]], [web, [slice([{ ip: '10.244.1.2' }])]]);
    await nft.run(programme.take().transaction);
    assert.match(nft.dump(), /10\.96\.0\.20 \. tcp \. 80 comment "default\/web:http" : goto internal-tcp-1/);
    assert.match(nft.dump(), /10\.96\.0\.20 \. 80 \. 0 : 10\.244\.1\.2 \. 8080/);
  });
});

describe('input that must not break anything', () => {
  test('names as long as they may be, and 5,000 endpoints', async () => {
    const nft = new FakeNft();
    const long = { ...web, metadata: { ...web.metadata, name: 'n'.repeat(63), namespace: 'x-1.y'.padEnd(63, '0') } };
    const many = Array.from({ length: 5000 }, (_, n) => ({ ip: `10.244.${n >> 8}.${n & 255}`, nodeName: 'one' }));
    const programme = programmeOf([long, [slice(many)]]);
    await nft.run(programme.take().transaction);
    assert.match(nft.dump(), /goto internal-tcp-5000/);
    programme.set(`default/${long.metadata.name}`, wantsOf(long, [slice(many.slice(1))]));
    const text = programme.take().transaction.toString();
    assert.match(text, /goto internal-tcp-4999/);
    assert.equal(
      text
        .match(/endpoints-tcp \{.*/g)
        ?.join()
        .split(', ').length,
      2,
      'one moved, one gone',
    );
  });

  test('more endpoints than there are numbers: the first 32,768', () => {
    const wanted = Array.from({ length: 40_000 }, (_, n) => `${n}`);
    assert.equal(placeInSlots([], wanted).length, 32_768);
    assert.equal(placeInSlots(wanted.slice(0, 2), wanted).length, 32_768);
  });
});

describe('chains of shapes', () => {
  const one = [slice([{ ip: '10.244.1.2' }])];
  const two = [slice([{ ip: '10.244.1.2' }, { ip: '10.244.1.3' }])];

  test('go 10 s after their last use, and not when they are used again', async () => {
    const nft = new FakeNft();
    const programme = programmeOf();
    const key = 'default/web';
    const at = async (seconds: number, slices: EndpointSlice[]) => {
      programme.set(key, wantsOf(web, slices), seconds * 1000);
      await nft.run(programme.take(seconds * 1000).transaction);
      return nft.dump().match(/(?<=chain )internal-\S+/g) ?? [];
    };
    assert.deepEqual(await at(0, one), ['internal-tcp-1']);
    assert.equal(programme.nextExpiry, undefined);
    assert.deepEqual(await at(1, two), ['internal-tcp-1', 'internal-tcp-2']);
    assert.equal(programme.nextExpiry, 11_000);
    assert.deepEqual(await at(5, one), ['internal-tcp-1', 'internal-tcp-2']);
    assert.equal(programme.nextExpiry, 15_000);
    assert.deepEqual(await at(14.9, one), ['internal-tcp-1', 'internal-tcp-2']);
    assert.deepEqual(await at(15, one), ['internal-tcp-1']);
    assert.equal(programme.nextExpiry, undefined);
    assert.deepEqual(await at(16, two), ['internal-tcp-1', 'internal-tcp-2']);
  });

  test('are as many as there are shapes, not as there are Services', () => {
    const programme = programmeOf();
    for (let n = 0; n < 500; n++) {
      const service = { ...web, spec: { ...web.spec, clusterIPs: [`10.96.${n >> 8}.${n & 255}`] } };
      programme.set(`default/${n}`, wantsOf(service, n % 2 ? one : two));
    }
    const text = programme.take().transaction.toString();
    assert.deepEqual(text.match(/(?<=add chain ip portolan )internal\S+/g)?.sort(), [
      'internal-tcp-1',
      'internal-tcp-2',
    ]);
  });
});

test('ranges of cluster IPs may change, overlap, and be of both families', async () => {
  const nft = new FakeNft();
  const programme = programmeOf();
  await nft.run(programme.take().transaction);
  programme.setServiceCIDRs(['10.96.0.0/12', 'fd00:96::/108', '10.96.5.0/24', '172.30.0.0/16']);
  const text = programme.take().transaction.toString();
  assert.equal(text, 'add element ip portolan service-cidrs { 172.30.0.0/16 }\n');
});
