// The kubelet: registers its node, watches the pods that are bound to it, gives each a worker, and serves logs and exec.

import { mkdir, readFile } from 'node:fs/promises';
import type { Server as NetServer } from 'node:net';
import { join } from 'node:path';
import {
  configMaps,
  ignoreNotFound,
  type KubeObject,
  type Node,
  type Pod,
  pods,
  type ResourceRef,
  type Service,
  secrets,
  services,
} from '#api/index.ts';
import { type Client, EventRecorder, Informer } from '#client/index.ts';
import type { PerFamily } from '#lib/cidr.ts';
import { type Clock, systemClock } from '#lib/clock.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { AddressPool } from './address-pool.ts';
import { ConfigError } from './config-error.ts';
import { readMachine } from './node-object.ts';
import { NodeRegistration } from './node-registration.ts';
import { podAccess } from './pod-access.ts';
import { type NodeParts, PodWorker } from './pod-worker.ts';
import { parseResolvConf, type ResolvConf } from './resolv-conf.ts';
import type { Runtime } from './runtime.ts';
import { Semaphore } from './semaphore.ts';
import { KubeletServer } from './server/server.ts';
import { pause } from './termination.ts';

export interface KubeletParts {
  readonly client: Client;
  readonly runtime: Runtime;
  readonly clock?: Clock | undefined;
  readonly log?: Logger | undefined;
  /** False: the node is gone. Its kubelet then ends its containers and never speaks to the API server again. */
  readonly alive?: (() => Promise<boolean>) | undefined;
}

export interface KubeletOptions {
  readonly nodeName: string;
  /** One for each IP family, the primary one first; the pods' ranges alike. */
  readonly nodeIPs: PerFamily<string>;
  readonly podCIDRs: PerFamily<string>;
  readonly clusterDNS: readonly string[];
  readonly clusterDomain: string;
  /** Network namespace that is the node; the kubelet's own when absent. */
  readonly nodeNamespace?: string | undefined;
  /** Everything the kubelet keeps; of this node alone. */
  readonly stateDir: string;
  /** A listening server for logs and exec; absent: the kubelet listens on the primary node IP and `port`. */
  readonly listener?: NetServer | undefined;
  readonly port?: number | undefined;
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string } | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** File with the node's own resolvers, /etc/resolv.conf when absent; empty: none. */
  readonly resolvConf?: string | undefined;
  /** How long the node counts as alive after a sign of life, which it gives four times as often; 40 s when absent. */
  readonly nodeLeaseDurationSeconds?: number | undefined;
  /** How often a pod's volumes are compared with the ConfigMaps and Secrets that they show; every 30 s when absent. */
  readonly volumeRefreshMs?: number | undefined;
  /** Pods and containers that are started at a time. */
  readonly parallelStarts?: number | undefined;
}

const defaultPort = 10250;
const defaultLeaseDurationSeconds = 40;
const heartbeatRetryMs = 1_000;
const aliveCheckMs = 1_000;
const defaultParallelStarts = 6;
const defaultVolumeRefreshMs = 30_000;
const stopLimitMs = 15_000;
const servicesPatienceMs = 2_000;

export class Kubelet {
  readonly #parts: KubeletParts;
  readonly #options: KubeletOptions;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #events: EventRecorder;
  readonly #stop = new AbortController();
  /** By uid. */
  readonly #workers = new Map<string, { readonly worker: PodWorker; readonly done: Promise<void> }>();
  #server: KubeletServer | undefined;
  #node: Node | undefined;
  #stopped: Promise<void> | undefined;

  constructor(parts: KubeletParts, options: KubeletOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#log = parts.log ?? createLogger('kubelet');
    this.#clock = parts.clock ?? systemClock;
    this.#events = new EventRecorder(parts.client, 'kubelet', options.nodeName);
  }

