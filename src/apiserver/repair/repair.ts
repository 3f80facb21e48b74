// The loop that keeps Services, IPAddress objects and node ports in agreement (services.md B.2, B.3): a look at all of them
// every few minutes, and at once at an address whose object somebody else wrote or deleted.

import { setImmediate } from 'node:timers/promises';
import { type IPAddress, isConflict, isNotFound, type Kind, type KubeObject, type Service } from '#api/index.ts';
import { serviceKind } from '#api/kinds/service.ts';
import type { Logger } from '#lib/log.ts';
import { CompactedError } from '#storage/index.ts';
import { addressKind, isParentOf } from '../allocators/address-objects.ts';
import type { Allocation } from '../allocators/allocation.ts';
import { addressesOf, nodePortsOf } from '../allocators/service-allocator.ts';
import { canonical } from '../allocators/service-ranges.ts';
import { deleteObject } from '../delete.ts';
import type { Parts } from '../parts.ts';
import type { ServerEvents } from '../server-events.ts';
import { inspectClusterIP, inspectIPAddress } from './cluster-ips.ts';
import { NodePortInspection } from './node-ports.ts';

const untyped = serviceKind as unknown as Kind;
const addressComponent = 'ipallocator-repair-controller';
const portComponent = 'portallocator-repair-controller';
/** Objects looked at before others have their turn: a look must not be felt. */
const atOnce = 100;
/** Addresses that wait for a look of their own; more wait for the next look at all. */
const waitingLimit = 1000;

export interface RepairParts {
  readonly parts: Parts;
  readonly allocation: Allocation;
  readonly events: ServerEvents;
  readonly log: Logger;
}

export class Repair {
  readonly #parts: Parts;
  readonly #allocation: Allocation;
  readonly #events: ServerEvents;
  readonly #log: Logger;
  readonly #nodePorts: NodePortInspection;
  readonly #waiting = new Map<string, IPAddress>();
  /** What is done now: one thing after the other, or two repairs would undo each other. */
  #working: Promise<void> = Promise.resolve();

  constructor({ parts, allocation, events, log }: RepairParts) {
    this.#parts = parts;
    this.#allocation = allocation;
    this.#events = events;
    this.#log = log;
    this.#nodePorts = new NodePortInspection(allocation.ports);
  }

  /** Soon, at an address that was written or deleted, and at the Service that it names. */
  lookAt(object: IPAddress): void {
    if (this.#waiting.size >= waitingLimit) return;
    if (this.#waiting.size === 0) void this.#next(() => this.#lookAtWaiting());
    this.#waiting.set(object.metadata.name ?? '', object);
  }

  /** Resolves when it is done; what fails is told and left to the next look. */
  lookAtAll(): Promise<void> {
    return this.#next(async () => {
      try {
        await this.#lookAtAddresses(await this.#lookAtServices());
      } catch (error) {
        // So much was written meanwhile that the moment at which it began is forgotten.
        if (!(error instanceof CompactedError)) throw error;
      }
    });
  }

