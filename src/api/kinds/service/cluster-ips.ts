// Rules for cluster IPs and address families (services.md A.4), checked after allocation. Which families the cluster has,
// and whether an address is free, is the allocators' knowledge.

import { isDeepStrictEqual } from 'node:util';
import { duplicate, type FieldError, forbiddenField, invalidValue, notSupported, required } from '../../errors.ts';
import type { Service } from '../../schema/service.ts';
import { ipAddress, type Known, parseLoosely } from '../addresses.ts';
import { isExternalName, isHeadless } from './shape.ts';

const families = ['IPv4', 'IPv6'];
const policies = ['SingleStack', 'PreferDualStack', 'RequireDualStack'];

/** Those of an ExternalName are {@link validateNoClusterIPs}'s. Also used by the allocators, before they look for addresses. */
export function validateClusterIPs(service: Service, old?: Service): FieldError[] {
  if (isExternalName(service)) return [];
  const known = new Set(old?.spec.clusterIPs);
  return [...validatePair(service), ...validateFamilies(service), ...validateList(service, known)];
}

export function validateNoClusterIPs({ spec }: Service): FieldError[] {
  const detail = 'may not be set for ExternalName services';
  const set = {
    clusterIPs: (spec.clusterIPs?.length ?? 0) > 0 || Boolean(spec.clusterIP),
    ipFamilies: (spec.ipFamilies?.length ?? 0) > 0,
    ipFamilyPolicy: spec.ipFamilyPolicy !== undefined,
  };
  return Object.entries(set).flatMap(([field, is]) => (is ? [forbiddenField(`spec.${field}`, detail)] : []));
}

/** clusterIP is the first of clusterIPs. */
function validatePair({ spec: { clusterIP, clusterIPs = [] } }: Service): FieldError[] {
  if (clusterIPs.length > 0 && !clusterIP) {
    return [invalidValue('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified')];
  }
  if (!clusterIP) return [];
  if (clusterIPs.length === 0) return [required('spec.clusterIPs[0]')];
  return clusterIPs[0] === clusterIP
    ? []
    : [invalidValue('spec.clusterIPs[0]', clusterIPs, 'first value must match `clusterIP`')];
}

function validateFamilies({ spec: { ipFamilies = [], ipFamilyPolicy } }: Service): FieldError[] {
  const errors = ipFamilies.flatMap((family, i) => {
    const path = `spec.ipFamilies[${i}]`;
    return [
      ...(families.includes(family) ? [] : [notSupported(path, family, families)]),
      ...(ipFamilies.indexOf(family) < i ? [duplicate(path, family)] : []),
    ];
  });
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy)) {
    errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, policies));
  }
  return errors;
}

function validateList(service: Service, known: Known): FieldError[] {
  const { clusterIPs: ips = [], ipFamilies = [] } = service.spec;
  const path = 'spec.clusterIPs';
  const errors: FieldError[] = [];
  const isNone = ips[0] === 'None';
  if (isNone && ips.length > 1) errors.push(invalidValue(`${path}[0]`, ips, "'None' must be the first and only value"));
  for (const [i, ip] of ips.entries()) if (!(isNone && i === 0)) errors.push(...ipAddress(`${path}[${i}]`, ip, known));
  if (ips.length > 2) errors.push(invalidValue(path, ips, 'may only hold up to 2 values'));
  // What follows would only repeat what is wrong already.
  if (errors.length > 0 || isNone) return errors;
  const actual = ips.map((ip) => parseLoosely(ip)?.family);
  if (ips.length === 2 && actual[0] === actual[1]) {
    errors.push(invalidValue(path, ips, 'may specify no more than one IP for each IP family'));
  }
  for (const [i, ip] of ips.entries()) {
    const family = ipFamilies[i];
    if (family === undefined || !families.includes(family) || family === actual[i]) continue;
    errors.push(invalidValue(`${path}[${i}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``));
  }
  return errors;
}

/** Addresses and families stay; a second one may be added, and released by asking for SingleStack. */
export function validateClusterIPUpdate(service: Service, old: Service): FieldError[] {
  if (isExternalName(service) || isExternalName(old)) return [];
  const { spec } = service;
  const errors = validateKept('clusterIP', 'spec.clusterIPs', spec.clusterIPs ?? [], old.spec.clusterIPs ?? [], spec);
  // Headless Services change their families as they like; going to or from headless is refused above.
  if (isHeadless(service) || isHeadless(old)) return errors;
  const families = validateKept('ipFamily', 'spec.ipFamilies', spec.ipFamilies ?? [], old.spec.ipFamilies ?? [], spec);
  return [...errors, ...families];
}

function validateKept(what: string, path: string, list: string[], old: string[], spec: Service['spec']): FieldError[] {
  if (isDeepStrictEqual(list, old) || old.length === 0) return [];
  if (list.length === 0) return [invalidValue(`${path}[0]`, list, `primary ${what} can not be unset`)];
  const errors = old.flatMap((before, i) => {
    const now = list[i];
    return now === undefined || now === before ? [] : [invalidValue(`${path}[${i}]`, list, 'may not change once set')];
  });
  if (old.length > list.length && spec.ipFamilyPolicy !== 'SingleStack') {
    const detail = `must be set to 'SingleStack' when releasing the secondary ${what}`;
    errors.push(invalidValue('spec.ipFamilyPolicy', spec.ipFamilyPolicy, detail));
  }
  return errors;
}
