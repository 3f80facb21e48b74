// For the tests of this folder: Services as they are after creation and allocation. Cluster IPs 10.96.0.0/12, fd00::/108.

import type { Service, ServiceSpec } from '../../schema/service.ts';
import { serviceKind } from '../service.ts';
import { created, texts, updated } from '../testing.ts';

export const metadata = { name: 'web', namespace: 'default', creationTimestamp: '2026-01-01T00:00:00Z' };
export const http = { port: 80 };
export const ingressOf = (...ips: string[]) => ({
  loadBalancer: { ingress: ips.map((ip) => ({ ip, ipMode: 'VIP' })) },
});

/** Allocates one address where none is given; node ports stay as they are. */
export function make(spec: unknown, annotations?: Record<string, string>): Service {
  const service = created(serviceKind, { metadata: { ...metadata, ...(annotations && { annotations }) }, spec });
  if (service.spec.type !== 'ExternalName' && !service.spec.clusterIP && !service.spec.clusterIPs) {
    Object.assign(service.spec, {
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
  }
  return service;
}

export const makeDual = (spec: object = {}): Service =>
  make({
    ports: [http],
    clusterIP: '10.96.0.10',
    clusterIPs: ['10.96.0.10', 'fd00::10'],
    ipFamilies: ['IPv4', 'IPv6'],
    ipFamilyPolicy: 'PreferDualStack',
    ...spec,
  });

/** What a PUT with these fields in place of the old ones makes; `undefined` leaves a field out. */
export const put = (old: Service, spec: Partial<ServiceSpec>): Service =>
  updated(serviceKind, old, (service) => {
    Object.assign(service.spec, spec);
  });

/** All that is wrong with a new Service, a line each. */
export const errorsOf = (spec: unknown, annotations?: Record<string, string>): string[] =>
  texts(serviceKind.validate?.(make(spec, annotations)) ?? []);

/** All that is wrong with a change of `old`, a line each. */
export const errorsOfChange = (service: Service, old: Service): string[] =>
  texts([...(serviceKind.validate?.(service, old) ?? []), ...(serviceKind.validateUpdate?.(service, old) ?? [])]);

/** Rows of a table: a name, a spec, and what is wrong with it. */
export type Refusal = [name: string, spec: object, ...errors: string[]];
