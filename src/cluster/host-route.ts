// The host's ways to cluster IPs: a route for each range that the ServiceCIDRs of the cluster name, all through one node. When
// that node is not ready, or not there any more, they move to another, as a router in front of a datacentre would do it: at
// once, not when the cluster has noticed. A range that the host uses itself stays the host's, and an event says so.

import { isNodeReady, type Node, nodes, rangesOf, type ServiceCIDR, serviceCIDRs } from '#api/index.ts';
import { type Client, EventRecorder, Informer } from '#client/index.ts';
import { formatCidr, parseAddress, parseCidr } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';
import { type GatewayRoute, gatewayRoutes, hostUses, type RangeInUse, routeHost, unrouteHost } from '#network/index.ts';
import { inTheWayOfServices } from './ranges.ts';

export interface ServiceRoutes {
  /** The host's interface on the network of the nodes. */
  readonly hostLink: string;
  /** The cluster's own, one for each IP family: the host has made room for them, and they stay whatever the API says. */
  readonly serviceCIDRs: readonly string[];
  /** What else the cluster has addresses for: pods, nodes, load balancers. */
  readonly own: readonly RangeInUse[];
  /** Whether a node can be reached at all, whatever the API says of it. */
  readonly isThere: (nodeName: string) => Promise<boolean>;
}

const lookPeriodMs = 1000;
/** Of a range that is in use: how soon it is seen that it is free, and how often it is told; events are forgotten after an hour. */
const refusal = { lookAgainMs: 5000, tellAgainMs: 600_000 };

