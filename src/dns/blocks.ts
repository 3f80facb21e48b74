// Settings → what answers: the chains of every server block and the components behind them. A query passes the handlers in
// the order of CoreDNS's plugin.cfg, whatever the order of the directives.

import type { Logger } from '#lib/log.ts';
import type { UserError } from '#lib/user-error.ts';
import { Chain } from './chain.ts';
import { ClusterRecords, type ClusterRecordsParts } from './cluster-records.ts';
import { Components } from './component.ts';
import type {
  DnsSettings,
  ForwardSettings,
  LoadBalanceSettings,
  ServerKey,
  ServerSettings,
} from './config/settings.ts';
import type { Handler } from './handler.ts';
import { AclHandler } from './handlers/acl.ts';
import { anyHandler } from './handlers/any.ts';
import { AuthorityHandler } from './handlers/authority.ts';
import { AutopathHandler } from './handlers/autopath.ts';
import { Cancelled } from './handlers/cancel.ts';
import { ChaosHandler } from './handlers/chaos.ts';
import { Filtered } from './handlers/filtered.ts';
import { ForwardHandler } from './handlers/forward.ts';
import { HostsHandler } from './handlers/hosts.ts';
import { balancing } from './handlers/loadbalance.ts';
import { localHandler } from './handlers/local.ts';
import { LoopHandler } from './handlers/loop.ts';
import { minimize } from './handlers/minimal.ts';
import { identifying } from './handlers/nsid.ts';
import { RewriteHandler } from './handlers/rewrite.ts';
import { TemplateHandler } from './handlers/template.ts';
import { TransferHandler } from './handlers/transfer.ts';
import { HostsSource } from './hosts/hosts-source.ts';
import { ServerCertificates } from './listeners/server-certificates.ts';
import { Lookup } from './lookup.ts';
import type { FailureObserver } from './observer.ts';
import { serverLabel } from './operations/labels.ts';
import { dropCounts, failuresOf, type OperationsParts, observersOf, openEndpoints } from './operations/observers.ts';
import type { QueryCounts } from './operations/query-counts.ts';
import { ExternalZones } from './records/index.ts';
import { Routes } from './routes.ts';
import { SearchPaths } from './search-paths.ts';
import { Cache } from './upstream/cache/index.ts';
import { Forwarder } from './upstream/forwarder.ts';
import { Forwards } from './upstream/forwards.ts';
import { ForwardMetrics } from './upstream/metrics.ts';
import type { Nameserver } from './upstream/resolv-conf.ts';
import type { Resolver } from './upstream/resolver.ts';
import { formatName, type Name } from './wire/index.ts';

export interface BlockParts extends OperationsParts {
  readonly connect: ClusterRecordsParts['connect'];
  readonly log: Logger;
  /** Addresses at which this server can be asked, by others. */
  readonly ownAddresses: readonly string[];
  /** Whether asking this server would be asking ourselves. */
  readonly isOurselves: (server: Nameserver) => boolean;
  /** Somebody else serves /metrics and its like. */
  readonly isWorker?: boolean;
  /** What is forwarded comes back: there is no going on like this. */
  readonly onLoop: (error: UserError) => void;
}

/** Where a listener is wanted, and the server blocks that it leads to. */
export interface Site extends Omit<ServerKey, 'zone'> {
  readonly routes: Routes;
  /** For TLS and HTTPS. */
  readonly certificates: ServerCertificates | undefined;
  /** Of what comes to none of them. */
  readonly drops: QueryCounts | undefined;
}

/** One configuration, put together. */
export interface Blocks {
  readonly sites: readonly Site[];
  readonly components: Components;
}

