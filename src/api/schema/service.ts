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
import { Condition, objectFields } from './meta.ts';

export const ServicePort = message('core.v1.ServicePort', 'One port of a service.', {
  name: optional(1, string, { doc: 'Name of the port. Needed, and unique, when there are several.' }),
  protocol: optional(2, string, { doc: 'TCP (default), UDP or SCTP.', default: 'TCP' }),
  appProtocol: pointer(6, string, { doc: 'Application protocol that is spoken, as a hint to proxies.' }),
  port: required(3, int32, { doc: "The port at the service's own address." }),
  targetPort: optional(4, intOrString, {
    doc: 'The port at the pods: a number, or the name of a container port. Default: port.',
  }),
  nodePort: optional(5, int32, {
    doc: 'The port at every node, for types NodePort and LoadBalancer. Chosen by the server unless given.',
  }),
});
export type ServicePort = Infer<typeof ServicePort>;

export const ClientIPConfig = message('core.v1.ClientIPConfig', 'Settings of session affinity by client address.', {
  timeoutSeconds: pointer(1, int32, {
    doc: 'Seconds for which a client stays with its pod, at most 86400. Default 10800, three hours.',
  }),
});
export type ClientIPConfig = Infer<typeof ClientIPConfig>;

export const SessionAffinityConfig = message('core.v1.SessionAffinityConfig', 'Settings of session affinity.', {
  clientIP: pointer(1, ClientIPConfig, { doc: 'Settings of sessionAffinity ClientIP.' }),
});
export type SessionAffinityConfig = Infer<typeof SessionAffinityConfig>;

export const ServiceSpec = message(
  'core.v1.ServiceSpec',
  'What a service is to be: which pods, which ports, reachable from where.',
  {
    ports: optional(1, list(ServicePort), {
      doc: 'The ports it offers. Needed unless it is headless or of type ExternalName.',
      merge: true,
      mergeKey: 'port',
      listType: 'map',
      listMapKeys: ['port', 'protocol'],
    }),
    selector: optional(2, map(string), {
      doc: 'Labels of the pods it leads to. Without a selector the endpoints are managed by hand. Not used by type ExternalName.',
      mapType: 'atomic',
    }),
    clusterIP: optional(3, string, {
      doc: 'Its virtual address, chosen by the server unless given. "None" makes it headless: DNS then answers with the pods\' own addresses.',
    }),
    clusterIPs: optional(18, list(string), {
      doc: 'All its virtual addresses, at most one of each family. The first is clusterIP.',
    }),
    type: optional(4, string, {
      doc: 'From where it can be reached. ClusterIP (default): inside the cluster; NodePort: also at a port of every node; LoadBalancer: also by a load balancer; ExternalName: no address at all, a DNS alias.',
    }),
    externalIPs: optional(5, list(string), {
      doc: "Further addresses at which nodes accept connections for it. Getting packets there is the user's business.",
    }),
    sessionAffinity: optional(7, string, {
      doc: 'ClientIP sends all connections of one client address to the same pod; None (default) does not.',
    }),
    loadBalancerIP: optional(8, string, {
      doc: 'Address wished for from a load balancer. Superseded by annotations of the implementations.',
    }),
    loadBalancerSourceRanges: optional(9, list(string), {
      doc: 'Networks from which the load balancer may be used, as CIDRs. Empty for all.',
    }),
    externalName: optional(10, string, { doc: 'DNS name that a service of type ExternalName stands for.' }),
    externalTrafficPolicy: optional(11, string, {
      doc: "Where connections from outside go. Cluster (default): to any pod; Local: only to pods of the node they arrive at, which then see the client's address.",
    }),
    healthCheckNodePort: optional(12, int32, {
      doc: 'Node port at which load balancers ask whether a node has pods of the service. For type LoadBalancer with externalTrafficPolicy Local.',
    }),
    publishNotReadyAddresses: optional(13, bool, {
      doc: 'Whether pods that are not ready count as well, as peer discovery of stateful sets wants it.',
    }),
    sessionAffinityConfig: pointer(14, SessionAffinityConfig, { doc: 'Settings of sessionAffinity.' }),
    ipFamilies: optional(19, list(string), { doc: 'Address families of clusterIPs, in order: IPv4, IPv6.' }),
    ipFamilyPolicy: pointer(17, string, {
      doc: 'How many families: SingleStack (default), PreferDualStack or RequireDualStack.',
    }),
    allocateLoadBalancerNodePorts: pointer(20, bool, {
      doc: 'Whether a service of type LoadBalancer gets node ports. Default true.',
    }),
    loadBalancerClass: pointer(21, string, {
      doc: 'Which load balancer implementation is to take the service; the default one when empty.',
    }),
    internalTrafficPolicy: pointer(22, string, {
      doc: 'Where connections from inside the cluster go. Cluster (default): to any pod; Local: only to pods of the same node.',
    }),
    trafficDistribution: pointer(23, string, {
      doc: "A wish on how to choose among pods. PreferSameZone: those of the client's zone; PreferSameNode: those of its node, else of its zone; PreferClose is an older word for PreferSameZone.",
    }),
  },
);
export type ServiceSpec = Infer<typeof ServiceSpec>;

export const PortStatus = message('core.v1.PortStatus', 'State of one port of a load balancer.', {
  port: required(1, int32, { doc: 'The port of the service.' }),
  protocol: required(2, string, { doc: 'Its protocol.' }),
  error: pointer(3, string, { doc: 'What went wrong with it, in one word for programs.' }),
});
export type PortStatus = Infer<typeof PortStatus>;

export const LoadBalancerIngress = message(
  'core.v1.LoadBalancerIngress',
  'A point at which a load balancer can be reached.',
  {
    ip: optional(1, string, { doc: 'Its address.' }),
    hostname: optional(2, string, { doc: 'Its DNS name, where it has no fixed address.' }),
    ipMode: pointer(3, string, {
      doc: "VIP (default): packets arrive with the load balancer's address as destination; Proxy: with the node's or the pod's.",
    }),
    ports: optional(4, list(PortStatus), { doc: 'State of its ports.' }),
  },
);
export type LoadBalancerIngress = Infer<typeof LoadBalancerIngress>;

export const LoadBalancerStatus = message('core.v1.LoadBalancerStatus', 'What a load balancer reports.', {
  ingress: optional(1, list(LoadBalancerIngress), { doc: 'The points at which it can be reached.' }),
});
export type LoadBalancerStatus = Infer<typeof LoadBalancerStatus>;

export const ServiceStatus = message('core.v1.ServiceStatus', 'What came of a service.', {
  loadBalancer: optional(1, LoadBalancerStatus, { doc: 'What the load balancer reports.' }),
  conditions: optional(2, list(Condition), {
    doc: "Aspects of the service's state.",
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
});
export type ServiceStatus = Infer<typeof ServiceStatus>;

export const Service = message(
  'core.v1.Service',
  'A stable name and address for a set of pods. Connections to it are spread over the pods that its selector finds.',
  {
    ...objectFields,
    spec: required(2, ServiceSpec, { doc: 'What the service is to be.' }),
    status: optional(3, ServiceStatus, { doc: 'What came of it. Only load balancers report here.' }),
  },
);
export type Service = Infer<typeof Service>;
