// A pod's /etc/resolv.conf (dns.md §14.1, resolv.conf(5)): policy, the pod's own dnsConfig, limits. Pure.

import { isIPv6 } from 'node:net';
import type { PodSpec } from '#api/index.ts';

export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

export const maxNameservers = 3;
export const maxSearches = 32;
const maxSearchLength = 253;
const maxSearchLine = 2048;

/** The last `search` and the last `options` line count. Throws for a `nameserver` line without an address. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver') {
      if (!words[0]) throw new Error('resolv.conf: nameserver line without an address');
      nameservers.push(words[0]);
    } else if (keyword === 'search') {
      searches = words.map((word) => (word === '.' ? word : word.replace(/\.$/, '')));
    } else if (keyword === 'options') {
      options = words;
    }
  }
  return { nameservers, searches, options };
}

export interface PodDnsInput {
  readonly spec: Pick<PodSpec, 'dnsPolicy' | 'dnsConfig' | 'hostNetwork'>;
  readonly namespace: string;
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
  /** The node's own; undefined when the node is told to have none. */
  readonly host: ResolvConf | undefined;
  readonly nodeIP: string;
}
export interface PodDns {
  readonly text: string;
  /** Reason and message of warning events for the pod. */
  readonly warnings: readonly { reason: string; message: string }[];
}
type Warning = PodDns['warnings'][number];

const unique = (values: readonly string[]): string[] => [...new Set(values)];

function effectivePolicy({ spec, clusterDNS }: PodDnsInput): 'ClusterFirst' | 'Default' | 'None' {
  if (spec.dnsPolicy === 'None') return 'None';
  if (spec.dnsPolicy === 'Default') return 'Default';
  if (spec.dnsPolicy !== 'ClusterFirstWithHostNet' && spec.hostNetwork) return 'Default';
  return clusterDNS.length > 0 ? 'ClusterFirst' : 'Default';
}

function baseOf(input: PodDnsInput): ResolvConf {
  switch (effectivePolicy(input)) {
    case 'None':
      return { nameservers: [], searches: [], options: [] };
    case 'Default':
      return input.host ?? { nameservers: [isIPv6(input.nodeIP) ? '::1' : '127.0.0.1'], searches: ['.'], options: [] };
    case 'ClusterFirst': {
      const { namespace, clusterDomain: zone, clusterDNS, host } = input;
      const searches = [`${namespace}.svc.${zone}`, `svc.${zone}`, zone, ...(host?.searches ?? [])];
      return { nameservers: clusterDNS, searches: unique(searches), options: ['ndots:5'] };
    }
  }
}

/** The pod's options win over the base's by name, each keeping its place. */
function mergeOptions(base: readonly string[], own: readonly { name?: string; value?: string }[]): string[] {
  const byName = new Map(base.map((option) => [option.split(':')[0] ?? option, option]));
  for (const { name = '', value } of own) byName.set(name, value === undefined ? name : `${name}:${value}`);
  return [...byName.values()];
}

function withinLimits(conf: ResolvConf): { conf: ResolvConf; warnings: Warning[] } {
  const warnings: Warning[] = [];
  const warn = (message: string) => warnings.push({ reason: 'DNSConfigForming', message });
  const nameservers = conf.nameservers.slice(0, maxNameservers);
  if (nameservers.length < conf.nameservers.length) {
    const applied = nameservers.join(' ');
    warn(
      `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${applied}`,
    );
  }
  const fitting = conf.searches.filter((search) => search.length <= maxSearchLength);
  let searches = fitting.slice(0, maxSearches);
  while (searches.join(' ').length > maxSearchLine) searches = searches.slice(0, -1);
  if (searches.length < conf.searches.length) {
    const applied = searches.join(' ');
    warn(
      `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${applied}`,
    );
  }
  return { conf: { ...conf, nameservers, searches }, warnings };
}

const fileText = ({ nameservers, searches, options }: ResolvConf): string =>
  [
    ...(searches.length > 0 ? [`search ${searches.join(' ')}`] : []),
    ...nameservers.map((address) => `nameserver ${address}`),
    ...(options.length > 0 ? [`options ${options.join(' ')}`] : []),
  ]
    .map((line) => `${line}\n`)
    .join('');

export function podDns(input: PodDnsInput): PodDns {
  const base = baseOf(input);
  const { nameservers = [], searches = [], options = [] } = input.spec.dnsConfig ?? {};
  const { conf, warnings } = withinLimits({
    nameservers: unique([...base.nameservers, ...nameservers]),
    searches: unique([...base.searches, ...searches]),
    options: mergeOptions(base.options, options),
  });
  const policy = input.spec.dnsPolicy ?? 'ClusterFirst';
  const wantsCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !input.spec.hostNetwork);
  if (wantsCluster && input.clusterDNS.length === 0) {
    const message = `the kubelet has no cluster DNS address and cannot apply the dnsPolicy "${policy}"; using "Default"`;
    return { text: fileText(conf), warnings: [{ reason: 'MissingClusterDNS', message }, ...warnings] };
  }
  return { text: fileText(conf), warnings };
}
