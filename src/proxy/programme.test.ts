// From objects to rules, on the fake: which endpoints, which elements, and that a change touches no more than it must.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { EndpointSlice, Service } from '#api/index.ts';
import { FakeNft } from '#nftables/index.ts';
import { endpointsOf } from './endpoints.ts';
import { type ServiceWants, wantsOf as wantsOfFamily } from './frontends.ts';
import { place, ranges, serviceOf, sliceOf } from './objects.testing.ts';
import { clusterPool } from './pools.ts';
import { Programme } from './programme.ts';
import { placeInSlots } from './slots.ts';

const web = serviceOf({
  name: 'web',
  created: '2025-01-01T00:00:00Z',
  clusterIP: '10.96.0.20',
  ports: [{ name: 'http', port: 80 }],
});
const http = [{ name: 'http', port: 8080 }];
const slice = (endpoints: Parameters<typeof sliceOf>[0]['endpoints'], name?: string): EndpointSlice =>
  sliceOf({ service: 'web', ports: http, endpoints, ...(name && { name }) });
const port = { name: 'http', port: 80, protocol: 'TCP' };
const wantsOf = (service: Service, slices: EndpointSlice[]): ServiceWants | undefined =>
  wantsOfFamily(service, slices, 'IPv4', place);

describe('endpointsOf and clusterPool', () => {
  const ready = { conditions: { ready: true } };
  const notReady = { conditions: { ready: false } };
  const draining = { conditions: { ready: false, serving: true, terminating: true } };
  const table: { name: string; slices: EndpointSlice[]; want: string[] }[] = [
    { name: 'no slice', slices: [], want: [] },
    {
      name: 'ready endpoints, with the port number of the slice',
      slices: [
        slice([
          { ip: '10.244.1.2', ...ready },
          { ip: '10.244.1.3', ...notReady },
        ]),
      ],
      want: ['10.244.1.2 . 8080'],
    },
    {
      name: 'unknown conditions are ready',
      slices: [slice([{ ip: '10.244.1.2', conditions: {} }])],
      want: ['10.244.1.2 . 8080'],
    },
    {
      name: 'nobody ready: those that serve while they end',
      slices: [
        slice([
          { ip: '10.244.1.2', ...draining },
          { ip: '10.244.1.3', ...notReady },
        ]),
      ],
      want: ['10.244.1.2 . 8080'],
    },
    {
      name: 'somebody ready: not those that end',
      slices: [
        slice([
          { ip: '10.244.1.2', ...draining },
          { ip: '10.244.1.3', ...ready },
        ]),
      ],
      want: ['10.244.1.3 . 8080'],
    },
    {
      name: 'in two slices: once, and ready counts',
      slices: [slice([{ ip: '10.244.1.2', ...notReady }]), slice([{ ip: '10.244.1.2', ...ready }], 'web-2')],
      want: ['10.244.1.2 . 8080'],
    },
    {
      name: 'another port name, no number, another protocol, another family: nothing',
      slices: [
        sliceOf({ service: 'web', ports: [{ name: 'admin', port: 1 }], endpoints: [{ ip: '10.244.1.2' }] }),
        sliceOf({ service: 'web', ports: [{ name: 'http', port: undefined }], endpoints: [{ ip: '10.244.1.2' }] }),
        sliceOf({
          service: 'web',
          ports: [{ name: 'http', port: 1, protocol: 'UDP' }],
          endpoints: [{ ip: '10.244.1.2' }],
        }),
        { ...slice([{ ip: 'fd00::1' }]), addressType: 'IPv6' },
      ],
      want: [],
    },
  ];
  for (const { name, slices, want } of table) {
    test(name, () => {
      const pool = clusterPool(endpointsOf(slices, port, { nodeName: 'one', family: 'IPv4' }), place);
      assert.deepEqual(
        pool.map(({ target }) => target),
        want,
      );
    });
  }
});

