// This node in memory: its rules for some Services, and what a caller gets, in the words of the tables.

import type { EndpointSlice, Service } from '#api/index.ts';
import { type Family, inBrackets } from '#lib/cidr.ts';
import { FakeNft, type Packet, trailText, type Walked, walk } from '#nftables/index.ts';
import { wantsOf } from '../frontends.ts';
import { Programme, type ProgrammeOptions } from '../programme.ts';
import { families, ipOf, type Protocol } from '../words.ts';
import { type World, worlds } from '../worlds.testing.ts';
import { elsewhereOf, hereOf, zone } from './cases.testing.ts';

const bothWorlds = families.map((family) => worlds[family]);
const options: ProgrammeOptions = {
  clusterCIDRs: bothWorlds.map(({ clusterCIDR }) => clusterCIDR),
  nodePodCIDRs: bothWorlds.map(({ podCIDR }) => podCIDR(1)),
  serviceCIDRs: bothWorlds.map(({ serviceCIDR }) => serviceCIDR),
  nodePortIPs: bothWorlds.map(({ node }) => node(1)),
};
export const place = { nodeName: 'one', zone, nodeIPs: bothWorlds.map(({ node }) => node(1)) };

export interface Proxied {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
}

export const programmeFor = (family: Family, changed: Partial<ProgrammeOptions> = {}): Programme =>
  new Programme(family, { ...options, ...changed });

export async function nodeWith(
  family: Family,
  services: readonly Proxied[],
  changed: Partial<ProgrammeOptions> = {},
): Promise<FakeNft> {
  const programme = programmeFor(family, changed);
  for (const { service, slices } of services) {
    programme.set(`default/${service.metadata.name}`, wantsOf(service, slices, family, place));
  }
  const nft = new FakeNft();
  await nft.run(programme.take().transaction);
  return nft;
}

export interface Call {
  readonly family: Family;
  /** Of the caller. */
  readonly source: string;
  readonly isFromNode: boolean;
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** Of the node, besides those that it always has. */
  readonly localAddresses?: readonly string[];
}

export interface Answer {
  readonly answer: string;
  readonly trail: string;
}

/**
 * @param draw which of the endpoints, from 0 to below 1.
 * @param beforeRule is called before each rule that the packet comes to.
 */
export function answerTo(nft: FakeNft, call: Call, draw: number, beforeRule?: () => void): Answer {
  const { family, source, isFromNode, address, port, protocol, localAddresses = [] } = call;
  const packet: Packet = {
    from: isFromNode ? 'output' : 'prerouting',
    family: ipOf[family],
    protocol,
    saddr: source,
    daddr: address,
    dport: port,
    localAddresses: [...bothWorlds.flatMap(({ node, gateway }) => [node(1), gateway(1)]), ...localAddresses],
  };
  const walked = walk(nft, packet, { random: () => draw, beforeRule });
  return { answer: inWords(call, walked), trail: trailText(walked) };
}

function inWords({ family, protocol }: Call, walked: Walked): string {
  const world: World = worlds[family];
  const { verdict, rejectedWith, destination, isMasqueraded, isTranslated } = walked;
  if (verdict === 'dropped') return 'silence';
  if (verdict === 'rejected') {
    const right = protocol === 'tcp' ? 'tcp reset' : 'port-unreachable';
    return rejectedWith === right ? 'refused' : `refused with ${rejectedWith}`;
  }
  if (!isTranslated) return 'untouched';
  const places = new Map([
    [target(hereOf(world)), 'here'],
    [target(elsewhereOf(world)), 'elsewhere'],
  ]);
  return `${places.get(destination) ?? destination} as ${isMasqueraded ? 'the node' : 'itself'}`;
}

const target = (address: string): string => `${inBrackets(address)}:8080`;