/** @param before the configuration in force, whose components are taken over where they are the same. */
export function buildBlocks({ servers }: DnsSettings, parts: BlockParts, before?: Components): Blocks {
  const components = new Components(before);
  const chains = new Map<string, { readonly site: Omit<Site, 'routes' | 'drops'>; readonly chains: Chain[] }>();
  const routesOf = new Map<string, Routes>();
  for (const server of servers) {
    if (!parts.isWorker) openEndpoints(server, components, parts);
    const certificates = certificatesOf(server, components, parts);
    for (const { zone, ...site } of server.keys) {
      const key = siteKey(site);
      const found = chains.get(key) ?? { site: { ...site, certificates }, chains: [] };
      chains.set(key, found);
      const lookup = new Lookup(() => routesOf.get(key) as Routes);
      const failures = failuresOf(server, components, parts);
      const making = { ...parts, server, components, lookup, failures };
      const answering = makers.flatMap((make) => make(making));
      const all = [...gates(server), ...rewriting(making, zone, answering)];
      const handlers = all.map((handler) => wrapped(handler, server));
      const observers = observersOf(server, { zone, ...site }, components, parts);
      found.chains.push(new Chain(zone, handlers, { udpCap: server.directives.bufsize, observers, failures }));
    }
  }
  const sites = [...chains].map(([key, { site, chains: own }]) => {
    const routes = new Routes(own);
    routesOf.set(key, routes);
    return { ...site, routes, drops: dropCounts(servers, site, components) };
  });
  return { sites, components };
}

type Address = Omit<ServerKey, 'zone'>;

export const siteKey = ({ transport, host, port }: Address): string => `${transport} ${host} ${port}`;

/** Blocks that are served at one address say the same of it. */
const certificatesOf = (
  { directives: { tls } }: ServerSettings,
  components: Components,
  { log }: BlockParts,
): ServerCertificates | undefined => tls && components.get('tls', tls, () => new ServerCertificates({ log }, tls));

/** What a rule changed is asked of the handlers that come next, whatever zone the other name is in. */
function rewriting({ server, failures }: Making, zone: Name, next: Handler[]): Handler[] {
  const { rewrite } = server.directives;
  return rewrite ? [new RewriteHandler(rewrite, new Chain(zone, next, { failures })), ...next] : next;
}

/** What is answered, or not, whatever else there is. */
function gates({ directives: { local, acl, any, chaos } }: ServerSettings): Handler[] {
  return [
    ...(local ? [localHandler] : []),
    ...(acl ? [new AclHandler(acl)] : []),
    ...(any ? [anyHandler] : []),
    ...(chaos ? [new ChaosHandler(chaos)] : []),
  ];
}

/** What the handlers of one server block are made of. */
interface Making extends BlockParts {
  readonly server: ServerSettings;
  readonly components: Components;
  readonly lookup: Lookup;
  /** Told of queries that could not be answered, where the block wants to know. */
  readonly failures: FailureObserver | undefined;
}

/** In the order in which a query passes them. */
const makers: readonly ((making: Making) => Handler[])[] = [
  autopathHandlers,
  ({ server: { directives } }) => (directives.template ? [new TemplateHandler(directives.template)] : []),
  transferHandlers,
  hostsHandlers,
  externalHandlers,
  clusterHandlers,
  forwardHandlers,
];

function autopathHandlers(making: Making): Handler[] {
  const { server, components, lookup, log } = making;
  const { autopath } = server.directives;
  if (!autopath) return [];
  const records = recordsOf(making);
  const labels = { server: serverLabel(server.keys[0] as ServerKey) };
  const make = () => new SearchPaths({ records, log, labels }, autopath);
  const search = components.get('autopath', { autopath, labels }, make);
  return [new AutopathHandler({ search, lookup, zones: records?.zones }, autopath)];
}

function transferHandlers(making: Making): Handler[] {
  const { transfer } = making.server.directives;
  const records = recordsOf(making);
  if (!transfer || !records) return [];
  return [new TransferHandler({ zones: records.zones, isSynced: () => records.isReady() }, transfer)];
}

function externalHandlers(making: Making): Handler[] {
  const { k8s_external: external, loadbalance } = making.server.directives;
  const records = recordsOf(making);
  if (!external || !records) return [];
  const zones = new ExternalZones(records.zones, external);
  const handler = new AuthorityHandler({
    ...{ name: 'k8s_external', zones, lookup: making.lookup, isSynced: () => records.isReady() },
    fallthrough: external.fallthrough,
  });
  return [balanced(handler, loadbalance)];
}

