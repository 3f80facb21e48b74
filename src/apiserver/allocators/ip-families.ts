// Which IP families a Service gets (services.md A.6): fills in ipFamilyPolicy and ipFamilies, and refuses wishes that this
// cluster cannot meet. Pure; addresses are handed out afterwards, one for each family.

import { type FieldError, invalidValue, type Service } from '#api/index.ts';
import { isExternalName, isHeadless } from '#api/kinds/service/shape.ts';
import { type Family, parseAddress } from '#lib/cidr.ts';

const hasSelector = ({ spec }: Service): boolean => Object.keys(spec.selector ?? {}).length > 0;
const familyOf = (ip: string): Family | undefined => parseAddress(ip)?.family;

const policyPath = 'spec.ipFamilyPolicy';

/** Changes `service` in place. `configured` are the cluster's families, the primary one first. */
export function decideFamilies(
  service: Service,
  old: Service | undefined,
  configured: readonly Family[],
): FieldError[] {
  const { spec } = service;
  const headlessWithoutSelector = isHeadless(service) && !hasSelector(service);
  const before = old && !isExternalName(old) ? old : undefined;
  const policyGiven = spec.ipFamilyPolicy !== undefined;
  spec.ipFamilyPolicy ??= before?.spec.ipFamilyPolicy;
  if (before) {
    spec.ipFamilies = spec.ipFamilies?.length ? spec.ipFamilies : before.spec.ipFamilies && [...before.spec.ipFamilies];
    const problem = changeProblem(service, before, policyGiven);
    if (problem) return [problem];
  }
  spec.ipFamilyPolicy ??= headlessWithoutSelector ? 'RequireDualStack' : 'SingleStack';

  const errors = wishProblems(service, configured, headlessWithoutSelector);
  if (errors.length > 0) return errors;
  spec.ipFamilies = familiesFor(service, before, configured, headlessWithoutSelector);
  return [];
}

/** What an update does to the number of families; a switch to SingleStack drops the second of everything. */
function changeProblem({ spec }: Service, { spec: before }: Service, policyGiven: boolean): FieldError | undefined {
  const untouched =
    same(spec.ipFamilies, before.ipFamilies) && (same(spec.clusterIPs, before.clusterIPs) || !spec.clusterIPs?.length);
  if (spec.ipFamilyPolicy === 'SingleStack' && untouched && policyGiven) {
    spec.ipFamilies = spec.ipFamilies?.slice(0, 1);
    spec.clusterIPs = spec.clusterIPs?.slice(0, 1);
  } else if (spec.ipFamilyPolicy !== 'SingleStack' && before.ipFamilies?.length === 2) {
    const release = (what: string) =>
      invalidValue(policyPath, spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
    if (before.clusterIPs?.length === 2 && spec.clusterIPs?.length === 1) return release('cluster IP');
    if (spec.ipFamilies?.length === 1) return release('IP family');
  }
  return undefined;
}

function wishProblems({ spec }: Service, configured: readonly Family[], anyFamily: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const mustBeDual = (what: string) =>
    invalidValue(
      policyPath,
      spec.ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if ((spec.clusterIPs?.length ?? 0) > 1) errors.push(mustBeDual('cluster IPs'));
    if ((spec.ipFamilies?.length ?? 0) > 1) errors.push(mustBeDual('IP families'));
  }
  if (anyFamily) return errors;
  for (const [index, ip] of (spec.clusterIPs ?? []).entries()) {
    const family = familyOf(ip);
    if (family && !configured.includes(family)) {
      errors.push(
        invalidValue(`spec.clusterIPs[${index}]`, spec.clusterIPs, `${family} is not configured on this cluster`),
      );
    }
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if ((family === 'IPv4' || family === 'IPv6') && !configured.includes(family)) {
      errors.push(invalidValue(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'));
    }
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack' && configured.length < 2) {
    errors.push(invalidValue(policyPath, 'RequireDualStack', 'this cluster is not configured for dual-stack services'));
  }
  return errors;
}

function familiesFor(
  { spec }: Service,
  before: Service | undefined,
  configured: readonly Family[],
  anyFamily: boolean,
): string[] {
  const primary = configured[0] ?? 'IPv4';
  const families: string[] = spec.ipFamilies?.length
    ? [...spec.ipFamilies]
    : (spec.clusterIPs ?? []).flatMap((ip) => familyOf(ip) ?? []);
  if (families.length === 0) families.push(primary);
  // A Service that prefers two families keeps what it has unless the policy itself is new.
  const preferTwo = spec.ipFamilyPolicy === 'PreferDualStack' && before?.spec.ipFamilyPolicy !== 'PreferDualStack';
  const wantsTwo = spec.ipFamilyPolicy === 'RequireDualStack' || (preferTwo && configured.length > 1);
  if (families.length === 1 && wantsTwo && (configured.length > 1 || anyFamily)) {
    families.push(families[0] === 'IPv4' ? 'IPv6' : 'IPv4');
  }
  return families;
}

const same = (a: readonly unknown[] | undefined, b: readonly unknown[] | undefined): boolean =>
  (a?.length ?? 0) === (b?.length ?? 0) && (a ?? []).every((item, index) => item === b?.[index]);
