// The UDP addresses of Services and from whom an answer to each is right (services.md D.8), and which of them changed so
// that flows may be on the wrong way. Pure bookkeeping, of UDP ports alone.

import type { Service, ServicePort } from '#api/index.ts';
import type { Family } from '#lib/cidr.ts';
import { usualAddress } from '../addresses.ts';
import { endpointsOf } from '../endpoints.ts';
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
}

const nobody: Serving = new Set();

export class UdpFrontends {
  readonly #family: Family;
  readonly #nodeName: string;
  readonly #claims = new Map<Frontend, Claim>();
  readonly #byService = new Map<string, readonly Frontend[]>();
  #changed = new Map<Frontend, Serving>();

  constructor(family: Family, nodeName: string) {
    this.#family = family;
    this.#nodeName = nodeName;
  }

  set(service: string, state: State | undefined): void {
    const wanted = state ? this.#frontendsOf(state) : new Map<Frontend, Serving>();
    for (const frontend of this.#byService.get(service) ?? []) {
      // Who has taken it over meanwhile keeps it.
      if (wanted.has(frontend) || this.#claims.get(frontend)?.service !== service) continue;
      this.#claims.delete(frontend);
      this.#changed.set(frontend, nobody);
    }
    for (const [frontend, serving] of wanted) {
      const had = this.#claims.get(frontend)?.serving;
      this.#claims.set(frontend, { service, serving });
      // Flows that began while nobody was there, or before this was an address at all, have gone nowhere.
      const mayBeStale = !had || had.size === 0 || [...had].some((endpoint) => !serving.has(endpoint));
      if (mayBeStale || this.#changed.has(frontend)) this.#changed.set(frontend, serving);
    }
    if (wanted.size > 0) this.#byService.set(service, [...wanted.keys()]);
    else this.#byService.delete(service);
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
    for (const [frontend, { serving }] of this.#claims) this.#changed.set(frontend, serving);
  }

  /** Those whose flows are to be looked at; from here on they count as unchanged. */
  take(): ReadonlyMap<Frontend, Serving> {
    const changed = this.#changed;
    if (changed.size > 0) this.#changed = new Map();
    return changed;
  }

  #frontendsOf({ service, slices }: State): Map<Frontend, Serving> {
    const found = new Map<Frontend, Serving>();
    const ports = (service.spec?.ports ?? []).filter(({ protocol }) => protocol === 'UDP');
    if (ports.length === 0 || service.spec?.type === 'ExternalName') return found;
    const addresses = addressesOf(service).flatMap((address) => usualAddress(address, this.#family) ?? []);
    if (addresses.length === 0) return found;
    for (const port of ports) {
      const serving = this.#serving(slices, port);
      for (const address of addresses) found.set(frontendOf(address, port.port), serving);
      if (port.nodePort) found.set(nodePortFrontend(port.nodePort), serving);
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

/** Where the proxy translates: a load balancer that passes connections on itself (ipMode Proxy) is not among them. */
function addressesOf({ spec, status }: Service): (string | undefined)[] {
  const ingress = spec?.type === 'LoadBalancer' ? (status?.loadBalancer?.ingress ?? []) : [];
  const balancers = ingress.flatMap(({ ip, ipMode }) => (ip && ipMode !== 'Proxy' ? [ip] : []));
  return [...(spec?.clusterIPs ?? [spec?.clusterIP]), ...(spec?.externalIPs ?? []), ...balancers];
}
