// For tests: one node on the real kernel, with its own fabric and network namespace, against our own API server.
// Pods 10.215.N.0/24, fabric 10.216.N.0/24, Services 172.30.0.0/16; N is each test file's own, as files run side by side.

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Event, events, type Pod, type PodSpec, pods } from '#api/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client, Informer } from '#client/index.ts';
import type { Fetch } from '#lib/http.ts';
import { tryRun } from '#lib/run.ts';
import {
  attachNode,
  createFabric,
  createNamespace,
  deleteFabric,
  deleteNamespace,
  listenIn,
  routeHost,
} from '#network/index.ts';
import { MemoryStore } from '#storage/memory.ts';
import { Kubelet, type KubeletOptions } from './kubelet.ts';
import { removeLeftovers } from './leftovers.ts';
import { OciRuntime } from './runtimes/oci.ts';

export interface TestNodeOptions {
  /** N of the addresses. */
  readonly index: number;
  /** Of the kubelet, where they are to be others. */
  readonly kubelet?: Partial<KubeletOptions>;
  /** Stands between the kubelet and the API server. */
  readonly between?: (fetch: Fetch) => Fetch;
}

/** Why containers cannot be run here; undefined when they can. */
export async function whyNoContainers(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'needs root';
  for (const program of ['runc', 'conmon', 'perl', 'ip', 'nsenter']) {
    const { code } = await tryRun('sh', ['-c', `command -v ${program}`]);
    if (code !== 0) return `needs ${program}`;
  }
  return existsSync('/sys/fs/cgroup') ? undefined : 'needs cgroups';
}

export class TestNode {
  readonly name = 'n1';
  readonly address: string;
  readonly client: Client;
  readonly stateDir: string;
  readonly namespace: string;
  #kubelet: Kubelet | undefined;
  readonly #makeKubelet: () => Promise<Kubelet>;
  readonly #apiServer: ApiServer;
  readonly #bridge: string;
  readonly #informer: Informer<Pod>;
  readonly #events: Informer<Event>;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<(pod: Pod, gone: boolean) => void>();

  private constructor(
    server: ApiServer,
    { bridge, address, stateDir }: { bridge: string; address: string; stateDir: string },
    makeKubelet: (fetch: Fetch) => Promise<Kubelet>,
  ) {
    this.#apiServer = server;
    this.#bridge = bridge;
    this.address = address;
    this.namespace = `${bridge}-n1`;
    this.stateDir = stateDir;
    const fetch = server.fetchAs({ name: 'admin', groups: ['system:masters'] });
    this.client = new Client(fetch);
    this.#makeKubelet = () => makeKubelet(fetch);
    this.#events = new Informer(this.client.resource(events));
    this.#informer = new Informer(this.client.resource(pods));
    this.#informer.onChange(({ type, object }) => {
      for (const look of this.#waiting) look(object, type === 'deleted');
    });
  }

  static async start({ index, kubelet = {}, between = (fetch) => fetch }: TestNodeOptions): Promise<TestNode> {
    const bridge = `tk${process.pid}`;
    const [gateway, address, podCIDR] = [`10.216.${index}.1`, `10.216.${index}.11`, `10.215.${index}.0/24`];
    const server = new ApiServer(
      { store: new MemoryStore() },
      { serviceCIDR: '172.30.0.0/16', advertise: { address: gateway, port: 6443 } },
    );
    await server.start();
    const namespace = `${bridge}-n1`;
    await createFabric({ hostLink: bridge, fabric: bridge, addresses: [`${gateway}/24`] });
    await createNamespace(namespace);
    const network = { gateway, address: `${address}/24`, podCIDR, peers: [] };
    await attachNode({ fabric: bridge, namespace, index: 1, networks: [network] });
    await routeHost([{ to: podCIDR, via: address }]);
    const stateDir = await mkdtemp(join(tmpdir(), 'portolan-kubelet-'));
    const started = new TestNode(server, { bridge, address, stateDir }, async (fetch) => {
      const listener = await listenIn(namespace, { host: address, port: 10250 });
      const runtime = new OciRuntime({ stateDir });
      return new Kubelet(
        { client: new Client(between(fetch)), runtime },
        {
          nodeName: 'n1',
          nodeIPs: [address],
          podCIDRs: [podCIDR],
          clusterDNS: ['172.30.0.10'],
          clusterDomain: 'cluster.local',
          nodeNamespace: namespace,
          stateDir,
          listener,
          volumeRefreshMs: 300,
          // What this machine searches is not the tests' business.
          resolvConf: '',
          ...kubelet,
        },
      );
    });
    started.#informer.start(started.#stop.signal);
    started.#events.start(started.#stop.signal);
    await started.startKubelet();
    return started;
  }

  async startKubelet(): Promise<void> {
    this.#kubelet = await this.#makeKubelet();
    await this.#kubelet.start(this.#stop.signal);
  }
  /** As when the power fails: its containers end, and nobody tells the API server. */
  async stopKubelet(): Promise<void> {
    await this.#kubelet?.stop();
  }

  /** A pod of one container called `c` with the image `host`, unless `spec` says otherwise; bound to this node. */
  async run(name: string, command: string[], spec: Partial<PodSpec> = {}): Promise<Pod> {
    return await this.client.resource(pods).create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default' },
      spec: {
        nodeName: this.name,
        restartPolicy: 'Never',
        ...spec,
        containers: spec.containers ?? [{ name: 'c', image: 'host', command }],
      },
    });
  }

  /** Resolves with the pod as soon as it is as wished. */
  until(name: string, isSo: (pod: Pod) => boolean): Promise<Pod> {
    return this.#wait(name, (pod, gone) => !gone && isSo(pod));
  }
  /** Resolves with the first event of the reason, of the object of that name, that is as wished. */
  eventOf(name: string, reason: string, isSo: (event: Event) => boolean = () => true): Promise<Event> {
    return new Promise((resolve) => {
      this.#events.onChange(({ object }) => {
        if (object.involvedObject.name === name && object.reason === reason && isSo(object)) resolve(object);
      });
    });
  }
  /** Resolves when the pod's object is gone. */
  gone(name: string): Promise<Pod> {
    return this.#wait(name, (_, gone) => gone);
  }
  /** Deletes the pod and resolves when its object is gone. */
  async remove(name: string): Promise<void> {
    const gone = this.gone(name);
    await this.client.resource(pods).delete(name, { namespace: 'default' });
    await gone;
  }
  /** Resolves with what the containers of an ended pod said. */
  async outputOf(name: string): Promise<string> {
    await this.until(name, ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed');
    return await this.get(`/containerLogs/default/${name}/c`);
  }
  /** The kubelet's answer. */
  async get(path: string): Promise<string> {
    const response = await fetch(`http://${this.address}:10250${path}`);
    return await response.text();
  }

  #wait(name: string, isSo: (pod: Pod, gone: boolean) => boolean): Promise<Pod> {
    const present = this.#informer.get(name, 'default');
    if (present && isSo(present, false)) return Promise.resolve(present);
    return new Promise((resolve) => {
      const look = (pod: Pod, gone: boolean) => {
        if (pod.metadata.name !== name || !isSo(pod, gone)) return;
        this.#waiting.delete(look);
        resolve(pod);
      };
      this.#waiting.add(look);
    });
  }

  async close(): Promise<void> {
    await this.stopKubelet();
    this.#stop.abort();
    await this.#apiServer.close();
    await removeLeftovers(this.stateDir);
    await deleteNamespace(this.namespace);
    await deleteFabric({ hostLink: this.#bridge, fabric: this.#bridge });
    await rm(this.stateDir, { recursive: true, force: true });
  }
}
