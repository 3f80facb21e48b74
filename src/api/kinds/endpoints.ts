// Endpoints: the older form of EndpointSlice, kept for the clients that still read it (services.md C.8).

import type { Kind } from '../kind.ts';
import { endpoints } from '../resources.ts';
import { Endpoints } from '../schema/endpoints.ts';
import { ageColumn, column, firstThree, nameColumn, none } from './columns.ts';

const hostPort = (ip: string, port: number): string => (ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);

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

export const endpointsKind: Kind<Endpoints> = {
  ...endpoints,
  singular: 'endpoints',
  shortNames: ['ep'],
  schema: Endpoints,
  nameFormat: 'dns1123Subdomain',
  columns: [nameColumn, column('Endpoints', 'Addresses and ports that are ready', endpointsCell), ageColumn],
  allowCreateOnUpdate: true,
};
