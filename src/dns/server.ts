// The DNS server put together: records from the API, a responder, listeners by UDP and TCP, a forwarder for the rest.

import { networkInterfaces } from 'node:os';
import type { Client } from '#client/index.ts';
import type { Cidr } from '#lib/cidr.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { Chain } from './chain.ts';
import { ClusterHandler } from './handlers/cluster.ts';
import { ForwardHandler } from './handlers/forward.ts';
import { TcpListener } from './listeners/tcp.ts';
import { UdpListener } from './listeners/udp.ts';
import { Lookup } from './lookup.ts';
import { Zones } from './records/index.ts';
import { Responder } from './responder.ts';
import { Routes } from './routes.ts';
import { ClusterSource } from './source.ts';
import { Forwarder } from './upstream/forwarder.ts';
import { type Nameserver, ResolvConf } from './upstream/resolv-conf.ts';

export interface DnsServerOptions {
  /** One UDP socket and one TCP listener each. Port 0 is chosen by the kernel, the same for both. */
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  /** `cluster.local` when absent. */
  readonly domain?: string | undefined;
  /** Service and pod ranges, for PTR. */
  readonly reverseCidrs?: readonly Cidr[] | undefined;
  /** The file with the resolvers for other names; other names are refused when absent. */
  readonly resolvConf?: string | undefined;
  /** Seconds; 5 when absent. */
  readonly ttl?: number | undefined;
  /** The largest UDP response, whatever the client advertises; 4096 when absent. */
  readonly udpSize?: number | undefined;
}

interface Listener {
  close(): Promise<void>;
}

/** A port that is free for TCP may be taken for UDP: so often is another one tried. */
const portTries = 10;

export class DnsServer {
  readonly #log: Logger;
  readonly #options: DnsServerOptions;
  readonly #source: ClusterSource;
  readonly #resolvConf: ResolvConf | undefined;
  readonly #responder: Responder;
  readonly #listeners: Listener[] = [];
  readonly zones: Zones;
  /** Where the server listens, once it does. */
  addresses: readonly { readonly host: string; readonly port: number }[] = [];

  constructor(parts: { client: Client; log?: Logger }, options: DnsServerOptions) {
    this.#options = options;
    this.#log = parts.log ?? createLogger('dns');
    this.zones = new Zones({
      domain: options.domain ?? 'cluster.local',
      ttl: options.ttl ?? 5,
      reverseCidrs: options.reverseCidrs ?? [],
      ownAddresses: ownAddresses(options.listen.map(({ host }) => host)),
    });
    this.#source = new ClusterSource(parts.client, this.zones.index);
    this.#resolvConf = options.resolvConf === undefined ? undefined : new ResolvConf(options.resolvConf, this.#log);
    const lookup = new Lookup(() => routes);
    const cluster = new ClusterHandler({ zones: this.zones, lookup, isSynced: () => this.#source.hasSynced });
    const forwarder = this.#resolvConf && new Forwarder({ servers: () => this.#upstreams(), log: this.#log });
    const handlers = forwarder ? [cluster, new ForwardHandler(forwarder)] : [cluster];
    // Without a forwarder there is nothing to say of other names: they are refused.
    const served = forwarder ? [''] : this.zones.names;
    const routes = new Routes(served.map((zone) => new Chain(zone, handlers)));
    this.#responder = new Responder({ routes, log: this.#log }, options.udpSize ?? 4096);
  }

  /** Resolves when every address is listened at; records follow, see {@link synced}. Rejects when one cannot be had. */
  async start(signal: AbortSignal): Promise<void> {
    this.#source.start(signal);
    await this.#resolvConf?.load();
    try {
      for (const address of this.#options.listen) {
        const port = address.port === 0 ? await this.#listenAnywhere(address.host) : await this.#listenAt(address);
        this.addresses = [...this.addresses, { host: address.host, port }];
      }
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Resolves when the cluster's records are complete; rejects when `signal` aborts before. */
  synced(signal?: AbortSignal): Promise<void> {
    return this.#source.synced(signal);
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  async #listenAt(address: { host: string; port: number }): Promise<number> {
    const parts = { responder: this.#responder, log: this.#log };
    const tcp = new TcpListener(parts);
    const port = await tcp.listen(address);
    const udp = new UdpListener(parts, { host: address.host, port });
    try {
      await udp.listen();
    } catch (error) {
      await tcp.close();
      throw error;
    }
    this.#listeners.push(tcp, udp);
    return port;
  }

  async #listenAnywhere(host: string): Promise<number> {
    for (let i = 1; ; i++) {
      try {
        return await this.#listenAt({ host, port: 0 });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || i === portTries) throw error;
      }
    }
  }

  /** The host's resolvers without ourselves: directly, or through the Service that leads back here. */
  #upstreams(): readonly Nameserver[] {
    const own = new Set(
      ownAddresses(
        this.addresses.map(({ host }) => host),
        true,
      ),
    );
    const ownPorts = new Set(this.addresses.map(({ port }) => port));
    const isSelf = ({ host, port }: Nameserver) =>
      (own.has(host) && ownPorts.has(port)) || this.zones.isOwnService(host);
    return (this.#resolvConf?.servers() ?? []).filter((server) => !isSelf(server));
  }
}

/** A wildcard stands for every address of the machine; loopback is no address that others could ask. */
function ownAddresses(hosts: readonly string[], withLoopback = false): string[] {
  if (!hosts.some((host) => host === '0.0.0.0' || host === '::')) return [...hosts];
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter(({ internal }) => withLoopback || !internal).map(({ address }) => address);
}
