// discovery: wire types (api.md §4, §10.2).

import { bool, type Infer, int32, list, map, message, optional, pointer, required, string } from './dsl.ts';
import { ObjectMeta } from './meta.ts';
import { ObjectReference } from './selector.ts';

export const EndpointConditions = message('discovery.v1.EndpointConditions', '', {
  ready: pointer(1, bool),
  serving: pointer(2, bool),
  terminating: pointer(3, bool),
});
export type EndpointConditions = Infer<typeof EndpointConditions>;

export const ForZone = message('discovery.v1.ForZone', '', {
  name: required(1, string),
});
export type ForZone = Infer<typeof ForZone>;

export const EndpointHints = message('discovery.v1.EndpointHints', '', {
  forZones: optional(1, list(ForZone)),
});
export type EndpointHints = Infer<typeof EndpointHints>;

export const Endpoint = message('discovery.v1.Endpoint', '', {
  addresses: required(1, list(string), { listType: 'set' }),
  conditions: optional(2, EndpointConditions),
  hostname: pointer(3, string),
  targetRef: pointer(4, ObjectReference),
  deprecatedTopology: optional(5, map(string)),
  nodeName: pointer(6, string),
  zone: pointer(7, string),
  hints: pointer(8, EndpointHints),
});
export type Endpoint = Infer<typeof Endpoint>;

export const EndpointPort = message('discovery.v1.EndpointPort', '', {
  name: pointer(1, string),
  protocol: pointer(2, string),
  port: pointer(3, int32),
  appProtocol: pointer(4, string),
});
export type EndpointPort = Infer<typeof EndpointPort>;

export const EndpointSlice = message('discovery.v1.EndpointSlice', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  addressType: required(4, string),
  endpoints: required(2, list(Endpoint)),
  ports: required(3, list(EndpointPort)),
});
export type EndpointSlice = Infer<typeof EndpointSlice>;
