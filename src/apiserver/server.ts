// The API server put together: what reads and writes the store, what tells clients about it, and the two ways in, through
// this process and through HTTPS.

import { isNotFound, type Kind, type KubeObject } from '#api/index.ts';
import { endpointsKind } from '#api/kinds/endpoints.ts';
import { kinds } from '#api/kinds/index.ts';
import { serviceKind } from '#api/kinds/service.ts';
import { type Family, formatCidr, inBrackets, nthAddress } from '#lib/cidr.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import type { Fetch } from '#lib/http.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import type { Metric } from '#lib/metrics.ts';
import type { Store } from '#storage/index.ts';
import { Allocation } from './allocators/allocation.ts';
import { parseServiceRanges } from './allocators/ip-range.ts';
import { PortRange } from './allocators/port-range.ts';
import { authenticated } from './authentication.ts';
import { bootstrapNamespaces } from './bootstrap.ts';
import { DefaultServiceCIDR } from './default-service-cidr.ts';
import { deleteObject } from './delete.ts';
import { Discovery } from './discovery.ts';
import { Dispatcher } from './dispatch.ts';
import { Health } from './health.ts';
import { healthChecks, Progress } from './health-checks.ts';
import { type Hooks, hooksKey } from './hooks.ts';
import { InFlight } from './in-flight.ts';
import { exchangeInProcess } from './in-process.ts';
import { keepOn } from './keep-on.ts';
import { KubeletProxy } from './kubelet-proxy.ts';
import { type Advertise, KubernetesService } from './kubernetes-service.ts';
import { Listener, type ListenerParts, type Listening, type ListenOptions } from './listener.ts';
import { allocationMetrics } from './metrics/allocations.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import { WatchMetrics } from './metrics/watches.ts';
import { OpenApi } from './openapi.ts';
import type { Parts } from './parts.ts';
import { Registry } from './registry.ts';
import { Repair } from './repair/repair.ts';
import type { ResourceInfo } from './request.ts';
import { ReverseProxy } from './reverse-proxy/proxy.ts';
import { ServerEvents } from './server-events.ts';
import { completeStoredServices } from './stored-services.ts';
import { Writer } from './writer.ts';

export interface ApiServerParts {
  readonly store: Store;
  readonly clock?: Clock | undefined;
  readonly log?: Logger | undefined;
}
export interface ApiServerOptions {
  /** One CIDR, or two of different families: the primary one first, in a list or joined by a comma. */
  readonly serviceCIDR: string | readonly string[];
  readonly nodePortRange?: readonly [number, number] | undefined;
  /** Where pods reach this server; without it the `kubernetes` Service has no endpoints. */
  readonly advertise?: Advertise | undefined;
  /** How often the Service and the ServiceCIDR `kubernetes` are put right; 10 s when absent. */
  readonly kubernetesServicePeriodMs?: number | undefined;
  /** How often all allocations of Services are looked at for what is wrong; 3 minutes when absent. */
  readonly repairPeriodMs?: number | undefined;
  /** Which addresses of pods and nodes may be proxied to; those that are neither loopback nor of one link when absent. */
  readonly mayProxyTo?: ((address: string) => boolean) | undefined;
  /** How long /readyz says no before connections end; no time at all when absent. */
  readonly shutdownDelayMs?: number | undefined;
}

const defaultNodePorts = [30000, 32767] as const;

export class ApiServer {
  readonly #log: Logger;
  readonly #options: ApiServerOptions;
  readonly #primaryFamily: Family;
  readonly #allocation: Allocation;
  readonly #repair: Repair;
  readonly #serviceCIDR: DefaultServiceCIDR;
  readonly #service: KubernetesService;
  readonly #registry: Registry;
  readonly #parts: Parts;
  readonly #kubelet = new KubeletProxy();
  readonly #proxy: ReverseProxy;
  readonly #dispatcher: Dispatcher;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<Listening>();
  readonly #progress = new Progress();
  readonly #inFlight = new InFlight();
  readonly #metrics: ServerMetrics;
  #closed: Promise<void> | undefined;

