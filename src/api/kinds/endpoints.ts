// Endpoints: the older form of EndpointSlice, kept for the clients that still read it (services.md C.8).

import { inBrackets } from '#lib/cidr.ts';
import { type FieldError, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../names.ts';
import { endpoints } from '../resources.ts';
import { type EndpointAddress, type EndpointPort, type EndpointSubset, Endpoints } from '../schema/endpoints.ts';
import { addressWarnings, type Known, ordinaryIpAddress } from './addresses.ts';
import { check, checkOptional, oneOf, portNumber, protocols } from './checks.ts';
import { ageColumn, column, firstThree, nameColumn, none } from './columns.ts';

const hostPort = (ip: string, port: number): string => `${inBrackets(ip)}:${port}`;

/** Ready addresses only; an Endpoints that has none but not ready ones shows nothing at all. */
function endpointsCell({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return none;
  return firstThree(
    subsets.flatMap(({ addresses = [], ports = [] }) =>
      ports.length === 0
        ? addresses.map(({ ip }) => ip)
        : ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port))),
    ),
  );
}

const addressesOf = ({ addresses = [], notReadyAddresses = [] }: EndpointSubset) => [
  ...addresses,
  ...notReadyAddresses,
];

function validate({ subsets = [] }: Endpoints, old?: Endpoints): FieldError[] {
  const known = new Set(old?.subsets?.flatMap((subset) => addressesOf(subset).map(({ ip }) => ip)));
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, i) => {
    const path = `subsets[${i}]`;
    const isEmpty = addresses.length === 0 && notReadyAddresses.length === 0;
    return [
      ...(isEmpty ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
      ...addresses.flatMap((address, j) => validateAddress(address, known, `${path}.addresses[${j}]`)),
      ...notReadyAddresses.flatMap((address, j) => validateAddress(address, known, `${path}.notReadyAddresses[${j}]`)),
      ...ports.flatMap((port, j) => validatePort(port, ports.length > 1, `${path}.ports[${j}]`)),
    ];
  });
}

const validateAddress = ({ ip, hostname, nodeName }: EndpointAddress, known: Known, path: string): FieldError[] => [
  ...ordinaryIpAddress(`${path}.ip`, ip, known),
  ...checkOptional(`${path}.hostname`, hostname, dns1123Label),
  ...(nodeName === undefined ? [] : check(`${path}.nodeName`, nodeName, dns1123Subdomain)),
];

const warnings = ({ subsets = [] }: Endpoints): string[] =>
  subsets.flatMap(({ addresses = [], notReadyAddresses = [] }, i) =>
    Object.entries({ addresses, notReadyAddresses }).flatMap(([field, list]) =>
      list.flatMap(({ ip }, j) => addressWarnings(`subsets[${i}].${field}[${j}].ip`, ip)),
    ),
  );

const validatePort = (
  { name, port, protocol, appProtocol }: EndpointPort,
  needsName: boolean,
  path: string,
): FieldError[] => [
  ...(needsName && !name ? [required(`${path}.name`)] : []),
  ...checkOptional(`${path}.name`, name, dns1123Label),
  ...portNumber(`${path}.port`, port),
  ...oneOf(`${path}.protocol`, protocol, protocols),
  ...checkOptional(`${path}.appProtocol`, appProtocol, qualifiedName),
];

export const endpointsKind: Kind<Endpoints> = {
  ...endpoints,
  singular: 'endpoints',
  shortNames: ['ep'],
  schema: Endpoints,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  setDefaults: ({ subsets = [] }) => {
    for (const port of subsets.flatMap(({ ports = [] }) => ports)) port.protocol ||= 'TCP';
  },
  validate,
  warnings,
  nameFormat: 'dns1123Subdomain',
  columns: [nameColumn, column('Endpoints', 'Addresses and ports that are ready', endpointsCell), ageColumn],
  allowCreateOnUpdate: true,
};
