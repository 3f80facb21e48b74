// What may become of a connection: services.md A.8 and D.3 to D.6, written down from there and not from the proxy's code. Pure.

import type { Endpoint, EndpointSlice, Service, ServicePort } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { contains, parseAddress, parseCidr } from '#lib/cidr.ts';

export interface Caller {
  readonly kind: 'pod' | 'node' | 'outside';
  /** Of a pod, where it runs. */
  readonly node: string | undefined;
  readonly address: string;
}
export interface Call {
  readonly caller: Caller;
  readonly family: Family;
  readonly protocol: 'TCP' | 'UDP';
  readonly to: 'cluster IP' | 'load balancer' | 'external IP' | 'node port';
  readonly address: string;
  readonly port: number;
}
/** The node whose proxy the connection goes through. */
export interface View {
  readonly name: string;
  readonly zone: string | undefined;
  /** All of its addresses, of both families. */
  readonly addresses: readonly string[];
}

/** Who the endpoint sees. */
export type Source = 'caller' | 'node';
export interface Allowed {
  /** `address port` of an endpoint. */
  readonly endpoints: ReadonlyMap<string, Source>;
  /** The answer when there is no endpoint; `untouched`: whatever there is without the Service. */
  readonly otherwise: 'refused' | 'silence' | 'untouched' | undefined;
  /** Seconds. */
  readonly affinity: number | undefined;
  /** UDP flows go on to these (D.8). */
  readonly serving: ReadonlySet<string>;
}

interface Target {
  readonly name: string;
  readonly address: string;
  readonly isLocal: boolean;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  readonly hints: Endpoint['hints'];
}

const nobody = new Map<string, Source>();
const nothing = { endpoints: nobody, affinity: undefined, serving: new Set<string>() };

export function allowed(
  call: Call,
  service: Service | undefined,
  slices: readonly EndpointSlice[],
  view: View,
): Allowed {
  const absent = call.to === 'cluster IP' ? 'silence' : 'untouched';
  const isOfFamily = service?.spec?.clusterIPs?.some((ip) => parseAddress(ip)?.family === call.family);
  if (!service?.spec || !isForProxy(service) || !isOfFamily) return { ...nothing, otherwise: absent };
  const { spec } = service;
  if (call.to === 'cluster IP' && !spec.clusterIPs?.includes(call.address)) return { ...nothing, otherwise: absent };
  const port = portOf(call, service);
  // D.4: a port that an allocated cluster IP does not have.
  if (!port) return { ...nothing, otherwise: call.to === 'cluster IP' ? 'refused' : 'untouched' };
  if (!isReachable(call, service)) return { ...nothing, otherwise: 'untouched' };
  const targets = targetsOf(slices, port, call.family, view.name);
  const serving = new Set(targets.filter(({ isServing }) => isServing).map(({ name }) => name));
  if (!mayCall(call, service)) return { ...nothing, serving, otherwise: 'silence' };
  const { pool, source } = poolFor(call, service, targets, view);
  const isHairpin = ({ address }: Target) => address === call.caller.address;
  return {
    endpoints: new Map(pool.map((target) => [target.name, isHairpin(target) ? 'node' : source])),
    otherwise: pool.length > 0 ? undefined : clusterPool(targets, view).length > 0 ? 'silence' : 'refused',
    affinity:
      spec.sessionAffinity === 'ClientIP'
        ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800)
        : undefined,
    serving,
  };
}

const isForProxy = ({ metadata, spec }: Service): boolean =>
  metadata.labels?.['service.kubernetes.io/service-proxy-name'] === undefined &&
  metadata.labels?.['service.kubernetes.io/headless'] === undefined &&
  spec?.type !== 'ExternalName' &&
  spec?.clusterIP !== 'None';

const portOf = (call: Call, { spec }: Service): ServicePort | undefined =>
  spec?.ports?.find(
    ({ port, nodePort, protocol }) =>
      (protocol ?? 'TCP') === call.protocol && (call.to === 'node port' ? nodePort : port) === call.port,
  );

