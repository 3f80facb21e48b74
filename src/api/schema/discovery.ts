// discovery: wire types (api.md §4, §10.2).

import { atomic, bool, type Infer, int32, list, map, message, optional, pointer, required, string } from './dsl.ts';
import { objectFields } from './meta.ts';
import { ObjectReference } from './selector.ts';

export const EndpointConditions = message('discovery.v1.EndpointConditions', 'The state of an endpoint.', {
  ready: pointer(1, bool, {
    doc: 'Whether new connections may go there. Unset counts as yes. Never true while terminating, unless the service publishes addresses that are not ready.',
  }),
  serving: pointer(2, bool, { doc: 'Whether it answers, be it terminating or not. Unset counts as ready.' }),
  terminating: pointer(3, bool, { doc: 'Whether it is about to end. Unset counts as no.' }),
});
export type EndpointConditions = Infer<typeof EndpointConditions>;

export const ForZone = message('discovery.v1.ForZone', 'A zone whose clients an endpoint is meant for.', {
  name: required(1, string, { doc: 'Name of the zone.' }),
});
export type ForZone = Infer<typeof ForZone>;

export const ForNode = message('discovery.v1.ForNode', 'A node whose clients an endpoint is meant for.', {
  name: required(1, string, { doc: 'Name of the node.' }),
});
export type ForNode = Infer<typeof ForNode>;

export const EndpointHints = message('discovery.v1.EndpointHints', 'For which clients an endpoint is meant.', {
  forZones: optional(1, list(ForZone), { doc: 'Clients in these zones should use it.' }),
  forNodes: optional(2, list(ForNode), { doc: 'Clients on these nodes should use it.' }),
});
export type EndpointHints = Infer<typeof EndpointHints>;

export const Endpoint = message(
  'discovery.v1.Endpoint',
  'One pod behind a service, or something that stands for one.',
  {
    addresses: required(1, list(string), {
      doc: 'Its addresses, all for the same thing. Clients use the first.',
      listType: 'set',
    }),
    conditions: optional(2, EndpointConditions, { doc: 'Whether to send traffic there.' }),
    hostname: pointer(3, string, { doc: "Name of its own in DNS, below the service's." }),
    targetRef: pointer(4, ObjectReference, { doc: 'The object it stands for, a pod as a rule.' }),
    deprecatedTopology: optional(5, map(string), {
      doc: 'Topology as the beta version had it. Always empty for slices written by version 1.',
    }),
    nodeName: pointer(6, string, { doc: 'Node it is on.' }),
    zone: pointer(7, string, { doc: 'Zone it is in.' }),
    hints: pointer(8, EndpointHints, { doc: 'Which clients it is best for.' }),
  },
);
export type Endpoint = Infer<typeof Endpoint>;

export const EndpointPort = atomic(
  message('discovery.v1.EndpointPort', 'A port of all endpoints of a slice.', {
    name: pointer(1, string, { doc: "Name of the service's port. Empty for a port without a name." }),
    protocol: pointer(2, string, { doc: 'TCP (default), UDP or SCTP.' }),
    port: pointer(3, int32, { doc: 'The number. Unset: any port.' }),
    appProtocol: pointer(4, string, { doc: 'Application protocol that is spoken.' }),
  }),
);
export type EndpointPort = Infer<typeof EndpointPort>;

export const EndpointSlice = message(
  'discovery.v1.EndpointSlice',
  'Some of the addresses behind a service. The label kubernetes.io/service-name tells which service; all its slices together make the whole.',
  {
    ...objectFields,
    addressType: required(4, string, { doc: 'What the addresses are: IPv4, IPv6 or FQDN. It cannot be changed.' }),
    endpoints: required(2, list(Endpoint), { doc: 'The endpoints, at most 1000.' }),
    ports: required(3, list(EndpointPort), {
      omittable: true,
      doc: 'Ports that every endpoint of the slice has. Empty: none.',
    }),
  },
);
export type EndpointSlice = Infer<typeof EndpointSlice>;
