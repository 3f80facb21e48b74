// What a Service is when its author does not say (services.md A.2). Addresses, node ports and address families are not
// here: they are allocated by the server.

import type { Service } from '../../schema/service.ts';
import { isExternallyAccessible, isExternalName, isLoadBalancer } from './shape.ts';

const stickySeconds = 3 * 60 * 60;

export function setServiceDefaults(service: Service): void {
  service.spec ??= {};
  const { spec } = service;
  spec.type ||= 'ClusterIP';
  spec.sessionAffinity ||= 'None';
  setAffinityDefaults(spec);
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    port.targetPort ||= port.port;
  }
  if (isExternalName(service)) delete spec.internalTrafficPolicy;
  else spec.internalTrafficPolicy ??= 'Cluster';
  if (isExternallyAccessible(service)) spec.externalTrafficPolicy ||= 'Cluster';
  if (isLoadBalancer(service)) {
    spec.allocateLoadBalancerNodePorts ??= true;
    setServiceStatusDefaults(service);
  }
}

/** Of a write to the status alone: load balancers that do not say how their address works own it. */
export function setServiceStatusDefaults({ status }: Service): void {
  if (status) status.loadBalancer ??= {};
  for (const ingress of status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP';
}

function setAffinityDefaults(spec: Service['spec']): void {
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity !== 'ClientIP') return;
  spec.sessionAffinityConfig ??= {};
  spec.sessionAffinityConfig.clientIP ??= {};
  spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= stickySeconds;
}
