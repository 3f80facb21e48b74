// Rules for a Service besides its ports and addresses (services.md A.4): type, name, affinity, traffic, load balancer.

import { type FieldError, forbiddenField, invalidValue, required } from '../../errors.ts';
import { dns1123Subdomain, qualifiedName } from '../../names.ts';
import type { Service } from '../../schema/service.ts';
import { ordinaryIpAddress, strictCidr } from '../addresses.ts';
import { check, checkRequired, immutableText, oneOf, optionallyOneOf, portNumber } from '../checks.ts';
import { validateLabels } from '../metadata.ts';
import { validateClusterIPs, validateClusterIPUpdate, validateNoClusterIPs } from './cluster-ips.ts';
import { validateHasPorts, validatePortPairs, validatePorts } from './ports.ts';
import {
  isExternallyAccessible,
  isExternalName,
  isHeadless,
  isLoadBalancer,
  mayHaveNodePorts,
  needsHealthCheckNodePort,
} from './shape.ts';
import { validateServiceStatus } from './status.ts';

const types = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'];
const policies = ['Cluster', 'Local'];
const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const onlyForLoadBalancer = "may only be used when `type` is 'LoadBalancer'";
const rangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';
export const topologyMode = 'service.kubernetes.io/topology-mode';
export const topologyHints = 'service.kubernetes.io/topology-aware-hints';

/** In upstream's order, because kubectl lists errors in the order it gets them. */
export function validateService(service: Service, old?: Service): FieldError[] {
  const { spec } = service;
  const knownIPs = new Set(old?.spec.externalIPs);
  return [
    ...validateTopologyAnnotations(service),
    ...validateHasPorts(service),
    ...validateByType(service),
    ...validatePorts(service),
    ...validateLabels('spec.selector', spec.selector),
    ...validateAffinity(spec),
    ...validateClusterIPs(service, old),
    ...(spec.externalIPs ?? []).flatMap((ip, i) => ordinaryIpAddress(`spec.externalIPs[${i}]`, ip, knownIPs)),
    ...oneOf('spec.type', spec.type, types),
    ...validatePortPairs(service),
    ...validateSourceRanges(service, old),
    ...validateLoadBalancer(service),
    ...validateTraffic(service),
    ...validateServiceStatus(service, old),
  ];
}

