// The Services that change: each has a number, by which its addresses and node ports are its own whatever else it is, and whether
// it is there or not. Random changes of its fields and of its hand-written EndpointSlices, written through the API.

import { ApiError, type Endpoint, type EndpointSlice, endpointSlices, type Service, services } from '#api/index.ts';
import type { Client } from '#client/index.ts';
import type { Family } from '#lib/cidr.ts';
import { worlds } from '#proxy/worlds.testing.ts';
import { serverPorts } from './agent-messages.ts';
import type { Call } from './allowed.ts';
import { History, now } from './history.ts';
import { nodes, servers } from './machines.ts';
import type { Random } from './random.ts';

export const families = ['IPv4', 'IPv6'] as const;
const namespace = 'default';
const slicesPerFamily = 2;
/** Cluster IPs before it are others'. */
const firstNumber = 16;
/** Of a Service's log. */
const mostLines = 60;

/** What a Service may have; the node port is the number's place. */
export const portCatalogue = [
  { port: 80, protocol: 'TCP', names: ['web', 'http'] },
  { port: 81, protocol: 'TCP', names: ['alt'] },
  { port: 80, protocol: 'UDP', names: ['dns'] },
  { port: 82, protocol: 'UDP', names: ['log'] },
] as const;

/** With a chance that is the distance to the number before. */
const conditions: readonly (readonly [below: number, Endpoint['conditions']])[] = [
  [0.65, { ready: true, serving: true, terminating: false }],
  [0.8, { ready: false, serving: false, terminating: false }],
  [0.95, { ready: false, serving: true, terminating: true }],
  [1, { ready: false, serving: false, terminating: true }],
];
const zones = ['zone-one', 'zone-two'];

export class ChangingService {
  readonly number: number;
  readonly name: string;
  readonly service = new History<Service>();
  readonly slices: readonly { readonly name: string; readonly family: Family; readonly is: History<EndpointSlice> }[];
  /** Who sometimes asks for the external IP of this one. */
  neighbour: ChangingService = this;
  /** What was done to it. */
  readonly log: string[] = [];
  readonly #client: Client;

  constructor(number: number, client: Client) {
    this.number = number;
    this.name = `soak-${number}`;
    this.#client = client;
    this.slices = families.flatMap((family) =>
      Array.from({ length: slicesPerFamily }, (_, i) => ({
        name: `${this.name}-${family.toLowerCase()}-${i}`,
        family,
        is: new History<EndpointSlice>(),
      })),
    );
  }

  /** As many as that; with the next number two are neighbours. */
  static several(count: number, client: Client): ChangingService[] {
    const all = Array.from({ length: count }, (_, i) => new ChangingService(firstNumber + i, client));
    for (const one of all) one.neighbour = all.find(({ number }) => number === (one.number ^ 1)) ?? one;
    return all;
  }

  addressOf(family: Family, to: Call['to'], node = 1): string {
    const world = worlds[family];
    switch (to) {
      case 'cluster IP':
        return world.service(this.number);
      case 'external IP':
        return world.vip(2 * this.number);
      case 'load balancer':
        return world.vip(2 * this.number + 1);
      case 'node port':
        return world.node(node);
    }
  }

  /** @param place in the catalogue */
  nodePort(place: number): number {
    return 30_000 + 10 * this.number + place;
  }

