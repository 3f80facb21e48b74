// What the kernel holds for which Service, of one family, and from there the transaction to what it should hold: only the
// elements that change. Pure bookkeeping. After a transaction that failed it is out of date and must be thrown away.

import type { Family } from '#lib/cidr.ts';
import { type Element, type NamedSet, type NftObject, Transaction } from '#nftables/index.ts';
import { disjointRanges } from './addresses.ts';
import { AffinityIndex, type StaleAffinity } from './affinity-index.ts';
import { Claims } from './claims.ts';
import { ElementChanges } from './element-changes.ts';
import { elementsOf, type Programmed, programmed } from './elements.ts';
import type { Frontend, ServiceWants } from './frontends.ts';
import { addLeftUdp, type KernelTable, LeftFrontends } from './kernel-table.ts';
import { chain, constantRules } from './rules.ts';
import { setsOf, tableOf, writtenSets } from './sets.ts';
import { ShapeUsers } from './shape-users.ts';
import type { Shape, ShapeOptions } from './shapes.ts';
import { SharedElements } from './shared-elements.ts';
import { placeInSlots } from './slots.ts';

export interface ProgrammeOptions {
  /** Of pods, both families: their connections to cluster IPs keep their source address. None: nobody's is changed. */
  readonly clusterCIDRs: readonly string[];
  /** Of pods on this node; as `clusterCIDRs` when it is not known which these are. */
  readonly nodePodCIDRs?: readonly string[] | undefined;
  readonly serviceCIDRs: readonly string[];
  /** Addresses and ranges where node ports are served. */
  readonly nodePortIPs: readonly string[];
  /** Whoever calls a cluster IP loses his source address. */
  readonly masqueradeAll?: boolean | undefined;
}

export interface Step {
  readonly transaction: Transaction;
  /** There are rules that were not there before, or some are gone. */
  readonly newRules: boolean;
  /** Clients are remembered to have endpoints that they should have no more. */
  readonly staleAffinity: StaleAffinity | undefined;
}

const nothing: ServiceWants = { clusterIPs: [], frontends: [], hairpins: [] };

export class Programme {
  readonly family: Family;
  readonly #shapeOptions: ShapeOptions;
  readonly #wants = new Map<string, ServiceWants>();
  readonly #claims = new Claims();
  readonly #programmed = new Map<string, Programmed>();
  readonly #clusterIPs: SharedElements;
  readonly #hairpins: SharedElements;
  readonly #ranges: { readonly set: NamedSet; keys: readonly string[] }[];
  readonly #shapes = new ShapeUsers();
  readonly #affinity: AffinityIndex;
  readonly #left: LeftFrontends;
  readonly #kernelChains: ReadonlySet<string>;
  readonly #changes: ElementChanges;
  #transaction: Transaction;
  #newRules = true;

