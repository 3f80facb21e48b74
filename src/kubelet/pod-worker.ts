// The life of one pod on this node, from top to bottom: network and volumes, init containers, containers, the end, and the
// deletion of its object. One worker per pod uid; workers know nothing of each other.

import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ConfigMap,
  type Container,
  isConflict,
  isNotFound,
  type Pod,
  type PodStatus,
  type Secret,
  type Service,
} from '#api/index.ts';
import { isPodTerminal, isSidecar } from '#api/pod-conditions.ts';
import { timestamp } from '#api/schema/time.ts';
import type { Resource } from '#client/index.ts';
import type { Logger } from '#lib/log.ts';
import { ConfigError } from './config-error.ts';
import { ContainerRunner, type RestartPolicy } from './container-runner.ts';
import { containerSpec } from './container-spec.ts';
import { earlierRuns, isRunAgain, isStartedAgain } from './earlier-runs.ts';
import { type ConfigSources, containerEnvironment, environmentSources } from './env.ts';
import type { PodPlace } from './fields.ts';
import { hostNetworkHostsFile, hostsFile, type PodNames, podNames } from './hosts.ts';
import { logFileOf, removeOldLogs } from './log-files.ts';
import { createPodNetwork, hostNetwork, type PodNetwork, type PodNetworkOptions } from './pod-network.ts';
import { type PodDnsInput, podDns, type ResolvConf } from './resolv-conf.ts';
import type { ContainerSpec, Mount, Runtime } from './runtime.ts';
import type { Semaphore } from './semaphore.ts';
import { serviceEnvironment } from './service-env.ts';
import { type ContainerRecord, podStatus, waitingReason } from './status.ts';
import { StatusWriter } from './status-writer.ts';
import { pause, Termination } from './termination.ts';
import { PodVolumes, showsObjects, unsupportedVolume } from './volumes.ts';

/** What the workers of a node share. */
export interface NodeParts {
  readonly pods: Resource<Pod>;
  readonly configMap: (name: string, namespace: string) => Promise<ConfigMap | undefined>;
  readonly secret: (name: string, namespace: string) => Promise<Secret | undefined>;
  /** Resolves when the Services have been listed once; throws ConfigError when that takes long, or `signal` aborts. */
  readonly services: (signal: AbortSignal) => Promise<readonly Service[]>;
  readonly runtime: Runtime;
  readonly network: PodNetworkOptions;
  readonly dns: Pick<PodDnsInput, 'clusterDNS' | 'clusterDomain'>;
  /** As they are now; undefined when the node has none. Rejects when they cannot be read. */
  readonly nodeResolvers: () => Promise<ResolvConf | undefined>;
  readonly nodeName: string;
  readonly allocatable: Readonly<Record<string, string>>;
  readonly podsDir: string;
  readonly startSlots: Semaphore;
  /** How often a pod's volumes are compared with the objects that they show. */
  readonly volumeRefreshMs: number;
  readonly log: Logger;
  event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** An event of the node itself. */
  nodeEvent(type: 'Normal' | 'Warning', reason: string, message: string): void;
}

const retryMs = 2_000;
/** A pod whose object vanished without a word is not given longer than this. */
const vanishedGraceMs = 1_000;
const terminationLogLimit = 4096;

export class PodWorker {
  readonly #parts: NodeParts;
  readonly #termination = new Termination();
  readonly #runners = new Map<string, ContainerRunner>();
  /** Containers of the pod that ran before this worker took it up, as they ended. */
  readonly #earlier: ReadonlyMap<string, ContainerRecord>;
  /** It had ended before: nothing is left to do but to wait for its deletion, and nothing to say. */
  readonly #wasTerminal: boolean;
  readonly #volumes: PodVolumes;
  readonly #directory: string;
  readonly #status: StatusWriter;
  readonly #startTime: string;
  readonly #halt: AbortController = new AbortController();
  readonly #deleted = Promise.withResolvers<void>();
  #pod: Pod;
  #network: PodNetwork | undefined;
  #names: PodNames = { hostname: '', domain: '', kernelHostname: '' };
  #failure: { reason: string; message: string } | undefined;
  #over = false;

