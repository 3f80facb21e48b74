// The chains made on demand. A shape's chain chooses an endpoint, for all frontends of the same protocol, kind of traffic and
// number of endpoints; an affinity chain remembers it, for all with the same timeout. How many there are depends on how many
// different shapes are in use, never on the number of Services.

import type { Family } from '#lib/cidr.ts';
import type { Rule } from '#nftables/index.ts';
import { lastEndpoint, rememberEndpoint } from './affinity.ts';
import type { Frontend } from './frontends.ts';
import { markBit, rule } from './rules.ts';
import { setsOf } from './sets.ts';
import { mostSlots } from './slots.ts';
import { ipOf, type Protocol, protocols } from './words.ts';

/** A chain that is there as long as elements go to it. */
export interface Shape {
  readonly chain: string;
  readonly rules: () => Rule[];
}

export interface ShapeOptions {
  /** Whose connections to cluster IPs lose their source address: who is no pod, everybody, or (pods are not known) nobody. */
  readonly masquerade: 'all' | 'outsiders' | 'none';
}

/** @param slots how many endpoints there are to choose from, and how many on this node. */
export function choosing(
  family: Family,
  { traffic, protocol, address, affinitySeconds }: Frontend,
  slots: { readonly endpoints: number; readonly local: number },
  options: ShapeOptions,
): Shape {
  const numbers = traffic === 'external-local' ? `${slots.endpoints}-${slots.local}` : `${slots.endpoints}`;
  const sticky = affinitySeconds === undefined ? '' : 'sticky-';
  const kind = address === undefined ? traffic.replace('external', 'nodeport') : traffic;
  const chain = `${kind}-${sticky}${protocol}-${numbers}`;
  return {
    chain,
    rules: () => {
      const ip = ipOf[family];
      const draw = (count: number, offset = 0) => {
        const number = `numgen random mod ${count}${offset > 0 ? ` offset ${offset}` : ''}`;
        const sets = setsOf[family];
        return address === undefined
          ? `${protocol} dport . ${number} map @${sets.nodePortEndpoints[protocol].name}`
          : `${ip} daddr . ${protocol} dport . ${number} map @${sets.endpoints[protocol].name}`;
      };
      const translate = (who: string, endpoint: string) =>
        rule(chain, `${who}meta l4proto ${protocol} dnat ${ip} to ${endpoint}`);
      const last = affinitySeconds === undefined ? [] : [translate('', lastEndpoint(family, protocol))];
      const drawn = translate('', draw(slots.endpoints));
      const mark = `meta mark set meta mark | ${markBit}`;
      const podHere = `${ip} saddr @${setsOf[family].nodePodCIDRs.name} `;
      const notPod = `${ip} saddr != @${setsOf[family].clusterCIDRs.name} `;
      const fromNode = 'fib saddr type local ';
      // For who may use local endpoints alone, where there are none. And for a packet that drew a number which went at this
      // moment: it will be sent again, and without this it would be refused where it was sent.
      const drop = rule(chain, 'drop');
      switch (traffic) {
        case 'internal': {
          const who = options.masquerade === 'all' ? '' : notPod;
          return [...(options.masquerade === 'none' ? [] : [rule(chain, `${who}${mark}`)]), ...last, drawn, drop];
        }
        case 'external':
          return [rule(chain, mark), ...last, drawn, drop];
        case 'external-local':
          // The node and its pods go everywhere, as if they had called the cluster IP; who comes from outside keeps its address.
          // So does a pod of another node: an endpoint elsewhere would answer it directly, and it would not know that answer.
          return [
            rule(chain, `${notPod}${fromNode}${mark}`),
            ...last,
            translate(podHere, draw(slots.endpoints)),
            translate(fromNode, draw(slots.endpoints)),
            ...(slots.local > 0 ? [translate('', draw(slots.local, mostSlots))] : []),
            drop,
          ];
      }
    },
  };
}

/** Remembers, for this long, which endpoint the client has now. */
export function remembering(family: Family, seconds: number): Shape {
  const chain = `affinity-${seconds}`;
  return {
    chain,
    rules: () =>
      protocols.map((protocol: Protocol) =>
        rule(chain, `meta l4proto ${protocol} ${rememberEndpoint(family, protocol, seconds)}`),
      ),
  };
}
