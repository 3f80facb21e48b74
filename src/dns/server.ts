// The DNS server: a configuration that is in force, and the sockets that lead to it. A new configuration takes the place of
// the old one without closing a socket that both have: no query is lost (spec/dns.md §10).

import type { Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { BindAddress } from '#lib/bind-address.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { aggregated, type Metric } from '#lib/metrics.ts';
import type { UserError } from '#lib/user-error.ts';
import { type Blocks, buildBlocks, type Site, siteKey } from './blocks.ts';
import type { ClusterRecordsParts } from './cluster-records.ts';
import type { DnsSettings, Transport } from './config/settings.ts';
import type { ServerCertificates } from './listeners/server-certificates.ts';
import { listenDns, overlap, type SiteListener } from './listeners/site.ts';
import type { PacketObserver } from './observer.ts';
import { endpointsOf, refuseReady } from './operations/endpoint.ts';
import { Readiness } from './operations/ready-endpoint.ts';
import { ServerCounts, settingsMetrics } from './operations/server-metrics.ts';
import type { ServerStatus } from './operations/status.ts';
import { ownAddresses } from './own-addresses.ts';
import { Responder } from './responder.ts';
import type { Nameserver } from './upstream/resolv-conf.ts';
import { workersOf } from './workers/count.ts';

export interface DnsServerParts {
  readonly connect: ClusterRecordsParts['connect'];
  readonly log?: Logger;
  /** What is forwarded by settings that are in force comes back. Logged when absent. */
  readonly onLoop?: (error: UserError, settings: DnsSettings) => void;
  /** For the lines of `log` and `errors`: standard output when absent. */
  readonly out?: Writable;
  /**
   * One of several processes at the same addresses: somebody else looks whether they are free, and serves /metrics and its
   * like for all.
   */
  readonly isWorker?: boolean;
  /** How long a configuration may take to know what it serves while the one before knows all; half a minute when absent. */
  readonly patienceMs?: number;
}

/** How often components are asked whether they are ready. */
const pollMs = 20;
/** How long the end of a listener waits for answers that are under way. */
export const graceMs = 5000;
/** How long it waits for somebody to take the last lines of the query log. */
const lastLinesMs = 1000;

interface OpenSite {
  readonly listener: SiteListener;
  /** Of the configuration in force. */
  responder: Responder;
  certificates: ServerCertificates | undefined;
}

export class DnsServer implements ServerStatus {
  readonly #connect: DnsServerParts['connect'];
  readonly #log: Logger;
  readonly #onLoop: NonNullable<DnsServerParts['onLoop']>;
  readonly #out: Writable;
  readonly #isWorker: boolean;
  readonly #patienceMs: number;
  readonly #open = new Map<string, OpenSite>();
  readonly #counts = new ServerCounts();
  readonly #readiness = new Readiness();
  #settings: DnsSettings;
  #blocks: Blocks | undefined;

  constructor(parts: DnsServerParts, settings: DnsSettings) {
    const { connect, log = createLogger('dns'), out = process.stdout, onLoop, patienceMs = 30_000 } = parts;
    this.#out = out;
    this.#isWorker = parts.isWorker ?? false;
    this.#patienceMs = patienceMs;
    this.#connect = connect;
    this.#log = log;
    this.#onLoop = onLoop ?? (({ message }) => log.error(message));
    this.#settings = settings;
  }

  /** Where the server listens. */
  get addresses(): readonly (BindAddress & { readonly transport: Transport })[] {
    return [...this.#open.values()].map(({ listener }) => listener.address);
  }

  /** Where /metrics and its like are served, by directive. */
  get endpoints(): readonly (BindAddress & { readonly name: string })[] {
    return endpointsOf(this.#blocks?.components ?? []);
  }

  metrics(): Metric[] {
    const components = [...(this.#blocks?.components ?? [])].flatMap((component) => [...(component.metrics?.() ?? [])]);
    return aggregated([...components, ...this.#counts.metrics(), ...settingsMetrics(this.#settings)]);
  }

  /**
   * Resolves when every address is listened at; records follow, see {@link synced}. Rejects when one cannot be had, or
   * when the settings name something unusable.
   * @param impatience when it is there: listens only when everything that is served is known, or when this aborts.
   */
  async start(impatience?: AbortSignal): Promise<void> {
    const blocks = this.#build(this.#settings);
    try {
      await blocks.components.started();
      if (impatience) {
        while (new Readiness().unready(blocks.components).length > 0 && !impatience.aborted) await sleep(pollMs);
      }
      for (const site of blocks.sites) await this.#openSite(site);
      this.#blocks = blocks;
    } catch (error) {
      blocks.components.stop();
      await this.close();
      throw error;
    }
  }

  /**
   * Resolves when other settings are in force. Rejects when they cannot be, as {@link start} does; then the old ones stay.
   * Waits for the new components to know what they serve; those that know less than the old ones are refused.
   */
  async reload(settings: DnsSettings): Promise<void> {
    const before = this.#blocks;
    const blocks = this.#build(settings, before);
    const opened: string[] = [];
    try {
      await blocks.components.started();
      await this.#known(blocks, settings);
      for (const site of blocks.sites) {
        if (!this.#open.has(siteKey(site))) opened.push(await this.#openSite(site));
      }
    } catch (error) {
      // Whoever has several workers counts for all.
      if (!this.#isWorker) this.reloadFailed();
      blocks.components.stop(before?.components);
      for (const key of opened) await this.#closeSite(key);
      throw error;
    }
    for (const site of blocks.sites) {
      const { certificates } = site;
      Object.assign(this.#open.get(siteKey(site)) as OpenSite, { responder: this.#responder(site), certificates });
    }
    if (!this.#isWorker && workersOf(settings) > 1) {
      this.#log.warn('several processes are had by starting anew only: one goes on answering');
    }
    this.#settings = settings;
    this.#blocks = blocks;
    before?.components.stop(blocks.components);
    const wanted = new Set(blocks.sites.map(siteKey));
    const unwanted = [...this.#open.keys()].filter((key) => !wanted.has(key));
    await this.#retire(unwanted);
  }

  /** Counts a configuration that {@link reload} was not even asked to take. */
  reloadFailed(): void {
    this.#counts.failedReloads++;
  }

  /** Resolves when everything that they serve is known; rejects when it is not in time, although that in force is. */
  async #known({ components }: Blocks, settings: DnsSettings): Promise<void> {
    const { isReady } = this;
    const timeoutMs = Math.max(startupTimeoutMs(settings), isReady ? this.#patienceMs : 0);
    const end = performance.now() + timeoutMs;
    let unready = new Readiness().unready(components);
    for (; unready.length > 0 && performance.now() < end; unready = new Readiness().unready(components)) {
      await sleep(pollMs);
    }
    if (unready.length === 0 || !isReady) return;
    throw new Error(`what is to be served is not known after ${timeoutMs / 1000} s: ${unready.join(', ')}`);
  }

  /** Whether everything that is served is known. */
  get isReady(): boolean {
    return this.unready().length === 0;
  }

  unready(): string[] {
    if (!this.#blocks) return ['listeners'];
    return this.#readiness.unready(this.#blocks.components, isWatched(this.#settings));
  }

  /** Resolves when the cluster's records are complete; rejects when `signal` aborts before. */
  async synced(signal?: AbortSignal): Promise<void> {
    while (!this.isReady) await sleep(pollMs, signal);
  }

  /**
   * Takes leave of its clients (spec/dns.md §10): /ready is refused at once, so that they are sent elsewhere; queries and
   * /health go on for the time of `lameduck`, and until what is under way then is answered. Aborting `hurry` cuts it short.
   */
  async shutDown(hurry?: AbortSignal): Promise<void> {
    refuseReady(this.#blocks?.components ?? []);
    await sleep(lameduckOf(this.#settings), hurry).catch(() => {});
    const drained = [...this.#open.values()].map(({ listener }) => listener.drain());
    await inTime(drained, hurry);
    await this.close();
    await flushed(this.#out);
  }

  /** Ends when it is done with its clients. New ones find others at the same addresses. */
  async leave(hurry?: AbortSignal): Promise<void> {
    await this.#retire([...this.#open.keys()], hurry);
    await this.close();
    await flushed(this.#out);
  }

  async #retire(keys: readonly string[], hurry?: AbortSignal): Promise<void> {
    const listeners = keys.map((key) => (this.#open.get(key) as OpenSite).listener);
    const all = (work: (listener: SiteListener) => Promise<void>) => inTime(listeners.map(work), hurry);
    await all((listener) => listener.retire());
    await all((listener) => listener.drain());
    for (const key of keys) await this.#closeSite(key);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((key) => this.#closeSite(key)));
    this.#blocks?.components.stop();
  }

  #build(settings: DnsSettings, before?: Blocks): Blocks {
    const hosts = settings.servers.flatMap(({ keys }) => keys.map(({ host }) => host));
    const ports = new Set(settings.servers.flatMap(({ keys }) => keys.map(({ port }) => port)));
    const isOurselves = ({ host, port }: Nameserver) =>
      (ports.has(port) || this.addresses.some((own) => own.port === port)) && ownAddresses(hosts, true).includes(host);
    const parts = {
      connect: this.#connect,
      log: this.#log,
      ownAddresses: ownAddresses(hosts),
      isOurselves,
      onLoop: (error: UserError) => this.#onLoop(error, settings),
      status: this,
      out: this.#out,
      isWorker: this.#isWorker,
    };
    return buildBlocks(settings, parts, before?.components);
  }

  #responder({ routes, drops }: Site): Responder {
    const observer: PacketObserver = {
      ...(drops && { onDropped: (dropped, ms) => drops.onDropped(dropped, ms) }),
      onFault: () => this.#counts.faults++,
    };
    return new Responder({ routes, observer, log: this.#log });
  }

  async #openSite(site: Site): Promise<string> {
    const open = { responder: this.#responder(site), certificates: site.certificates };
    const isShared = this.#isWorker || this.addresses.some((own) => overlap(own, site));
    const listener = await listenDns(site, {
      isShared,
      respond: (packet, client, isTcp) => open.responder.respond(packet, client, isTcp),
      log: this.#log,
      tls: () => (open.certificates as ServerCertificates).options,
    });
    this.#open.set(siteKey(site), Object.assign(open, { listener }));
    return siteKey(site);
  }

  async #closeSite(key: string): Promise<void> {
    const open = this.#open.get(key);
    this.#open.delete(key);
    await open?.listener.close();
  }
}

const sleep = (ms: number, signal?: AbortSignal): Promise<void> => setTimeout(ms, undefined, { signal });

/** Resolves when all have, or when that takes too long. */
async function inTime(all: readonly Promise<void>[], hurry?: AbortSignal): Promise<void> {
  const over = new AbortController();
  const late = sleep(graceMs, AbortSignal.any([over.signal, ...(hurry ? [hurry] : [])])).catch(() => {});
  await Promise.race([Promise.all(all), late]);
  over.abort();
}

/** Whether those who were ready are asked again. */
export const isWatched = ({ servers }: DnsSettings): boolean =>
  servers.some(({ directives }) => directives.ready?.monitor === 'continuously');

/** How long clients have to go elsewhere. */
export const lameduckOf = ({ servers }: DnsSettings): number =>
  Math.max(0, ...servers.map(({ directives }) => directives.health?.lameduckMs ?? 0));

const startupTimeoutMs = ({ servers }: DnsSettings): number =>
  Math.max(0, ...servers.map(({ directives }) => directives.kubernetes?.startupTimeoutMs ?? 0));

async function flushed(stream: Writable): Promise<void> {
  const written = Promise.withResolvers<void>();
  stream.write('', () => written.resolve());
  await Promise.race([written.promise, setTimeout(lastLinesMs, undefined, { ref: false })]);
}
