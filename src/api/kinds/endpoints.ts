// Endpoints: the older form of EndpointSlice, kept for the clients that still read it (services.md C.8).

import { inBrackets } from '#lib/cidr.ts';
import { type FieldError, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../names.ts';
import { endpoints } from '../resources.ts';
import { type EndpointAddress, type EndpointPort, Endpoints } from '../schema/endpoints.ts';
import { ordinaryIpAddress } from './addresses.ts';
import { checkOptional, oneOf, portNumber, protocols } from './checks.ts';
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

const validate = ({ subsets = [] }: Endpoints): FieldError[] =>
  subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, i) => {
    const path = `subsets[${i}]`;
    const isEmpty = addresses.length === 0 && notReadyAddresses.length === 0;
    return [
      ...(isEmpty ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
      ...addresses.flatMap((address, j) => validateAddress(address, `${path}.addresses[${j}]`)),
      ...notReadyAddresses.flatMap((address, j) => validateAddress(address, `${path}.notReadyAddresses[${j}]`)),
      ...ports.flatMap((port, j) => validatePort(port, ports.length > 1, `${path}.ports[${j}]`)),
    ];
  });

const validateAddress = ({ ip, hostname, nodeName }: EndpointAddress, path: string): FieldError[] => [
  ...ordinaryIpAddress(`${path}.ip`, ip),
  ...checkOptional(`${path}.hostname`, hostname, dns1123Label),
  ...checkOptional(`${path}.nodeName`, nodeName, dns1123Subdomain),
];

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
  nameFormat: 'dns1123Subdomain',
  columns: [nameColumn, column('Endpoints', 'Addresses and ports that are ready', endpointsCell), ageColumn],
  allowCreateOnUpdate: true,
};
