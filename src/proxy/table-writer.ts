// Keeps the table of one family as it should be. Families do not wait for each other: what the kernel refuses of one is
// tried again without holding up the other.

import { setImmediate } from 'node:timers/promises';
import { type Family, findOverlap, parseCidr } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';
import { type Element, isNotFound, type NamedSet, type Nft, type Transaction } from '#nftables/index.ts';
import { AffinityCleaner } from './affinity-cleaner.ts';
import { type Place, wantsOf } from './frontends.ts';
import { type KernelTable, leftUdp } from './kernel-table.ts';
import type { LeftUdp, ProxyObserver, ServiceState } from './observer.ts';
import { Programme, type ProgrammeOptions, type Step } from './programme.ts';
import { leftSets, setsOf, tableOf, writtenSets } from './sets.ts';

/** What there is to write, as it is now. */
export interface Source {
  all(): Iterable<string>;
  get(key: string): Omit<ServiceState, 'wants'> | undefined;
  readonly serviceCIDRs: readonly string[];
  readonly place: Place;
}

export interface TableWriterParts {
  readonly nft: Nft;
  readonly log: Logger;
  readonly source: Source;
  readonly observer: Required<ProxyObserver>;
  readonly options: ProgrammeOptions;
}

/** Services turned into rules before others get a turn on the event loop. */
const servicesPerTurn = 100;
/** Services of one transaction of a load. */
const servicesPerPiece = 500;

export class TableWriter {
  readonly family: Family;
  readonly #parts: TableWriterParts;
  readonly #affinity: AffinityCleaner;
  #changed = new Set<string>();
  /** Undefined: what the kernel has is not known. */
  #programme: Programme | undefined;
  /** What the table led to when it was last read. A load that fails does not take it away. */
  #left: readonly LeftUdp[] = [];
  #definition = '';
  #serviceCIDRs = '';
  #failures = 0;
  #hasWritten = false;

  constructor(family: Family, parts: TableWriterParts) {
    this.family = family;
    this.#parts = parts;
    this.#affinity = new AffinityCleaner(family, parts);
  }

  add(services: Iterable<string>): void {
    for (const key of services) this.#changed.add(key);
  }

  get failures(): number {
    return this.#failures;
  }

  hasWork(now: number): boolean {
    const { serviceCIDRs } = this.#parts.source;
    return (
      this.#changed.size > 0 ||
      this.#programme === undefined ||
      serviceCIDRs.join() !== this.#serviceCIDRs ||
      (this.#programme.nextExpiry ?? Number.POSITIVE_INFINITY) <= now
    );
  }

  /** When there is work though nothing changed, in milliseconds; undefined: never. */
  get nextWork(): number | undefined {
    return this.#programme?.nextExpiry;
  }

  async idle(): Promise<void> {
    await this.#affinity.idle();
  }

  /** From here on, the table is read before it is written. */
  distrust(): void {
    this.#programme = undefined;
  }

  /** Whether the chains, rules and definitions are those that we left there. */
  async isIntact(): Promise<boolean> {
    if (this.#programme === undefined) return true;
    return (await this.#read(() => this.#parts.nft.definition(tableOf(this.family)), '')) === this.#definition;
  }

  /**
   * Brings the kernel up to date. Throws NftError; then nothing has changed, and the next call looks at all again.
   */
  async write(now: number): Promise<void> {
    const begin = performance.now();
    const full = this.#programme === undefined;
    const changed = this.#changed;
    const services = changed.size;
    this.#changed = new Set();
    try {
      if (this.#programme) await this.#writeChanges(this.#programme, changed, now);
      else await this.#writeAll(changed, now);
      this.#failures = 0;
      this.#hasWritten = true;
      const seconds = (performance.now() - begin) / 1000;
      this.#parts.log.debug('wrote service rules', { family: this.family, services, full, seconds });
      if (services > 0 || full) {
        this.#parts.observer.written(this.family, { seconds, full, affinity: this.#affinity.idle() });
      }
    } catch (error) {
      this.#failures++;
      this.add(changed);
      this.distrust();
      this.#parts.observer.failed(this.family);
      throw error;
    }
  }

  /**
   * In pieces, each of which is right by itself: Services that were written work while others are still to come, and what
   * was in the kernel from before stays until the last piece. While nft writes one piece, the next is made.
   */
  async #writeAll(changed: Iterable<string>, now: number): Promise<void> {
    // What is there may be what the kernel does not let us build upon, so every other attempt begins from nothing: at once,
    // since in pieces it would take away what works.
    const isFromNothing = this.#failures % 2 === 1;
    const kernel = isFromNothing ? undefined : await this.#kernelTable();
    if (kernel) this.#left = leftUdp(kernel);
    const { options, source } = this.#parts;
    const { serviceCIDRs } = source;
    const programme = new Programme(this.family, { ...options, serviceCIDRs }, kernel);
    this.#noteServiceCIDRs(serviceCIDRs);
    const services = [...new Set([...changed, ...source.all()])];
    this.#parts.observer.begin(this.family);
    const size = isFromNothing ? services.length : servicesPerPiece;
    let elements = 0;
    const take = () => {
      const step = programme.take(now);
      elements += changedElements(step.transaction);
      return step;
    };
    let written: Promise<unknown> = Promise.resolve();
    for (let from = 0; from < services.length; from += size) {
      await this.#plan(programme, services.slice(from, from + size), now);
      await written;
      written = this.#run(take());
      // Whoever awaits it next hears of it; until then it must not count as unhandled.
      written.catch(() => {});
    }
    await written;
    this.#parts.observer.left(this.family, this.#left);
    programme.endLoad(now);
    await this.#run(take());
    if (kernel && kernel.chains.length > 0 && elements > 0) this.#tellRepaired(elements);
    this.#definition = await this.#parts.nft.definition(tableOf(this.family));
    this.#programme = programme;
    this.#left = [];
  }

  /** At the start it is what changed while nobody looked; later it is somebody else's doing. */
  #tellRepaired(elements: number): void {
    const message = 'elements of the service rules in the kernel were not what they should be, and were put right';
    this.#parts.log[this.#hasWritten ? 'warn' : 'info'](message, { family: this.family, elements });
  }

  async #writeChanges(programme: Programme, changed: Iterable<string>, now: number): Promise<void> {
    this.#parts.observer.begin(this.family);
    await this.#plan(programme, changed, now);
    this.#setServiceCIDRs(programme);
    const step = programme.take(now);
    await this.#run(step);
    if (step.newRules) this.#definition = await this.#parts.nft.definition(tableOf(this.family));
  }

  async #plan(programme: Programme, services: Iterable<string>, now: number): Promise<void> {
    const { source, observer } = this.#parts;
    let turn = 0;
    for (const key of services) {
      if (++turn % servicesPerTurn === 0) await setImmediate();
      const found = source.get(key);
      const wants = found && wantsOf(found.service, found.slices, this.family, source.place);
      observer.set(this.family, key, found && { ...found, wants });
      programme.set(key, wants, now);
    }
  }

