// The legacy Endpoints object of a Service (services.md §C.8). Pure.

import {
  apiVersionOf,
  type Endpoints,
  endpoints,
  headlessLabel,
  isPodReady,
  type Pod,
  type Service,
} from '#api/index.ts';
import { triggerTimeAnnotation } from '#api/well-known-labels.ts';
import { canonicalJson, sameJson } from '../json.ts';
import {
  addressOf,
  canBeEndpoint,
  familiesOf,
  hostnameOf,
  isHeadless,
  type ResolvedPort,
  resolvePorts,
  targetRef,
} from '../service-pods.ts';

type Subset = NonNullable<Endpoints['subsets']>[number];
type Address = NonNullable<Subset['addresses']>[number];

export const managedByLabel = 'endpoints.kubernetes.io/managed-by';
export const managedBy = 'endpoint-controller';
const overCapacity = 'endpoints.kubernetes.io/over-capacity';
export const capacity = 1000;

/**
 * The object to write, or undefined when the existing one says it all.
 *
 * @param pods that the Service selects
 */
export function plan(
  service: Service,
  pods: readonly Pod[],
  existing: Endpoints | undefined,
  trigger: string | undefined,
): Endpoints | undefined {
  const { kept, isTruncated } = truncate(membersOf(service, pods));
  const subsets = repack(kept, (service.spec.ports ?? []).length === 0);
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {};
  const wanted = { ...labels, ...(isHeadless(service) && { [headlessLabel]: '' }), [managedByLabel]: managedBy };
  const { [overCapacity]: before, [triggerTimeAnnotation]: __, ...others } = existing?.metadata.annotations ?? {};
  const isSame =
    existing !== undefined &&
    sameJson(existing.subsets ?? [], subsets) &&
    sameJson(existing.metadata.labels, wanted) &&
    (before === 'truncated') === isTruncated;
  if (isSame) return undefined;
  const annotations = {
    ...others,
    ...(isTruncated && { [overCapacity]: 'truncated' }),
    ...(trigger && { [triggerTimeAnnotation]: trigger }),
  };
  const { name, namespace } = service.metadata;
  return {
    apiVersion: apiVersionOf(endpoints),
    kind: endpoints.kind,
    metadata: { ...(existing?.metadata ?? { name, namespace }), labels: wanted, annotations },
    ...(subsets.length > 0 && { subsets }),
  };
}

interface Member {
  readonly address: Address;
  readonly isReady: boolean;
  readonly ports: ResolvedPort[];
}

function membersOf(service: Service, pods: readonly Pod[]): Member[] {
  const all = service.spec.publishNotReadyAddresses === true;
  const [family = 'IPv4'] = familiesOf(service);
  return pods.filter(canBeEndpoint).flatMap((pod) => {
    const ip = addressOf(pod, family);
    if (!ip || (pod.metadata.deletionTimestamp && !all)) return [];
    const hostname = hostnameOf(pod, service);
    const { nodeName } = pod.spec;
    const address = { ip, ...(hostname && { hostname }), ...(nodeName && { nodeName }), targetRef: targetRef(pod) };
    return [{ address, isReady: all || isPodReady(pod), ports: resolvePorts(service, pod) }];
  });
}

/** Those that stay are the same ones every time, as far as readiness allows. */
function truncate(members: Member[]): { kept: Member[]; isTruncated: boolean } {
  if (members.length <= capacity) return { kept: members, isTruncated: false };
  const nameOf = ({ address }: Member) => address.targetRef?.name;
  const readyFirst = members.toSorted((a, b) => Number(b.isReady) - Number(a.isReady) || compare(nameOf(a), nameOf(b)));
  return { kept: readyFirst.slice(0, capacity), isTruncated: true };
}

/** Ports that the same addresses offer share a subset. A pod that has none of the ports is in no subset. */
function repack(members: readonly Member[], isPortless: boolean): Subset[] {
  const byPort = new Map<string, { port: ResolvedPort | undefined; members: Member[] }>();
  for (const member of members) {
    // A headless Service may have no ports at all.
    for (const port of isPortless ? [undefined] : member.ports) {
      const key = port ? `${port.name}/${port.protocol}/${port.port}/${port.appProtocol ?? ''}` : '';
      const found = byPort.get(key) ?? { port, members: [] };
      found.members.push(member);
      byPort.set(key, found);
    }
  }
  const identity = ({ address, isReady }: Member): string => `${address.ip} ${address.targetRef?.uid} ${isReady}`;
  const bySet = Map.groupBy(byPort.values(), (entry) => entry.members.map(identity).sort().join());
  const subsets = [...bySet.values()].map((entries): Subset => {
    const ports = entries.map(({ port }) => port).filter((port) => port !== undefined);
    const addresses = sorted(entries[0]?.members.filter(({ isReady }) => isReady));
    const notReadyAddresses = sorted(entries[0]?.members.filter(({ isReady }) => !isReady));
    return {
      ...(addresses.length > 0 && { addresses }),
      ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
      ...(ports.length > 0 && { ports: ports.toSorted(byName).map(withoutEmptyName) }),
    };
  });
  return subsets.sort((a, b) => compare(canonicalJson(a.ports), canonicalJson(b.ports)));
}

const compare = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0);
const byName = (a: ResolvedPort, b: ResolvedPort): number => compare(a.name, b.name) || a.port - b.port;
/** An empty name is left out on the wire. */
const withoutEmptyName = ({ name, ...port }: ResolvedPort) => ({ ...(name && { name }), ...port });
const ipOrder = ({ ip }: Address): string => ip.replace(/\d+/g, (digits) => digits.padStart(3, '0'));
const sorted = (members: readonly Member[] = []): Address[] =>
  members.map(({ address }) => address).toSorted((a, b) => compare(ipOrder(a), ipOrder(b)));