/** Until `signal` aborts. The routes stay then: they go with the host's interface. */
export function followClusterIPs(client: Client, routes: ServiceRoutes, log: Logger, signal: AbortSignal): void {
  const follower = new ClusterIPRoutes(client, routes, log);
  let last: Promise<void> = Promise.resolve();
  // What fails is tried again at the next look.
  const look = (): void => {
    last = last
      .then(() => follower.look(signal))
      .catch((error) => log.error('cannot route cluster IPs from the host', { error }));
  };
  follower.start(look, signal);
  const timer = setInterval(look, lookPeriodMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}

class ClusterIPRoutes {
  readonly #routes: ServiceRoutes;
  readonly #nodes: Informer<Node>;
  readonly #objects: Informer<ServiceCIDR>;
  readonly #events: EventRecorder;
  /** Range → gateway; undefined: not known. */
  #made: Map<string, string> | undefined;
  /** The node that all go through. */
  #via: string | undefined;
  /** By range, times in ms. */
  readonly #refused = new Map<string, { readonly seenAt: number; readonly toldAt: number }>();

  constructor(client: Client, routes: ServiceRoutes, log: Logger) {
    this.#routes = routes;
    this.#nodes = new Informer(client.resource(nodes), { log });
    this.#objects = new Informer(client.resource(serviceCIDRs), { log });
    this.#events = new EventRecorder(client, 'host-route', undefined, { log });
  }

  start(onChange: () => void, signal: AbortSignal): void {
    for (const informer of [this.#nodes, this.#objects] as const) {
      informer.onChange(onChange);
      informer.start(signal);
    }
  }

  /** Brings the routes up to what the API says now. Throws when one of them could not be made; the others are made then. */
  async look(signal: AbortSignal): Promise<void> {
    const made = this.#made ?? (await this.#findMade());
    this.#made = made;
    const ranges = await this.#rangesToRoute(made);
    const node = await this.#nextHop();
    if (signal.aborted) return;
    const changed = node ? routesThrough(node, ranges).filter(({ to, via }) => made.get(to) !== via) : [];
    const results = await Promise.allSettled(
      changed.map(async (route) => {
        await routeHost([route]);
        made.set(route.to, route.via);
      }),
    );
    for (const to of made.keys()) {
      if (ranges.includes(to)) continue;
      await unrouteHost([{ to, via: made.get(to) ?? '' }]);
      made.delete(to);
    }
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Those of an earlier server process, whose cluster this is. */
  async #findMade(): Promise<Map<string, string>> {
    const { hostLink, own } = this.#routes;
    const found = (await gatewayRoutes(hostLink)).filter(({ to }) => {
      const range = parseCidr(to);
      return range && !inTheWayOfServices(range, own, []);
    });
    return new Map(found.map(({ to, via }) => [to, via]));
  }

  /** In canonical form, each once. What has a route keeps it for as long as the list of ServiceCIDRs is not known. */
  async #rangesToRoute(made: ReadonlyMap<string, string>): Promise<string[]> {
    const { serviceCIDRs } = this.#routes;
    const families = new Set(serviceCIDRs.map((text) => parseCidr(text)?.family));
    const ranges = this.#objects.list().flatMap(rangesOf);
    const named = new Set(ranges.filter(({ family }) => families.has(family)).map(formatCidr));
    for (const range of this.#refused.keys()) if (!named.has(range)) this.#refused.delete(range);
    const known = new Set([...serviceCIDRs, ...made.keys()]);
    const isDue = (range: string) => Date.now() >= (this.#refused.get(range)?.seenAt ?? 0) + refusal.lookAgainMs;
    const fresh = [...named].filter((range) => !known.has(range) && isDue(range));
    const uses = fresh.length > 0 ? (await hostUses()).filter(({ range }) => !known.has(formatCidr(range))) : [];
    const free = fresh.filter((range) => this.#isFree(range, uses));
    const kept = [...made.keys()].filter((range) => named.has(range) || !this.#objects.hasSynced);
    return [...new Set([...serviceCIDRs, ...kept, ...free])];
  }

  /** When it is not, an event says why. */
  #isFree(text: string, uses: readonly RangeInUse[]): boolean {
    const range = parseCidr(text);
    const use = range && inTheWayOfServices(range, this.#routes.own, uses);
    if (!use) {
      this.#refused.delete(text);
      return true;
    }
    const now = Date.now();
    const toldAt = this.#refused.get(text)?.toldAt ?? 0;
    const isToTell = now >= toldAt + refusal.tellAgainMs;
    this.#refused.set(text, { seenAt: now, toldAt: isToTell ? now : toldAt });
    const object = this.#objects.list().find((one) => rangesOf(one).map(formatCidr).includes(text));
    if (isToTell && object) this.#events.event(object, 'Warning', 'HostRouteRefused', refusalOf(text, use));
    return false;
  }

  /** The node to go on with; undefined while none can route. */
  async #nextHop(): Promise<Node | undefined> {
    const all = this.#nodes.list();
    const able = await Promise.all(
      all.map(async (node) => isNodeReady(node) && (await this.#routes.isThere(node.metadata.name ?? ''))),
    );
    const candidates = all.filter((_, i) => able[i]);
    const names = candidates.map(({ metadata }) => metadata.name ?? '');
    const next = nextHop(this.#via, names);
    this.#via = next ?? this.#via;
    return candidates.find(({ metadata }) => metadata.name === next);
  }
}

const refusalOf = (range: string, { by }: RangeInUse): string =>
  `The machine that the cluster runs on cannot reach cluster IPs of ${range}, which overlaps with ${by}. ` +
  'Make a ServiceCIDR with a range that is free, or free this one.';

/**
 * The node to go on with: the one in use while it can route, else any that can.
 * @param candidates names of the nodes that can route
 */
export const nextHop = (inUse: string | undefined, candidates: readonly string[]): string | undefined =>
  inUse !== undefined && candidates.includes(inUse) ? inUse : candidates[0];

/** Each range by the node's address of its family; none for a family that the node has no address of. */
export function routesThrough({ status }: Node, ranges: readonly string[]): GatewayRoute[] {
  const addresses = (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP');
  return ranges.flatMap((to) => {
    const found = addresses.find(({ address }) => parseAddress(address)?.family === parseCidr(to)?.family);
    return found ? [{ to, via: found.address }] : [];
  });
}
