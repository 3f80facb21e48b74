// Rules for a Service's status: what a load balancer may report (services.md A.4).

import { type FieldError, forbiddenField, invalidValue, required } from '../../errors.ts';
import { dns1123Subdomain } from '../../names.ts';
import type { LoadBalancerIngress, Service } from '../../schema/service.ts';
import { ipAddress, type Known, parseLoosely } from '../addresses.ts';
import { check, optionallyOneOf } from '../checks.ts';
import { isLoadBalancer } from './shape.ts';

export function validateServiceStatus(service: Service, old?: Service): FieldError[] {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const path = 'status.loadBalancer.ingress';
  if (ingress.length === 0) return [];
  if (!isLoadBalancer(service)) {
    return [forbiddenField(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  const known = new Set(old?.status?.loadBalancer?.ingress?.map(({ ip }) => ip ?? ''));
  return ingress.flatMap((entry, i) => validateIngress(`${path}[${i}]`, entry, known));
}

function validateIngress(path: string, { ip, ipMode, hostname }: LoadBalancerIngress, known: Known): FieldError[] {
  const errors = ip ? ipAddress(`${path}.ip`, ip, known) : [];
  if (ip && ipMode === undefined) errors.push(required(`${path}.ipMode`, 'must be specified when `ip` is set'));
  else if (!ip && ipMode !== undefined) {
    errors.push(forbiddenField(`${path}.ipMode`, 'may not be specified when `ip` is not set'));
  } else errors.push(...optionallyOneOf(`${path}.ipMode`, ipMode, ['VIP', 'Proxy']));
  if (hostname) {
    errors.push(...check(`${path}.hostname`, hostname, dns1123Subdomain));
    if (parseLoosely(hostname)) {
      errors.push(invalidValue(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    }
  }
  return errors;
}
