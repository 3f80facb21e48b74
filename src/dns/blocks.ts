// Settings → what answers: the chains of every server block and the components behind them. A query passes the handlers in
// the order of CoreDNS's plugin.cfg, whatever the order of the directives.

import type { Client } from '#client/index.ts';
import { inBrackets } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';
import { Chain } from './chain.ts';
import { ClusterRecords } from './cluster-records.ts';
import { Components } from './component.ts';
import type { ApiAccess, DnsSettings, ForwardSettings, ServerKey, ServerSettings } from './config/settings.ts';
import type { Handler } from './handler.ts';
import { ClusterHandler } from './handlers/cluster.ts';
import { ForwardHandler } from './handlers/forward.ts';
import { HostsHandler } from './handlers/hosts.ts';
import { HostsSource } from './hosts/hosts-source.ts';
import { Lookup } from './lookup.ts';
import { Routes } from './routes.ts';
import { Cache } from './upstream/cache/index.ts';
import { Forwarder } from './upstream/forwarder.ts';
import { type Nameserver, ResolvConf } from './upstream/resolv-conf.ts';
import type { Resolver } from './upstream/resolver.ts';
import { formatName } from './wire/index.ts';

export interface BlockParts {
  readonly connect: (access: ApiAccess) => Promise<Client>;
  readonly log: Logger;
  /** Addresses at which this server can be asked, by others. */
  readonly ownAddresses: readonly string[];
  /** Whether asking this server would be asking ourselves. */
  readonly isOurselves: (server: Nameserver) => boolean;
}

/** Where a listener is wanted, and the server blocks that it leads to. */
export interface Site extends Omit<ServerKey, 'zone'> {
  readonly routes: Routes;
}

/** One configuration, put together. */
export interface Blocks {
  readonly sites: readonly Site[];
  readonly components: Components;
}

/** @param before the configuration in force, whose components are taken over where they are the same. */
export function buildBlocks({ servers }: DnsSettings, parts: BlockParts, before?: Components): Blocks {
  const components = new Components(before);
  const chains = new Map<string, { readonly site: Omit<Site, 'routes'>; readonly chains: Chain[] }>();
  const routesOf = new Map<string, Routes>();
  for (const server of servers) {
    for (const { zone, ...site } of server.keys) {
      const key = siteKey(site);
      const found = chains.get(key) ?? { site, chains: [] };
      chains.set(key, found);
      const lookup = new Lookup(() => routesOf.get(key) as Routes);
      found.chains.push(new Chain(zone, handlersOf(server, components, { ...parts, lookup })));
    }
  }
  const sites = [...chains].map(([key, { site, chains: own }]) => {
    const routes = new Routes(own);
    routesOf.set(key, routes);
    return { ...site, routes };
  });
  return { sites, components };
}

export const siteKey = ({ transport, host, port }: Omit<Site, 'routes'>): string => `${transport} ${host} ${port}`;

interface HandlerParts extends BlockParts {
  readonly lookup: Lookup;
}

function handlersOf(server: ServerSettings, components: Components, parts: HandlerParts): Handler[] {
  const { hosts, kubernetes, forward = [] } = server.directives;
  const { connect, ownAddresses, lookup, log } = parts;
  const handlers: Handler[] = [];
  if (hosts) {
    const source = components.get('hosts', hosts, () => new HostsSource({ log }, hosts));
    handlers.push(new HostsHandler(() => source.table, hosts));
  }
  const records =
    kubernetes &&
    components.get(
      'kubernetes',
      kubernetes,
      () => new ClusterRecords({ connect, settings: kubernetes, ownAddresses, log }),
    );
  if (kubernetes && records) {
    const { fallthrough } = kubernetes;
    handlers.push(new ClusterHandler({ zones: records.zones, lookup, isSynced: () => records.isReady(), fallthrough }));
  }
  for (const settings of forward) {
    const forwarder = components.get('forward', settings, () => new ForwardComponent(settings, parts, records));
    handlers.push(new ForwardHandler(cached(server, settings, forwarder.resolver, components)));
  }
  return handlers;
}

/** What is known of other servers' answers belongs to a server block and one of its `forward`s: another may tell another story. */
function cached(server: ServerSettings, forward: ForwardSettings, next: Resolver, components: Components): Resolver {
  const { cache } = server.directives;
  if (!cache) return next;
  const zones = cache.zones.map(formatName).join(',');
  const labels = { server: serverLabel(server.keys[0] as ServerKey), zones, view: '' };
  return components.get('cache', { cache, forward, labels }, () => new Cache({ next, labels }, cache));
}

/** What metrics call the server that a block belongs to. */
const serverLabel = ({ transport, host, port }: ServerKey): string => `${transport}://${inBrackets(host)}:${port}`;

/** The servers of one `forward`. */
class ForwardComponent {
  readonly name = 'forward';
  readonly resolver: Forwarder;
  readonly #file: ResolvConf | undefined;

  constructor({ to }: ForwardSettings, { log, isOurselves }: BlockParts, records: ClusterRecords | undefined) {
    const file = to.find((upstream) => 'file' in upstream)?.file;
    this.#file = file === undefined ? undefined : new ResolvConf(file, log);
    const fixed = to.filter((upstream) => 'host' in upstream);
    const isLoop = (server: Nameserver) => isOurselves(server) || records?.zones.isOwnService(server.host);
    const servers = () => [...fixed, ...(this.#file?.servers() ?? []).filter((server) => !isLoop(server))];
    this.resolver = new Forwarder({ servers, log });
  }

  async start(): Promise<void> {
    await this.#file?.load();
  }
}