  /** Resolves when the node is registered and takes pods. The signal ends it as {@link stop} does, without being waited for. */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => void this.stop(), { once: true });
    const { client, runtime } = this.#parts;
    const { nodeName, nodeIPs, podCIDRs, listener, port = defaultPort, tls, labels = {} } = this.#options;
    await mkdir(this.#options.stateDir, { recursive: true, mode: 0o700 });
    const access = podAccess((namespace, name) => this.#find(namespace, name), runtime);
    this.#server = new KubeletServer(access, { listener, host: nodeIPs[0], port, tls }, this.#log);
    const [machine, ownPort] = await Promise.all([readMachine(), this.#server.start(), runtime.prepare()]);
    const leaseDurationSeconds = this.#options.nodeLeaseDurationSeconds ?? defaultLeaseDurationSeconds;
    const node = { nodeName, nodeIPs, podCIDRs, port: ownPort, runtimeVersion: runtime.version, labels, machine };
    const input = { ...node, leaseDurationSeconds };
    const registration = new NodeRegistration({ client, clock: this.#clock }, input);
    this.#node = await registration.register();
    await registration.beat();
    this.#events.event(this.#node, 'Normal', 'Starting', 'Starting kubelet.');
    void this.#heartbeat(registration, leaseDurationSeconds * 250);
    void this.#watchOverNode();
    await this.#watchPods();
  }

  /** Ends and removes all that runs here, within a bounded time. The objects of its pods stay as they are. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    this.#stop.abort();
    for (const { worker } of this.#workers.values()) worker.halt();
    // Without waiting for each pod's own end: the runtime ends all containers at once.
    await this.#parts.runtime.close().catch((error) => this.#log.error('containers could not be removed', { error }));
    const patience = new AbortController();
    const all = Promise.all([...this.#workers.values()].map(({ done }) => done));
    await Promise.race([all, pause(stopLimitMs, patience.signal)]);
    patience.abort();
    await this.#server?.close();
  }

  async #heartbeat(registration: NodeRegistration, periodMs: number): Promise<void> {
    let wait = periodMs;
    while (await pause(wait, this.#stop.signal)) {
      try {
        await registration.beat();
        wait = periodMs;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#log.warn('heartbeat failed, trying again', { node: this.#options.nodeName, error });
        wait = heartbeatRetryMs;
      }
    }
  }

  /** A node that is gone must not go on telling the API server that its pods are well. */
  async #watchOverNode(): Promise<void> {
    const { alive } = this.#parts;
    while (alive && (await pause(aliveCheckMs, this.#stop.signal))) {
      if (await alive().catch(() => true)) continue;
      this.#log.warn('the node is gone, its containers are ended', { node: this.#options.nodeName });
      await this.stop();
    }
  }

  async #watchPods(): Promise<void> {
    const { client } = this.#parts;
    const { signal } = this.#stop;
    const fieldSelector = `spec.nodeName=${this.#options.nodeName}`;
    const podInformer = new Informer(client.resource(pods), { fieldSelector, log: this.#log.named('pods') });
    const serviceInformer = new Informer(client.resource(services), { log: this.#log.named('services') });
    const shared = this.#nodeParts(serviceInformer);
    podInformer.onChange(({ type, object }) => {
      if (type === 'deleted') this.#workers.get(object.metadata.uid ?? '')?.worker.vanished();
      else this.#podChanged(object, shared);
    });
    serviceInformer.start(signal);
    podInformer.start(signal);
    await podInformer.synced(signal);
  }

  #podChanged(pod: Pod, shared: NodeParts): void {
    const uid = pod.metadata.uid ?? '';
    const known = this.#workers.get(uid);
    if (known) {
      known.worker.update(pod);
      return;
    }
    if (this.#stop.signal.aborted) return;
    const worker = new PodWorker(shared, pod);
    const done = worker
      .run()
      .catch((error) => this.#log.error('pod worker failed', { pod: pod.metadata.name, error }))
      .finally(() => this.#workers.delete(uid));
    this.#workers.set(uid, { worker, done });
    // It may have been on its way out when this kubelet started.
    if (pod.metadata.deletionTimestamp) worker.update(pod);
  }

  #nodeParts(serviceInformer: Informer<Service>): NodeParts {
    const { client, runtime } = this.#parts;
    const { nodeName, nodeIPs, podCIDRs, nodeNamespace, clusterDNS, clusterDomain, stateDir } = this.#options;
    return {
      pods: client.resource(pods),
      configMap: this.#getter(configMaps),
      secret: this.#getter(secrets),
      services: async (signal) => {
        await this.#listed(serviceInformer, signal);
        return serviceInformer.list();
      },
      runtime,
      network: { nodeNamespace, nodeIPs, pools: podCIDRs.map((podCIDR) => new AddressPool(podCIDR)) },
      dns: { clusterDNS, clusterDomain },
      nodeResolvers: () => this.#nodeResolvers(),
      nodeName,
      allocatable: this.#node?.status?.allocatable ?? {},
      podsDir: join(stateDir, 'pods'),
      startSlots: new Semaphore(this.#options.parallelStarts ?? defaultParallelStarts),
      volumeRefreshMs: this.#options.volumeRefreshMs ?? defaultVolumeRefreshMs,
      log: this.#log,
      event: (pod, type, reason, message) => this.#events.event(pod, type, reason, message),
      nodeEvent: (type, reason, message) => {
        if (this.#node) this.#events.event(this.#node, type, reason, message);
      },
    };
  }

  /** Throws ConfigError when it takes long: whoever waits says so meanwhile. */
  async #listed(services: Informer<Service>, signal: AbortSignal): Promise<void> {
    if (services.hasSynced) return;
    const patience = AbortSignal.any([this.#stop.signal, signal, AbortSignal.timeout(servicesPatienceMs)]);
    await services.synced(patience).catch(() => {
      throw new ConfigError('services have not yet been listed once, and are part of the environment; trying again');
    });
  }

  #getter<T extends KubeObject>(ref: ResourceRef<T>): (name: string, namespace: string) => Promise<T | undefined> {
    const resource = this.#parts.client.resource(ref);
    return async (name, namespace) => await resource.get(name, namespace).catch(ignoreNotFound);
  }

  /** Read for each pod, so that a pod that is made after a change sees it. */
  async #nodeResolvers(): Promise<ResolvConf | undefined> {
    const path = this.#options.resolvConf ?? '/etc/resolv.conf';
    if (path === '') return undefined;
    try {
      return parseResolvConf(await readFile(path, 'utf8'));
    } catch (error) {
      // A machine without the file asks itself, as resolv.conf(5) has it.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`the node's resolvers in ${path} cannot be read: ${why}`, { cause: error });
    }
  }

  #find(namespace: string, name: string): PodWorker | undefined {
    // A pod and its dead namesake may both be here: the later one is meant.
    const found = [...this.#workers.values()].filter(
      ({ worker }) => worker.pod.metadata.namespace === namespace && worker.pod.metadata.name === name,
    );
    return found.at(-1)?.worker;
  }
}
