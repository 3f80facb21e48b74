// The allocations of Services, put together: what is known of them at the start is read from the store, and writes to
// Services, ServiceCIDRs and IPAddresses keep it true (services.md B).

import {
  type IPAddress,
  type Kind,
  type KubeObject,
  type Service,
  type ServiceCIDR,
  serviceCIDRs,
} from '#api/index.ts';
import { serviceKind } from '#api/kinds/service.ts';
import { serviceCIDRKind } from '#api/kinds/service-cidr.ts';
import type { Family } from '#lib/cidr.ts';
import type { Clock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import type { Write } from '#storage/index.ts';
import { type Hooks, hooksKey } from '../hooks.ts';
import type { Registry } from '../registry.ts';
import { AddressObjects, addressKind } from './address-objects.ts';
import type { PortRange } from './port-range.ts';
import { addressesOf, nodePortsOf, ServiceAllocator } from './service-allocator.ts';
import { canonical, ServiceRanges } from './service-ranges.ts';

export interface AllocationParts {
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ports: PortRange;
  /** The cluster's, the primary one first. */
  readonly families: readonly Family[];
}

/** Objects that are made in one commit. */
const adoptedAtOnce = 500;

export class Allocation {
  readonly ranges = new ServiceRanges();
  readonly ports: PortRange;
  readonly objects: AddressObjects;
  readonly #allocator: ServiceAllocator;
  readonly #registry: Registry;
  readonly #log: Logger;

  constructor({ registry, clock, log, ports, families }: AllocationParts) {
    const { ranges } = this;
    this.ports = ports;
    this.objects = new AddressObjects(registry, clock);
    this.#allocator = new ServiceAllocator({ ranges, ports, objects: this.objects, families });
    this.#registry = registry;
    this.#log = log;
  }

  /** @param onAddressWrite is called with each IPAddress that was written or deleted by itself. */
  hooks(onAddressWrite: (object: IPAddress) => void): [string, Hooks][] {
    const { ranges } = this;
    const nameOf = ({ metadata }: KubeObject): string => metadata.name ?? '';
    return [
      [
        hooksKey(serviceKind),
        {
          begin: (object, old, dryRun) => this.#allocator.begin(object as Service, old as Service | undefined, dryRun),
          end: (object) => this.#allocator.end(object as Service),
        },
      ],
      [
        hooksKey(serviceCIDRs),
        {
          afterWrite: (object) => ranges.set(object as ServiceCIDR),
          afterDelete: async (object) => ranges.remove(nameOf(object)),
        },
      ],
      [
        hooksKey(addressKind),
        {
          afterWrite: (object) => {
            ranges.mark(nameOf(object));
            onAddressWrite(object as IPAddress);
          },
          afterDelete: async (object) => {
            if (!(await this.#isHeld(object as IPAddress))) ranges.release(nameOf(object));
            onAddressWrite(object as IPAddress);
          },
        },
      ],
    ];
  }

  async restoreRanges(): Promise<void> {
    for await (const object of this.#registry.all(serviceCIDRKind)) this.ranges.set(object);
  }

  /** After {@link restoreRanges}. Services of a version that made no IPAddress objects get theirs. */
  async restoreAllocations(): Promise<void> {
    for (const name of await this.objects.names()) this.ranges.mark(name);
    const missing: Write[] = [];
    for await (const service of this.#registry.all(serviceKind)) {
      for (const port of nodePortsOf(service)) this.ports.mark(port);
      for (const address of addressesOf(service)) {
        const isNews = this.ranges.mark(address);
        if (isNews && this.ranges.covers(address)) missing.push(this.objects.creation(address, service));
      }
    }
    for (let at = 0; at < missing.length; at += adoptedAtOnce) {
      const { ok } = await this.#registry.store.commit(missing.slice(at, at + adoptedAtOnce));
      if (!ok) this.#log.warn('Some IPAddress objects could not be made; the repair of cluster IPs will');
    }
    if (missing.length > 0)
      this.#log.info('Services that had no IPAddress objects have them now', { count: missing.length });
  }

  /** Whose address it is has it still: who deletes the object does not make the address free. */
  async #isHeld({ metadata, spec }: IPAddress): Promise<boolean> {
    const { namespace, name = '' } = spec.parentRef ?? {};
    const entry = await this.#registry.get(serviceKind as unknown as Kind, { namespace, name });
    if (!entry) return false;
    return addressesOf(this.#registry.decode<Service>(entry)).some((ip) => canonical(ip) === metadata.name);
  }
}