function isReachable({ to, address }: Call, { spec, status }: Service): boolean {
  switch (to) {
    case 'cluster IP':
    case 'node port':
      return true;
    case 'external IP':
      return spec?.externalIPs?.includes(address) ?? false;
    case 'load balancer':
      return (
        spec?.type === 'LoadBalancer' &&
        (status?.loadBalancer?.ingress ?? []).some(({ ip, ipMode }) => ip === address && (ipMode ?? 'VIP') === 'VIP')
      );
  }
}

/** D.5: source ranges, which only load balancers' addresses have. */
function mayCall({ to, caller, family }: Call, { spec }: Service): boolean {
  const ranges = (spec?.loadBalancerSourceRanges ?? []).flatMap((text) => parseCidr(text.trim()) ?? []);
  const ours = ranges.filter((range) => range.family === family);
  if (to !== 'load balancer' || ours.length === 0 || ours.some(({ prefix }) => prefix === 0)) return true;
  const address = parseAddress(caller.address);
  return ours.some((range) => address && contains(range, address));
}

/** D.5: whose endpoints, and who they see. */
function poolFor(
  { caller, to }: Call,
  { spec }: Service,
  targets: readonly Target[],
  view: View,
): { pool: readonly Target[]; source: Source } {
  const isPodHere = caller.kind === 'pod' && caller.node === view.name;
  if (to === 'cluster IP') {
    const pool = spec?.internalTrafficPolicy === 'Local' ? localPool(targets) : clusterPool(targets, view);
    return { pool, source: isPodHere ? 'caller' : 'node' };
  }
  if (spec?.externalTrafficPolicy !== 'Local') return { pool: clusterPool(targets, view), source: 'node' };
  if (isPodHere) return { pool: clusterPool(targets, view), source: 'caller' };
  if (caller.kind === 'node' && caller.node === view.name) return { pool: clusterPool(targets, view), source: 'node' };
  return { pool: localPool(targets), source: 'caller' };
}

/** D.3, 1. */
function clusterPool(targets: readonly Target[], { name, zone }: View): readonly Target[] {
  const ready = targets.filter(({ isReady }) => isReady);
  if (ready.length === 0) return targets.filter(({ isServing, isTerminating }) => isServing && isTerminating);
  const hinted = (kind: 'forNodes' | 'forZones', here: string | undefined) => {
    const near = ready.filter(({ hints }) => hints?.[kind]?.some((hint) => hint.name === here));
    return ready.every(({ hints }) => hints?.[kind]?.length) && near.length > 0 ? near : undefined;
  };
  return hinted('forNodes', name) ?? hinted('forZones', zone) ?? ready;
}

/** D.3, 2. */
function localPool(targets: readonly Target[]): readonly Target[] {
  const local = targets.filter(({ isLocal }) => isLocal);
  const ready = local.filter(({ isReady }) => isReady);
  return ready.length > 0 ? ready : local.filter(({ isServing, isTerminating }) => isServing && isTerminating);
}

function targetsOf(slices: readonly EndpointSlice[], port: ServicePort, family: Family, node: string): Target[] {
  const found = new Map<string, Target>();
  for (const slice of slices) {
    const match = slice.ports?.find(
      ({ name, protocol }) => (name ?? '') === (port.name ?? '') && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    );
    if (slice.addressType !== family || match?.port == null) continue;
    for (const { addresses, conditions, nodeName, hints } of slice.endpoints ?? []) {
      const [address = ''] = addresses ?? [];
      const isReady = conditions?.ready ?? true;
      const target: Target = {
        name: `${address} ${match.port}`,
        address,
        isLocal: nodeName === node,
        isReady,
        isServing: conditions?.serving ?? isReady,
        isTerminating: conditions?.terminating ?? false,
        hints,
      };
      const other = found.get(target.name);
      if (!other || rank(target) > rank(other)) found.set(target.name, target);
    }
  }
  return [...found.values()];
}

/** Of two entries for one endpoint the local one counts (D.3); where that does not decide, the ready, then the serving one. */
const rank = ({ isLocal, isReady, isServing }: Target): number =>
  (isLocal ? 4 : 0) + (isReady ? 2 : 0) + (isServing ? 1 : 0);
