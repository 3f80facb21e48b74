// A pod's /etc/resolv.conf (dns.md §14.1, resolv.conf(5)): policy, the pod's own dnsConfig, limits. Pure.

import { isIPv6 } from 'node:net';
import type { PodSpec } from '#api/index.ts';

export interface ResolvConf {
  readonly nameservers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

const maxNameservers = 3;
const maxSearches = 32;
const maxSearchLength = 253;
const maxSearchLine = 2048;

/** The last `search` and the last `options` line count. Throws for a `nameserver` line without an address, with its number. */
export function parseResolvConf(text: string): ResolvConf {
  const nameservers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    const [keyword, ...words] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver') {
      if (!words[0]) throw new Error(`line ${i + 1} is a nameserver without an address`);
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
  readonly nodeIPs: readonly string[];
}
/** A warning event for the pod. */
export interface DnsWarning {
  readonly reason: 'DNSConfigForming' | 'MissingClusterDNS';
  readonly message: string;
}
export interface PodDns {
  readonly text: string;
  readonly warnings: readonly DnsWarning[];
}

const unique = (values: readonly string[]): string[] => [...new Set(values)];

/** What the pod's policy comes to; `lacking` is what it would be if the kubelet had a cluster DNS. */
function effectivePolicy({ spec, clusterDNS }: PodDnsInput): 'ClusterFirst' | 'Default' | 'None' | 'lacking' {
  const { dnsPolicy = 'ClusterFirst', hostNetwork } = spec;
  if (dnsPolicy === 'None' || dnsPolicy === 'Default') return dnsPolicy;
  if (dnsPolicy === 'ClusterFirst' && hostNetwork) return 'Default';
  return clusterDNS.length > 0 ? 'ClusterFirst' : 'lacking';
}

/** What a resolver does that is told nothing: it asks the machine that it is on. */
const ownMachine = (nodeIPs: readonly string[]): ResolvConf => ({
  nameservers: nodeIPs.map((ip) => (isIPv6(ip) ? '::1' : '127.0.0.1')),
  searches: ['.'],
  options: [],
});

function baseOf(input: PodDnsInput): ResolvConf {
  switch (effectivePolicy(input)) {
    case 'None':
      return { nameservers: [], searches: [], options: [] };
    case 'Default':
    case 'lacking':
      return input.host ?? ownMachine(input.nodeIPs);
    case 'ClusterFirst': {
      const { namespace, clusterDomain: zone, clusterDNS, host } = input;
      const searches = [`${namespace}.svc.${zone}`, `svc.${zone}`, zone, ...(host?.searches ?? [])];
      return { nameservers: clusterDNS, searches: unique(searches), options: ['ndots:5'] };
    }
  }
}

function withOwn(base: ResolvConf, own: PodSpec['dnsConfig']): ResolvConf {
  if (!own) return base;
  const { nameservers = [], searches = [], options = [] } = own;
  return {
    nameservers: unique([...base.nameservers, ...nameservers]),
    searches: unique([...base.searches, ...searches]),
    options: mergeOptions(base.options, options),
  };
}

/** The pod's options win over the base's by name, each keeping its place. */
function mergeOptions(base: readonly string[], own: readonly { name?: string; value?: string }[]): string[] {
  const byName = new Map(base.map((option) => [option.split(':')[0] ?? option, option]));
  for (const { name = '', value } of own) byName.set(name, value ? `${name}:${value}` : name);
  return [...byName.values()];
}

const forming = (what: string, applied: readonly string[]): DnsWarning => ({
  reason: 'DNSConfigForming',
  message: `${what}: ${applied.join(' ')}`,
});

function withinLimits(conf: ResolvConf): { conf: ResolvConf; warnings: DnsWarning[] } {
  const warnings: DnsWarning[] = [];
  const nameservers = conf.nameservers.slice(0, maxNameservers);
  if (nameservers.length < conf.nameservers.length) {
    const text = 'Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is';
    warnings.push(forming(text, nameservers));
  }
  // In upstream's order: what is too long has been counted by then.
  const searches = conf.searches.slice(0, maxSearches).filter((search) => search.length <= maxSearchLength);
  while (searches.join(' ').length > maxSearchLine) searches.pop();
  if (searches.length < conf.searches.length) {
    const text = 'Search Line limits were exceeded, some search paths have been omitted, the applied search line is';
    warnings.push(forming(text, searches));
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
  const { conf, warnings } = withinLimits(withOwn(baseOf(input), input.spec.dnsConfig));
  if (effectivePolicy(input) === 'lacking') {
    const policy = input.spec.dnsPolicy ?? 'ClusterFirst';
    const message = `The kubelet has no cluster DNS address and cannot apply the dnsPolicy "${policy}"; using "Default".`;
    warnings.unshift({ reason: 'MissingClusterDNS', message });
  }
  return { text: fileText(conf), warnings };
}
