// The allocations of a Service through its life (services.md A.3, A.6, A.7): cluster IPs, node ports, health-check port.
// `begin` changes the Service in place and returns the reservation that the write commits or rolls back. Before it, the
// kind has put back what an update left out of what was allocated.

import { type FieldError, internalError, invalid, invalidValue, type Service } from '#api/index.ts';
import {
  isExternalName,
  isHeadless,
  mayHaveNodePorts,
  needsClusterIP,
  needsHealthCheckNodePort,
  needsNodePorts,
} from '#api/kinds/service/shape.ts';
import type { Family } from '#lib/cidr.ts';
import type { AddressObjects } from './address-objects.ts';
import { decideFamilies } from './ip-families.ts';
import type { PortRange } from './port-range.ts';
import { Reservation } from './reservation.ts';
import { canonical, type ServiceRanges } from './service-ranges.ts';
import { Twins } from './twins.ts';

/** What the allocator asks of the objects that stand for addresses. */
export type AddressWrites = Pick<AddressObjects, 'creation' | 'deletion' | 'names'>;

interface Write {
  readonly service: Service;
  readonly old: Service | undefined;
  readonly dryRun: boolean;
  /** Another port that a dry run shows for one that would be chosen. */
  readonly imagine: () => number;
  readonly reservation: Reservation;
}

export interface AllocatorParts {
  readonly ranges: ServiceRanges;
  readonly ports: PortRange;
  readonly objects: AddressWrites;
  /** The cluster's, the primary one first. */
  readonly families: readonly Family[];
}

export class ServiceAllocator {
  readonly #ranges: ServiceRanges;
  readonly #ports: PortRange;
  readonly #objects: AddressWrites;
  readonly #families: readonly Family[];

  constructor({ ranges, ports, objects, families }: AllocatorParts) {
    this.#ranges = ranges;
    this.#ports = ports;
    this.#objects = objects;
    this.#families = families;
  }

  /** What goes with a Service that is removed, and what it gives back then. */
  end(service: Service): Reservation {
    const reservation = new Reservation();
    for (const address of addressesOf(service)) this.#giveUp(address, service, reservation);
    for (const port of nodePortsOf(service)) reservation.onCommit(() => this.#ports.release(port));
    return reservation;
  }

  /** Throws 422 for what cannot be had, 500 when a range is full; nothing stays taken then. */
  begin(service: Service, old: Service | undefined, dryRun: boolean): Reservation {
    const reservation = new Reservation();
    const asked = {
      ...service.spec,
      ...(service.spec.ports && { ports: service.spec.ports.map((port) => ({ ...port })) }),
    };
    reservation.onRollback(() => {
      service.spec = asked;
    });
    try {
      let imagined = 0;
      const imagine = () => this.#ports.imagined(imagined++);
      const write: Write = { service, old, dryRun, imagine, reservation };
      this.#clusterIPs(write);
      this.#nodePorts(write);
      this.#healthCheckNodePort(write);
      this.#releaseUnused(write);
      return reservation;
    } catch (error) {
      reservation.rollback();
      throw error;
    }
  }

  #clusterIPs(write: Write): void {
    const { service, old } = write;
    if (!needsClusterIP(service)) return;
    const problems = decideFamilies(service, old, this.#families);
    if (problems.length > 0) throw refuse(service, problems);
    if (isHeadless(service)) {
      service.spec.clusterIPs = ['None'];
      return;
    }
    const had = old ? addressesOf(old) : [];
    const addresses = (service.spec.ipFamilies ?? []).map((family, index) =>
      this.#clusterIP(write, had, family as Family, index),
    );
    service.spec.clusterIPs = addresses;
    service.spec.clusterIP = addresses[0];
  }

  #clusterIP({ service, dryRun, reservation }: Write, had: string[], family: Family, index: number): string {
    const wanted = service.spec.clusterIPs?.[index];
    // Changing an address is refused by validation, which names the field; so no other is taken here.
    if (wanted && (had.includes(wanted) || had[index] !== undefined)) return wanted;
    if (!this.#ranges.hasAny(family)) throw internalError('allocator not ready');
    if (wanted) {
      const refusal = this.#ranges.take(wanted, dryRun);
      if (refusal) {
        const why = `failed to allocate IP ${wanted}: ${refusal.refused}`;
        throw refuse(service, [invalidValue('spec.clusterIPs', service.spec.clusterIPs, why)]);
      }
      if (!dryRun) this.#keep(wanted, reservation);
      return wanted;
    }
    if (dryRun) return this.#ranges.imagined(family) ?? '';
    const address = this.#ranges.takeAny(family);
    if (!address) throw internalError('failed to allocate a serviceIP: range is full');
    this.#keep(address, reservation);
    return address;
  }

  /** An address that was taken becomes an object with the Service; where there is one already, it was not free after all. */
  #keep(address: string, reservation: Reservation): void {
    let isOthers = false;
    reservation.onRollback(() => {
      if (!isOthers) this.#ranges.release(address);
    });
    const onLost = async () => {
      isOthers = true;
      // There may be more that is not known here.
      for (const name of await this.#objects.names()) this.#ranges.mark(name);
    };
    reservation.goesWith((service) => ({
      write: this.#objects.creation(address, service as unknown as Service),
      onLost,
    }));
  }

  /** The object goes with what the Service no longer has, and then the address is free. */
  #giveUp(address: string, old: Service, reservation: Reservation): void {
    let isFree = false;
    reservation.goesWith(async () => {
      const write = await this.#objects.deletion(address, old);
      isFree = write !== 'kept';
      return typeof write === 'object' ? { write } : undefined;
    });
    reservation.onCommit(() => {
      if (isFree) this.#ranges.release(address);
    });
  }

