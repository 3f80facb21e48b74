// What one Service wants of one node: the frontends at which its ports are reached (cluster IPs, load balancer addresses,
// external IPs, node ports), and where connections to each of them go (services.md A.8, D.3 to D.5).

import type { EndpointSlice, Service, ServicePort } from '#api/index.ts';
import { headlessLabel, serviceProxyNameLabel } from '#api/well-known-labels.ts';
import type { Family } from '#lib/cidr.ts';
import { commentText } from '#nftables/index.ts';
import { isPort, usualAddress } from './addresses.ts';
import { type Endpoint, endpointsOf } from './endpoints.ts';
import { clusterPool, type Here, localPool } from './pools.ts';
import { type Protocol, protocols } from './sets.ts';
import { allowedSources } from './source-ranges.ts';

export interface Place extends Here {
  /** The node's own addresses, of both families. */
  readonly nodeIPs: readonly string[];
}

/**
 * `internal`: to a cluster IP. `external`: from outside, policy Cluster. `external-local`: from outside, policy Local, where
 * pods and the node itself may use all endpoints and everybody else the local ones.
 */
export type Traffic = 'internal' | 'external' | 'external-local';

export interface Frontend {
  /** `address . protocol . port`, or `protocol . port` of a node port, as nft writes it. */
  readonly key: string;
  /** Undefined: a node port, reached at any address of the node that serves them. */
  readonly address: string | undefined;
  readonly protocol: Protocol;
  readonly port: number;
  readonly traffic: Traffic;
  /** `address . port` of each endpoint for new connections. */
  readonly endpoints: readonly string[];
  /** Those for clients outside, of `external-local`; a part of `endpoints`, or terminating while these are not. */
  readonly localEndpoints: readonly string[];
  /** What a caller gets for whom there is no endpoint (services.md D.4). */
  readonly refusal: 'reject' | 'drop' | undefined;
  /** A client stays with its endpoint as long as it comes back within this many seconds. */
  readonly affinitySeconds: number | undefined;
  /** With affinity: all that serve, also while they end. A client may have one of these still. */
  readonly serving: readonly string[];
  /** Who may call; undefined: everybody. */
  readonly allowedSources: readonly string[] | undefined;
  /** For people who list the rules: which Service and port this is. */
  readonly comment: string;
  /** Of two Services that ask for the same frontend, the one that sorts first has it: the same on all nodes. */
  readonly rank: string;
}

export interface ServiceWants {
  readonly clusterIPs: readonly string[];
  readonly frontends: readonly Frontend[];
  /** Endpoint addresses that may call themselves through the Service, on this node. */
  readonly hairpins: readonly string[];
}

/** Selects at the API server what the proxy has to do with. */
export const proxiedServices = `!${serviceProxyNameLabel},!${headlessLabel}`;
export const proxiedSlices = `!${headlessLabel}`;

/**
 * Of one family. Undefined: the Service is not for the proxy (headless, ExternalName, in the care of another proxy), or has
 * no cluster IP of this family.
 */
export function wantsOf(
  service: Service,
  slices: readonly EndpointSlice[],
  family: Family,
  place: Place,
): ServiceWants | undefined {
  const { spec, metadata } = service;
  const labels = metadata.labels ?? {};
  if (serviceProxyNameLabel in labels || headlessLabel in labels || spec?.type === 'ExternalName') return undefined;
  const clusterIPs = ofFamily(spec?.clusterIPs ?? [spec?.clusterIP], family);
  if (clusterIPs.length === 0) return undefined;
  const affinitySeconds = affinityOf(service);
  const hairpins = new Set<string>();
  const frontends = new Map<string, Frontend>();
  for (const port of spec?.ports ?? []) {
    const protocol = protocols.find((one) => one.toUpperCase() === (port.protocol ?? 'TCP'));
    if (!protocol || !isPort(port.port)) continue;
    const known = endpointsOf(slices, port, { nodeName: place.nodeName, family });
    const pools = poolsOf(service, known, place);
    for (const { address, local } of pools.all) if (local !== false) hairpins.add(address);
    const shared = {
      protocol,
      affinitySeconds,
      serving: affinitySeconds === undefined ? none : targets(known.filter(({ ready, serving }) => ready || serving)),
      comment: commentText(`${metadata.namespace}/${metadata.name}${port.name ? `:${port.name}` : ''}`),
    };
    for (const entrance of entrancesOf(service, port, clusterIPs, family, place)) {
      const { address, number } = entrance;
      const key = `${address === undefined ? '' : `${address} . `}${protocol} . ${number}`;
      if (frontends.has(key)) continue;
      frontends.set(key, {
        key,
        address,
        port: number,
        ...pools[entrance.from],
        ...shared,
        allowedSources: entrance.allowedSources,
        rank: rankOf(service, entrance.from),
      });
    }
  }
  return { clusterIPs, frontends: [...frontends.values()], hairpins: [...hairpins] };
}

