// When a ServiceCIDR is ready, and when one that is being deleted may go (services.md B.3): not while a Service has an address
// that no other ServiceCIDR would give. Pure.

import {
  type Condition,
  canGive,
  type IPAddress,
  isClusterIP,
  rangesOf,
  readiness,
  type ServiceCIDR,
  serviceCIDRFinalizer,
} from '#api/index.ts';
import { timestamp } from '#api/schema/time.ts';
import { type Address, type Cidr, parseAddress } from '#lib/cidr.ts';

export interface ServiceCIDRPlan {
  /** As they should be; undefined when they are. */
  readonly finalizers?: readonly string[] | undefined;
  /** The condition Ready as it should be; undefined when it is. */
  readonly ready?: Condition | undefined;
}

/** For one that stays: it is ready, and does not go without being asked. */
export function planUse(object: ServiceCIDR, now: Date): ServiceCIDRPlan {
  const { finalizers = [] } = object.metadata;
  const isProtected = finalizers.includes(serviceCIDRFinalizer);
  const isReady = readiness(object)?.status === 'True';
  return {
    ...(!isProtected && { finalizers: [...finalizers, serviceCIDRFinalizer] }),
    ...(!isReady && { ready: condition('True', '', 'Kubernetes Service CIDR is ready', now) }),
  };
}

const waits = 'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';

/** For one that is being deleted. @param isNeeded see {@link isNeeded} */
export function planEnd(object: ServiceCIDR, isNeeded: boolean, now: Date): ServiceCIDRPlan {
  const { finalizers = [] } = object.metadata;
  if (!isNeeded) {
    const others = finalizers.filter((name) => name !== serviceCIDRFinalizer);
    return others.length < finalizers.length ? { finalizers: others } : {};
  }
  const { status, reason } = readiness(object) ?? {};
  if (status === 'False' && reason === 'Terminating') return {};
  return { ready: condition('False', 'Terminating', waits, now) };
}

/** Some address of a Service is in no other ServiceCIDR. Another one that is being deleted does not count: it would go too. */
export function isNeeded(object: ServiceCIDR, all: readonly ServiceCIDR[], addresses: Iterable<IPAddress>): boolean {
  const others = all
    .filter(({ metadata }) => metadata.name !== object.metadata.name && !metadata.deletionTimestamp)
    .flatMap(rangesOf);
  const ranges = rangesOf(object);
  const gives = (from: readonly Cidr[], address: Address) => from.some((range) => canGive(range, address));
  for (const address of addresses) {
    const parsed = isClusterIP(address) && parseAddress(address.metadata.name ?? '');
    if (parsed && gives(ranges, parsed) && !gives(others, parsed)) return true;
  }
  return false;
}

const condition = (status: string, reason: string, message: string, now: Date): Condition => ({
  type: 'Ready',
  status,
  reason,
  message,
  lastTransitionTime: timestamp(now),
});
