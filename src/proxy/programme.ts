// What the kernel holds for which Service, and from there the transaction to what it should hold: only the elements that
// change. Pure bookkeeping. After a transaction that failed it is out of date and must be thrown away.

import { type Element, Transaction } from '#nftables/index.ts';
import { ElementChanges } from './element-changes.ts';
import { constantRules, endpointsOf, type Ranges, rejectVerdict, sets, shapeName, shapeRules, table } from './rules.ts';
import type { ServiceAddress, ServiceWants } from './service-addresses.ts';
import { placeInSlots } from './slots.ts';

/** A UDP address whose endpoints changed, with those from whom an answer is still right. */
export interface ChangedFlows {
  readonly key: string;
  readonly serving: readonly string[];
}

export interface Step {
  readonly transaction: Transaction;
  /** There are rules that were not there before. */
  readonly newRules: boolean;
  readonly changedFlows: readonly ChangedFlows[];
}

/** An address as the kernel has it. */
interface Programmed {
  readonly wanted: ServiceAddress;
  readonly slots: readonly string[];
}

const nothing: ServiceWants = { clusterIPs: [], addresses: [], hairpins: [] };

export class Programme {
  readonly #ranges: Ranges;
  readonly #wants = new Map<string, ServiceWants>();
  readonly #programmed = new Map<string, Programmed>();
  /**
   * Who asks for an address, the first one having it. More than one is a fault elsewhere (an address given away twice, or a
   * Service not yet seen to be gone), which must not make every transaction fail.
   */
  readonly #claims = new Map<string, Map<string, ServiceAddress>>();
  readonly #users = { clusterIPs: new Map<string, number>(), hairpins: new Map<string, number>() };
  readonly #shapes = new Set<string>();
  #changes = new ElementChanges();
  #flows = new Map<string, readonly string[]>();
  #transaction = new Transaction(table);
  #newRules = true;

  /** Begins with a transaction that replaces the whole table: connections in progress are conntrack's and go on. */
  constructor(ranges: Ranges) {
    this.#ranges = ranges;
    this.#transaction.addTable();
    this.#transaction.deleteTable();
    this.#transaction.addTable();
    this.#transaction.add(...constantRules(ranges));
  }

  /** @param wants undefined when the Service is gone or not for the proxy. */
  set(service: string, wants: ServiceWants | undefined): void {
    const had = this.#wants.get(service) ?? nothing;
    const next = wants ?? nothing;
    if (wants) this.#wants.set(service, wants);
    else this.#wants.delete(service);
    this.#share('clusterIPs', had.clusterIPs, next.clusterIPs);
    this.#share('hairpins', had.hairpins, next.hairpins);
    const wanted = new Set(next.addresses.map(({ key }) => key));
    for (const { key } of had.addresses) if (!wanted.has(key)) this.#claim(service, key, undefined);
    for (const address of next.addresses) this.#claim(service, address.key, address);
  }

  /** The transaction from what the kernel has to what was set since. */
  take(): Step {
    const transaction = this.#transaction;
    this.#changes.writeTo(transaction);
    const step = {
      transaction,
      newRules: this.#newRules,
      changedFlows: [...this.#flows].map(([key, serving]) => ({ key, serving })),
    };
    this.#transaction = new Transaction(table);
    this.#flows = new Map();
    this.#newRules = false;
    return step;
  }

  #claim(service: string, key: string, address: ServiceAddress | undefined): void {
    const claims = this.#claims.get(key) ?? new Map<string, ServiceAddress>();
    if (address) claims.set(service, address);
    else claims.delete(service);
    if (claims.size > 0) this.#claims.set(key, claims);
    else this.#claims.delete(key);
    this.#programme(key, claims.values().next().value);
  }

  #programme(key: string, wanted: ServiceAddress | undefined): void {
    const had = this.#programmed.get(key);
    const slots = placeInSlots(had?.slots ?? [], wanted?.endpoints ?? []);
    this.#recordVerdict(key, had, wanted);
    const address = wanted ?? had?.wanted;
    if (address) this.#recordSlots(address, had?.slots ?? [], slots);
    this.#recordFlows(key, had?.wanted, wanted);
    if (wanted) this.#programmed.set(key, { wanted, slots });
    else this.#programmed.delete(key);
  }

  #recordVerdict(key: string, had: Programmed | undefined, wanted: ServiceAddress | undefined): void {
    const [was, now] = [had?.wanted, wanted].map((address) => address && verdictFor(address));
    if (was?.shape === now?.shape && was?.element.comment === now?.element.comment && was && now) return;
    if (wanted && now?.shape) this.#needShape(now.shape, wanted);
    const { serviceIPs, noEndpointServices } = sets;
    for (const [set, when] of [
      [serviceIPs, true],
      [noEndpointServices, false],
    ] as const) {
      const before = was && (was.shape !== undefined) === when ? was.element : undefined;
      const after = now && (now.shape !== undefined) === when ? now.element : undefined;
      if (before || after) this.#changes.record(set, key, before, after);
    }
  }

  #recordSlots({ address, protocol, port }: ServiceAddress, had: readonly string[], now: readonly string[]): void {
    for (let slot = 0; slot < Math.max(had.length, now.length); slot++) {
      if (had[slot] === now[slot]) continue;
      const full = `${address} . ${port} . ${slot}`;
      const element = (value: string | undefined): Element | undefined =>
        value === undefined ? undefined : { key: full, value };
      this.#changes.record(endpointsOf[protocol], full, element(had[slot]), element(now[slot]));
    }
  }

  #recordFlows(key: string, had: ServiceAddress | undefined, now: ServiceAddress | undefined): void {
    if ((now ?? had)?.protocol !== 'udp') return;
    const serving = now?.serving ?? [];
    const unchanged =
      had && now && had.serving.length === serving.length && serving.every((e) => had.serving.includes(e));
    if (!unchanged) this.#flows.set(key, serving);
  }

  #needShape(name: string, { traffic, protocol, endpoints }: ServiceAddress): void {
    if (this.#shapes.has(name)) return;
    this.#shapes.add(name);
    this.#newRules = true;
    this.#transaction.add(...shapeRules({ traffic, protocol, endpoints: endpoints.length }, this.#ranges));
  }

  /** Sets whose elements several Services may ask for. */
  #share(kind: 'clusterIPs' | 'hairpins', had: readonly string[], next: readonly string[]): void {
    const users = this.#users[kind];
    const set = kind === 'clusterIPs' ? sets.clusterIPs : sets.hairpinConnections;
    const count = (address: string, by: 1 | -1) => {
      const before = users.get(address) ?? 0;
      const after = before + by;
      if (after > 0) users.set(address, after);
      else users.delete(address);
      if (before > 0 && after > 0) return;
      const element = { key: kind === 'clusterIPs' ? address : `${address} . ${address}` };
      this.#changes.record(set, element.key, before > 0 ? element : undefined, after > 0 ? element : undefined);
    };
    for (const address of next) count(address, 1);
    for (const address of had) count(address, -1);
  }
}

/** Without a shape nobody is there to choose from. */
function verdictFor({ key, traffic, protocol, endpoints, comment }: ServiceAddress): {
  shape?: string;
  element: Element;
} {
  if (endpoints.length === 0) return { element: { key, value: rejectVerdict, comment } };
  const shape = shapeName({ traffic, protocol, endpoints: endpoints.length });
  return { shape, element: { key, value: `goto ${shape}`, comment } };
}
