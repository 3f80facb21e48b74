// The proxy of a node as a whole: the loop that writes the rules, and what goes along with it.

import { isIPv6 } from 'node:net';
import { type Client, EventRecorder } from '#client/index.ts';
import { parseBindAddress } from '#lib/bind-address.ts';
import type { Clock } from '#lib/clock.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import type { Nft } from '#nftables/index.ts';
import type { Conntrack } from './conntrack/conntrack.ts';
import { FlowCleaner } from './conntrack/flow-cleaner.ts';
import { HealthCheckNodePorts } from './listeners/health-check-node-ports.ts';
import { Listeners } from './listeners/listeners.ts';
import { LocalhostRelay } from './listeners/localhost-relay.ts';
import { serveOwn } from './listeners/own-servers.ts';
import { ProxyMetrics } from './metrics/proxy-metrics.ts';
import type { NodeNetwork } from './network.ts';
import { hostsIn, localhost, nodePortRanges, primary } from './node-port-addresses.ts';
import { makeNodeSettings } from './node-settings.ts';
import type { ProxyObserver } from './observer.ts';
import { Proxier, type ProxierOptions } from './proxier.ts';
import { ProxyHealth } from './proxy-health.ts';
import { TakenPorts } from './taken-ports.ts';
import { families as allFamilies } from './words.ts';

export interface NodeProxyParts {
  readonly client: Client;
  /** Of the node's network namespace, as are the next two. */
  readonly nft: Nft;
  readonly conntrack: Conntrack;
  readonly network: NodeNetwork;
  readonly log?: Logger | undefined;
  readonly clock?: Clock | undefined;
}

export interface NodeProxyOptions extends ProxierOptions {
  /** `address:port` for /healthz and /livez; empty: none. Port 10256 at all addresses when absent. */
  readonly healthzBindAddress?: string | undefined;
  /** `address:port` for /metrics and /proxyMode; empty: none. Port 10249 of the loopback when absent. */
  readonly metricsBindAddress?: string | undefined;
}

export class NodeProxy {
  readonly #parts: NodeProxyParts;
  readonly #options: NodeProxyOptions;
  readonly #log: Logger;
  readonly #health: ProxyHealth;
  readonly #metrics: ProxyMetrics;
  #proxier: Proxier | undefined;
  #cleaner: FlowCleaner | undefined;

  constructor(parts: NodeProxyParts, options: NodeProxyOptions) {
    this.#parts = parts;
    const isIPv6Only = options.nodeIPs.every(isIPv6);
    this.#options = {
      ...options,
      healthzBindAddress: options.healthzBindAddress ?? (isIPv6Only ? '[::]:10256' : '0.0.0.0:10256'),
      metricsBindAddress: options.metricsBindAddress ?? (isIPv6Only ? '[::1]:10249' : '127.0.0.1:10249'),
    };
    this.#log = parts.log ?? createLogger('proxy');
    const { families = allFamilies } = options;
    this.#health = new ProxyHealth(families, parts.clock);
    this.#metrics = new ProxyMetrics(families, parts.clock);
  }

  /** The rules stay when the signal ends it, as they do when it crashes. Throws UserError for options that make no sense. */
  start(signal: AbortSignal): void {
    const { client, nft, network, clock } = this.#parts;
    const { healthzBindAddress = '', metricsBindAddress = '' } = this.#options;
    const listeners = new Listeners(network, signal, clock);
    const observers = this.#observers(listeners, signal);
    this.#proxier = new Proxier({ client, nft, observers, log: this.#log, clock }, this.#options);
    serveOwn(
      { listeners, health: this.#health, metrics: this.#metrics, log: this.#log },
      {
        healthz: parseBindAddress('--healthz-bind-address', healthzBindAddress),
        metrics: parseBindAddress('--metrics-bind-address', metricsBindAddress),
        config: { ...this.#options, mode: 'nftables' },
      },
    );
    this.#proxier.start(signal);
    // The kernel has some of them only once it tracks connections, which the rules make it do.
    void this.synced().then(() => makeNodeSettings(network, this.#log));
  }

  /** Resolves when the rules have been written for the first time. Only after the start. */
  async synced(): Promise<void> {
    await this.#proxier?.synced();
  }

  async stopped(): Promise<void> {
    await this.#proxier?.stopped();
    await this.#cleaner?.idle();
  }

  #observers(listeners: Listeners, signal: AbortSignal): ProxyObserver[] {
    const { client, conntrack, network, clock } = this.#parts;
    const { nodeName, nodeIPs, nodePortAddresses = [primary], families = allFamilies } = this.#options;
    const log = this.#log;
    const nodeAddresses = () => network.addresses();
    const ranges = nodePortRanges(nodePortAddresses, nodeIPs);
    const recorder = new EventRecorder(client, 'kube-proxy', nodeName, { log, ...(clock && { clock }) });
    this.#cleaner = new FlowCleaner(
      {
        conntrack,
        nodeAddresses,
        log,
        clock,
        onCleaned: (family, seconds, deleted) => this.#metrics.flowsCleaned(family, seconds, deleted),
      },
      { nodeName, families },
      signal,
    );
    const healthChecks = new HealthCheckNodePorts(
      { listeners, recorder, health: this.#health, log },
      { nodeName, hosts: async () => hostsIn(ranges, await nodeAddresses()) },
    );
    const relays = nodePortAddresses.includes(localhost)
      ? [new LocalhostRelay({ listeners, recorder, log }, { nodeName, nodeIPs })]
      : [];
    const takenPorts = new TakenPorts({ recorder, nodeAddresses, log }, { nodeName, nodePortRanges: ranges });
    return [this.#health, this.#metrics, this.#cleaner, healthChecks, takenPorts, ...relays];
  }
}
