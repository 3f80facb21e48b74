// endpoints: wire types (api.md §4, §10.2).

import { type Infer, int32, list, message, optional, pointer, required, string } from './dsl.ts';
import { ObjectMeta } from './meta.ts';
import { ObjectReference } from './selector.ts';

export const EndpointAddress = message('core.v1.EndpointAddress', '', {
  ip: required(1, string),
  hostname: optional(3, string),
  nodeName: pointer(4, string),
  targetRef: pointer(2, ObjectReference),
});
export type EndpointAddress = Infer<typeof EndpointAddress>;

export const EndpointPort = message('core.v1.EndpointPort', '', {
  name: optional(1, string),
  port: required(2, int32),
  protocol: optional(3, string),
  appProtocol: pointer(4, string),
});
export type EndpointPort = Infer<typeof EndpointPort>;

export const EndpointSubset = message('core.v1.EndpointSubset', '', {
  addresses: optional(1, list(EndpointAddress)),
  notReadyAddresses: optional(2, list(EndpointAddress)),
  ports: optional(3, list(EndpointPort)),
});
export type EndpointSubset = Infer<typeof EndpointSubset>;

export const Endpoints = message('core.v1.Endpoints', '', {
  apiVersion: optional(0, string),
  kind: optional(0, string),
  metadata: required(1, ObjectMeta),
  subsets: optional(2, list(EndpointSubset)),
});
export type Endpoints = Infer<typeof Endpoints>;
