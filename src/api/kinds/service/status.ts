// Rules for a Service's status: what a load balancer may report (services.md A.4).

import { isIP } from 'node:net';
import { type FieldError, forbiddenField, invalidValue, required } from '../../errors.ts';
import { dns1123Subdomain } from '../../names.ts';
import type { LoadBalancerIngress, Service } from '../../schema/service.ts';
import { ipAddress } from '../addresses.ts';
import { check, optionallyOneOf } from '../checks.ts';
import { isLoadBalancer } from './shape.ts';

export function validateServiceStatus(service: Service): FieldError[] {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const path = 'status.loadBalancer.ingress';
  if (ingress.length === 0) return [];
  if (!isLoadBalancer(service)) {
    return [forbiddenField(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  }
  return ingress.flatMap((entry, i) => validateIngress(`${path}[${i}]`, entry));
}

function validateIngress(path: string, { ip, ipMode, hostname }: LoadBalancerIngress): FieldError[] {
  const errors = ip ? ipAddress(`${path}.ip`, ip) : [];
  if (ip && ipMode === undefined) errors.push(required(`${path}.ipMode`, 'must be specified when `ip` is set'));
  else if (!ip && ipMode !== undefined) {
    errors.push(forbiddenField(`${path}.ipMode`, 'may not be specified when `ip` is not set'));
  } else errors.push(...optionallyOneOf(`${path}.ipMode`, ipMode, ['VIP', 'Proxy']));
  if (hostname) {
    errors.push(...check(`${path}.hostname`, hostname, dns1123Subdomain));
    if (isIP(hostname) !== 0) {
      errors.push(invalidValue(`${path}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    }
  }
  return errors;
}
