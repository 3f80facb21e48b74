// The rules, which do not grow: all that depends on Services is in named maps and sets (sets.ts). What is made on demand is
// in shapes.ts. Behaviour is services.md D.1 to D.6.

import type { Family } from '#lib/cidr.ts';
import type { Chain, NftObject, Rule } from '#nftables/index.ts';
import { forgetEndpoint } from './affinity.ts';
import { affinitySets, frontend, leftSets, nodePort, type Sets, setsOf, writtenSets } from './sets.ts';
import { type Ip, ipOf, protocols } from './words.ts';

/** Bit 14, as everywhere in the field; other bits of the mark belong to others. */
export const markBit = '0x00004000';

export const rejectVerdict = 'goto reject-chain';

const forgetChain = 'forget-endpoint';
export const forgetVerdict = `goto ${forgetChain}`;

const dstnat = -100;
const filter = 0;
const srcnat = 100;

export const chain = (name: string): Chain => ({ kind: 'chain', name });
export const rule = (chain: string, expression: string): Rule => ({ kind: 'rule', chain, expression });
const base = (
  type: 'nat' | 'filter',
  hook: NonNullable<Chain['hook']>['hook'],
  priority: number,
  name?: string,
): Chain => ({
  kind: 'chain',
  name: name ?? `${type}-${hook}`,
  hook: { type, hook, priority },
});

/** All but the chains on demand: first what others refer to. */
export function constantRules(family: Family): NftObject[] {
  const [ip, sets] = [ipOf[family], setsOf[family]];
  return [
    ...writtenSets(sets),
    ...leftSets(sets),
    ...affinitySets(sets),
    ...checkingSources(ip, sets),
    ...rejecting(),
    ...translating(ip, sets),
    ...silencing(ip, sets),
    ...afterTranslating(family),
  ];
}

/** Before the translation, while the destination says which load balancer was called. */
function checkingSources(ip: Ip, { firewalled, allowedSources }: Sets): NftObject[] {
  const name = 'firewall-check';
  const called = frontend(ip);
  return [
    chain(name),
    rule(name, `${called} @${firewalled.name} ${called} . ${ip} saddr != @${allowedSources.name} drop`),
    ...(['prerouting', 'output'] as const).flatMap((hook) => {
      const before = `filter-${hook}-pre-dnat`;
      return [base('filter', hook, dstnat - 10, before), rule(before, `ct state new jump ${name}`)];
    }),
  ];
}

/** A reset for TCP, because ICMP errors are rationed by the kernel and a client without one waits a second to ask again. */
function rejecting(): NftObject[] {
  const name = 'reject-chain';
  return [chain(name), rule(name, 'meta l4proto tcp reject with tcp reset'), rule(name, 'reject')];
}

/** Not on loopback: who answers there could not be told apart from the node's own servers. */
const toNodePort = (ip: Ip, { nodePortIPs }: Sets): string =>
  `${ip} daddr @${nodePortIPs.name} fib daddr type local ${ip} daddr != ${ip === 'ip' ? '127.0.0.0/8' : '::1'}`;

/**
 * Who is translated and who is refused is said by one look into one map. Rules in different hooks, and looks into two maps, may
 * see the maps before and after a change: a packet on its way would be refused though it is refused neither before nor after.
 */
function translating(ip: Ip, sets: Sets): NftObject[] {
  const [name, clusterIPs] = ['services', 'cluster-ip-services'];
  const look = `${frontend(ip)} vmap @${sets.serviceIPs.name}`;
  const isClusterIP = `${ip} daddr @${sets.clusterIPs.name}`;
  return [
    chain(clusterIPs),
    rule(clusterIPs, look),
    // An unused port. It takes two maps to say so, hence this one is asked before and after: a Service that comes or goes in
    // between is not there once.
    rule(clusterIPs, `${isClusterIP} ${rejectVerdict}`),
    chain(name),
    rule(name, `${isClusterIP} goto ${clusterIPs}`),
    rule(name, look),
    rule(name, `${toNodePort(ip, sets)} ${nodePort} vmap @${sets.serviceNodePorts.name}`),
    ...(['prerouting', 'output'] as const).flatMap((hook) => [
      base('nat', hook, dstnat),
      rule(`nat-${hook}`, `jump ${name}`),
    ]),
  ];
}

/** What is still on its way to where cluster IPs come from was not translated: nobody has this address. */
function silencing(ip: Ip, { serviceCIDRs }: Sets): NftObject[] {
  return (['forward', 'output'] as const).flatMap((hook) => [
    base('filter', hook, filter),
    rule(`filter-${hook}`, `ct state new ${ip} daddr @${serviceCIDRs.name} drop`),
  ]);
}

/** In `nat-input` for endpoints on the node itself: what goes to them does not come by postrouting. */
function afterTranslating(family: Family): NftObject[] {
  const [ip, sets] = [ipOf[family], setsOf[family]];
  const remember = 'remember-endpoint';
  return [
    ...remembering(remember, family),
    base('nat', 'input', srcnat),
    rule('nat-input', `ct status dnat jump ${remember}`),
    base('nat', 'postrouting', srcnat),
    rule('nat-postrouting', `ct status dnat jump ${remember}`),
    rule('nat-postrouting', `meta mark & ${markBit} != 0 meta mark set meta mark ^ ${markBit} masquerade fully-random`),
    rule(
      'nat-postrouting',
      `ct status dnat ${ip} saddr . ${ip} daddr @${sets.hairpinConnections.name} masquerade fully-random`,
    ),
  ];
}

/**
 * A client with affinity is sent where it was last, and only afterwards can be asked whether that is an endpoint still. When it
 * is not, there is no connection: the packet is lost, what was remembered is forgotten, and when the client asks again it goes
 * to another endpoint.
 */
function remembering(name: string, family: Family): NftObject[] {
  const [ip, sets] = [ipOf[family], setsOf[family]];
  const called = `ct original ${ip} daddr`;
  return [
    chain(forgetChain),
    ...protocols.map((protocol) =>
      rule(forgetChain, `meta l4proto ${protocol} ${forgetEndpoint(family, protocol)} drop`),
    ),
    chain(name),
    ...protocols.flatMap((protocol) => {
      const is = `meta l4proto ${protocol}`;
      const atNode = `${is} ${called} @${sets.nodePortIPs.name}`;
      const [port, endpoint] = ['ct original proto-dst', `${ip} daddr . ${protocol} dport`];
      return [
        rule(name, `${is} ${called} . ${port} . ${endpoint} vmap @${sets.affinityServices[protocol].name}`),
        rule(name, `${is} ${called} . meta l4proto . ${port} vmap @${sets.stickyServices.name}`),
        rule(name, `${atNode} ${port} . ${endpoint} vmap @${sets.affinityNodePorts[protocol].name}`),
        rule(name, `${atNode} meta l4proto . ${port} @${sets.stickyNodePorts.name} ${forgetVerdict}`),
      ];
    }),
  ];
}
