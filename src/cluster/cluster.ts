// Puts a cluster together in one process: the API server, the controllers, the scheduler and every node's kubelet and
// proxy, each given the API as its only way to the others. Starts them in order, stops them in reverse.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Announcer } from '#announcer/index.ts';
import { ApiServer } from '#apiserver/index.ts';
import { Client } from '#client/index.ts';
import { type LoadBalancerOptions, startControllers } from '#controllers/index.ts';
import { Kubelet } from '#kubelet/index.ts';
import { OciRuntime } from '#kubelet/runtimes/oci.ts';
import { inBrackets, mapFamilies } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import {
  attachNode,
  createNamespace,
  enter,
  type HostRoute,
  listenIn,
  listNamespaces,
  NodeNetwork,
  routeHost,
} from '#network/index.ts';
import { NftExec } from '#nftables/index.ts';
import { ConntrackExec, NodeProxy } from '#proxy/index.ts';
import { startScheduler } from '#scheduler/index.ts';
import type { Store } from '#storage/index.ts';
import { createDnsAddon } from './addons.ts';
import { clusterDomain, dnsKubeconfigPath, dnsPort, kubeconfigPath, kubeletPort, pkiDirOf } from './endpoints.ts';
import { followClusterIPs } from './host-route.ts';
import { formatKubeconfig } from './kubeconfig.ts';
import { removeNodeLeftovers } from './leftovers.ts';
import { loadBalancerOptions, poolRoutes, poolUses } from './load-balancer.ts';
import { noteObjects, openStore } from './open-store.ts';
import { CertificateAuthority, type Subject } from './pki.ts';
import {
  apiServiceIP,
  dnsServiceIP,
  familyNames,
  hostLeg,
  type NodeAddresses,
  nodesOf,
  notForServices,
  onFabric,
  type Ranges,
} from './ranges.ts';
import { renewNodes } from './renew-nodes.ts';
import { retireNodes } from './retire-nodes.ts';
import { type ClusterCard, fabricOf, namespacePrefix, stateDirOf } from './state.ts';

const masters = 'system:masters';

const isNamespaceThere = async (namespace: string): Promise<boolean> => (await listNamespaces()).includes(namespace);

/** The host's way to the pods of a node. */
const podRoutes = ({ places }: NodeAddresses): HostRoute[] =>
  places.map(({ podCIDR, address }) => ({ to: podCIDR, via: address }));

export class Cluster {
  readonly #card: ClusterCard;
  readonly #ranges: Ranges;
  readonly #loadBalancer: LoadBalancerOptions;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  #store: Store | undefined;
  /** Settles when the nodes are on the network, or cannot be. */
  #wired: Promise<void> | undefined;
  #apiServer: ApiServer | undefined;
  #kubelets: Kubelet[] = [];
  #proxies: NodeProxy[] = [];

  constructor(card: ClusterCard & { ranges: Ranges }, log: Logger) {
    this.#card = card;
    this.#ranges = card.ranges;
    this.#loadBalancer = loadBalancerOptions(card.loadBalancer, card.ranges);
    this.#log = log;
  }