  constructor(
    { store, clock = systemClock, log = createLogger('apiserver') }: ApiServerParts,
    options: ApiServerOptions,
  ) {
    this.#log = log;
    this.#options = options;
    const ranges = parseServiceRanges(options.serviceCIDR);
    this.#primaryFamily = ranges[0].family;
    this.#registry = new Registry(store);
    const { mayProxyTo: mayReach } = options;
    this.#proxy = new ReverseProxy({ registry: this.#registry, kubelet: this.#kubelet, mayReach });
    const hooks = new Map<string, Hooks>();
    const writer = new Writer(this.#registry, hooks, clock);
    const watches = new WatchMetrics();
    this.#parts = { registry: this.#registry, writer, clock, watches, closing: this.#closing.signal };
    const ports = new PortRange(options.nodePortRange ?? defaultNodePorts);
    const families = ranges.map(({ family }) => family);
    this.#allocation = new Allocation({ registry: this.#registry, clock, log, ports, families });
    const events = new ServerEvents(writer, clock, log);
    this.#repair = new Repair({ parts: this.#parts, allocation: this.#allocation, events, log });
    this.#fill(hooks);
    this.#serviceCIDR = new DefaultServiceCIDR(this.#parts, events, ranges.map(formatCidr));
    const clusterIP = nthAddress(ranges[0], 1);
    this.#service = new KubernetesService(this.#parts, { clusterIP, advertise: options.advertise });
    const kindAt = (at: ResourceInfo) => this.#dispatcher.kindAt(at);
    this.#metrics = new ServerMetrics({ registry: this.#registry, kinds, inFlight: this.#inFlight, kindAt }, watches);
    this.#metrics.add(() => allocationMetrics(this.#allocation.ranges, ports));
    const { address, port } = options.advertise ?? { address: '127.0.0.1', port: 6443 };
    const discovery = new Discovery(kinds, `${inBrackets(address)}:${port}`);
    this.#dispatcher = new Dispatcher({
      ...this.#parts,
      kinds,
      discovery,
      openApi: new OpenApi(discovery),
      kubelet: this.#kubelet,
      proxy: this.#proxy,
      metrics: this.#metrics,
      health: new Health(healthChecks({ store, progress: this.#progress }), log),
      log,
    });
  }

  /** Learns from the store which addresses and ports are taken, and writes what every cluster has. */
  async start(): Promise<void> {
    const { kubernetesServicePeriodMs = 10_000, repairPeriodMs = 180_000 } = this.#options;
    await completeStoredServices(this.#registry, this.#primaryFamily);
    await bootstrapNamespaces(this.#parts.writer);
    this.#progress.finish('start-system-namespaces-controller');
    await this.#allocation.restoreRanges();
    await this.#serviceCIDR.keep();
    await this.#allocation.restoreAllocations();
    this.#progress.finish('start-service-ip-repair-controllers');
    await this.#service.keep();
    this.#progress.finish('bootstrap-controller');
    const loop = { closing: this.#closing.signal, log: this.#log, periodMs: kubernetesServicePeriodMs };
    keepOn({ ...loop, what: 'the ServiceCIDR kubernetes' }, () => this.#serviceCIDR.keep());
    keepOn({ ...loop, what: 'the Service default/kubernetes' }, () => this.#service.keep());
    keepOn({ ...loop, what: 'the allocations of Services', periodMs: repairPeriodMs }, () => this.#repair.lookAtAll());
    void this.#repair.lookAtAll();
  }

  /** The server as it is for one user, without a socket. */
  fetchAs(user: { name: string; groups: readonly string[] }): Fetch {
    const known = authenticated(user);
    const parts = { dispatcher: this.#dispatcher, requests: this.#metrics.requests };
    return (request) => exchangeInProcess(parts, request, known);
  }

  /** What `metrics` returns then is part of `/metrics` from now on. */
  addMetrics(metrics: () => Iterable<Metric>): void {
    this.#metrics.add(metrics);
  }

  async listen(options: ListenOptions): Promise<{ port: number; close(): Promise<void> }> {
    if (options.kubeletClient) this.#kubelet.useCredentials(options.kubeletClient);
    const parts: ListenerParts = {
      dispatcher: this.#dispatcher,
      registry: this.#registry,
      kubelet: this.#kubelet,
      proxy: this.#proxy,
      inFlight: this.#inFlight,
      metrics: this.#metrics,
      log: this.#log,
      closing: this.#closing.signal,
    };
    const listening = await new Listener(parts, options).listen();
    this.#listeners.add(listening);
    return listening;
  }

  /**
   * First it is not ready any more and its address leaves the Service `kubernetes`, and it stays so for the shutdown delay,
   * for those who look before they connect. Then watches end after their last event, then the listeners. The store stays its
   * owner's to close.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#progress.shutDown();
    await this.#service
      .withdraw()
      .catch((error) => this.#log.warn('Cannot take the address away from the Service default/kubernetes', { error }));
    const { shutdownDelayMs } = this.#options;
    if (shutdownDelayMs) await this.#parts.clock.sleep(shutdownDelayMs);
    this.#closing.abort();
    await Promise.all([...this.#listeners].map((listener) => listener.close()));
    this.#listeners.clear();
  }

  #fill(hooks: Map<string, Hooks>): void {
    for (const [key, hook] of this.#allocation.hooks((object) => this.#repair.lookAt(object))) hooks.set(key, hook);
    const service = hooksKey(serviceKind);
    hooks.set(service, { ...hooks.get(service), afterDelete: (object) => this.#deleteEndpoints(object) });
  }

  /** The legacy Endpoints of a Service go with it. */
  async #deleteEndpoints({ metadata: { namespace = '', name = '' } }: KubeObject): Promise<void> {
    try {
      const kind = endpointsKind as unknown as Kind;
      await deleteObject(this.#parts, { kind, namespace, name }, { isDryRun: false });
    } catch (error) {
      if (!isNotFound(error))
        this.#log.warn('Cannot delete the Endpoints of a deleted Service', { namespace, name, error });
    }
  }
}
