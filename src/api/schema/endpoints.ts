// endpoints: wire types (api.md §4, §10.2).

import { atomic, type Infer, int32, list, message, optional, pointer, required, string } from './dsl.ts';
import { objectFields } from './meta.ts';
import { ObjectReference } from './selector.ts';

export const EndpointAddress = atomic(
  message('core.v1.EndpointAddress', 'One address behind a service.', {
    ip: required(1, string, { doc: 'The address.' }),
    hostname: optional(3, string, { doc: "Name of its own in DNS, below the service's." }),
    nodeName: pointer(4, string, { doc: 'Node the pod runs on.' }),
    targetRef: pointer(2, ObjectReference, { doc: 'The pod that has the address.' }),
  }),
);
export type EndpointAddress = Infer<typeof EndpointAddress>;

export const EndpointPort = atomic(
  message('core.v1.EndpointPort', 'One port behind a service.', {
    name: optional(1, string, { doc: "Name of the service's port." }),
    port: required(2, int32, { doc: 'The number at the address.' }),
    protocol: optional(3, string, { doc: 'TCP (default), UDP or SCTP.' }),
    appProtocol: pointer(4, string, { doc: 'Application protocol that is spoken.' }),
  }),
);
export type EndpointPort = Infer<typeof EndpointPort>;

export const EndpointSubset = message('core.v1.EndpointSubset', 'Addresses and ports: every address has every port.', {
  addresses: optional(1, list(EndpointAddress), { doc: 'Addresses that are ready.' }),
  notReadyAddresses: optional(2, list(EndpointAddress), { doc: 'Addresses that are not ready yet, or no longer.' }),
  ports: optional(3, list(EndpointPort), { doc: 'Ports of all these addresses.' }),
});
export type EndpointSubset = Infer<typeof EndpointSubset>;

export const Endpoints = message(
  'core.v1.Endpoints',
  'The addresses behind a service, in one object. EndpointSlices are the form that grows.',
  {
    ...objectFields,
    subsets: optional(2, list(EndpointSubset), { doc: 'Groups of addresses that share their ports.' }),
  },
);
export type Endpoints = Infer<typeof Endpoints>;
