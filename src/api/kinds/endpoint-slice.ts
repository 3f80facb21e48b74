// EndpointSlice: a part of the addresses behind a Service (services.md C.1).

import { duplicate, type FieldError, invalidValue, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { dns1123Label, dns1123Subdomain, labelValue, qualifiedName } from '../names.ts';
import { endpointSlices } from '../resources.ts';
import { type Endpoint, type EndpointHints, type EndpointPort, EndpointSlice } from '../schema/discovery.ts';
import { equalJson } from '../schema/managed-fields/equal.ts';
import { addressWarnings, type Known, ordinaryIpAddress, parseLoosely } from './addresses.ts';
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

/** Topology is what the beta version had: it stays where nothing changes, and goes else. */
function dropTopology({ endpoints = [] }: EndpointSlice): void {
  for (const endpoint of endpoints) delete endpoint.deprecatedTopology;
}
function dropTopologyOfChange(slice: EndpointSlice, old: EndpointSlice): void {
  if (
    slice.endpoints?.some(({ deprecatedTopology }) => deprecatedTopology) &&
    !equalJson(slice.endpoints, old.endpoints)
  ) {
    dropTopology(slice);
  }
}

function validate({ addressType, endpoints, ports }: EndpointSlice, old?: EndpointSlice): FieldError[] {
  const known = new Set(old?.endpoints.flatMap(({ addresses }) => addresses));
  const repeated = repeats(ports.map(({ name }) => name ?? ''));
  return [
    ...oneOf('addressType', addressType, addressTypes),
    ...tooMany('ports', ports.length, limits.ports),
    ...ports
      .slice(0, limits.ports)
      .flatMap((port, i) => [
        ...(repeated.has(i) ? [duplicate(`ports[${i}].name`, port.name ?? '')] : []),
        ...validatePort(port, `ports[${i}]`),
      ]),
    ...tooMany('endpoints', endpoints.length, limits.endpoints),
    ...endpoints
      .slice(0, limits.endpoints)
      .flatMap((endpoint, i) => validateEndpoint(endpoint, { addressType, known }, `endpoints[${i}]`)),
  ];
}

/** What an address should be, and which are there already. */
interface Wanted {
  readonly addressType: string;
  readonly known: Known;
}

function validateEndpoint(endpoint: Endpoint, wanted: Wanted, path: string): FieldError[] {
  const { addresses = [], hostname, nodeName, zone, hints } = endpoint;
  const errors =
    addresses.length === 0
      ? [required(`${path}.addresses`, 'must contain at least 1 address')]
      : tooMany(`${path}.addresses`, addresses.length, limits.addresses);
  return [
    ...errors,
    ...addresses
      .slice(0, limits.addresses)
      .flatMap((address, i) => validateAddress(address, wanted, `${path}.addresses[${i}]`)),
    ...(nodeName === undefined ? [] : check(`${path}.nodeName`, nodeName, dns1123Subdomain)),
    ...checkOptional(`${path}.zone`, zone, labelValue),
    ...(hostname === undefined ? [] : check(`${path}.hostname`, hostname, dns1123Label)),
    ...(hints ? validateHints(hints, `${path}.hints`) : []),
  ];
}

function validateAddress(address: string, { addressType, known }: Wanted, path: string): FieldError[] {
  if (addressType === 'FQDN') return address ? check(path, address, domainName) : [required(path)];
  const errors = ordinaryIpAddress(path, address, known);
  if (errors.length > 0 || parseLoosely(address)?.family === addressType) return errors;
  return addressTypes.includes(addressType) ? [invalidValue(path, address, `must be an ${addressType} address`)] : [];
}

/** A name below another one; it may end in a dot. */
function domainName(value: string): string[] {
  const name = value.replace(/\.$/, '');
  const problems = dns1123Subdomain(name);
  if (problems.length > 0) return [problems.join(',')];
  const labels = name.split('.');
  if (labels.length < 2) return ['should be a domain with at least two segments separated by dots'];
  return labels.flatMap(dns1123Label).slice(0, 1);
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
  prepareForCreate: dropTopology,
  prepareForUpdate: dropTopologyOfChange,
  validate,
  validateUpdate: ({ addressType }, old) =>
    addressType === old.addressType ? [] : [invalidValue('addressType', addressType, immutableText)],
  warnings: ({ addressType, endpoints }, old) => [
    ...(addressType === 'FQDN' && !old ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
    ...endpoints.flatMap(({ addresses }, i) =>
      addressType === 'FQDN'
        ? []
        : (addresses ?? []).flatMap((address, j) => addressWarnings(`endpoints[${i}].addresses[${j}]`, address)),
    ),
  ],
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
