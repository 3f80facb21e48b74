// The API server put together: what reads and writes the store, what tells clients about it, and the two ways in, through
// this process and through HTTPS.

import { isNotFound, type Kind, type KubeObject, type Service } from '#api/index.ts';
import { endpointsKind } from '#api/kinds/endpoints.ts';
import { kinds } from '#api/kinds/index.ts';
import { serviceKind } from '#api/kinds/service.ts';
import { inBrackets } from '#lib/cidr.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import type { Fetch } from '#lib/http.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import type { Metric } from '#lib/metrics.ts';
import type { Store } from '#storage/index.ts';
import { IpRange } from './allocators/ip-range.ts';
import { PortRange } from './allocators/port-range.ts';
import { ServiceAllocator } from './allocators/service-allocator.ts';
import { authenticated } from './authentication.ts';
import { type Advertise, bootstrapNamespaces, bootstrapService, keepService } from './bootstrap.ts';
import { deleteObject } from './delete.ts';
import { Discovery } from './discovery.ts';
import { Dispatcher } from './dispatch.ts';
import { Health } from './health.ts';
import { healthChecks, Progress } from './health-checks.ts';
import { type Hooks, hooksKey } from './hooks.ts';
import { InFlight } from './in-flight.ts';
import { exchangeInProcess } from './in-process.ts';
import { KubeletProxy } from './kubelet-proxy.ts';
import { Listener, type ListenerParts, type Listening, type ListenOptions } from './listener.ts';
import { ServerMetrics } from './metrics/server-metrics.ts';
import { WatchMetrics } from './metrics/watches.ts';
import { OpenApi } from './openapi.ts';
import type { Parts } from './parts.ts';
import { Registry } from './registry.ts';
import type { ResourceInfo } from './request.ts';
import { ReverseProxy } from './reverse-proxy/proxy.ts';
import { Writer } from './writer.ts';

export interface ApiServerParts {
  readonly store: Store;
  readonly clock?: Clock | undefined;
  readonly log?: Logger | undefined;
}
export interface ApiServerOptions {
  /** One CIDR, or two of different families joined by a comma. */
  readonly serviceCIDR: string;
  readonly nodePortRange?: readonly [number, number] | undefined;
  /** Where pods reach this server; without it the `kubernetes` Service has no endpoints. */
  readonly advertise?: Advertise | undefined;
  /** How often the `kubernetes` Service is put right; 10 s when absent. */
  readonly kubernetesServicePeriodMs?: number | undefined;
  /** Which addresses of pods and nodes may be proxied to; those that are neither loopback nor of one link when absent. */
  readonly mayProxyTo?: ((address: string) => boolean) | undefined;
  /** How long /readyz says no before connections end; no time at all when absent. */
  readonly shutdownDelayMs?: number | undefined;
}

const defaultNodePorts = [30000, 32767] as const;

export class ApiServer {
  readonly #log: Logger;
  readonly #options: ApiServerOptions;
  readonly #ranges: readonly IpRange[];
  readonly #allocator: ServiceAllocator;
  readonly #registry: Registry;
  readonly #writer: Writer;
  readonly #parts: Parts;
  readonly #kubelet = new KubeletProxy();
  readonly #proxy: ReverseProxy;
  readonly #dispatcher: Dispatcher;
  readonly #closing = new AbortController();
  readonly #listeners = new Set<Listening>();
  readonly #progress = new Progress();
  readonly #inFlight = new InFlight();
  readonly #metrics: ServerMetrics;

  constructor(
    { store, clock = systemClock, log = createLogger('apiserver') }: ApiServerParts,
    options: ApiServerOptions,
  ) {
    this.#log = log;
    this.#options = options;
    this.#ranges = options.serviceCIDR.split(',').map((cidr) => new IpRange(cidr.trim()));
    const ports = new PortRange(options.nodePortRange ?? defaultNodePorts);
    this.#allocator = new ServiceAllocator(this.#ranges, ports);
    this.#registry = new Registry(store);
    const { mayProxyTo: mayReach } = options;
    this.#proxy = new ReverseProxy({ registry: this.#registry, kubelet: this.#kubelet, mayReach });
    const hooks = new Map([[hooksKey(serviceKind), this.#serviceHooks()]]);
    this.#writer = new Writer(this.#registry, hooks, clock);
    const watches = new WatchMetrics();
    this.#parts = { registry: this.#registry, writer: this.#writer, clock, watches, closing: this.#closing.signal };
    const kindAt = (at: ResourceInfo) => this.#dispatcher.kindAt(at);
    this.#metrics = new ServerMetrics({ registry: this.#registry, kinds, inFlight: this.#inFlight, kindAt }, watches);
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
    for await (const service of this.#registry.all(serviceKind)) {
      if (this.#allocator.restore(service)) continue;
      const { namespace, name } = service.metadata;
      this.#log.warn('A Service holds an address or port that is out of range or that another one has', {
        namespace,
        name,
      });
    }
    this.#progress.finish('start-service-ip-repair-controllers');
    await bootstrapNamespaces(this.#writer);
    this.#progress.finish('start-system-namespaces-controller');
    const [primary] = this.#ranges;
    if (primary) await this.#provideService(primary.first);
    this.#progress.finish('bootstrap-controller');
  }

  async #provideService(clusterIP: string): Promise<void> {
    const { advertise, kubernetesServicePeriodMs = 10_000 } = this.#options;
    const wanted = { clusterIP, advertise };
    await bootstrapService(this.#parts, wanted);
    void keepService(this.#parts, wanted, kubernetesServicePeriodMs, this.#log);
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
   * First it is not ready any more, and stays so for the shutdown delay, for those who look before they connect. Then watches
   * end after their last event, then the listeners. The store stays its owner's to close.
   */
  async close(): Promise<void> {
    this.#progress.shutDown();
    const { shutdownDelayMs } = this.#options;
    if (shutdownDelayMs) await this.#parts.clock.sleep(shutdownDelayMs);
    this.#closing.abort();
    await Promise.all([...this.#listeners].map((listener) => listener.close()));
    this.#listeners.clear();
  }

  #serviceHooks(): Hooks {
    return {
      begin: (object, old, dryRun) =>
        this.#allocator.begin(object as unknown as Service, old as unknown as Service | undefined, dryRun),
      afterDelete: async (object: KubeObject) => {
        this.#allocator.release(object as unknown as Service);
        await this.#deleteEndpoints(object);
      },
    };
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
