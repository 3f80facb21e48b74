// ServiceCIDR: ranges for cluster IPs (api.md §18). What is there stays; a range of the other family may join it.

import { parseCidr } from '#lib/cidr.ts';
import { type FieldError, invalidValue, required } from '../errors.ts';
import type { Kind } from '../kind.ts';
import { serviceCIDRs } from '../resources.ts';
import { ServiceCIDR } from '../schema/networking.ts';
import { canonicalCidr } from './addresses.ts';
import { immutableText } from './checks.ts';
import { ageColumn, column, nameColumn } from './columns.ts';

const path = 'spec.cidrs';

function validate({ spec: { cidrs = [] } }: ServiceCIDR): FieldError[] {
  if (cidrs.length === 0) return [required(path, 'at least one CIDR required')];
  if (cidrs.length > 2) return [invalidValue(path, { CIDRs: cidrs }, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, i) => canonicalCidr(`${path}[${i}]`, cidr));
  const [first, second] = cidrs.map((cidr) => parseCidr(cidr)?.family);
  if (first && first === second) {
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(invalidValue(path, cidrs, detail));
  }
  return errors;
}

function validateUpdate(
  { spec: { cidrs = [] } }: ServiceCIDR,
  { spec: { cidrs: old = [] } }: ServiceCIDR,
): FieldError[] {
  const mayGrow = old.length === 1 && cidrs.length === 2;
  if (cidrs.length !== old.length && !mayGrow) return [invalidValue(path, cidrs, immutableText)];
  return old.flatMap((cidr, i) => (cidr === cidrs[i] ? [] : [invalidValue(`${path}[${i}]`, cidrs[i], immutableText)]));
}

export const serviceCIDRKind: Kind<ServiceCIDR> = {
  ...serviceCIDRs,
  singular: 'servicecidr',
  schema: ServiceCIDR,
  prepareForCreate: (object) => {
    delete object.status;
  },
  validate,
  validateUpdate,
  nameFormat: 'dns1123Subdomain',
  columns: [nameColumn, column('CIDRs', 'The ranges', ({ spec }) => (spec.cidrs ?? []).join(',')), ageColumn],
  hasStatus: true,
};
