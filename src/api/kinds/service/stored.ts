// What is made of a Service that a server wrote before it had all fields of today (services.md A.3): what nobody decided
// is what was so at the time.

import type { Service } from '../../schema/service.ts';
import { isExternalName, isHeadless } from './shape.ts';

const familyOf = (ip: string): string => (ip.includes(':') ? 'IPv6' : 'IPv4');

/** Changes `service` in place. @param primary the first IP family of the cluster. */
export function completeStoredService(service: Service, primary: string): void {
  const { spec } = service;
  if (isExternalName(service)) {
    delete spec.internalTrafficPolicy;
    return;
  }
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  // Either both are there or none.
  if (spec.ipFamilies?.length) return;
  if (isHeadless(service)) {
    const isFree = Object.keys(spec.selector ?? {}).length === 0;
    spec.ipFamilies = isFree ? [primary, primary === 'IPv4' ? 'IPv6' : 'IPv4'] : [primary];
  } else {
    spec.ipFamilies = (spec.clusterIPs ?? []).map(familyOf);
  }
  spec.ipFamilyPolicy = spec.ipFamilies.length > 1 ? 'RequireDualStack' : 'SingleStack';
}