  /** One random change. */
  async change(random: Random): Promise<void> {
    const chance = random.next();
    if (!this.service.current) return await (chance < 0.6 ? this.#putService(random) : this.#putSlice(random));
    if (chance < 0.6) return await this.#putSlice(random);
    if (chance < 0.85) return await this.#putService(random);
    if (chance < 0.93) return await this.#putIngress(random);
    await this.#deleteService();
  }

  /** Resolves when all is written that was begun. */
  async idle(): Promise<void> {
    await Promise.all([this.service, ...this.slices.map(({ is }) => is)].map((each) => each.idle()));
  }

  async #putService(random: Random): Promise<void> {
    await this.#write(this.service, async (current) => {
      const wanted = this.#randomService(random, current);
      this.#note(`${current ? 'update' : 'create'} Service`, wanted.spec, wanted.metadata.labels);
      const resource = this.#client.resource(services);
      if (!current) return await resource.create(wanted);
      const { resourceVersion, uid } = current.metadata;
      return await resource.update({
        ...wanted,
        metadata: { ...wanted.metadata, resourceVersion, uid },
        status: current.status,
      });
    });
  }

  async #deleteService(): Promise<void> {
    await this.#write(this.service, async () => {
      this.#note('delete Service');
      await this.#client.resource(services).delete(this.name, { namespace });
      return undefined;
    });
  }

  async #putIngress(random: Random): Promise<void> {
    await this.#write(this.service, async (current) => {
      if (!current) return current;
      const ingress = (random.chance(0.8) ? families : [])
        .filter((family) => current.spec?.ipFamilies?.includes(family))
        .map((family) => ({
          ip: this.addressOf(family, 'load balancer'),
          ...(random.chance(0.2) && { ipMode: 'Proxy' }),
        }));
      if (current.spec?.type !== 'LoadBalancer') return current;
      this.#note('status', ingress);
      return await this.#client.resource(services).updateStatus({ ...current, status: { loadBalancer: { ingress } } });
    });
  }

  async #putSlice(random: Random): Promise<void> {
    const { name, family, is } = random.pick(this.slices);
    await this.#write(is, async (current) => {
      const resource = this.#client.resource(endpointSlices);
      if (current && random.chance(0.1)) {
        this.#note(`delete ${name}`);
        await resource.delete(name, { namespace });
        return undefined;
      }
      const wanted = this.#randomSlice(random, name, family, current);
      this.#note(`put ${name}`, wanted.ports, wanted.endpoints);
      return current ? await resource.update(wanted) : await resource.create(wanted);
    });
  }

  #randomService(random: Random, current: Service | undefined): Service {
    const had = current?.spec;
    const ipFamilies: string[] = had?.ipFamilies ?? (random.chance(0.8) ? [...families] : [random.pick(families)]);
    const type = random.chance(0.7) && had?.type ? had.type : random.pick(['ClusterIP', 'NodePort', 'LoadBalancer']);
    const hasNodePorts = type === 'NodePort' || (type === 'LoadBalancer' && random.chance(0.8));
    const externalIPs = [
      ...(random.chance(0.4) ? this.#externalIPs(ipFamilies) : []),
      ...(random.chance(0.2) ? this.neighbour.#externalIPs(ipFamilies) : []),
    ];
    const isExternal = type !== 'ClusterIP' || externalIPs.length > 0;
    const ranges = type === 'LoadBalancer' && random.chance(0.3) ? this.#randomRanges(random) : undefined;
    const policy = () => (random.chance(0.65) ? 'Cluster' : 'Local');
    const catalogue = portCatalogue.map((port, place) => ({ ...port, nodePort: this.nodePort(place) }));
    return {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: this.name,
        namespace,
        ...(random.chance(0.04) && { labels: { 'service.kubernetes.io/service-proxy-name': 'somebody-else' } }),
      },
      spec: {
        type,
        ipFamilies,
        ipFamilyPolicy: ipFamilies.length > 1 ? 'RequireDualStack' : 'SingleStack',
        clusterIP: this.addressOf(ipFamilies[0] as Family, 'cluster IP'),
        clusterIPs: ipFamilies.map((family) => this.addressOf(family as Family, 'cluster IP')),
        ports: random.several(catalogue, 0.75).map(({ port, protocol, names, nodePort }) => ({
          name: random.chance(0.85) ? names[0] : random.pick(names),
          port,
          protocol,
          ...(hasNodePorts && { nodePort }),
        })),
        internalTrafficPolicy: policy(),
        ...(isExternal && { externalTrafficPolicy: policy() }),
        ...(externalIPs.length > 0 && { externalIPs }),
        ...(type === 'LoadBalancer' && { allocateLoadBalancerNodePorts: hasNodePorts }),
        ...(ranges && { loadBalancerSourceRanges: ranges }),
        ...(random.chance(0.4)
          ? {
              sessionAffinity: 'ClientIP',
              sessionAffinityConfig: { clientIP: { timeoutSeconds: random.pick([2, 4, 30]) } },
            }
          : { sessionAffinity: 'None' }),
      },
    };
  }

  #externalIPs(ipFamilies: readonly string[]): string[] {
    return families
      .filter((family) => ipFamilies.includes(family))
      .map((family) => this.addressOf(family, 'external IP'));
  }

  /** Always of both families: of ranges of the other family alone it is not said whether everybody may call. */
  #randomRanges(random: Random): string[] {
    return families.flatMap((family) => {
      const world = worlds[family];
      const all = [
        `${world.host}/${family === 'IPv4' ? 32 : 128}`,
        world.podCIDR(1),
        world.podCIDR(2),
        `${world.node(1)}/${family === 'IPv4' ? 32 : 128}`,
        world.clusterCIDR,
      ];
      return random.several(random.chance(0.1) ? [family === 'IPv4' ? '0.0.0.0/0' : '::/0'] : all, 0.4);
    });
  }

  #randomSlice(random: Random, name: string, family: Family, current: EndpointSlice | undefined): EndpointSlice {
    const keepsPorts = current && random.chance(0.8);
    const ports = keepsPorts
      ? current.ports
      : portCatalogue
          .filter(() => random.chance(0.9))
          .map(({ names, protocol }) => ({
            name: random.chance(0.85) ? names[0] : random.pick(names),
            protocol,
            port: random.pick(serverPorts),
          }));
    const changes = current && random.chance(0.75);
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name,
        namespace,
        labels: {
          'kubernetes.io/service-name': this.name,
          'endpointslice.kubernetes.io/managed-by': 'soak',
        },
      },
      addressType: family,
      ports,
      endpoints: changes
        ? changed(random, current.endpoints ?? [], family)
        : random.some(servers, 0.35).map((server) => randomEndpoint(random, server, family)),
    };
  }

  async #write<T>(history: History<T>, send: (current: T | undefined) => Promise<T | undefined>): Promise<void> {
    try {
      await history.write(send);
    } catch (error) {
      // Nothing has changed then; any other error is one of the soak.
      if (!(error instanceof ApiError)) throw error;
      this.#note(`refused: ${error.message}`);
      throw new Error(
        `the API server refuses a change of ${this.name}: ${error.message}\n${this.log.slice(-3).join('\n')}`,
      );
    }
  }

  #note(what: string, ...details: unknown[]): void {
    this.log.push(`${now().toFixed(0)} ${what} ${details.map((each) => JSON.stringify(each)).join(' ')}`);
    if (this.log.length > mostLines) this.log.shift();
  }
}