function hostsHandlers({ server, components, log }: Making): Handler[] {
  const { hosts, loadbalance } = server.directives;
  if (!hosts) return [];
  const source = components.get('hosts', hosts, () => new HostsSource({ log }, hosts));
  return [balanced(new HostsHandler(() => source.table, hosts), loadbalance)];
}

function clusterHandlers(making: Making): Handler[] {
  const { kubernetes, loadbalance } = making.server.directives;
  const records = recordsOf(making);
  if (!kubernetes || !records) return [];
  const hasPreference = (loadbalance?.prefer.length ?? 0) > 0;
  const cluster = new AuthorityHandler({
    ...{ name: 'kubernetes', zones: records.zones, lookup: making.lookup, isSynced: () => records.isReady() },
    fallthrough: kubernetes.fallthrough,
    isTurned: loadbalance !== undefined && !hasPreference,
  });
  return [hasPreference ? balanced(cluster, loadbalance) : cluster];
}

/** Of the block's `kubernetes`. */
function recordsOf({ server, components, connect, ownAddresses, log }: Making): ClusterRecords | undefined {
  const { kubernetes: settings, k8s_external } = server.directives;
  const external = k8s_external !== undefined;
  return (
    settings &&
    components.get('kubernetes', { settings, external }, () => {
      return new ClusterRecords({ connect, settings, external, ownAddresses, log });
    })
  );
}

function forwardHandlers(making: Making): Handler[] {
  const { server, components, failures } = making;
  const { forward, loop, loadbalance } = server.directives;
  if (!forward) return [];
  const forwards = forwardsOf(forward, making);
  const handler = new ForwardHandler(cached(server, forwards, components), (name) => forwards.takes(name), failures);
  return [...(loop ? [loopHandler(loop, forwards, making)] : []), balanced(handler, loadbalance)];
}

function forwardsOf(forward: readonly ForwardSettings[], making: Making): Forwards {
  const { components, log } = making;
  const zones = recordsOf(making)?.zones;
  const isOurselves = (asked: Nameserver) => making.isOurselves(asked) || zones?.isOwnService(asked.host) === true;
  const metrics = components.get('forward', 'metrics', () => new ForwardMetrics());
  const forwarderFor = (settings: ForwardSettings) =>
    components.get('forward', settings, () => new Forwarder(settings, { log, metrics, isOurselves }));
  return new Forwards(forward.map((settings) => ({ ...settings, resolver: forwarderFor(settings) })));
}

/** A configuration that forwards elsewhere is looked at anew. */
function loopHandler(loop: { readonly zone: Name }, forwards: Forwards, making: Making): LoopHandler {
  const { server, components, lookup, onLoop } = making;
  const upstreams = (name: Name) => forwards.serversFor(name);
  const key = { keys: server.keys, forward: server.directives.forward };
  return components.get('loop', key, () => new LoopHandler(loop, { lookup, upstreams, onLoop }));
}

const balanced = (handler: Handler, settings: LoadBalanceSettings | undefined): Handler =>
  settings ? new Filtered(handler, balancing(settings)) : handler;

/** What is done to every response of the block. */
function wrapped(handler: Handler, { directives: { minimal, cancel, nsid } }: ServerSettings): Handler {
  const small = minimal ? new Filtered(handler, minimize) : handler;
  const inTime = cancel ? new Cancelled(small, cancel.timeoutMs) : small;
  return nsid ? new Filtered(inTime, identifying(nsid.data)) : inTime;
}

/** What is known of other servers' answers belongs to a server block and its `forward`s: others may tell another story. */
function cached({ keys, directives }: ServerSettings, next: Resolver, components: Components): Resolver {
  const { cache, forward } = directives;
  if (!cache) return next;
  const zones = cache.zones.map(formatName).join(',');
  const labels = { server: serverLabel(keys[0] as ServerKey), zones, view: '' };
  return components.get('cache', { cache, forward, labels }, () => new Cache({ next, labels }, cache));
}
