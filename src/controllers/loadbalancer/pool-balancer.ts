// Gives Services addresses of a pool. Who has which is recorded in their status alone; what is kept here is a copy of that,
// which is ahead of it for as long as a write takes. Bringing packets to the addresses is the announcer's part.

import type { Service } from '#api/index.ts';
import { keyOf } from '#client/index.ts';
import type { AddressRange } from '#lib/address-ranges.ts';
import { canonicalAddresses, type Family } from '#lib/cidr.ts';
import { type Balancer, type Ensured, type Ingress, portsOf } from './balancer.ts';
import { chooseAddresses } from './choose-addresses.ts';

export const poolClass = 'portolan.dev/pool';

const inStatus = ({ status }: Service): string[] =>
  canonicalAddresses((status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip));

export interface PoolOptions {
  readonly pool: readonly AddressRange[];
  /** The Services that have an address among their external IPs: it is not given away. */
  readonly servicesAt: (externalIP: string) => readonly Service[];
  /** Called when an address is free again. */
  readonly onLetGo: () => void;
}

export class PoolBalancer implements Balancer {
  readonly name = 'pool';
  readonly loadBalancerClass = poolClass;
  readonly #pool: readonly AddressRange[];
  readonly #servicesAt: PoolOptions['servicesAt'];
  readonly #onLetGo: () => void;
  /** By address the Service that has it, and the other way round. */
  readonly #holders = new Map<string, string>();
  readonly #held = new Map<string, readonly string[]>();

  constructor({ pool, servicesAt, onLetGo }: PoolOptions) {
    this.#pool = pool;
    this.#servicesAt = servicesAt;
    this.#onLetGo = onLetGo;
  }

  /** An address that two have by their status stays with the older one. */
  adopt(services: readonly Service[]): void {
    const age = ({ metadata }: Service) => `${metadata.creationTimestamp} ${metadata.uid}`;
    for (const service of services.toSorted((a, b) => (age(a) < age(b) ? -1 : 1))) {
      this.#hold(
        keyOf(service),
        inStatus(service).filter((address) => !this.#holders.has(address)),
      );
    }
  }

  async ensure(service: Service): Promise<Ensured> {
    const key = keyOf(service);
    const { spec } = service;
    const wish = {
      families: (spec.ipFamilies ?? []) as Family[],
      policy: spec.ipFamilyPolicy ?? undefined,
      requested: spec.loadBalancerIP,
      held: this.#held.get(key) ?? inStatus(service),
    };
    const holderOf = (address: string): string | undefined => {
      const holders = [this.#holders.get(address), ...this.#servicesAt(address).map(keyOf)];
      return holders.find((holder) => holder !== undefined && holder !== key);
    };
    const { addresses, problem } = chooseAddresses(wish, this.#pool, holderOf);
    this.#hold(key, addresses);
    const ports = portsOf(service);
    return { ingress: addresses.map((ip): Ingress => ({ ip, ipMode: 'VIP', ports })), problem };
  }

  async release(key: string): Promise<void> {
    this.#hold(key, []);
  }

  #hold(key: string, addresses: readonly string[]): void {
    const before = this.#held.get(key) ?? [];
    for (const address of before) this.#holders.delete(address);
    for (const address of addresses) this.#holders.set(address, key);
    if (addresses.length > 0) this.#held.set(key, addresses);
    else this.#held.delete(key);
    if (before.some((address) => !addresses.includes(address))) this.#onLetGo();
  }
}
