// What the flags of `portolan dns` say, as settings: one server block with the cluster's names and, for all others, the
// resolvers of a resolv.conf file.

import type { BindAddress } from '#lib/bind-address.ts';
import type { Cidr } from '#lib/cidr.ts';
import { UserError } from '#lib/user-error.ts';
import { reverseZoneNames } from '../records/index.ts';
import { keyOf, type Name, parseName } from '../wire/index.ts';
import { cacheDefaults } from './directives/cache.ts';
import { forwardDefaults } from './directives/forward.ts';
import { kubernetesDefaults } from './directives/kubernetes.ts';
import type { ApiAccess, Directives, DnsSettings, ForwardSettings, HealthSettings, HostPort } from './settings.ts';

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
  /** What is served over HTTP beside DNS. */
  readonly prometheus?: HostPort | undefined;
  readonly health?: HealthSettings | undefined;
  readonly ready?: HostPort | undefined;
}

/** Throws UserError. */
export function settingsFromFlags(flags: DnsFlags): DnsSettings {
  const zones = [domainOf(flags.domain), ...flags.reverseCidrs.flatMap(reverseZoneNames)];
  const directives: Directives = {
    kubernetes: { ...kubernetesDefaults, zones, api: flags.api, pods: 'insecure', ttl: flags.ttl },
    loadbalance: { policy: 'round_robin', prefer: [] },
    ...(flags.resolvConf !== undefined && otherNames(flags.resolvConf)),
    prometheus: flags.prometheus,
    health: flags.health,
    ready: flags.ready && { ...flags.ready, monitor: 'until-ready' },
  };
  // Without a forwarder there is nothing to say of other names: they are refused.
  const served: readonly Name[] = flags.resolvConf === undefined ? zones : [''];
  const keys = flags.listen.flatMap((address) =>
    served.map((zone) => ({ transport: 'dns' as const, zone, ...address })),
  );
  return { servers: [{ position: { file: 'flags', line: 1 }, keys, directives }] };
}

function domainOf(text: string): Name {
  try {
    return keyOf(parseName(text));
  } catch (cause) {
    throw new UserError(`--domain ${text}: is no name: ${(cause as Error).message}.`, { cause });
  }
}

/** As kubeadm's Corefile has it: asked of the host's resolvers, kept for half a minute, and ended when it comes back. */
const otherNames = (file: string): Directives => ({
  forward: [forwardTo(file)],
  cache: { ...cacheDefaults(30), zones: [''] },
  loop: { zone: '' },
});

/** The host's resolvers in the order of its file, as the host itself asks them. */
const forwardTo = (file: string): ForwardSettings => ({
  ...forwardDefaults,
  zone: '',
  to: [{ file }],
  policy: 'sequential',
  maxConcurrent: 1000,
});
