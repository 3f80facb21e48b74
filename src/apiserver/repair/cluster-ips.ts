// What is wrong between Services and IPAddress objects, and what is to be done about it (services.md B.3). Pure. In order
// are a Service and an address that name each other; what the server writes itself is always so, after a crash too. This is
// about objects that people changed, that tools restored, or that an earlier version left.

import { clusterIPLabels, type IPAddress, isClusterIP, type Service } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { isParentOf } from '../allocators/address-objects.ts';
import { addressesOf } from '../allocators/service-allocator.ts';
import { canonical } from '../allocators/service-ranges.ts';

export interface Finding {
  readonly reason: string;
  readonly message: string;
}
export interface ServiceVerdict {
  /** What becomes of the address's object: made, or made anew in the place of one that is wrong. */
  readonly step: 'nothing' | 'create' | 'recreate';
  readonly finding?: Finding;
}

export interface ClusterIPSituation {
  readonly service: Service;
  /** One of its cluster IPs, in canonical form. */
  readonly address: string;
  /** Some ServiceCIDR has the address. */
  readonly isCovered: boolean;
  readonly object: IPAddress | undefined;
  /** The Service that `object` names, when that is another one and exists. */
  readonly other: Service | undefined;
}

const fine: ServiceVerdict = { step: 'nothing' };

export function inspectClusterIP({ service, address, isCovered, object, other }: ClusterIPSituation): ServiceVerdict {
  const family: Family = address.includes(':') ? 'IPv6' : 'IPv4';
  const { namespace, name } = service.metadata;
  if (!isCovered) {
    const message = `Cluster IP [${family}]: ${address} is not within any configured Service CIDR; please recreate service`;
    return { step: 'nothing', finding: { reason: 'ClusterIPOutOfRange', message } };
  }
  if (!object) {
    const message = `Cluster IP [${family}]: ${address} is not allocated; repairing`;
    return { step: 'create', finding: { reason: 'ClusterIPNotAllocated', message } };
  }
  if (isParentOf(service, object)) return hasLabels(object, family) ? fine : { step: 'recreate' };
  if (other && addressesOf(other).map(canonical).includes(address)) {
    const message = `Cluster IP [${family}]:${address} was assigned to multiple services; please recreate service`;
    return { step: 'nothing', finding: { reason: 'ClusterIPAlreadyAllocated', message } };
  }
  const message = `the ClusterIP [${family}]: ${address} for Service ${namespace}/${name} has a wrong reference; repairing`;
  return { step: 'recreate', finding: { reason: 'ClusterIPNotAllocated', message } };
}

function hasLabels({ metadata: { labels = {} } }: IPAddress, family: Family): boolean {
  return Object.entries(clusterIPLabels(family)).every(([key, value]) => labels[key] === value);
}

/** A tool that restores a cluster may bring the address before its Service. */
const orphanAgeMs = 60_000;

/** Why an IPAddress is to be deleted. @param parent the Service that it names, if that exists. */
export function inspectIPAddress(object: IPAddress, parent: Service | undefined, now: Date): Finding | undefined {
  const { metadata, spec } = object;
  if (!isClusterIP(object) || metadata.deletionTimestamp) return undefined;
  const { name = '', creationTimestamp = '' } = metadata;
  const { group, resource, namespace, name: parentName } = spec.parentRef ?? {};
  const about = `IPAddress: ${name} for Service ${namespace}/${parentName}`;
  if (group || resource !== 'services') {
    const reference = [resource, namespace, parentName].filter(Boolean).join('/');
    const message = `IPAddress ${name} appears to have been modified, not referencing a Service ${reference}: cleaning up`;
    return { reason: 'IPAddressNotAllocated', message };
  }
  if (!parent) {
    const isYoung = now.getTime() - Date.parse(creationTimestamp) <= orphanAgeMs;
    return isYoung
      ? undefined
      : { reason: 'IPAddressNotAllocated', message: `${about} appears to have leaked: cleaning up` };
  }
  if (addressesOf(parent).map(canonical).includes(name)) return undefined;
  return { reason: 'IPAddressWrongReference', message: `${about} has a wrong reference; cleaning up` };
}
