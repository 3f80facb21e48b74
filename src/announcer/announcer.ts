// Brings packets for the addresses of load balancers to its node, when it is the one that is to have them: the node then answers
// ARP and NDP for them (as MetalLB's layer 2 mode). Runs once a node, knows the API and nothing of the announcers elsewhere.

import { type Node, nodes, type Service, services } from '#api/index.ts';
import { type Client, EventRecorder, Informer, keyOf, runWorkers, WorkQueue } from '#client/index.ts';
import { type AddressRange, inRange } from '#lib/address-ranges.ts';
import { formatAddress, parseAddress } from '#lib/cidr.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import { type AnnouncingLink, announce, announcedAddresses, startAnnouncing, stopAnnouncing } from '#network/index.ts';
import { candidatesFor, isUpTo } from './candidates.ts';
import { LocalEndpoints } from './local-endpoints.ts';
import { type IsReachable, isReachable, Peers } from './peers.ts';

export interface AnnouncerParts {
  readonly client: Client;
  readonly log?: Logger | undefined;
  /** How it is found out whether another node is there at all, by its address; from this process's network when absent. */
  readonly isReachable?: IsReachable | undefined;
}

export interface AnnouncerOptions {
  readonly nodeName: string;
  /** Where the clients are. */
  readonly at: AnnouncingLink;
  /** Only addresses of these are announced: others' load balancers see to their own. */
  readonly pool: readonly AddressRange[];
}

/** What there is to do: see who announces what; tell the neighbours again. */
type Task = 'decide' | 'repeat';
/** What a neighbour does not take it may take a little later: Linux holds on to what it learnt within a second. */
const repeats = { soonMs: 1100, soon: 2, laterMs: 10_000 };
const backoff = { baseMs: 100, maxMs: 5000 };

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #log: Logger;
  readonly #events: EventRecorder;
  readonly #services: Informer<Service>;
  readonly #nodes: Informer<Node>;
  readonly #endpoints: LocalEndpoints;
  readonly #peers: Peers;
  readonly #queue = new WorkQueue<Task>();
  /** What the kernel answers for; undefined: not known. */
  #answered: Set<string> | undefined;
  /** Of these, what the neighbours were told. */
  readonly #announced = new Set<string>();
  #soon = 0;

  constructor({ client, log, isReachable: reach = isReachable }: AnnouncerParts, options: AnnouncerOptions) {
    this.#options = options;
    this.#log = log ?? createLogger('announcer');
    this.#events = new EventRecorder(client, 'announcer', options.nodeName, { log: this.#log });
    const decide = () => this.#queue.add('decide');
    this.#services = new Informer(client.resource(services), {
      fieldSelector: 'spec.type=LoadBalancer',
      log: this.#log,
    });
    this.#nodes = new Informer(client.resource(nodes), { log: this.#log });
    this.#endpoints = new LocalEndpoints(client, this.#log, decide);
    this.#peers = new Peers(reach, decide);
    this.#services.onChange(decide);
    this.#nodes.onChange(decide);
  }

  /** Until `signal` aborts. What is announced stays so then, as it does after a crash. */
  start(signal: AbortSignal): void {
    this.#run(signal).catch((error) => {
      if (!signal.aborted) this.#log.error('announcer ended', { error });
    });
  }

  async #run(signal: AbortSignal): Promise<void> {
    this.#services.start(signal);
    this.#nodes.start(signal);
    await Promise.all([this.#services.synced(signal), this.#nodes.synced(signal)]);
    this.#queue.add('decide');
    await runWorkers(this.#queue, { signal, log: this.#log, backoff }, async (task) => {
      if (task === 'decide') await this.#decide(signal);
      else await this.#repeat();
    });
    this.#peers.stop();
  }

  async #decide(signal: AbortSignal): Promise<void> {
    const { at } = this.#options;
    const answered = this.#answered ?? new Set(await announcedAddresses(at));
    this.#answered = undefined;
    const wanted = this.#wanted(answered, signal);
    const addresses = [...wanted.keys()];
    const over = [...answered].filter((address) => !wanted.has(address));
    for (const address of over) this.#announced.delete(address);
    await stopAnnouncing(at, over);
    if (over.length > 0) this.#log.info('announces no more', { addresses: over.join() });
    const missing = addresses.filter((address) => !answered.has(address));
    await startAnnouncing(at, missing);
    this.#answered = new Set(addresses);
    await this.#announceNew(wanted);
  }

  async #announceNew(wanted: ReadonlyMap<string, Service>): Promise<void> {
    const fresh = [...wanted].filter(([address]) => !this.#announced.has(address));
    if (fresh.length === 0) return;
    const addresses = fresh.map(([address]) => address);
    await announce(this.#options.at, addresses);
    for (const address of addresses) this.#announced.add(address);
    this.#log.info('announces', { addresses: addresses.join() });
    for (const service of new Set(fresh.map(([, service]) => service))) this.#tell(service);
    this.#soon = repeats.soon;
    this.#queue.addAfter('repeat', repeats.soonMs);
  }

  async #repeat(): Promise<void> {
    const addresses = [...this.#announced];
    if (addresses.length === 0) return;
    await announce(this.#options.at, addresses);
    this.#soon -= 1;
    this.#queue.addAfter('repeat', this.#soon > 0 ? repeats.soonMs : repeats.laterMs);
  }

  /** The addresses that are up to this node, and whose they are. */
  #wanted(answered: ReadonlySet<string>, signal: AbortSignal): Map<string, Service> {
    const balanced = this.#services.list().filter((service) => this.#addressesOf(service).length > 0);
    const isLocal = ({ spec }: Service) => spec.externalTrafficPolicy === 'Local';
    this.#endpoints.follow(new Set(balanced.filter(isLocal).map(keyOf)), signal);
    const allNodes = this.#nodes.list();
    const wanted = new Map<string, Service>();
    const asked = new Map<string, string>();
    for (const service of balanced) {
      const addresses = this.#addressesOf(service);
      const slices = isLocal(service) ? this.#endpoints.slicesOf(keyOf(service)) : [];
      // Until it is known where the endpoints are, all stays as it is.
      const isOurs = slices
        ? this.#isUpToUs(candidatesFor(service, allNodes, slices), asked)
        : addresses.some((address) => answered.has(address));
      for (const address of isOurs ? addresses : []) wanted.set(address, service);
    }
    this.#peers.watch(asked);
    return wanted;
  }

  /** @param asked takes up the nodes on which the answer depends, with their addresses */
  #isUpToUs(candidates: readonly string[], asked: Map<string, string>): boolean {
    return isUpTo(this.#options.nodeName, candidates, (name) => {
      const address = this.#nodes.get(name)?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address;
      if (address) asked.set(name, address);
      return this.#peers.isGone(name);
    });
  }

  #addressesOf({ metadata, status }: Service): string[] {
    if (metadata.deletionTimestamp !== undefined) return [];
    const ingress = (status?.loadBalancer?.ingress ?? []).filter(({ ipMode }) => ipMode !== 'Proxy');
    const addresses = ingress.flatMap(({ ip }) => parseAddress(ip ?? '') ?? []);
    return addresses.filter((one) => this.#options.pool.some((range) => inRange(range, one))).map(formatAddress);
  }

  /** In MetalLB's word for it. */
  #tell(service: Service): void {
    const { nodeName } = this.#options;
    this.#events.event(service, 'Normal', 'nodeAssigned', `announcing from node ${JSON.stringify(nodeName)}`);
  }
}
