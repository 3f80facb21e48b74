// networking.k8s.io: wire types of Ingress, IngressClass, ServiceCIDR and IPAddress (api.md §4, §10.2).

import { atomic, type Infer, inline, int32, list, message, optional, pointer, required, string } from './dsl.ts';
import { Condition, objectFields } from './meta.ts';
import { TypedLocalObjectReference } from './persistent-volume-claim.ts';

export const ServiceBackendPort = atomic(
  message('networking.v1.ServiceBackendPort', 'A port of a service, by name or by number.', {
    name: optional(1, string, { doc: 'Name of the port. Either this or number.' }),
    number: optional(2, int32, { doc: 'Number of the port. Either this or name.' }),
  }),
);
export type ServiceBackendPort = Infer<typeof ServiceBackendPort>;

export const IngressServiceBackend = message(
  'networking.v1.IngressServiceBackend',
  'A port of a service in the same namespace.',
  {
    name: required(1, string, { doc: 'Name of the service.' }),
    port: required(2, ServiceBackendPort, { doc: 'Its port.' }),
  },
);
export type IngressServiceBackend = Infer<typeof IngressServiceBackend>;

export const IngressBackend = message(
  'networking.v1.IngressBackend',
  'Where requests go: to a service, or to what another kind of object stands for.',
  {
    service: pointer(4, IngressServiceBackend, { doc: 'The service. Either this or resource.' }),
    resource: pointer(3, TypedLocalObjectReference, {
      doc: 'An object in the same namespace that the controller knows how to serve. Either this or service.',
    }),
  },
);
export type IngressBackend = Infer<typeof IngressBackend>;

export const HTTPIngressPath = message('networking.v1.HTTPIngressPath', 'Requests for a path, and where they go.', {
  path: optional(1, string, { doc: 'The path, beginning with a slash.' }),
  pathType: pointer(3, string, {
    doc: 'How it is compared: Exact, Prefix (element by element) or ImplementationSpecific.',
  }),
  backend: required(2, IngressBackend, { doc: 'Where its requests go.' }),
});
export type HTTPIngressPath = Infer<typeof HTTPIngressPath>;

export const HTTPIngressRuleValue = message('networking.v1.HTTPIngressRuleValue', 'Paths of HTTP requests.', {
  paths: required(1, list(HTTPIngressPath), { doc: 'The paths.' }),
});
export type HTTPIngressRuleValue = Infer<typeof HTTPIngressRuleValue>;

export const IngressRuleValue = message('networking.v1.IngressRuleValue', 'What applies to the requests for a host.', {
  http: pointer(1, HTTPIngressRuleValue, {
    doc: 'Paths of HTTP requests. Unset: everything goes to the default backend.',
  }),
});
export type IngressRuleValue = Infer<typeof IngressRuleValue>;

export const IngressRule = message(
  'networking.v1.IngressRule',
  'The requests for one host.',
  {
    host: optional(1, string, {
      doc: 'Name of the host, or *.domain for every host one level below it. Empty: all hosts.',
    }),
  },
  [inline(2, IngressRuleValue)],
);
export type IngressRule = Infer<typeof IngressRule>;

export const IngressTLS = message('networking.v1.IngressTLS', 'Hosts that are served with a certificate.', {
  hosts: optional(1, list(string), { doc: 'The hosts. They must be in the certificate.' }),
  secretName: optional(2, string, { doc: 'Secret with key and certificate.' }),
});
export type IngressTLS = Infer<typeof IngressTLS>;

export const IngressSpec = message('networking.v1.IngressSpec', 'Which requests go where.', {
  ingressClassName: pointer(4, string, { doc: 'Name of the IngressClass whose controller serves it.' }),
  defaultBackend: pointer(1, IngressBackend, { doc: 'Where requests go that no rule is about.' }),
  tls: optional(2, list(IngressTLS), { doc: 'Which hosts are served with which certificate.' }),
  rules: optional(3, list(IngressRule), { doc: 'What is done with requests, by host.' }),
});
export type IngressSpec = Infer<typeof IngressSpec>;

export const IngressPortStatus = message('networking.v1.IngressPortStatus', 'A port that the load balancer serves.', {
  port: required(1, int32, { doc: 'The number.' }),
  protocol: required(2, string, { doc: 'TCP, UDP or SCTP.' }),
  error: pointer(3, string, { doc: 'Why the port is not served, in one word for programs.' }),
});
export type IngressPortStatus = Infer<typeof IngressPortStatus>;

export const IngressLoadBalancerIngress = message(
  'networking.v1.IngressLoadBalancerIngress',
  'A place at which the load balancer is reached.',
  {
    ip: optional(1, string, { doc: 'Its address.' }),
    hostname: optional(2, string, { doc: 'Its name in DNS.' }),
    ports: optional(4, list(IngressPortStatus), { doc: 'The ports that are served there.' }),
  },
);
export type IngressLoadBalancerIngress = Infer<typeof IngressLoadBalancerIngress>;