  /**
   * @param kernel what the table holds from before; what is right of it stays. Undefined: the table is replaced as a whole.
   *   Either way connections in progress are conntrack's and go on.
   */
  constructor(family: Family, options: ProgrammeOptions, kernel?: KernelTable) {
    this.family = family;
    const sets = setsOf[family];
    const clusterCIDRs = disjointRanges(options.clusterCIDRs, family);
    this.#shapeOptions = {
      masquerade: options.masqueradeAll ? 'all' : clusterCIDRs.length > 0 ? 'outsiders' : 'none',
    };
    this.#clusterIPs = new SharedElements(sets.clusterIPs);
    this.#hairpins = new SharedElements(sets.hairpinConnections);
    this.#affinity = new AffinityIndex(family);
    this.#left = new LeftFrontends(kernel);
    this.#kernelChains = new Set(kernel?.chains);
    this.#changes = new ElementChanges(kernel?.elements);
    this.#transaction = this.#beginning(kernel === undefined);
    this.#ranges = [sets.clusterCIDRs, sets.nodePodCIDRs, sets.serviceCIDRs, sets.nodePortIPs].map((set) => ({
      set,
      keys: [],
    }));
    this.#setRanges(sets.clusterCIDRs, clusterCIDRs);
    this.#setRanges(sets.nodePodCIDRs, disjointRanges(options.nodePodCIDRs ?? options.clusterCIDRs, family));
    this.#setRanges(sets.nodePortIPs, disjointRanges(options.nodePortIPs, family));
    this.setServiceCIDRs(options.serviceCIDRs);
  }

  /** Both families; they may overlap. */
  setServiceCIDRs(serviceCIDRs: readonly string[]): void {
    this.#setRanges(setsOf[this.family].serviceCIDRs, disjointRanges(serviceCIDRs, this.family));
  }

  /** @param wants undefined when the Service is gone or not for the proxy. */
  set(service: string, wants: ServiceWants | undefined, now = Date.now()): void {
    const had = this.#wants.get(service) ?? nothing;
    const next = wants ?? nothing;
    if (wants) this.#wants.set(service, wants);
    else this.#wants.delete(service);
    this.#clusterIPs.change(had.clusterIPs, next.clusterIPs, this.#changes);
    const pairs = (ips: readonly string[]) => ips.map((ip) => `${ip} . ${ip}`);
    this.#hairpins.change(pairs(had.hairpins), pairs(next.hairpins), this.#changes);
    const wanted = new Set(next.frontends.map(({ key }) => key));
    for (const { key } of had.frontends) {
      if (!wanted.has(key)) this.#programme(key, this.#claims.set(service, key, undefined), now);
    }
    for (const frontend of next.frontends) {
      this.#programme(frontend.key, this.#claims.set(service, frontend.key, frontend), now);
    }
  }

  /** To be called when every Service was set once: what the kernel had for others goes with the next step. */
  endLoad(now = Date.now()): void {
    for (const set of writtenSets(setsOf[this.family])) this.#changes.dropRest(set);
    const constant = new Set(
      constantRules(this.family).flatMap((object) => (object.kind === 'chain' ? object.name : [])),
    );
    for (const name of this.#kernelChains) if (!constant.has(name)) this.#shapes.addIdle(name, now);
    this.#affinity.forgetUnknown();
  }

  /** The transaction from what the kernel has to what was set since. */
  take(now = Date.now()): Step {
    const transaction = this.#transaction;
    addLeftUdp(transaction, setsOf[this.family], this.#changes);
    this.#changes.writeTo(transaction);
    const expired = this.#shapes.takeExpired(now);
    for (const name of expired) transaction.flush(chain(name));
    for (const name of expired) transaction.delete(chain(name));
    const step = {
      transaction,
      newRules: this.#newRules || expired.length > 0,
      staleAffinity: this.#affinity.take(),
    };
    this.#transaction = new Transaction(tableOf(this.family));
    this.#newRules = false;
    return step;
  }

  /** When a step will have chains to delete though nothing was set; undefined: never. */
  get nextExpiry(): number | undefined {
    return this.#shapes.nextExpiry;
  }

  /** Chains and rules as they should be after the last step. */
  *intendedRules(): Generator<NftObject> {
    yield* constantRules(this.family);
    for (const name of this.#shapes.chains()) yield chain(name);
    yield* this.#shapes.rules();
  }

  /** The elements that one of the written sets should have after the last step. */
  *intended(set: NamedSet): Generator<Element> {
    for (const { set: shared, keys } of [...this.#ranges, ...this.#sharedElements()]) {
      if (shared === set) for (const key of keys) yield { key };
    }
    for (const each of this.#programmed.values()) {
      for (const [of, elements] of elementsOf(this.family, each)) if (of === set) yield* elements();
    }
  }

  #sharedElements(): { set: NamedSet; keys: Iterable<string> }[] {
    return [this.#clusterIPs, this.#hairpins].map((shared) => ({ set: shared.set, keys: shared.keys() }));
  }

  /** The constant rules, which are exchanged at once for those of whoever was there before. */
  #beginning(replace: boolean): Transaction {
    const transaction = new Transaction(tableOf(this.family));
    const rules = constantRules(this.family);
    transaction.addTable();
    if (replace) {
      transaction.deleteTable();
      transaction.addTable();
    }
    transaction.add(...rules.filter(({ kind }) => kind !== 'rule'));
    for (const object of rules)
      if (object.kind === 'chain' && this.#kernelChains.has(object.name)) transaction.flush(object);
    transaction.add(...rules.filter(({ kind }) => kind === 'rule'));
    return transaction;
  }

  #setRanges(set: NamedSet, keys: readonly string[]): void {
    const ranges = this.#ranges.find((each) => each.set === set);
    if (!ranges) return;
    for (const key of ranges.keys) this.#changes.record(set, key, { key }, undefined);
    for (const key of keys) this.#changes.record(set, key, undefined, { key });
    // At once, since they may overlap.
    this.#changes.dropRest(set);
    ranges.keys = keys;
  }

  #programme(key: string, frontend: Frontend | undefined, now: number): void {
    const had = this.#programmed.get(key);
    const next = frontend && this.#placed(frontend, had);
    this.#recordElements(had, next);
    for (const shape of shapesOf(next)) if (this.#shapes.add(shape)) this.#make(shape);
    for (const shape of shapesOf(had)) this.#shapes.remove(shape, now);
    this.#affinity.change(had?.frontend, frontend);
    if (next) this.#programmed.set(key, next);
    else this.#programmed.delete(key);
  }

  #placed(frontend: Frontend, had: Programmed | undefined): Programmed {
    const before = had ?? this.#left.slots(frontend);
    const slots = placeInSlots(before.slots, frontend.endpoints);
    const localSlots = placeInSlots(before.localSlots, frontend.localEndpoints);
    const placed = programmed(this.family, frontend, slots, localSlots, this.#shapeOptions);
    return {
      ...placed,
      choosing: placed.choosing && this.#shapes.known(placed.choosing),
      remembering: placed.remembering && this.#shapes.known(placed.remembering),
    };
  }

  #recordElements(had: Programmed | undefined, next: Programmed | undefined): void {
    if (had) {
      for (const [set, elements] of elementsOf(this.family, had)) {
        for (const element of elements()) this.#changes.record(set, element.key, element, undefined);
      }
    }
    if (!next) return;
    const { allowedSources } = setsOf[this.family];
    for (const key of this.#left.takeRanges(next.frontend))
      this.#changes.record(allowedSources, key, undefined, undefined);
    for (const [set, elements] of elementsOf(this.family, next)) {
      for (const element of elements()) this.#changes.record(set, element.key, undefined, element);
    }
  }

  #make(shape: Shape): void {
    const { chain: name, rules } = shape;
    this.#newRules = true;
    this.#transaction.add(chain(name));
    if (this.#kernelChains.has(name)) this.#transaction.flush(chain(name));
    this.#transaction.add(...rules());
  }
}

const shapesOf = (programmed: Programmed | undefined): Shape[] =>
  [programmed?.choosing, programmed?.remembering].filter((shape) => shape !== undefined);
