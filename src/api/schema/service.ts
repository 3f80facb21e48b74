// service: wire types (api.md §4, §10.2).

import {
  bool,
  type Infer,
  int32,
  intOrString,
  list,
  map,
  message,
  optional,
  pointer,
  required,
  string,
} from './dsl.ts';
import { Condition, ObjectMeta } from './meta.ts';

export const ServicePort = message('core.v1.ServicePort', '', {
  name: optional(1, string),
  protocol: optional(2, string),
  appProtocol: pointer(6, string),
  port: required(3, int32),
  targetPort: optional(4, intOrString),
  nodePort: optional(5, int32),
});
export type ServicePort = Infer<typeof ServicePort>;

export const ClientIPConfig = message('core.v1.ClientIPConfig', '', {
  timeoutSeconds: pointer(1, int32),
});
export type ClientIPConfig = Infer<typeof ClientIPConfig>;

export const SessionAffinityConfig = message('core.v1.SessionAffinityConfig', '', {
  clientIP: pointer(1, ClientIPConfig),
});
export type SessionAffinityConfig = Infer<typeof SessionAffinityConfig>;

export const ServiceSpec = message('core.v1.ServiceSpec', '', {
  ports: optional(1, list(ServicePort), {
    merge: true,
    mergeKey: 'port',
    listType: 'map',
    listMapKeys: ['port', 'protocol'],
  }),
  selector: optional(2, map(string), { mapType: 'atomic' }),
  clusterIP: optional(3, string),
  clusterIPs: optional(18, list(string)),
  type: optional(4, string),
  externalIPs: optional(5, list(string)),
  sessionAffinity: optional(7, string),
  loadBalancerIP: optional(8, string),
  loadBalancerSourceRanges: optional(9, list(string)),
  externalName: optional(10, string),
  externalTrafficPolicy: optional(11, string),
  healthCheckNodePort: optional(12, int32),
  publishNotReadyAddresses: optional(13, bool),
  sessionAffinityConfig: pointer(14, SessionAffinityConfig),
  ipFamilies: optional(19, list(string)),
  ipFamilyPolicy: pointer(17, string),
  allocateLoadBalancerNodePorts: pointer(20, bool),
  loadBalancerClass: pointer(21, string),
  internalTrafficPolicy: pointer(22, string),
  trafficDistribution: pointer(23, string),
});
export type ServiceSpec = Infer<typeof ServiceSpec>;

export const PortStatus = message('core.v1.PortStatus', '', {
  port: required(1, int32),
  protocol: required(2, string),
  error: pointer(3, string),
});
export type PortStatus = Infer<typeof PortStatus>;

export const LoadBalancerIngress = message('core.v1.LoadBalancerIngress', '', {
  ip: optional(1, string),
  hostname: optional(2, string),
  ipMode: pointer(3, string),
  ports: optional(4, list(PortStatus)),
});
export type LoadBalancerIngress = Infer<typeof LoadBalancerIngress>;

export const LoadBalancerStatus = message('core.v1.LoadBalancerStatus', '', {
  ingress: optional(1, list(LoadBalancerIngress)),
});
export type LoadBalancerStatus = Infer<typeof LoadBalancerStatus>;

export const ServiceStatus = message('core.v1.ServiceStatus', '', {
  loadBalancer: optional(1, LoadBalancerStatus),
  conditions: optional(2, list(Condition), { merge: true, mergeKey: 'type', listType: 'map', listMapKeys: ['type'] }),
});
export type ServiceStatus = Infer<typeof ServiceStatus>;

export const Service = message('core.v1.Service', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  spec: required(2, ServiceSpec),
  status: optional(3, ServiceStatus),
});
export type Service = Infer<typeof Service>;
