// The gates: source ranges of load balancers, and what belongs to no Service's endpoints, walked through the rules in memory.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ServiceSpec } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { families, protocols } from '../words.ts';
import { type World, worlds } from '../worlds.testing.ts';
import {
  addressOf,
  type Called,
  type CallerName,
  type Case,
  callers,
  elsewhereOf,
  serviceFor,
  slicesFor,
  sourceOf,
  types,
} from './cases.testing.ts';
import { answerTo, type Call, nodeWith } from './node.testing.ts';
import { readTable } from './read.testing.ts';
import { gateTable } from './tables.testing.ts';

const bothWorlds = families.map((family) => worlds[family]);
const alone = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;
const second = { IPv4: '192.0.2.77', IPv6: '2001:db8:2::77' } as const;

const type = types.find(({ name }) => name === 'LoadBalancer');
assert.ok(type);
const specs: Record<string, Partial<ServiceSpec>> = {
  guarded: { loadBalancerSourceRanges: bothWorlds.map(({ host }) => ` ${alone(host)} `) },
  'open to all': { loadBalancerSourceRanges: ['192.0.2.0/24', '0.0.0.0/0', '2001:db8:99::/64', '::/0'] },
  'open to nodes': { loadBalancerSourceRanges: bothWorlds.map(({ node }) => alone(node(1))) },
  'open to others': { loadBalancerSourceRanges: ['192.0.2.0/24', '192.0.2.7/32', '2001:db8:99::/64'] },
  proxied: {},
};
const cases = new Map(
  Object.keys(specs).map((name, i): [string, Case] => [
    name,
    { state: 'ready here', type, internal: 'Cluster', external: 'Cluster', n: i + 1 },
  ]),
);
const services = [...cases].map(([name, one]) => {
  const service = serviceFor(one, specs[name]);
  if (name === 'proxied') {
    for (const ingress of service.status?.loadBalancer?.ingress ?? []) ingress.ipMode = 'Proxy';
  }
  return { service, slices: slicesFor(one) };
});

/** `a pod calls an unused port of the cluster IP of guarded`. */
function callFor(sentence: string, family: Family): Call {
  const world: World = worlds[family];
  const [who = '', what = ''] = sentence.split(' calls ');
  const { address, port, service } = targetOf(what, family);
  const caller = callers.find((each) => who === each || who === `${each} from the load balancer's address`);
  assert.ok(caller, `who is "${who}"?`);
  const vip = who !== caller && service ? addressOf(world, service, 'load balancer').address : undefined;
  const loopback = what.endsWith('at loopback') ? address : undefined;
  return {
    family,
    source: vip ?? loopback ?? sourceOf(world, caller as CallerName),
    isFromNode: caller === 'the node',
    address,
    port,
    protocol: 'tcp',
    localAddresses: [second[family], ...(vip ? [vip] : [])],
  };
}

function targetOf(what: string, family: Family): { address: string; port: number; service?: Case } {
  const world: World = worlds[family];
  const unused = 'an unused port of ';
  if (what === `${unused}the node`) return { address: world.node(1), port: 32_767 };
  if (what === 'a cluster IP that is not allocated') return { address: world.service(200), port: 80 };
  if (what === 'a pod elsewhere') return { address: elsewhereOf(world), port: 8080 };
  const [, isUnused, called, name = '', at] =
    /^(an unused port of )?the (.+?) of (.+?)(?: at (another node|loopback|the node's second address))?$/.exec(what) ??
    [];
  const service = cases.get(name);
  assert.ok(service, `what is "${what}"?`);
  const { address, port } = addressOf(world, service, called as Called);
  const places: Record<string, string> = {
    'another node': world.node(2),
    loopback: family === 'IPv4' ? '127.0.0.1' : '::1',
    "the node's second address": second[family],
  };
  return { address: at === undefined ? address : (places[at] as string), port: isUnused ? 81 : port, service };
}

for (const family of families) {
  describe(`gates, ${family}`, () => {
    const loaded = nodeWith(family, services);
    for (const { name, cells } of readTable(gateTable).rows) {
      test(`${name}: ${cells.get('gets')}`, async () => {
        for (const protocol of protocols) {
          const { answer, trail } = answerTo(await loaded, { ...callFor(name, family), protocol }, 0);
          assert.equal(answer, cells.get('gets'), `${protocol}\n${trail}`);
        }
      });
    }
  });
}

for (const family of families) {
  test(`an external IP that is the node's takes the number of a node port, whoever of the two has affinity, ${family}`, async () => {
    const world: World = worlds[family];
    const owner: Case = {
      state: 'ready elsewhere',
      type,
      internal: 'Cluster',
      external: 'Cluster',
      n: 11,
      sticky: true,
    };
    const taker: Case = { ...owner, state: 'ready here', type, n: 12, sticky: false };
    const target = addressOf(world, owner, 'node port');
    for (const sticky of [false, true]) {
      const [of, takes] = [
        { ...owner, sticky: !sticky },
        { ...taker, sticky },
      ];
      const taking = serviceFor(takes, { externalIPs: bothWorlds.map(({ node }) => node(1)) });
      for (const port of taking.spec?.ports ?? []) port.port = target.port;
      const nft = await nodeWith(family, [
        { service: serviceFor(of), slices: slicesFor(of) },
        { service: taking, slices: slicesFor(takes) },
      ]);
      const call: Call = { family, source: world.host, isFromNode: false, protocol: 'udp', ...target };
      for (let times = 0; times < 3; times++) {
        const { answer, trail } = answerTo(nft, call, 0);
        assert.equal(answer, 'here as the node', trail);
      }
    }
  });
}
