// EndpointSlice: a part of the addresses behind a Service (services.md C.1).

import type { Kind } from '../kind.ts';
import { endpointSlices } from '../resources.ts';
import { EndpointSlice } from '../schema/discovery.ts';
import { ageColumn, column, firstThree, nameColumn } from './columns.ts';

const unset = '<unset>';

export const endpointSliceKind: Kind<EndpointSlice> = {
  ...endpointSlices,
  singular: 'endpointslice',
  schema: EndpointSlice,
  nameFormat: 'dns1123Subdomain',
  columns: [
    nameColumn,
    column('AddressType', 'Family of the addresses', ({ addressType }) => addressType),
    column(
      'Ports',
      'Ports that every endpoint serves',
      ({ ports }) =>
        firstThree((ports ?? []).map(({ port, name }) => (port === undefined ? name || '*' : String(port)))) || unset,
    ),
    column(
      'Endpoints',
      'Addresses, ready or not',
      ({ endpoints }) => firstThree((endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])) || unset,
    ),
    ageColumn,
  ],
  hasGeneration: true,
  generationCountsLabels: true,
};
