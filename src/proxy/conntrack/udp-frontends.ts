// The UDP addresses of Services and from whom an answer to each is right (services.md D.8), and which of them changed so
// that flows may be on the wrong way. Pure bookkeeping, of UDP ports alone.

import type { Service, ServicePort } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { usualAddress } from '../addresses.ts';
import { endpointsOf } from '../endpoints.ts';
import { rankOf } from '../frontends.ts';
import type { LeftUdp, ServiceState } from '../observer.ts';

/** `address port`, or `* port` for a node port. */
export type Frontend = string;
/** `address port` of endpoints, ready or serving while they end. */
export type Serving = ReadonlySet<string>;

export const frontendOf = (address: string, port: number): Frontend => `${address} ${port}`;
export const nodePortFrontend = (port: number): Frontend => `* ${port}`;

type State = Omit<ServiceState, 'wants'>;

interface Claim {
  readonly service: string;
  readonly serving: Serving;
  /** As the rules have it: of several the first in this order has the frontend. */
  readonly rank: string;
}

const nobody: Serving = new Set();

export class UdpFrontends {
  readonly #family: Family;
  readonly #nodeName: string;
  /** The first is who has it. */
  readonly #claims = new Map<Frontend, readonly Claim[]>();
  readonly #byService = new Map<string, readonly Frontend[]>();
  #changed = new Map<Frontend, Serving>();

  constructor(family: Family, nodeName: string) {
    this.#family = family;
    this.#nodeName = nodeName;
  }

  set(service: string, state: State | undefined): void {
    const wanted = state ? this.#claimsOf(service, state) : new Map<Frontend, Claim>();
    for (const frontend of this.#byService.get(service) ?? []) {
      if (!wanted.has(frontend)) this.#change(frontend, service, undefined);
    }
    for (const [frontend, claim] of wanted) this.#change(frontend, service, claim);
    if (wanted.size > 0) this.#byService.set(service, [...wanted.keys()]);
    else this.#byService.delete(service);
  }

  #change(frontend: Frontend, service: string, claim: Claim | undefined): void {
    const had = this.#claims.get(frontend) ?? [];
    const others = had.filter((one) => one.service !== service);
    const claims = (claim ? [...others, claim] : others).sort((a, b) => (a.rank < b.rank ? -1 : 1));
    if (claims.length > 0) this.#claims.set(frontend, claims);
    else this.#claims.delete(frontend);
    const before = had[0]?.serving ?? nobody;
    const serving = claims[0]?.serving ?? nobody;
    // Flows that began while nobody was there, or before this was an address at all, have gone nowhere.
    const mayBeStale = before.size === 0 || [...before].some((endpoint) => !serving.has(endpoint));
    if (mayBeStale || this.#changed.has(frontend)) this.#changed.set(frontend, serving);
  }

  /** What the rules led to before; what no Service has now has nobody to go to. */
  left(before: readonly LeftUdp[]): void {
    for (const { address, port } of before) {
      const frontend = address === undefined ? nodePortFrontend(port) : frontendOf(address, port);
      if (!this.#claims.has(frontend)) this.#changed.set(frontend, nobody);
    }
  }

  /** As if all had changed. */
  doubtAll(): void {
    for (const [frontend, [first]] of this.#claims) this.#changed.set(frontend, first?.serving ?? nobody);
  }

  /** Those whose flows are to be looked at; from here on they count as unchanged. */
  take(): ReadonlyMap<Frontend, Serving> {
    const changed = this.#changed;
    if (changed.size > 0) this.#changed = new Map();
    return changed;
  }

  #claimsOf(name: string, { service, slices }: State): Map<Frontend, Claim> {
    const found = new Map<Frontend, Claim>();
    const ports = (service.spec?.ports ?? []).filter(({ protocol }) => protocol === 'UDP');
    if (ports.length === 0 || service.spec?.type === 'ExternalName') return found;
    const usual = (addresses: readonly (string | undefined)[]) =>
      addresses.flatMap((address) => usualAddress(address, this.#family) ?? []);
    const [inside, outside] = [usual(clusterIPsOf(service)), usual(outerAddressesOf(service))];
    if (inside.length + outside.length === 0) return found;
    for (const port of ports) {
      const serving = this.#serving(slices, port);
      const outer: Claim = { service: name, serving, rank: rankOf(service, 'outside') };
      for (const address of outside) found.set(frontendOf(address, port.port), outer);
      if (port.nodePort) found.set(nodePortFrontend(port.nodePort), outer);
      const inner = { ...outer, rank: rankOf(service, 'inside') };
      for (const address of inside) found.set(frontendOf(address, port.port), inner);
    }
    return found;
  }

  #serving(slices: ServiceState['slices'], port: ServicePort): Serving {
    const endpoints = endpointsOf(slices, port, { nodeName: this.#nodeName, family: this.#family }).filter(
      ({ serving }) => serving,
    );
    return new Set(endpoints.map(({ address, target }) => frontendOf(address, Number(target.split(' . ')[1]))));
  }
}

const clusterIPsOf = ({ spec }: Service): readonly (string | undefined)[] => spec?.clusterIPs ?? [spec?.clusterIP];

/** Where the proxy translates: a load balancer that passes connections on itself (ipMode Proxy) is not among them. */
function outerAddressesOf({ spec, status }: Service): string[] {
  const ingress = spec?.type === 'LoadBalancer' ? (status?.loadBalancer?.ingress ?? []) : [];
  const balancers = ingress.flatMap(({ ip, ipMode }) => (ip && ipMode !== 'Proxy' ? [ip] : []));
  return [...(spec?.externalIPs ?? []), ...balancers];
}