describe('wantsOf: Services that are not for the proxy', () => {
  const table: { name: string; service: Service }[] = [
    { name: 'headless', service: serviceOf({ name: 'a', clusterIP: 'None', ports: [] }) },
    {
      name: 'ExternalName',
      service: serviceOf({ name: 'a', clusterIP: '10.96.0.9', ports: [], type: 'ExternalName' }),
    },
    {
      name: 'another proxy',
      service: serviceOf({
        name: 'a',
        clusterIP: '10.96.0.9',
        ports: [],
        labels: { 'service.kubernetes.io/service-proxy-name': '' },
      }),
    },
  ];
  for (const { name, service } of table) test(name, () => assert.equal(wantsOf(service, []), undefined));
});

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

test('the whole table, as text', async (t) => {
  const nft = new FakeNft();
  const both = serviceOf({
    name: 'dns',
    clusterIP: '10.96.0.10',
    type: 'NodePort',
    ports: [
      { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 },
      { name: 'unused', port: 9153 },
    ],
  });
  const dns = sliceOf({
    service: 'dns',
    ports: [{ name: 'dns', port: 5353, protocol: 'UDP' }],
    endpoints: [
      { ip: '10.244.1.2', nodeName: 'one' },
      { ip: '10.244.2.2', nodeName: 'two' },
    ],
  });
  await nft.run(programmeOf([web, [slice([{ ip: '10.244.1.3' }])]], [both, [dns]]).take().transaction);
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
delete element ip portolan endpoints-tcp { 10.96.0.20 . 80 . 0, 10.96.0.20 . 80 . 1, 10.96.0.20 . 80 . 2 }
add element ip portolan no-endpoint-services { 10.96.0.20 . tcp . 80 comment "default/web:http" : goto reject-chain }
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

test('any way of changes leads to the same rules as starting anew', async () => {
  const numbers = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 5 });
  const entry = fc.record({
    // Names and addresses are drawn apart, so that Services take each other's addresses over.
    name: fc.constantFrom('a', 'b', 'c'),
    address: fc.constantFrom('10.96.1.1', '10.96.1.2', '10.96.1.3'),
    nodePort: fc.constantFrom(undefined, 30001, 30002),
    gone: fc.boolean(),
    endpoints: numbers,
  });
  const batches = fc.array(fc.array(entry, { maxLength: 3 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(batches, async (steps) => {
      const nft = new FakeNft();
      const programme = new Programme('IPv4', ranges);
      await nft.run(programme.take().transaction);
      const last = new Map<string, ReturnType<typeof wantsOf>>();
      for (const batch of steps) {
        for (const { name, address, nodePort, gone, endpoints } of batch) {
          const service = serviceOf({
            name,
            clusterIP: address,
            ports: [{ name: 'http', port: 80, ...(nodePort && { nodePort }) }],
          });
          const ends = slice(endpoints.map((n) => ({ ip: `10.244.1.${n}`, nodeName: 'one' })));
          const wants = gone ? undefined : wantsOf(service, [ends]);
          programme.set(name, wants);
          last.set(name, wants);
        }
        await nft.run(programme.take().transaction);
      }
      const all = [...last.values()];
      const clash =
        new Set(all.flatMap((wants) => wants?.frontends.map(({ key }) => key) ?? [])).size !==
        all.flatMap((wants) => wants?.frontends ?? []).length;
      if (clash) return;
      const anew = new FakeNft();
      const fresh = new Programme('IPv4', ranges);
      for (const [name, wants] of last) fresh.set(name, wants);
      await anew.run(fresh.take().transaction);
      assert.deepEqual(comparable(nft.dump()), comparable(anew.dump()));
    }),
    { numRuns: 300 },
  );
});

/** Slots are not in order, and chains of shapes that are out of use stay. */
const comparable = (dump: string): string[] =>
  dump
    .replaceAll(/chain (internal|external|nodeport)-\w+-\d+ \{[^}]*\}[^}]*\}\n/g, '')
    .split('\n')
    .map((line) =>
      line
        .replace(/elements = \{/, '')
        .replace(/ . \d+ : (\d)/, ' . SLOT : $1')
        .replace(/,$| }$/, '')
        .trim(),
    )
    .filter((line) => line !== '' && !line.startsWith('}'))
    .sort();
