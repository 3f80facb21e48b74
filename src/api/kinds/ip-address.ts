// IPAddress: an address that is taken, and by whom (api.md §18). Its name is the address.

import { isDeepStrictEqual } from 'node:util';
import { type FieldError, invalidValue, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { dns1123Subdomain, pathSegment } from '../names.ts';
import { ipAddresses } from '../resources.ts';
import { IPAddress } from '../schema/networking.ts';
import { checkOptional, checkRequired, immutableText } from './checks.ts';
import { column, nameColumn, none } from './columns.ts';

const path = 'spec.parentRef';

function validate({ spec: { parentRef } }: IPAddress): FieldError[] {
  if (!parentRef) return [required(path)];
  return [
    ...checkOptional(`${path}.group`, parentRef.group, dns1123Subdomain),
    ...checkRequired(`${path}.resource`, parentRef.resource, pathSegment),
    ...checkRequired(`${path}.name`, parentRef.name, pathSegment),
    ...checkOptional(`${path}.namespace`, parentRef.namespace, pathSegment),
  ];
}

function parentCell({ spec: { parentRef } }: IPAddress): string {
  if (!parentRef) return none;
  const { group, resource = '', namespace, name } = parentRef;
  const qualified = (group ? `${resource}.${group}` : resource).toLowerCase();
  return [qualified, namespace, name].filter(Boolean).join('/');
}

export const ipAddressKind: Kind<IPAddress> = {
  ...ipAddresses,
  singular: 'ipaddress',
  shortNames: ['ip'],
  schema: IPAddress,
  validate,
  validateUpdate: ({ spec }, { spec: old }) =>
    isDeepStrictEqual(spec.parentRef, old.parentRef) ? [] : [invalidValue(path, spec.parentRef ?? null, immutableText)],
  nameFormat: 'address',
  columns: [nameColumn, column('ParentRef', 'What has the address', parentCell)],
};