  #nodePorts(write: Write): void {
    const { service, old } = write;
    if (!mayHaveNodePorts(service)) return;
    const ports = service.spec.ports ?? [];
    const mine = new Set(old && portsOf(old));
    // Those that are named come first, lest one be given away to a port that would take any.
    for (const [index, port] of ports.entries()) {
      if (port.nodePort && !mine.has(port.nodePort)) {
        this.#takePort(write, `spec.ports[${index}].nodePort`, port.nodePort);
        mine.add(port.nodePort);
      }
    }
    if (!needsNodePorts(service)) return;
    const twins = new Twins(ports);
    for (const [index, port] of ports.entries()) {
      if (port.nodePort) continue;
      port.nodePort =
        twins.of(port) ?? (write.dryRun ? write.imagine() : this.#takeAnyPort(write, 'failed to allocate a nodePort'));
      twins.add(port, index);
    }
  }

  #healthCheckNodePort(write: Write): void {
    const { service, old, dryRun } = write;
    if (!needsHealthCheckNodePort(service)) return;
    const wanted = service.spec.healthCheckNodePort;
    if (!wanted) {
      const what = 'failed to allocate a HealthCheck NodePort';
      service.spec.healthCheckNodePort = dryRun ? write.imagine() : this.#takeAnyPort(write, what);
    } else if (!old || wanted !== healthCheckPortOf(old)) {
      const refusal = this.#ports.take(wanted, dryRun);
      if (refusal)
        throw internalError(`failed to allocate requested HealthCheck NodePort ${wanted}: ${refusal.refused}`);
      if (!dryRun) write.reservation.onRollback(() => this.#ports.release(wanted));
    }
  }

  #takePort({ service, dryRun, reservation }: Write, path: string, port: number): void {
    const refusal = this.#ports.take(port, dryRun);
    if (refusal) throw refuse(service, [invalidValue(path, port, refusal.refused)]);
    if (!dryRun) reservation.onRollback(() => this.#ports.release(port));
  }

  #takeAnyPort({ reservation }: Write, what: string): number {
    const port = this.#ports.takeAny();
    if (port === undefined) throw internalError(`${what}: range is full`);
    reservation.onRollback(() => this.#ports.release(port));
    return port;
  }

  #releaseUnused({ service, old, dryRun, reservation }: Write): void {
    if (!old || dryRun) return;
    const kept = new Set(addressesOf(service).map(canonical));
    const ports = nodePortsOf(service);
    for (const ip of addressesOf(old)) if (!kept.has(canonical(ip))) this.#giveUp(ip, old, reservation);
    for (const port of nodePortsOf(old)) if (!ports.has(port)) reservation.onCommit(() => this.#ports.release(port));
  }
}

const refuse = (service: Service, errors: FieldError[]) =>
  invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', errors);

/** The cluster IPs of a Service that has any. */
export const addressesOf = (service: Service): string[] =>
  isExternalName(service) ? [] : clusterIPsOf(service).filter((ip) => ip !== 'None');
const clusterIPsOf = ({ spec }: Service): string[] =>
  spec.clusterIPs?.length ? spec.clusterIPs : spec.clusterIP ? [spec.clusterIP] : [];
/** Of the types that have any: an alias may say some, and has none of them. */
const portsOf = (service: Service): number[] =>
  mayHaveNodePorts(service) ? (service.spec.ports ?? []).flatMap(({ nodePort }) => nodePort || []) : [];
const healthCheckPortOf = (service: Service): number | undefined =>
  (needsHealthCheckNodePort(service) && service.spec.healthCheckNodePort) || undefined;
/** Node ports and the health-check port: all that is taken of the range. */
export const nodePortsOf = (service: Service): Set<number> => {
  const healthCheckPort = healthCheckPortOf(service);
  return new Set(healthCheckPort ? [...portsOf(service), healthCheckPort] : portsOf(service));
};