/** One endpoint more, one less, or one that is in another state. */
function changed(random: Random, endpoints: readonly Endpoint[], family: Family): Endpoint[] {
  const others = servers.filter(({ addresses }) => !endpoints.some((one) => one.addresses[0] === addresses[family]));
  const chance = random.next();
  if (others.length > 0 && (chance < 0.35 || endpoints.length === 0))
    return [...endpoints, randomEndpoint(random, random.pick(others), family)];
  const one = random.pick(endpoints);
  const rest = endpoints.filter((other) => other !== one);
  if (chance < 0.65) return rest;
  const server = servers.find(({ addresses }) => addresses[family] === one.addresses[0]);
  return server ? [...rest, randomEndpoint(random, server, family)] : rest;
}

function randomEndpoint(random: Random, server: (typeof servers)[number], family: Family): Endpoint {
  const chance = random.next();
  const state = conditions.find(([below]) => chance < below)?.[1];
  const hint = random.next();
  return {
    addresses: [server.addresses[family]],
    conditions: state,
    ...(random.chance(0.95) && { nodeName: server.node?.name }),
    ...(hint < 0.3 && { hints: { forZones: random.several(zones).map((name) => ({ name })) } }),
    ...(hint > 0.9 && { hints: { forNodes: random.several(nodes).map(({ name }) => ({ name })) } }),
  };
}

export const zoneOf = (index: number): string => zones[index - 1] ?? '';