export const IngressLoadBalancerStatus = message(
  'networking.v1.IngressLoadBalancerStatus',
  'Where the load balancer is reached.',
  {
    ingress: optional(1, list(IngressLoadBalancerIngress), { doc: 'The places.' }),
  },
);
export type IngressLoadBalancerStatus = Infer<typeof IngressLoadBalancerStatus>;

export const IngressStatus = message('networking.v1.IngressStatus', 'What has become of an ingress.', {
  loadBalancer: required(1, IngressLoadBalancerStatus, { doc: 'Where it is reached.' }),
});
export type IngressStatus = Infer<typeof IngressStatus>;

export const Ingress = message(
  'networking.v1.Ingress',
  'Takes HTTP requests from outside to services, by host and path. A controller of its class does the work.',
  {
    ...objectFields,
    spec: required(2, IngressSpec, { doc: 'Which requests go where.' }),
    status: optional(3, IngressStatus, { doc: 'Where it is reached.' }),
  },
);
export type Ingress = Infer<typeof Ingress>;

export const IngressClassParametersReference = message(
  'networking.v1.IngressClassParametersReference',
  'Points to an object with settings of an ingress class.',
  {
    apiGroup: pointer(1, string, { doc: 'Group of the object; unset for the core group.' }),
    kind: required(2, string, { doc: 'Kind of the object.' }),
    name: required(3, string, { doc: 'Name of the object.' }),
    scope: pointer(4, string, { doc: 'Cluster (default) or Namespace: whether the object is in a namespace.' }),
    namespace: pointer(5, string, { doc: 'Its namespace, with scope Namespace.' }),
  },
);
export type IngressClassParametersReference = Infer<typeof IngressClassParametersReference>;

export const IngressClassSpec = message('networking.v1.IngressClassSpec', 'Who serves the ingresses of a class.', {
  controller: optional(1, string, {
    doc: 'Name of the controller, such as example.com/ingress. It cannot be changed.',
  }),
  parameters: pointer(2, IngressClassParametersReference, { doc: 'Settings for the controller.' }),
});
export type IngressClassSpec = Infer<typeof IngressClassSpec>;

export const IngressClass = message(
  'networking.v1.IngressClass',
  'A class of ingresses: those that one controller serves.',
  {
    ...objectFields,
    spec: required(2, IngressClassSpec, { doc: 'Who serves the class.' }),
  },
);
export type IngressClass = Infer<typeof IngressClass>;

export const ServiceCIDRSpec = message('networking.v1.ServiceCIDRSpec', 'Ranges of a ServiceCIDR.', {
  cidrs: optional(1, list(string), {
    doc: 'The ranges: one, or two of different families. What is there cannot be changed; a second may be added.',
  }),
});
export type ServiceCIDRSpec = Infer<typeof ServiceCIDRSpec>;

export const ServiceCIDRStatus = message('networking.v1.ServiceCIDRStatus', 'Whether the ranges are in use.', {
  conditions: optional(1, list(Condition), {
    doc: 'Ready tells whether addresses are given out of them.',
    merge: true,
    mergeKey: 'type',
    listType: 'map',
    listMapKeys: ['type'],
  }),
});
export type ServiceCIDRStatus = Infer<typeof ServiceCIDRStatus>;

export const ServiceCIDR = message(
  'networking.v1.ServiceCIDR',
  'Ranges of addresses from which services get their cluster IPs.',
  {
    ...objectFields,
    spec: required(2, ServiceCIDRSpec, { doc: 'The ranges.' }),
    status: optional(3, ServiceCIDRStatus, { doc: 'Whether they are in use.' }),
  },
);
export type ServiceCIDR = Infer<typeof ServiceCIDR>;

export const ParentReference = message(
  'networking.v1.ParentReference',
  'Points to the object that an address belongs to.',
  {
    group: optional(1, string, { doc: 'Group of the object; empty for the core group.' }),
    resource: optional(2, string, { doc: 'Its resource, in the plural, such as services.' }),
    namespace: optional(3, string, { doc: 'Its namespace.' }),
    name: optional(4, string, { doc: 'Its name.' }),
  },
);
export type ParentReference = Infer<typeof ParentReference>;

export const IPAddressSpec = message('networking.v1.IPAddressSpec', 'What an address is used for.', {
  parentRef: pointer(1, ParentReference, { doc: 'The object that has the address. It cannot be changed.' }),
});
export type IPAddressSpec = Infer<typeof IPAddressSpec>;

export const IPAddress = message(
  'networking.v1.IPAddress',
  'One address that is taken: its name is the address in its canonical form.',
  {
    ...objectFields,
    spec: required(2, IPAddressSpec, { doc: 'What the address is used for.' }),
  },
);
export type IPAddress = Infer<typeof IPAddress>;