/** What a type rules out, and what it needs. */
function validateByType(service: Service): FieldError[] {
  const { spec } = service;
  if (isHeadless(service) && mayHaveNodePorts(service)) {
    return [invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`)];
  }
  if (!isExternalName(service)) return [];
  // One trailing dot, as in a zone file, is tolerated.
  const name = spec.externalName?.replace(/\.$/, '');
  return [...validateNoClusterIPs(service), ...checkRequired('spec.externalName', name, dns1123Subdomain)];
}

function validateAffinity({ sessionAffinity, sessionAffinityConfig: config }: Service['spec']): FieldError[] {
  const errors = oneOf('spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None']);
  const path = 'spec.sessionAffinityConfig';
  if (sessionAffinity === 'None' && config !== undefined) {
    errors.push(forbiddenField(path, 'must not be set when session affinity is None'));
  }
  if (sessionAffinity !== 'ClientIP') return errors;
  const missing = 'when session affinity type is ClientIP';
  if (!config) return [...errors, required(path, missing)];
  if (!config.clientIP) return [...errors, required(`${path}.clientIP`, missing)];
  const { timeoutSeconds: seconds } = config.clientIP;
  const at = `${path}.clientIP.timeoutSeconds`;
  if (seconds === undefined) errors.push(required(at, missing));
  else if (seconds <= 0 || seconds > 86400) {
    errors.push(invalidValue(at, seconds, 'must be greater than 0 and less than 86400'));
  }
  return errors;
}

/** The field, and only where it is empty the annotation that came before it. The path's capital L is the API's own; from
 * the annotation the field has it that blanks around a range are fine. */
function validateSourceRanges(service: Service, old: Service | undefined): FieldError[] {
  const { spec, metadata } = service;
  const annotation = metadata.annotations?.[rangesAnnotation];
  const isField = (spec.loadBalancerSourceRanges?.length ?? 0) > 0;
  if (!isField && annotation === undefined) return [];
  const path = isField ? 'spec.LoadBalancerSourceRanges' : `metadata.annotations[${rangesAnnotation}]`;
  const ranges = isField ? spec.loadBalancerSourceRanges : rangesIn(annotation);
  const oldRanges = isField
    ? old?.spec.loadBalancerSourceRanges
    : rangesIn(old?.metadata.annotations?.[rangesAnnotation]);
  const known = new Set(oldRanges?.map((range) => range.trim()));
  return [
    ...(isLoadBalancer(service) ? [] : [forbiddenField(path, onlyForLoadBalancer)]),
    ...(ranges ?? []).flatMap((range, i) => strictCidr(isField ? `${path}[${i}]` : path, range.trim(), known)),
  ];
}
const rangesIn = (annotation = ''): string[] => (annotation.trim() === '' ? [] : annotation.split(','));

function validateLoadBalancer(service: Service): FieldError[] {
  const { allocateLoadBalancerNodePorts: allocate, loadBalancerClass } = service.spec;
  const errors: FieldError[] = [];
  // Clients know this path without `spec.`.
  if (isLoadBalancer(service)) {
    if (allocate === undefined) errors.push(required('allocateLoadBalancerNodePorts'));
  } else if (allocate !== undefined) {
    errors.push(forbiddenField('allocateLoadBalancerNodePorts', onlyForLoadBalancer));
  }
  const path = 'spec.loadBalancerClass';
  if (loadBalancerClass === undefined) return errors;
  if (!isLoadBalancer(service)) return [...errors, forbiddenField(path, onlyForLoadBalancer)];
  return [...errors, ...check(path, loadBalancerClass, qualifiedName)];
}

function validateTraffic(service: Service): FieldError[] {
  const { externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort, trafficDistribution } = service.spec;
  const errors: FieldError[] = [];
  const external = 'spec.externalTrafficPolicy';
  if (isExternallyAccessible(service)) errors.push(...oneOf(external, externalTrafficPolicy, policies));
  else if (externalTrafficPolicy) {
    errors.push(invalidValue(external, externalTrafficPolicy, 'may only be set for externally-accessible services'));
  }
  const health = 'spec.healthCheckNodePort';
  if (needsHealthCheckNodePort(service)) {
    errors.push(...(healthCheckNodePort ? portNumber(health, healthCheckNodePort) : [required(health)]));
  } else if (healthCheckNodePort) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalidValue(health, healthCheckNodePort, detail));
  }
  const internal = 'spec.internalTrafficPolicy';
  if (internalTrafficPolicy === undefined && !isExternalName(service)) errors.push(required(internal));
  errors.push(...optionallyOneOf(internal, internalTrafficPolicy, policies));
  errors.push(...optionallyOneOf('spec.trafficDistribution', trafficDistribution, distributions));
  return errors;
}

function validateTopologyAnnotations({ metadata: { annotations = {} } }: Service): FieldError[] {
  const [mode, hints] = [annotations[topologyMode], annotations[topologyHints]];
  if (mode === undefined || hints === undefined || mode === hints) return [];
  const detail = `must match annotations[${topologyHints}] when both are specified`;
  return [invalidValue(`metadata.annotations[${topologyMode}]`, mode, detail)];
}

export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const errors = validateClusterIPUpdate(service, old);
  const both = (has: (service: Service) => boolean): boolean => has(service) && has(old);
  const changed = (field: 'healthCheckNodePort' | 'loadBalancerClass'): boolean =>
    service.spec[field] !== old.spec[field];
  if (both(needsHealthCheckNodePort) && changed('healthCheckNodePort')) {
    errors.push(forbiddenField('spec.healthCheckNodePort', immutableText));
  }
  if (both(isLoadBalancer) && changed('loadBalancerClass')) {
    errors.push(invalidValue('spec.loadBalancerClass', service.spec.loadBalancerClass, 'may not change once set'));
  }
  return errors;
}
