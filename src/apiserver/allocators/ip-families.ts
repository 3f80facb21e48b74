// Which IP families a Service gets (services.md A.6): fills in ipFamilyPolicy and ipFamilies, and refuses wishes that this
// cluster cannot meet. Pure; addresses are handed out afterwards, one for each family.

import { type FieldError, invalidValue, type Service, type ServiceSpec } from '#api/index.ts';
import { validateClusterIPs } from '#api/kinds/service/cluster-ips.ts';
import { isExternalName, isHeadless } from '#api/kinds/service/shape.ts';
import type { Family } from '#lib/cidr.ts';

const policyPath = 'spec.ipFamilyPolicy';
const singleStack = 'SingleStack';
const preferDualStack = 'PreferDualStack';
const requireDualStack = 'RequireDualStack';

/** Changes `service` in place, which is no alias. `configured` are the cluster's families, the primary one first. What is
 * malformed is refused first, so that it is not taken for an address or a family that cannot be had. */
export function decideFamilies(
  service: Service,
  old: Service | undefined,
  configured: readonly Family[],
): FieldError[] {
  const { spec } = service;
  const before = old && !isExternalName(old) ? old.spec : undefined;
  const isFree = isHeadless(service) && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= before?.ipFamilyPolicy ?? (isFree ? requireDualStack : singleStack);
  if (before?.ipFamilies && !spec.ipFamilies?.length) spec.ipFamilies = [...before.ipFamilies];
  if (before && isUntouched(spec, before)) return [];

  const malformed = validateClusterIPs(service, old);
  if (malformed.length > 0) return malformed;
  const contradictions = [
    ...(before ? releaseSecond(spec, before) : []),
    ...secondProblems(spec),
    ...inferFamilies(spec, configured),
  ];
  if (contradictions.length > 0) return contradictions;
  const impossible = isFree ? [] : clusterProblems(spec, configured);
  if (impossible.length > 0) return impossible;
  addFamilies(spec, before, configured, isFree);
  return [];
}

/** A Service that prefers two families keeps what it has, whatever has become of the cluster since. */
const isUntouched = (spec: ServiceSpec, before: ServiceSpec): boolean =>
  spec.ipFamilyPolicy === preferDualStack &&
  before.ipFamilyPolicy === preferDualStack &&
  same(spec.clusterIPs, before.clusterIPs) &&
  same(spec.ipFamilies, before.ipFamilies);

/** To ask for a single family, and leave the lists alone, is to drop the second of each. Dropping it is asking for that. */
function releaseSecond(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy === singleStack) {
    if (same(spec.clusterIPs, before.clusterIPs)) spec.clusterIPs = spec.clusterIPs?.slice(0, 1);
    if (same(spec.ipFamilies, before.ipFamilies)) spec.ipFamilies = spec.ipFamilies?.slice(0, 1);
    return [];
  }
  const isShorter = (list: readonly string[] = [], old: readonly string[] = []) =>
    list.length > 0 && list.length < old.length;
  const refuse = (what: string) =>
    invalidValue(policyPath, spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
  return [
    ...(isShorter(spec.clusterIPs, before.clusterIPs) ? [refuse('cluster IP')] : []),
    ...(isShorter(spec.ipFamilies, before.ipFamilies) ? [refuse('IP family')] : []),
  ];
}

function secondProblems({ ipFamilyPolicy, clusterIPs = [], ipFamilies = [] }: ServiceSpec): FieldError[] {
  if (ipFamilyPolicy !== singleStack) return [];
  const refuse = (what: string) =>
    invalidValue(
      policyPath,
      ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(clusterIPs.length > 1 ? [refuse('cluster IPs')] : []),
    ...(ipFamilies.length > 1 ? [refuse('IP families')] : []),
  ];
}

/** Addresses say of which families they are; one of a family that is not there is blamed rather than the family. */
function inferFamilies(spec: ServiceSpec, configured: readonly Family[]): FieldError[] {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const errors: FieldError[] = [];
  const inferred = [...ipFamilies];
  for (const [i, ip] of clusterIPs.entries()) {
    if (i < ipFamilies.length || ip === 'None') continue;
    const family = ip.includes(':') ? 'IPv6' : 'IPv4';
    if (configured.includes(family)) inferred.push(family);
    else errors.push(invalidValue(`spec.clusterIPs[${i}]`, clusterIPs, `${family} is not configured on this cluster`));
  }
  spec.ipFamilies = inferred;
  return errors;
}

const clusterProblems = (
  { ipFamilyPolicy, ipFamilies = [] }: ServiceSpec,
  configured: readonly string[],
): FieldError[] => [
  ...(ipFamilyPolicy === requireDualStack && configured.length < 2
    ? [invalidValue(policyPath, ipFamilyPolicy, 'this cluster is not configured for dual-stack services')]
    : []),
  ...ipFamilies.flatMap((family, i) =>
    configured.includes(family)
      ? []
      : [invalidValue(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster')],
  ),
];

/** `isFree`: nobody but its user knows of which families its endpoints are, so both are possible on any cluster. */
function addFamilies(
  spec: ServiceSpec,
  before: ServiceSpec | undefined,
  configured: readonly Family[],
  isFree: boolean,
): void {
  const families = spec.ipFamilies?.length ? [...spec.ipFamilies] : [configured[0] ?? 'IPv4'];
  // An update that leaves the policy alone adds no family.
  const prefersTwo =
    spec.ipFamilyPolicy === preferDualStack && before?.ipFamilyPolicy !== preferDualStack && configured.length > 1;
  const requiresTwo = spec.ipFamilyPolicy === requireDualStack && (configured.length > 1 || isFree);
  if (families.length === 1 && (prefersTwo || requiresTwo)) families.push(families[0] === 'IPv4' ? 'IPv6' : 'IPv4');
  spec.ipFamilies = families;
}

const same = (a: readonly unknown[] | undefined, b: readonly unknown[] | undefined): boolean =>
  (a?.length ?? 0) === (b?.length ?? 0) && (a ?? []).every((item, index) => item === b?.[index]);