  /** Resolves when every node is ready; `onApiReady` is called as soon as clients can connect. */
  async start(onApiReady: () => void): Promise<void> {
    const nodes = nodesOf(this.#ranges, this.#card.nodes);
    // The API does not wait for the nodes, whose way here may be long: an earlier process may have left much to remove.
    const wired = this.#wireNodes(nodes);
    this.#wired = wired.catch(() => {});
    const ca = await this.#startApi();
    const client = this.#clientFor('system:kube-controller-manager');
    const gone = await retireNodes(client, this.#ranges, nodes.length);
    if (gone.length > 0) this.#log.info('nodes that are not there any more were removed', { nodes: gone.join() });
    const renewed = this.#ranges.families.length > 1 ? await renewNodes(client, nodes) : [];
    if (renewed.length > 0) this.#log.info('nodes have a second IP family', { nodes: renewed.join() });
    await this.#serveApi(ca);
    onApiReady();
    const { signal } = this.#stop;
    await Promise.all([
      startControllers(
        { client, log: this.#log.named('controllers') },
        { signal, nodeMonitorGracePeriodMs: this.#card.nodeMonitorGracePeriodMs, loadBalancer: this.#loadBalancer },
      ).then((controllers) => this.#apiServer?.addMetrics(() => controllers.metrics())),
      startScheduler(
        { client: this.#clientFor('system:kube-scheduler'), log: this.#log.named('scheduler') },
        { signal },
      ),
      createDnsAddon(client, {
        clusterIPs: this.#ranges.families.map(dnsServiceIP),
        addresses: this.#ranges.families.map(hostLeg),
        port: dnsPort,
      }),
      wired.then(() => routeHost([...nodes.flatMap(podRoutes), ...poolRoutes(this.#loadBalancer, this.#ranges)])),
      ...nodes.map((node) => wired.then(() => this.#startNode(node, ca))),
    ]);
    const routes = {
      hostLink: this.#ranges.hostLink,
      serviceCIDRs: this.#ranges.families.map(({ serviceCIDR }) => serviceCIDR),
      own: [...notForServices(this.#ranges), ...poolUses(this.#loadBalancer, this.#ranges)],
      isThere: (node: string) => isNamespaceThere(`${namespacePrefix(this.#card.name)}${node}`),
    };
    followClusterIPs(client, routes, this.#log.named('host-route'), signal);
  }

  async stop(): Promise<void> {
    // What is half made could not be removed.
    await this.#wired;
    await Promise.all(this.#kubelets.map((kubelet) => kubelet.stop()));
    this.#stop.abort();
    await Promise.all(this.#proxies.map((proxy) => proxy.stopped()));
    await this.#apiServer?.close();
    await this.#store?.close();
  }

  #clientFor(name: string, ...groups: string[]): Client {
    if (!this.#apiServer) throw new Error('the API server is not started');
    return new Client(this.#apiServer.fetchAs({ name, groups: [...groups, 'system:authenticated'] }), {
      // By it, what the part writes is told from what others write (metadata.managedFields).
      userAgent: name.startsWith('system:node:') ? 'kubelet' : name.replace(/^system:/, ''),
    });
  }

  /** Resolves with the certificate authority, which is kept where the store is. */
  async #startApi(): Promise<CertificateAuthority> {
    this.#store = await openStore({ ...this.#card, ranges: this.#ranges });
    this.#apiServer = new ApiServer(
      { store: this.#store, log: this.#log.named('apiserver') },
      {
        serviceCIDR: this.#ranges.families.map(({ serviceCIDR }) => serviceCIDR),
        advertise: { address: this.#hostAddress, port: this.#card.apiPort },
      },
    );
    const [ca] = await Promise.all([
      CertificateAuthority.open(pkiDirOf(this.#card), `portolan ${this.#card.name}`),
      this.#apiServer.start(),
    ]);
    await noteObjects(this.#card);
    return ca;
  }

  async #serveApi(ca: CertificateAuthority): Promise<void> {
    const host = this.#hostAddress;
    const port = this.#card.apiPort;
    const [server, kubeletClient] = await Promise.all([
      ca.issue({
        commonName: 'kube-apiserver',
        names: [
          ...this.#ranges.families.flatMap((family) => [hostLeg(family), apiServiceIP(family)]),
          'kubernetes',
          'kubernetes.default',
          'kubernetes.default.svc',
          `kubernetes.default.svc.${clusterDomain}`,
        ],
      }),
      ca.issue({ commonName: 'kube-apiserver-kubelet-client', organizations: [masters] }),
      this.#writeKubeconfig(ca, kubeconfigPath(this.#card.name), {
        commonName: 'kubernetes-admin',
        organizations: [masters],
      }),
      this.#writeKubeconfig(ca, dnsKubeconfigPath(this.#card.name), { commonName: 'system:kube-dns' }),
    ]);
    try {
      await this.#apiServer?.listen({
        host,
        port,
        tls: { ...server, ca: ca.pair.cert },
        kubeletClient: { ...kubeletClient, ca: ca.pair.cert },
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      throw new UserError(
        `Cannot listen on ${inBrackets(host)}:${port} for the API server: a program of this machine already holds port ${port}. ` +
          `Stop it, or choose another port with --api-port.`,
        { cause: error },
      );
    }
  }

  async #writeKubeconfig(ca: CertificateAuthority, path: string, user: Subject): Promise<void> {
    const text = formatKubeconfig({
      context: this.#card.name,
      server: `https://${inBrackets(this.#hostAddress)}:${this.#card.apiPort}`,
      ca: ca.pair.cert,
      user: user.commonName,
      client: await ca.issue(user),
    });
    await writeFile(path, text, { mode: 0o600 });
  }

  /** Where the API server listens. */
  get #hostAddress(): string {
    return hostLeg(this.#ranges.families[0]);
  }

  #namespaceOf(node: NodeAddresses): string {
    return `${namespacePrefix(this.#card.name)}${node.name}`;
  }

  /** Nodes that an earlier server process left half alive go first: theirs is the end of a machine that lost its power. */
  async #wireNodes(nodes: readonly NodeAddresses[]): Promise<void> {
    await removeNodeLeftovers(this.#card.name);
    await Promise.all(nodes.map((node) => this.#wireNode(node, nodes)));
  }

  async #wireNode(node: NodeAddresses, all: readonly NodeAddresses[]): Promise<void> {
    const namespace = this.#namespaceOf(node);
    await createNamespace(namespace);
    const peers = all.filter((other) => other !== node).flatMap(({ places }) => places);
    const networks = node.places.map(({ family, address, podCIDR }) => ({
      address: onFabric(address, family),
      gateway: hostLeg(family),
      podCIDR,
      peers: peers.filter((peer) => peer.family === family),
    }));
    await attachNode({ fabric: fabricOf(this.#card.name), namespace, index: node.index, networks });
  }

  async #startNode(node: NodeAddresses, ca: CertificateAuthority): Promise<void> {
    const namespace = this.#namespaceOf(node);
    const [primary] = node.places;
    const log = this.#log.named(node.name);
    const nodeGone = new AbortController();
    const proxy = new NodeProxy(
      {
        client: this.#clientFor('system:kube-proxy'),
        nft: new NftExec({ prefix: enter(namespace) }),
        conntrack: new ConntrackExec({ prefix: enter(namespace) }),
        network: new NodeNetwork(namespace),
        log: log.named('proxy'),
      },
      {
        nodeName: node.name,
        families: familyNames(this.#ranges),
        nodeIPs: node.places.map(({ address }) => address),
        clusterCIDRs: this.#ranges.families.map(({ podCIDR }) => podCIDR),
        nodePodCIDRs: node.places.map(({ podCIDR }) => podCIDR),
        serviceCIDRs: this.#ranges.families.map(({ serviceCIDR }) => serviceCIDR),
      },
    );
    const stateDir = join(stateDirOf(this.#card.name), 'nodes', node.name);
    const [listener, tls] = await Promise.all([
      listenIn(namespace, { host: primary.address, port: kubeletPort }),
      ca.issue({
        commonName: `system:node:${node.name}`,
        organizations: ['system:nodes'],
        names: [node.name, ...node.places.map(({ address }) => address)],
      }),
    ]);
    const kubelet = new Kubelet(
      {
        client: this.#clientFor(`system:node:${node.name}`, 'system:nodes'),
        runtime: new OciRuntime({ stateDir, nodeName: node.name, log: log.named('runtime') }),
        log: log.named('kubelet'),
        // Deleting a node's namespace is how a node dies here: what then happens is what would happen in a datacentre.
        alive: async () => {
          const isThere = await isNamespaceThere(namespace);
          if (!isThere) nodeGone.abort();
          return isThere;
        },
      },
      {
        nodeName: node.name,
        nodeIPs: mapFamilies(node.places, ({ address }) => address),
        podCIDRs: mapFamilies(node.places, ({ podCIDR }) => podCIDR),
        clusterDNS: [dnsServiceIP(primary.family)],
        clusterDomain,
        nodeNamespace: namespace,
        stateDir,
        nodeLeaseDurationSeconds: Math.max(1, Math.round(this.#card.nodeMonitorGracePeriodMs / 1000)),
        listener,
        tls: { ...tls, ca: ca.pair.cert },
      },
    );
    this.#proxies.push(proxy);
    this.#kubelets.push(kubelet);
    // A socket that listens would keep the namespace of a node that is gone.
    const whileThere = AbortSignal.any([this.#stop.signal, nodeGone.signal]);
    proxy.start(whileThere);
    this.#startAnnouncer(node, whileThere);
    await Promise.all([kubelet.start(this.#stop.signal), proxy.synced()]);
  }

  /** With another load balancer than a pool there are no addresses that a node could answer for. */
  #startAnnouncer(node: NodeAddresses, signal: AbortSignal): void {
    if (this.#loadBalancer.mode !== 'pool') return;
    const client = this.#clientFor('system:portolan-announcer');
    const at = { namespace: this.#namespaceOf(node), link: 'eth0' };
    const options = { nodeName: node.name, at, pool: this.#loadBalancer.pool };
    new Announcer({ client, log: this.#log.named(node.name).named('announcer') }, options).start(signal);
  }
}
