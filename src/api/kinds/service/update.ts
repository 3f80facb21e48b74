// What happens to a Service's fields before a change is stored (services.md A.3, A.5): fields that the new type has no
// use for are wiped unless the user set them anew, and allocated values that the user left out are put back.

import { isDeepStrictEqual } from 'node:util';
import type { Service, ServicePort } from '../../schema/service.ts';
import {
  isExternallyAccessible,
  isLoadBalancer,
  mayHaveNodePorts,
  needsClusterIP,
  needsHealthCheckNodePort,
  needsNodePorts,
} from './shape.ts';

export function prepareServiceUpdate(service: Service, old: Service): void {
  dropFieldsOfOldType(service, old);
  restoreAllocated(service, old);
  reconcileClusterIPs(service, old);
  if (!isLoadBalancer(service) && service.status) service.status.loadBalancer = {};
}

type SpecField = keyof Service['spec'];

/** Wipes what belongs to the old type only, where the user left it as it was: an explicit change is for validation. */
function dropFieldsOfOldType(service: Service, old: Service): void {
  const leaves = (has: (service: Service) => boolean): boolean => has(old) && !has(service);
  const drop = (...fields: SpecField[]): void => {
    if (!fields.every((field) => isDeepStrictEqual(service.spec[field], old.spec[field]))) return;
    for (const field of fields) delete service.spec[field];
  };
  if (leaves(needsClusterIP)) {
    drop('clusterIP', 'clusterIPs');
    drop('ipFamilies');
    drop('ipFamilyPolicy');
  }
  if (leaves(mayHaveNodePorts)) dropNodePorts(service.spec.ports ?? [], old.spec.ports ?? []);
  if (leaves(needsHealthCheckNodePort)) drop('healthCheckNodePort');
  if (leaves(isLoadBalancer)) {
    drop('allocateLoadBalancerNodePorts');
    drop('loadBalancerClass');
  }
  if (leaves(isExternallyAccessible)) drop('externalTrafficPolicy');
}

function dropNodePorts(ports: ServicePort[], old: ServicePort[]): void {
  const known = new Set(old.map(({ nodePort }) => nodePort));
  if (ports.some(({ nodePort }) => nodePort && !known.has(nodePort))) return;
  for (const port of ports) delete port.nodePort;
}

/** Lets a client write a Service without having read what was allocated to it. */
function restoreAllocated(service: Service, old: Service): void {
  const { spec } = service;
  const both = (needs: (service: Service) => boolean): boolean => needs(service) && needs(old);
  if (both(needsClusterIP)) {
    if (old.spec.clusterIP) spec.clusterIP ||= old.spec.clusterIP;
    if (!spec.clusterIPs?.length && old.spec.clusterIPs && spec.clusterIP === old.spec.clusterIP) {
      spec.clusterIPs = [...old.spec.clusterIPs];
    }
  }
  if (both(needsNodePorts)) restoreNodePorts(spec.ports ?? [], old.spec.ports ?? []);
  if (both(needsHealthCheckNodePort) && old.spec.healthCheckNodePort) {
    spec.healthCheckNodePort ||= old.spec.healthCheckNodePort;
  }
}

/** By port name, because that is what stays when a port's number changes. A number that the new list has is where the user
 * wants it. */
function restoreNodePorts(ports: ServicePort[], old: ServicePort[]): void {
  const given = new Set(ports.map(({ nodePort }) => nodePort));
  const nodePorts = new Map(old.map(({ name, nodePort }) => [name ?? '', nodePort]));
  for (const port of ports) {
    const before = nodePorts.get(port.name ?? '');
    if (!port.nodePort && before && !given.has(before)) port.nodePort = before;
  }
}

/** `clusterIP` and `clusterIPs` say the same thing twice: when the user changed one, the other follows. */
function reconcileClusterIPs({ spec }: Service, { spec: old }: Service): void {
  const sameList = isDeepStrictEqual(spec.clusterIPs ?? [], old.clusterIPs ?? []);
  if (!sameList || spec.clusterIP === old.clusterIP) fillClusterIPs(spec);
  else if (spec.clusterIP) spec.clusterIPs = [spec.clusterIP];
  else delete spec.clusterIPs;
}

function fillClusterIPs(spec: Service['spec']): void {
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
}

export function prepareServiceCreate(service: Service): void {
  service.spec ??= {};
  service.status = { loadBalancer: {} };
  fillClusterIPs(service.spec);
}