const none: readonly string[] = [];

const ofFamily = (addresses: readonly (string | undefined)[], family: Family): string[] => [
  ...new Set(addresses.flatMap((address) => usualAddress(address, family) ?? [])),
];

/** A cluster IP is its Service's alone; what Services ask for themselves belongs to the oldest of them. */
export const rankOf = ({ metadata }: Service, from: 'inside' | 'outside'): string =>
  `${from === 'inside' ? 0 : 1} ${metadata.creationTimestamp ?? ''} ${metadata.namespace}/${metadata.name}`;

function affinityOf({ spec }: Service): number | undefined {
  if (spec?.sessionAffinity !== 'ClientIP') return undefined;
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  return Number.isInteger(seconds) && (seconds as number) > 0 ? Math.min(seconds as number, 86_400) : 10_800;
}

type Pool = Pick<Frontend, 'traffic' | 'endpoints' | 'localEndpoints' | 'refusal'>;

function poolsOf(
  { spec }: Service,
  known: readonly Endpoint[],
  place: Place,
): Record<Entrance['from'], Pool> & { all: Endpoint[] } {
  const cluster = clusterPool(known, place);
  const internalLocal = spec?.internalTrafficPolicy === 'Local';
  const externalLocal = spec?.externalTrafficPolicy === 'Local';
  const local = internalLocal || externalLocal ? localPool(known) : [];
  const [everywhere, here] = [targets(cluster), targets(local)];
  /** Silence where others have endpoints: a load balancer notices, and no client is told that the Service is gone. */
  const refusal = (pool: readonly string[]) =>
    everywhere.length === 0 ? 'reject' : pool.length === 0 ? 'drop' : undefined;
  const inside = internalLocal ? here : everywhere;
  return {
    inside: { traffic: 'internal', endpoints: inside, localEndpoints: none, refusal: refusal(inside) },
    outside: externalLocal
      ? { traffic: 'external-local', endpoints: everywhere, localEndpoints: here, refusal: refusal(here) }
      : { traffic: 'external', endpoints: everywhere, localEndpoints: none, refusal: refusal(everywhere) },
    all: [...cluster, ...local],
  };
}

const targets = (endpoints: readonly Endpoint[]): string[] => endpoints.map(({ target }) => target);

interface Entrance {
  readonly from: 'inside' | 'outside';
  readonly address: string | undefined;
  readonly number: number;
  readonly allowedSources?: readonly string[] | undefined;
}

/** Load balancer addresses before external IPs: of one that is both, the source ranges count. */
function entrancesOf(
  { spec, status }: Service,
  { port, nodePort }: ServicePort,
  clusterIPs: readonly string[],
  family: Family,
  { nodeIPs }: Place,
): Entrance[] {
  const ingress = spec?.type === 'LoadBalancer' ? (status?.loadBalancer?.ingress ?? []) : [];
  // A load balancer in mode Proxy wants to see its traffic, also from inside the cluster (KEP-1860).
  const virtualIPs = ingress.filter(({ ipMode }) => (ipMode ?? 'VIP') === 'VIP').map(({ ip }) => ip);
  const ranges = spec?.loadBalancerSourceRanges ?? [];
  return [
    ...clusterIPs.map((address) => ({ from: 'inside' as const, address, number: port })),
    ...ofFamily(virtualIPs, family).map((address) => ({
      from: 'outside' as const,
      address,
      number: port,
      allowedSources: allowedSources(ranges, family, nodeIPs, address),
    })),
    ...ofFamily(spec?.externalIPs ?? [], family).map((address) => ({
      from: 'outside' as const,
      address,
      number: port,
    })),
    ...(isPort(nodePort) ? [{ from: 'outside' as const, address: undefined, number: nodePort }] : []),
  ];
}
