// Endpoints that somebody wrote for a Service without a selector, as the EndpointSlices that everybody reads
// (services.md §C.9). Pure.

import {
  apiVersionOf,
  controllerOf,
  type Endpoint,
  type EndpointSlice,
  type Endpoints,
  endpointSlices,
  endpoints as endpointsRef,
  type ObjectMeta,
  type Service,
  serviceNameLabel,
} from '#api/index.ts';
import { triggerTimeAnnotation } from '#api/well-known-labels.ts';
import { type Family, formatAddress, parseAddress } from '#lib/cidr.ts';
import { identityOf, portsKey } from '../endpointslice/endpoints.ts';
import { managedByLabel, namePrefix } from '../endpointslice/metadata.ts';
import { pack, reuse } from '../endpointslice/pack.ts';
import type { SliceWrites } from '../endpointslice/write.ts';
import { sameJson } from '../json.ts';
import { controllerReference } from '../ownership.ts';

export const managedBy = 'endpointslicemirroring-controller.k8s.io';
/** Of a subset, and of a slice. */
export const capacity = 1000;
const skipLabel = 'endpointslice.kubernetes.io/skip-mirror';
const leaderAnnotation = 'control-plane.alpha.kubernetes.io/leader';
const notCopied = new Set(['kubectl.kubernetes.io/last-applied-configuration', triggerTimeAnnotation]);

export interface MirrorPlan extends SliceWrites {
  /** Addresses that are none. */
  readonly invalid: number;
  /** Addresses beyond what is mirrored of a subset. */
  readonly skipped: number;
}

export const isMirror = ({ metadata }: EndpointSlice): boolean => metadata.labels?.[managedByLabel] === managedBy;

/** With a selector the slices are made of pods; endpoints of a leader election are no endpoints at all. */
export const isMirrored = ({ metadata }: Endpoints, { spec }: Service): boolean =>
  Object.keys(spec.selector ?? {}).length === 0 &&
  metadata.labels?.[skipLabel] !== 'true' &&
  metadata.annotations?.[leaderAnnotation] === undefined;

/** @param slices all mirrors that are labelled for the Service */
export function plan(endpoints: Endpoints, slices: readonly EndpointSlice[]): MirrorPlan {
  const { groups, invalid, skipped } = groupsOf(endpoints);
  const { labels, annotations } = metadataOf(endpoints);
  const isOwned = (slice: EndpointSlice): boolean => controllerOf(slice)?.uid === endpoints.metadata.uid;
  const mustWrite = ({ metadata }: EndpointSlice): boolean =>
    !sameJson(metadata.labels, labels) || !sameJson(metadata.annotations ?? {}, annotations);
  const [owned, others] = [slices.filter(isOwned), slices.filter((slice) => !isOwned(slice))];
  const writes: SliceWrites = { create: [], update: [], delete: others };
  const types = new Set([...owned, ...groups.values()].map(({ addressType }) => addressType));
  for (const type of types) {
    const existing = Map.groupBy(
      owned.filter(({ addressType }) => addressType === type),
      ({ addressType, ports }) => groupKey(addressType, ports),
    );
    const unused = [...existing].flatMap(([key, each]) => (groups.has(key) ? [] : each));
    const part: SliceWrites = { create: [], update: [], delete: unused };
    for (const [key, { addressType, ports, members }] of groups) {
      if (addressType !== type) continue;
      const packing = pack(members, existing.get(key) ?? [], mustWrite, capacity);
      part.delete.push(...packing.delete);
      part.update.push(...packing.update);
      part.create.push(...packing.create.map((each) => newSlice(endpoints, addressType, ports, each)));
    }
    const { create, update, delete: gone } = reuse(part);
    writes.create.push(...create);
    writes.update.push(...update.map((slice) => ({ ...slice, metadata: { ...slice.metadata, labels, annotations } })));
    writes.delete.push(...gone);
  }
  return { ...writes, invalid, skipped };
}

const newSlice = (
  of: Endpoints,
  addressType: Family,
  ports: EndpointSlice['ports'],
  endpoints: Endpoint[],
): EndpointSlice => ({
  apiVersion: apiVersionOf(endpointSlices),
  kind: endpointSlices.kind,
  metadata: metadataOf(of),
  addressType,
  endpoints,
  ports,
});

interface Group {
  readonly addressType: Family;
  readonly ports: EndpointSlice['ports'];
  /** By identity. */
  readonly members: Map<string, Endpoint>;
}
const groupKey = (addressType: string, ports: EndpointSlice['ports'] | undefined): string =>
  `${addressType} ${portsKey(ports)}`;

/** One for every set of ports and family. An address that is there twice is ready if it is so once. */
function groupsOf({ subsets = [] }: Endpoints) {
  const groups = new Map<string, Group>();
  let invalid = 0;
  let skipped = 0;
  for (const { addresses = [], notReadyAddresses = [], ports: given = [] } of subsets) {
    const ports = given.map(({ name = '', ...port }) => ({ name, ...port }));
    let room = capacity;
    for (const [i, address] of [...addresses, ...notReadyAddresses].entries()) {
      const parsed = parseAddress(address.ip);
      if (!parsed) invalid += 1;
      else if (room === 0) skipped += 1;
      else {
        room -= 1;
        const key = groupKey(parsed.family, ports);
        const group = groups.get(key) ?? { addressType: parsed.family, ports, members: new Map() };
        groups.set(key, group);
        const endpoint = endpointOf(address, formatAddress(parsed), i < addresses.length);
        const identity = identityOf(endpoint);
        if (endpoint.conditions?.ready || !group.members.has(identity)) group.members.set(identity, endpoint);
      }
    }
  }
  return { groups, invalid, skipped };
}

type EndpointAddress = NonNullable<NonNullable<Endpoints['subsets']>[number]['addresses']>[number];
const endpointOf = ({ hostname, nodeName, targetRef }: EndpointAddress, ip: string, ready: boolean): Endpoint => ({
  addresses: [ip],
  conditions: { ready },
  ...(hostname && { hostname }),
  ...(targetRef && { targetRef }),
  ...(nodeName && { nodeName }),
});

function metadataOf(endpoints: Endpoints) {
  const { name = '', namespace, labels = {}, annotations = {} } = endpoints.metadata;
  return {
    generateName: namePrefix(name),
    namespace,
    labels: { ...labels, [serviceNameLabel]: name, [managedByLabel]: managedBy },
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => !notCopied.has(key))),
    ownerReferences: [controllerReference(endpoints, endpointsRef)],
  } satisfies ObjectMeta;
}