  constructor(parts: NodeParts, pod: Pod) {
    this.#parts = parts;
    this.#pod = pod;
    this.#directory = join(parts.podsDir, pod.metadata.uid ?? '');
    this.#startTime = pod.status?.startTime ?? timestamp(new Date());
    this.#wasTerminal = isPodTerminal(pod);
    this.#earlier = earlierRuns(pod, new Date());
    for (const { ip } of pod.status?.podIPs ?? []) for (const pool of parts.network.pools) pool.skip(ip);
    const namespace = pod.metadata.namespace ?? '';
    this.#volumes = new PodVolumes(join(this.#directory, 'volumes'), {
      configMap: (name) => parts.configMap(name, namespace),
      secret: (name) => parts.secret(name, namespace),
    });
    this.#status = new StatusWriter(parts, pod, (known) => this.#computeStatus(known), this.#halt.signal);
  }

  get pod(): Pod {
    return this.#pod;
  }
  /** Undefined for a container that is not the pod's, or not looked at yet. */
  runner(container: string): ContainerRunner | undefined {
    return this.#runners.get(container);
  }
  /** The log of a container's present or, one earlier, previous run. */
  logFile(container: string, earlier: number): string {
    const attempt = (this.runner(container)?.record.restartCount ?? 0) - earlier;
    return logFileOf(this.#directory, container, attempt);
  }

  /** The pod's object changed: its end may have been asked for, labels may be new. */
  update(pod: Pod): void {
    this.#pod = pod;
    this.#status.observe(pod);
    if (!pod.metadata.deletionTimestamp) return;
    this.#termination.begin((pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000);
    this.#deleted.resolve();
  }

  /** The pod's object is gone. */
  vanished(): void {
    this.#termination.begin(vanishedGraceMs);
    this.#deleted.resolve();
  }

  /** Lets go at once and tells the API server nothing: the node stops, or is dead. */
  halt(): void {
    this.#halt.abort();
    this.#termination.begin(0);
    this.#deleted.resolve();
  }

  /** Never rejects. Resolves when the pod is gone from this node and its object deleted. */
  async run(): Promise<void> {
    // What an earlier kubelet left half done is taken up here as far as the object tells.
    if (this.#wasTerminal) this.#deleted.promise.then(() => this.#termination.begin(0));
    else await this.#live();
    await this.#deleted.promise;
    await this.#cleanUp();
    if (!this.#halt.signal.aborted) await this.#deleteObject();
    this.#termination.dispose();
  }

  async #live(): Promise<void> {
    if (this.#pod.metadata.deletionTimestamp) this.update(this.#pod);
    const ended = new AbortController();
    void this.#watchDeadline(ended.signal);
    try {
      await this.#runContainers(ended.signal);
    } catch (error) {
      this.#fail('Error', error instanceof Error ? error.message : String(error));
      this.#parts.log.error('pod failed', { pod: this.#pod.metadata.name, error });
    } finally {
      ended.abort();
    }
    this.#over = true;
    await this.#removeNetwork();
    await this.#status.settled();
  }

  async #runContainers(ended: AbortSignal): Promise<void> {
    const { spec } = this.#pod;
    const unsupported = unsupportedVolume(this.#pod);
    if (unsupported) {
      this.#event('Warning', 'FailedMount', unsupported);
      return this.#fail('UnsupportedVolume', unsupported);
    }
    if (!isStartedAgain(this.#pod, this.#earlier)) return;
    if (this.#earlier.size > 0 && !this.#termination.begun.aborted) {
      this.#event('Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
    }
    this.#status.write();
    if (!(await this.#prepare())) return;
    void this.#refreshVolumes(ended);
    this.#status.write();
    const restartPolicy = (spec.restartPolicy ?? 'Always') as RestartPolicy;
    const sidecars: Promise<void>[] = [];
    for (const container of spec.initContainers ?? []) {
      const runner = this.#runner(container, restartPolicy);
      const done = runner.run();
      if (isSidecar(container)) {
        sidecars.push(done);
        await Promise.race([runner.started, done]);
      } else {
        await done;
      }
      const failed = !isSidecar(container) && runner.record.state.terminated?.exitCode !== 0;
      if (failed || this.#termination.begun.aborted) return await this.#finish(sidecars);
    }
    const apps = spec.containers
      .filter((container) => isRunAgain(spec, container, this.#earlier))
      .map((container) => this.#runner(container, restartPolicy));
    this.#status.write();
    await Promise.all(apps.map((runner) => runner.run()));
    await this.#finish(sidecars);
  }

  /** Sidecars end when there is nothing left for them to help. */
  async #finish(sidecars: readonly Promise<void>[]): Promise<void> {
    if (sidecars.length > 0) this.#termination.begin((this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000);
    await Promise.all(sidecars);
  }

  /** Network, files and volumes; tried until they are there. False when the pod ends before. */
  async #prepare(): Promise<boolean> {
    for (;;) {
      if (this.#termination.begun.aborted) return false;
      try {
        await this.#parts.startSlots.run(async () => {
          // It may be asked to end while it waits for its turn.
          if (this.#termination.begun.aborted) return;
          this.#names = podNames(this.#pod, this.#parts.dns.clusterDomain);
          this.#network ??= await this.#createNetwork();
          await this.#writeFiles();
        });
        if (this.#termination.begun.aborted) return false;
        this.#status.write();
        await this.#volumes.prepare(this.#pod, this.#place());
        return !this.#termination.begun.aborted;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (error instanceof ConfigError) this.#event('Warning', 'FailedMount', `MountVolume.SetUp failed: ${message}`);
        else this.#event('Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${message}`);
      }
      if (!(await pause(retryMs, this.#termination.begun))) return false;
    }
  }

  /** Files of ConfigMaps, Secrets and the pod itself follow their changes; when such an object is gone they stay as they are. */
  async #refreshVolumes(ended: AbortSignal): Promise<void> {
    if (!this.#pod.spec.volumes?.some(showsObjects)) return;
    while (await pause(this.#parts.volumeRefreshMs, ended)) {
      try {
        await this.#volumes.refresh(this.#pod, this.#place(), ended);
      } catch (error) {
        if (ended.aborted) return;
        const message = error instanceof Error ? error.message : String(error);
        if (error instanceof ConfigError) this.#event('Warning', 'FailedMount', `MountVolume.SetUp failed: ${message}`);
        else this.#parts.log.warn('volumes could not be refreshed', { pod: this.#pod.metadata.name, error });
      }
    }
  }

  async #createNetwork(): Promise<PodNetwork> {
    const { network, nodeName } = this.#parts;
    if (this.#pod.spec.hostNetwork) return hostNetwork(network);
    const namespace = `${network.nodeNamespace ?? nodeName}-${this.#pod.metadata.uid?.slice(0, 13)}`;
    await mkdir(this.#directory, { recursive: true });
    // Written before it exists, so that a killed kubelet's successor knows what to remove.
    await writeFile(join(this.#directory, 'netns'), namespace);
    return await createPodNetwork(namespace, network);
  }

  /** The files that every container of the pod sees in /etc. */
  async #writeFiles(): Promise<void> {
    const { spec } = this.#pod;
    const node = { addresses: this.#parts.network.nodeIPs, name: this.#parts.nodeName };
    const hosts = spec.hostNetwork
      ? hostNetworkHostsFile(await readFile('/etc/hosts', 'utf8').catch(() => ''), node, spec.hostAliases)
      : hostsFile(this.#names, this.#network?.podIPs ?? [], spec.hostAliases);
    const files = { 'resolv.conf': await this.#resolvConf(), hosts, hostname: `${this.#hostname()}\n` };
    const directory = join(this.#directory, 'etc');
    await mkdir(directory, { recursive: true });
    await Promise.all(
      Object.entries(files).map(async ([name, text]) => {
        await writeFile(join(directory, name), text);
        await chmod(join(directory, name), 0o644);
      }),
    );
  }

  async #resolvConf(): Promise<string> {
    const { spec, metadata } = this.#pod;
    const { dns, network, nodeResolvers } = this.#parts;
    const host = await nodeResolvers();
    const { text, warnings } = podDns({
      ...dns,
      spec,
      namespace: metadata.namespace ?? '',
      nodeIPs: network.nodeIPs,
      host,
    });
    for (const { reason, message } of warnings) {
      this.#event('Warning', reason, message);
      if (reason === 'MissingClusterDNS') this.#parts.nodeEvent('Warning', reason, message);
    }
    return text;
  }

  #hostname(): string {
    return this.#pod.spec.hostNetwork ? this.#parts.nodeName : this.#names.kernelHostname;
  }

  #place(): PodPlace {
    return {
      podIPs: this.#network?.podIPs ?? [],
      hostIPs: this.#parts.network.nodeIPs,
      allocatable: this.#parts.allocatable,
    };
  }

  #runner(container: Container, podPolicy: RestartPolicy): ContainerRunner {
    // By name: an update of the pod brings containers that are equal, not the same.
    const isInit = this.#pod.spec.initContainers?.some(({ name }) => name === container.name) ?? false;
    // An init container that ended well is not started again, whatever the pod's policy.
    const restartPolicy = isSidecar(container) ? 'Always' : isInit && podPolicy === 'Always' ? 'OnFailure' : podPolicy;
    const { name, namespace, uid } = this.#pod.metadata;
    const earlier = this.#earlier.get(container.name);
    const runner = new ContainerRunner(
      {
        runtime: this.#parts.runtime,
        startSlots: this.#parts.startSlots,
        log: this.#parts.log,
        spec: (_, attempt) => this.#spec(container, attempt),
        event: (type, reason, message) => this.#event(type, reason, message),
        changed: () => this.#status.write(),
        lastWords: () => this.#lastWords(container),
        podIP: () => this.#network?.podIPs[0] ?? '',
      },
      {
        container,
        restartPolicy,
        podName: `${name}_${namespace}(${uid})`,
        graceMs: (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000,
        restarts: earlier ? earlier.restartCount + 1 : 0,
        lastState: earlier?.state ?? {},
        waitingReason: waitingReason(this.#pod),
      },
      this.#termination,
    );
    this.#runners.set(container.name, runner);
    return runner;
  }

  async #spec(container: Container, attempt: number): Promise<ContainerSpec> {
    const { metadata, spec } = this.#pod;
    const services = serviceEnvironment(
      await this.#parts.services(this.#termination.begun),
      metadata.namespace ?? '',
      spec.enableServiceLinks ?? true,
    );
    const sources = await this.#configSources(container);
    const place = this.#place();
    const environment = containerEnvironment({ pod: this.#pod, container, place, services, sources });
    const logFile = logFileOf(this.#directory, container.name, attempt);
    await mkdir(join(logFile, '..'), { recursive: true });
    await removeOldLogs(this.#directory, container.name, attempt);
    return containerSpec({
      pod: this.#pod,
      container,
      id: randomBytes(32).toString('hex'),
      environment,
      hostname: this.#hostname(),
      networkNamespace: this.#network?.path,
      mounts: [...(await this.#ownMounts(container)), ...(await this.#volumes.mounts(container, environment))],
      logFile,
    });
  }

  async #configSources(container: Container): Promise<ConfigSources> {
    const namespace = this.#pod.metadata.namespace ?? '';
    const names = environmentSources(container);
    const load = async <T>(wanted: readonly string[], get: (name: string, namespace: string) => Promise<T>) =>
      new Map(await Promise.all(wanted.map(async (name) => [name, await get(name, namespace)] as const)));
    const [configMaps, secrets] = await Promise.all([
      load(names.configMaps, this.#parts.configMap),
      load(names.secrets, this.#parts.secret),
    ]);
    return { configMap: (name) => configMaps.get(name), secret: (name) => secrets.get(name) };
  }

  /** What the kubelet itself puts into every container. */
  async #ownMounts(container: Container): Promise<Mount[]> {
    const own = ['resolv.conf', 'hosts', 'hostname'].map((name) => ({
      source: join(this.#directory, 'etc', name),
      destination: `/etc/${name}`,
    }));
    const wished = new Set((container.volumeMounts ?? []).map(({ mountPath }) => mountPath));
    const messages = this.#terminationLog(container);
    await writeFile(messages, '');
    await chmod(messages, 0o666);
    const log = { source: messages, destination: container.terminationMessagePath || '/dev/termination-log' };
    return [...own, log].filter(({ destination }) => !wished.has(destination));
  }

  #terminationLog(container: Container): string {
    return join(this.#directory, `termination-${container.name}`);
  }

  async #lastWords(container: Container): Promise<string> {
    return (await readFile(this.#terminationLog(container), 'utf8')).slice(0, terminationLogLimit);
  }

  #computeStatus(known: PodStatus): PodStatus {
    if (this.#wasTerminal) return known;
    const running = [...this.#runners].map(([name, { record }]) => [name, record] as const);
    const records = new Map([...this.#earlier, ...running]);
    // The address of an ended pod stays to be read; that of one that is set up again is free for others.
    const keptIPs = this.#over ? known.podIPs?.map(({ ip }) => ip) : undefined;
    return podStatus(
      {
        pod: this.#pod,
        records,
        networkReady: this.#network !== undefined,
        podIPs: this.#network?.podIPs ?? keptIPs ?? [],
        hostIPs: this.#parts.network.nodeIPs,
        startTime: this.#startTime,
        over: this.#over,
        failure: this.#failure,
      },
      known,
      new Date(),
    );
  }

  /** Fails the pod when it is active for longer than it may. */
  async #watchDeadline(ended: AbortSignal): Promise<void> {
    const seconds = this.#pod.spec.activeDeadlineSeconds;
    if (seconds === undefined) return;
    const deadline = Date.parse(this.#startTime) + seconds * 1000;
    // Again and again, because a pause is never longer than the 24 days that a timer holds.
    for (let left = deadline - Date.now(); left > 0; left = deadline - Date.now()) {
      if (!(await pause(left, ended))) return;
    }
    if (ended.aborted) return;
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#event('Normal', 'DeadlineExceeded', message);
    this.#fail('DeadlineExceeded', message);
  }

  #fail(reason: string, message: string): void {
    this.#failure ??= { reason, message };
    this.#termination.begin((this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000);
    this.#status.write();
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    if (!this.#halt.signal.aborted) this.#parts.event(this.#pod, type, reason, message);
  }

  async #removeNetwork(): Promise<void> {
    const network = this.#network;
    this.#network = undefined;
    await network?.remove().catch((error) => {
      this.#parts.log.warn('pod network could not be removed', { pod: this.#pod.metadata.name, error });
    });
  }

  async #cleanUp(): Promise<void> {
    await this.#removeNetwork();
    await this.#volumes.settled();
    await rm(this.#directory, { recursive: true, force: true }).catch((error) => {
      this.#parts.log.warn('pod directory could not be removed', { directory: this.#directory, error });
    });
  }

  async #deleteObject(): Promise<void> {
    const { name = '', namespace, uid } = this.#pod.metadata;
    while (!this.#halt.signal.aborted) {
      try {
        return await this.#parts.pods.delete(name, { namespace, uid, gracePeriodSeconds: 0 });
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) return;
        this.#parts.log.warn('pod could not be deleted, trying again', { pod: name, error });
      }
      await pause(retryMs, this.#halt.signal);
    }
  }
}
