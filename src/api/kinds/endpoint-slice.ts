// EndpointSlice: a part of the addresses behind a Service (services.md C.1).

import { parseAddress } from '#lib/cidr.ts';
import { duplicate, type FieldError, invalidValue, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../names.ts';
import { endpointSlices } from '../resources.ts';
import { type Endpoint, type EndpointHints, type EndpointPort, EndpointSlice } from '../schema/discovery.ts';
import { ordinaryIpAddress } from './addresses.ts';
import { check, checkOptional, immutableText, oneOf, portNumber, protocols, repeats, tooMany } from './checks.ts';
import { ageColumn, column, firstThree, nameColumn } from './columns.ts';

const unset = '<unset>';
const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const limits = { endpoints: 1000, addresses: 100, ports: 100, hints: 8 } as const;

function setDefaults(slice: EndpointSlice): void {
  slice.endpoints ??= [];
  slice.ports ??= [];
  for (const port of slice.ports) {
    // kubectl follows the name without asking whether there is one.
    port.name ??= '';
    port.protocol ??= 'TCP';
  }
}

function validate({ addressType, endpoints, ports }: EndpointSlice): FieldError[] {
  const names = ports.map(({ name }) => name ?? '');
  return [
    ...oneOf('addressType', addressType, addressTypes),
    ...tooMany('endpoints', endpoints.length, limits.endpoints),
    ...endpoints
      .slice(0, limits.endpoints)
      .flatMap((endpoint, i) => validateEndpoint(endpoint, addressType, `endpoints[${i}]`)),
    ...tooMany('ports', ports.length, limits.ports),
    ...ports
      .slice(0, limits.ports)
      .flatMap((port, i) => [
        ...(names.indexOf(port.name ?? '') < i ? [duplicate(`ports[${i}].name`, port.name ?? '')] : []),
        ...validatePort(port, `ports[${i}]`),
      ]),
  ];
}

function validateEndpoint(endpoint: Endpoint, addressType: string, path: string): FieldError[] {
  const { addresses = [], hostname, nodeName, zone, hints } = endpoint;
  const errors =
    addresses.length === 0
      ? [required(`${path}.addresses`, 'must contain at least 1 address')]
      : tooMany(`${path}.addresses`, addresses.length, limits.addresses);
  return [
    ...errors,
    ...addresses.flatMap((address, i) => validateAddress(address, addressType, `${path}.addresses[${i}]`)),
    ...(hostname === undefined ? [] : check(`${path}.hostname`, hostname, dns1123Label)),
    ...(nodeName === undefined ? [] : check(`${path}.nodeName`, nodeName, dns1123Subdomain)),
    ...checkOptional(`${path}.zone`, zone, labelValue),
    ...(hints ? validateHints(hints, `${path}.hints`) : []),
  ];
}

function validateAddress(address: string, addressType: string, path: string): FieldError[] {
  if (addressType === 'FQDN') return check(path, address, dns1123Subdomain);
  const errors = ordinaryIpAddress(path, address);
  if (errors.length > 0 || parseAddress(address)?.family === addressType) return errors;
  return addressTypes.includes(addressType) ? [invalidValue(path, address, `must be an ${addressType} address`)] : [];
}

const validateHints = ({ forZones = [], forNodes = [] }: EndpointHints, path: string): FieldError[] =>
  Object.entries({ forZones, forNodes }).flatMap(([field, targets]) => {
    const names = targets.map(({ name }) => name);
    const repeated = repeats(names);
    const format = field === 'forZones' ? labelValue : dns1123Subdomain;
    return [
      ...tooMany(`${path}.${field}`, targets.length, limits.hints),
      ...names.flatMap((name, i) => [
        ...(name ? check(`${path}.${field}[${i}].name`, name, format) : [required(`${path}.${field}[${i}].name`)]),
        ...(repeated.has(i) ? [duplicate(`${path}.${field}[${i}].name`, name)] : []),
      ]),
    ];
  });

const validatePort = ({ name, protocol, port, appProtocol }: EndpointPort, path: string): FieldError[] => [
  ...checkOptional(`${path}.name`, name, dns1123Label),
  ...oneOf(`${path}.protocol`, protocol, protocols),
  ...(port === undefined ? [] : portNumber(`${path}.port`, port)),
  ...checkOptional(`${path}.appProtocol`, appProtocol, qualifiedName),
];

export const endpointSliceKind: Kind<EndpointSlice> = {
  ...endpointSlices,
  singular: 'endpointslice',
  schema: EndpointSlice,
  setDefaults,
  validate,
  validateUpdate: ({ addressType }, old) =>
    addressType === old.addressType ? [] : [invalidValue('addressType', addressType, immutableText)],
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
