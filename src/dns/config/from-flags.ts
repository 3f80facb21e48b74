// What the flags of `portolan dns` say, as settings: one server block with the cluster's names and, for all others, the
// resolvers of a resolv.conf file.

import type { BindAddress } from '#lib/bind-address.ts';
import type { Cidr } from '#lib/cidr.ts';
import { reverseZoneNames } from '../records/index.ts';
import { keyOf, type Name, parseName } from '../wire/index.ts';
import type { ApiAccess, Directives, DnsSettings, ForwardSettings, KubernetesSettings } from './settings.ts';

export interface DnsFlags {
  readonly api: ApiAccess;
  readonly listen: readonly BindAddress[];
  /** The cluster's domain. */
  readonly domain: string;
  /** Service and pod ranges, for PTR. */
  readonly reverseCidrs: readonly Cidr[];
  /** The file with the resolvers for other names; other names are refused when absent. */
  readonly resolvConf?: string | undefined;
  /** Seconds. */
  readonly ttl: number;
}

/** Throws FormatError for a domain that is no name. */
export function settingsFromFlags(flags: DnsFlags): DnsSettings {
  const zones = [keyOf(parseName(flags.domain)), ...flags.reverseCidrs.flatMap(reverseZoneNames)];
  const directives: Directives = {
    kubernetes: { ...kubernetesDefaults, zones, api: flags.api, ttl: flags.ttl },
    loadbalance: { policy: 'round_robin', prefer: [] },
    ...(flags.resolvConf !== undefined && { forward: [{ ...forwardDefaults, to: [{ file: flags.resolvConf }] }] }),
  };
  // Without a forwarder there is nothing to say of other names: they are refused.
  const served: readonly Name[] = flags.resolvConf === undefined ? zones : [''];
  const keys = flags.listen.flatMap((address) =>
    served.map((zone) => ({ transport: 'dns' as const, zone, ...address })),
  );
  return { servers: [{ position: { file: 'flags', line: 1 }, keys, directives }] };
}

const kubernetesDefaults: Omit<KubernetesSettings, 'zones' | 'api' | 'ttl'> = {
  namespaces: [],
  pods: 'insecure',
  endpointPodNames: false,
  endpoints: true,
  ignoreEmptyService: false,
  fallthrough: [],
  multicluster: [],
  zonal: false,
  startupTimeoutMs: 5000,
};

const forwardDefaults: Omit<ForwardSettings, 'to'> = {
  zone: '',
  except: [],
  policy: 'sequential',
  forceTcp: false,
  preferUdp: false,
  tls: {},
  healthCheck: { intervalMs: 500, recursionDesired: true, domain: '' },
  maxFails: 2,
  expireMs: 10_000,
  maxConcurrent: 1000,
  next: [],
  failover: [],
  failfastAllUnhealthyUpstreams: false,
};
