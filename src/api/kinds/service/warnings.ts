// What a Service's author should hear although the Service is accepted (services.md A.9), in upstream's order.

import type { Service } from '../../schema/service.ts';
import { addressWarnings, cidrWarnings } from '../addresses.ts';
import { isExternalName, isHeadless } from './shape.ts';
import { topologyHints, topologyMode } from './validation.ts';

export function serviceWarnings(service: Service): string[] {
  const { spec, metadata } = service;
  const { clusterIPs = [], externalIPs = [], loadBalancerSourceRanges = [], loadBalancerIP = '' } = spec;
  const isAlias = isExternalName(service);
  const warnIf = (when: unknown, text: string): string[] => (when ? [text] : []);
  const hints = metadata.annotations?.[topologyHints] !== undefined;
  return [
    ...warnIf(hints, `annotation ${topologyHints} is deprecated, please use ${topologyMode} instead`),
    ...(isAlias ? [] : clusterIPs.flatMap((ip, i) => addressWarnings(`spec.clusterIPs[${i}]`, ip))),
    ...(isHeadless(service) ? ignoredWhenHeadless(service) : []),
    ...externalIPs.flatMap((ip, i) => addressWarnings(`spec.externalIPs[${i}]`, ip)),
    ...warnIf(
      externalIPs.length > 0 && !isAlias && !isHeadless(service),
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    ),
    ...addressWarnings('spec.loadBalancerIP', loadBalancerIP),
    ...loadBalancerSourceRanges.flatMap((range, i) => cidrWarnings(`spec.loadBalancerSourceRanges[${i}]`, range)),
    ...warnIf(isAlias && externalIPs.length > 0, 'spec.externalIPs is ignored when spec.type is "ExternalName"'),
    ...warnIf(!isAlias && spec.externalName, 'spec.externalName is ignored when spec.type is not "ExternalName"'),
    ...warnIf(
      spec.trafficDistribution === 'PreferClose',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ),
  ];
}

const ignoredWhenHeadless = ({ spec }: Service): string[] => [
  ...(spec.loadBalancerIP ? ['spec.loadBalancerIP is ignored for headless services'] : []),
  ...(spec.externalIPs?.length ? ['spec.externalIPs is ignored for headless services'] : []),
  ...(spec.sessionAffinity === 'None' ? [] : ['spec.SessionAffinity is ignored for headless services']),
];
