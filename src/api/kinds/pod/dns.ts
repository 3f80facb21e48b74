// Rules for how a pod resolves and is called (dns.md §14.1, §14.2): policy, resolver configuration, names, hosts file.

import { type FieldError, invalidValue, required } from '../../errors.ts';
import { dns1123Label, dns1123Subdomain, dns1123SubdomainWithUnderscore } from '../../names.ts';
import type { PodDNSConfig, PodSpec } from '../../schema/pod.ts';
import { ipAddress } from '../addresses.ts';
import { check, checkOptional, oneOf } from '../checks.ts';

const policies = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
const limits = { nameservers: 3, searches: 32, searchCharacters: 2048 } as const;

export function validatePodDns(spec: PodSpec, path: string): FieldError[] {
  return [
    ...oneOf(`${path}.dnsPolicy`, spec.dnsPolicy, policies),
    ...validateConfig(spec.dnsPolicy, spec.dnsConfig, `${path}.dnsConfig`),
    ...checkOptional(`${path}.hostname`, spec.hostname, dns1123Label),
    ...checkOptional(`${path}.subdomain`, spec.subdomain, dns1123Label),
    ...(spec.hostAliases ?? []).flatMap(({ ip, hostnames = [] }, i) => [
      ...ipAddress(`${path}.hostAliases[${i}].ip`, ip),
      ...hostnames.flatMap((name, j) => check(`${path}.hostAliases[${i}].hostnames[${j}]`, name, dns1123Subdomain)),
    ]),
  ];
}

function validateConfig(policy: string | undefined, config: PodDNSConfig | undefined, path: string): FieldError[] {
  if (policy === 'None') {
    if (!config) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if (!config.nameservers?.length) {
      const detail = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      return [required(`${path}.nameservers`, detail)];
    }
  }
  const { nameservers = [], searches = [], options = [] } = config ?? {};
  const errors: FieldError[] = [];
  if (nameservers.length > limits.nameservers) {
    const detail = `must not have more than ${limits.nameservers} nameservers`;
    errors.push(invalidValue(`${path}.nameservers`, nameservers, detail));
  }
  errors.push(...nameservers.flatMap((ip, i) => ipAddress(`${path}.nameservers[${i}]`, ip)));
  errors.push(...validateSearches(searches, `${path}.searches`));
  for (const [i, { name }] of options.entries()) {
    if (!name) errors.push(required(`${path}.options[${i}]`, 'must not be empty'));
  }
  return errors;
}

function validateSearches(searches: string[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (searches.length > limits.searches) {
    errors.push(invalidValue(path, searches, `must not have more than ${limits.searches} search paths`));
  }
  if (searches.join(' ').length > limits.searchCharacters) {
    const detail = `must not have more than ${limits.searchCharacters} characters (including spaces) in the search list`;
    errors.push(invalidValue(path, searches, detail));
  }
  for (const [i, search] of searches.entries()) {
    // A lone dot is the root: names are tried as they are (KEP-4427).
    if (search === '.') continue;
    errors.push(...check(`${path}[${i}]`, search.replace(/\.$/, ''), dns1123SubdomainWithUnderscore));
  }
  return errors;
}
