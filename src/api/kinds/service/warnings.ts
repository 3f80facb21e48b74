// What a Service's author should hear although the Service is accepted (services.md A.9).

import { formatAddress, parseAddress } from '#lib/cidr.ts';
import type { Service } from '../../schema/service.ts';
import { isExternalName, isHeadless } from './shape.ts';
import { topologyHints, topologyMode } from './validation.ts';

export function serviceWarnings(service: Service): string[] {
  const { spec, metadata } = service;
  const texts: string[] = [];
  const warn = (when: unknown, text: string) => {
    if (when) texts.push(text);
  };
  const hasExternalIPs = (spec.externalIPs?.length ?? 0) > 0;
  if (isHeadless(service)) {
    warn(spec.loadBalancerIP, 'spec.loadBalancerIP is ignored for headless services');
    warn(hasExternalIPs, 'spec.externalIPs is ignored for headless services');
    warn(spec.sessionAffinity !== 'None', 'spec.SessionAffinity is ignored for headless services');
  }
  warn(hasExternalIPs, 'spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  if (isExternalName(service)) warn(hasExternalIPs, 'spec.externalIPs is ignored when spec.type is "ExternalName"');
  else warn(spec.externalName, 'spec.externalName is ignored when spec.type is not "ExternalName"');
  warn(
    spec.trafficDistribution === 'PreferClose',
    'spec.trafficDistribution: "PreferClose" is deprecated: use "PreferSameZone"',
  );
  warn(
    metadata.annotations?.[topologyHints] !== undefined,
    `metadata.annotations[${topologyHints}] is deprecated: use ${topologyMode}`,
  );
  return [...texts, ...addressWarnings('clusterIPs', spec), ...addressWarnings('externalIPs', spec)];
}

/** Addresses that are right but not in the one form that they should have. */
const addressWarnings = (field: 'clusterIPs' | 'externalIPs', spec: Service['spec']): string[] =>
  (spec[field] ?? []).flatMap((text, i) => {
    const address = parseAddress(text);
    const canonical = address && formatAddress(address);
    return canonical === undefined || canonical === text
      ? []
      : [`spec.${field}[${i}]: IPv6 address "${text}" should be in RFC 5952 canonical format ("${canonical}")`];
  });