  #next(work: () => Promise<void>): Promise<void> {
    this.#working = this.#working.then(async () => {
      if (this.#parts.closing.aborted) return;
      await work().catch((error) => {
        if (!this.#parts.closing.aborted) this.#log.warn('Cannot repair the allocations of Services', { error });
      });
    });
    return this.#working;
  }

  /** Resolves with the addresses that are in order. */
  async #lookAtServices(): Promise<ReadonlySet<string>> {
    const inOrder = new Set<string>();
    const suspicious: { namespace: string | undefined; name: string }[] = [];
    this.#nodePorts.begin();
    for await (const service of this.#unhurried(this.#parts.registry.all(serviceKind))) {
      for (const finding of this.#nodePorts.inspect(service)) await this.#tellOfPort(service, finding);
      const { namespace, name = '' } = service.metadata;
      if (await this.#isInOrder(service)) for (const ip of addressesOf(service)) inOrder.add(canonical(ip));
      else suspicious.push({ namespace, name });
    }
    for (const port of this.#nodePorts.end()) this.#log.warn('A node port that no Service has is free again', { port });
    for (const at of suspicious) await this.#repairService(at);
    return inOrder;
  }

  async #lookAtAddresses(inOrder: ReadonlySet<string>): Promise<void> {
    const others = (await this.#allocation.objects.names()).filter((name) => !inOrder.has(name));
    for await (const name of this.#unhurried(others)) {
      const object = await this.#address(name);
      if (object) await this.#repairAddress(object);
    }
  }

  async #lookAtWaiting(): Promise<void> {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const [name, { spec }] of waiting) {
      const object = await this.#address(name);
      if (object) await this.#repairAddress(object);
      await this.#repairService({ namespace: spec.parentRef?.namespace, name: spec.parentRef?.name ?? '' });
    }
  }

  /** With a pause now and then, and none left once the server closes. */
  async *#unhurried<T>(all: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
    let count = 0;
    for await (const one of all) {
      if (++count % atOnce === 0) await setImmediate();
      if (this.#parts.closing.aborted) return;
      yield one;
    }
  }

  /** Cheap, and about a moment that may be gone: what is not in order is looked at again. */
  async #isInOrder(service: Service): Promise<boolean> {
    for (const ip of addressesOf(service)) {
      const object = await this.#address(canonical(ip));
      const situation = { service, address: canonical(ip), isCovered: this.#allocation.ranges.covers(ip), object };
      const { step, finding } = inspectClusterIP({ ...situation, other: undefined });
      if (step !== 'nothing' || finding) return false;
    }
    return true;
  }

  async #repairService(at: { namespace: string | undefined; name: string }): Promise<void> {
    const { ranges } = this.#allocation;
    const service = await this.#service(at);
    for (const address of service ? addressesOf(service).map(canonical) : []) {
      if (!service) return;
      const object = await this.#address(address);
      const other = object && !isParentOf(service, object) ? await this.#parentOf(object) : undefined;
      // Only now is it sure that what was read belongs together.
      if ((await this.#service(at))?.metadata.resourceVersion !== service.metadata.resourceVersion) return;
      const isCovered = ranges.covers(address);
      const { step, finding } = inspectClusterIP({ service, address, isCovered, object, other });
      if (finding) this.#events.warn(untyped, service, addressComponent, finding.reason, finding.message);
      if (step !== 'nothing') await this.#allocate(address, service, object);
      ranges.mark(address);
    }
  }

  /** In one write, lest the address be free for a moment. Who was faster has done the same, or it will be found out. */
  async #allocate(address: string, service: Service, inPlaceOf: IPAddress | undefined): Promise<void> {
    if (inPlaceOf?.metadata.finalizers?.length) {
      await this.#remove(inPlaceOf);
      return;
    }
    const expected = Number(inPlaceOf?.metadata.resourceVersion ?? 0);
    await this.#parts.registry.store.commit([{ ...this.#allocation.objects.creation(address, service), expected }]);
  }

  async #repairAddress(object: IPAddress): Promise<void> {
    const finding = inspectIPAddress(object, await this.#parentOf(object), this.#parts.clock.now());
    if (!finding || !(await this.#remove(object))) return;
    this.#events.warn(addressKind, object as KubeObject, addressComponent, finding.reason, finding.message);
  }

  async #tellOfPort(service: Service, { port, reason, message }: { port: number; reason: string; message: string }) {
    const { namespace, name = '' } = service.metadata;
    // It may have been given back since the moment that is looked at.
    const now = await this.#service({ namespace, name });
    if (!now || !nodePortsOf(now).has(port)) return;
    if (reason === 'PortNotAllocated' && !this.#allocation.ports.mark(port)) return;
    this.#events.warn(untyped, service, portComponent, reason, message);
  }

  /** False when the object has changed meanwhile, or waits for a finalizer. */
  async #remove({ metadata: { name = '', uid, resourceVersion } }: IPAddress): Promise<boolean> {
    const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
    try {
      const target = { kind: addressKind, namespace: '', name };
      return (await deleteObject(this.#parts, target, { isDryRun: false, preconditions })).gone;
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return false;
      throw error;
    }
  }

  async #service(at: { namespace: string | undefined; name: string }): Promise<Service | undefined> {
    const entry = await this.#parts.registry.get(untyped, at);
    return entry && this.#parts.registry.decode<Service>(entry);
  }

  async #address(name: string): Promise<IPAddress | undefined> {
    const entry = await this.#parts.registry.get(addressKind, { name });
    return entry && this.#parts.registry.decode<IPAddress>(entry);
  }

  /** The Service that the object names, if it names one and that exists. */
  async #parentOf({ spec }: IPAddress): Promise<Service | undefined> {
    const { group, resource, namespace, name = '' } = spec.parentRef ?? {};
    return group || resource !== 'services' ? undefined : this.#service({ namespace, name });
  }
}
