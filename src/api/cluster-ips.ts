// What the API server's allocator and the controller of ServiceCIDRs agree on (services.md B.3).

import { type Address, type Cidr, contains, type Family, parseCidr, sizeOf } from '#lib/cidr.ts';
import type { Condition } from './schema/meta.ts';
import type { IPAddress, ServiceCIDR } from './schema/networking.ts';

/** The ServiceCIDR that the API server makes of its own ranges. */
export const defaultServiceCIDR = 'kubernetes';
/** Keeps a ServiceCIDR there until no Service needs its addresses. */
export const serviceCIDRFinalizer = 'networking.k8s.io/service-cidr-finalizer';

const familyLabel = 'ipaddress.kubernetes.io/ip-family';
const managedByLabel = 'ipaddress.kubernetes.io/managed-by';
const manager = 'ipallocator.k8s.io';

/** The labels of an IPAddress that the allocator of cluster IPs has made. */
export const clusterIPLabels = (family: Family): Record<string, string> => ({
  [familyLabel]: family,
  [managedByLabel]: manager,
});
/** Finds those. */
export const clusterIPSelector = `${managedByLabel}=${manager}`;
/** Made by the allocator of cluster IPs. What others keep by IPAddress objects is their own business. */
export const isClusterIP = ({ metadata }: IPAddress): boolean => metadata.labels?.[managedByLabel] === manager;

/** Undefined when nobody has said yet. */
export const readiness = ({ status }: ServiceCIDR): Condition | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready');
/** Gives out addresses. Where no controller says whether a ServiceCIDR is ready, it is. */
export const isInUse = (object: ServiceCIDR): boolean =>
  !object.metadata.deletionTimestamp && (readiness(object)?.status ?? 'True') === 'True';
export const rangesOf = ({ spec }: ServiceCIDR): Cidr[] =>
  (spec.cidrs ?? []).map(parseCidr).filter((cidr) => cidr !== undefined);

/** Whether a Service can have the address out of this range: not the network's, nor the broadcast address of IPv4. */
export function canGive(cidr: Cidr, address: Address): boolean {
  if (!contains(cidr, address) || address.value === cidr.base) return false;
  return cidr.family === 'IPv6' || address.value !== cidr.base + sizeOf(cidr) - 1n;
}