  #setServiceCIDRs(programme: Programme): void {
    const { serviceCIDRs } = this.#parts.source;
    if (serviceCIDRs.join() === this.#serviceCIDRs) return;
    programme.setServiceCIDRs(serviceCIDRs);
    this.#noteServiceCIDRs(serviceCIDRs);
  }

  /** Ranges that are pods', too, are told of once: the rules are silent on addresses that no Service has. */
  #noteServiceCIDRs(serviceCIDRs: readonly string[]): void {
    const isKnown = serviceCIDRs.join() === this.#serviceCIDRs;
    this.#serviceCIDRs = serviceCIDRs.join();
    const ofFamily = serviceCIDRs.filter((text) => parseCidr(text)?.family === this.family);
    const [pods, services] = findOverlap(this.#parts.options.clusterCIDRs, ofFamily) ?? [];
    if (isKnown || pods === undefined) return;
    const message =
      'ranges of pods and of Services overlap: pods with such addresses are not reached; is --cluster-cidr right?';
    this.#parts.log.warn(message, { pods, services });
  }

  async #run({ transaction, staleAffinity }: Step): Promise<void> {
    for (const one of transaction.inSteps()) if (!one.isEmpty) await this.#parts.nft.run(one);
    if (staleAffinity) this.#affinity.add(staleAffinity);
  }

  async #kernelTable(): Promise<KernelTable> {
    const { nft } = this.#parts;
    const table = tableOf(this.family);
    const chains = await this.#read(() => nft.chains(table), []);
    const elements = new Map<string, Map<string, Element>>();
    if (chains.length === 0) return { chains, elements };
    const sets = setsOf[this.family];
    for (const set of [...writtenSets(sets), ...leftSets(sets)]) elements.set(set.name, await this.#elementsIn(set));
    return { chains, elements };
  }

  async #elementsIn(set: NamedSet): Promise<Map<string, Element>> {
    const found = new Map<string, Element>();
    const list = async () => {
      for await (const piece of this.#parts.nft.elements(tableOf(this.family), set)) {
        for (const element of piece) found.set(element.key, element);
      }
      return found;
    };
    return this.#read(list, found);
  }

  async #read<T>(list: () => Promise<T>, absent: T): Promise<T> {
    try {
      return await list();
    } catch (error) {
      if (isNotFound(error)) return absent;
      throw error;
    }
  }
}

const changedElements = ({ operations }: Transaction): number =>
  operations.reduce((sum, operation) => sum + ('elements' in operation ? operation.elements.length : 0), 0);
