// Which cluster IPs there are and which of them are taken, in memory: what ServiceCIDR and IPAddress objects say
// (services.md B.3), and what writes under way have taken. It only saves questions. That no address is given to two is the
// store's doing, where an IPAddress of one name can be created once.

import { defaultServiceCIDR, isInUse, rangesOf, type ServiceCIDR } from '#api/index.ts';
import { type Address, type Family, formatAddress, formatCidr, parseAddress } from '#lib/cidr.ts';
import { AllocationCounts } from './counts.ts';
import { IpRange, isServiceRange } from './ip-range.ts';
import type { Refusal } from './reservation.ts';

export class ServiceRanges {
  /** By name. */
  readonly #serviceCIDRs = new Map<string, ServiceCIDR>();
  /** Of all ServiceCIDRs, by their text: several may have the same one. */
  #ranges = new Map<string, { readonly range: IpRange; readonly counts: AllocationCounts }>();
  /** Those that addresses are given out of, in the order in which they are used up. */
  #usable: readonly IpRange[] = [];
  /** In canonical form, whatever ranges there are. */
  readonly #taken = new Set<string>();

  set(object: ServiceCIDR): void {
    this.#serviceCIDRs.set(object.metadata.name ?? '', object);
    this.#update();
  }

  remove(name: string): void {
    this.#serviceCIDRs.delete(name);
    this.#update();
  }

  /** Some range gives addresses of the family. */
  hasAny(family: Family): boolean {
    return this.#usable.some((range) => range.family === family);
  }

  isTaken(address: string): boolean {
    return this.#taken.has(canonical(address));
  }

  /** Says that an address is taken, by whatever; false when that was known. */
  mark(address: string): boolean {
    const name = canonical(address);
    if (this.#taken.has(name)) return false;
    this.#taken.add(name);
    this.#each(name, (range, parsed) => range.take(parsed));
    return true;
  }

  /** Takes an address that was asked for; a dry run only asks. */
  take(address: string, dryRun = false): Refusal | undefined {
    const parsed = parseAddress(address);
    const family = parsed?.family ?? 'IPv4';
    const range = parsed && this.#usable.find((candidate) => candidate.has(parsed));
    const refusal = range ? this.#takenRefusal(address) : this.#outOfRange(address, family);
    if (dryRun) return refusal;
    const counts = this.#countsOf(range ?? this.#usable.find((other) => other.family === family));
    if (refusal) counts?.failed('static');
    else {
      this.mark(address);
      counts?.succeeded('static');
    }
    return refusal;
  }

  /** Undefined when all ranges of the family are full. */
  takeAny(family: Family): string | undefined {
    const candidates = this.#usable.filter((range) => range.family === family);
    for (const range of candidates) {
      const address = range.takeAny();
      if (address === undefined) {
        this.#countsOf(range)?.failed('dynamic');
        continue;
      }
      this.#taken.add(address);
      this.#each(address, (other, parsed) => {
        if (other !== range) other.take(parsed);
      });
      this.#countsOf(range)?.succeeded('dynamic');
      return address;
    }
    return undefined;
  }

  /** What a dry run shows for an address that would be chosen. */
  imagined(family: Family): string | undefined {
    return this.#usable.find((range) => range.family === family)?.networkAddress;
  }

  release(address: string): void {
    const name = canonical(address);
    if (this.#taken.delete(name)) this.#each(name, (range, parsed) => range.release(parsed));
  }

  /** Some ServiceCIDR has the address, whether it gives out any or not. */
  covers(address: string): boolean {
    const parsed = parseAddress(address);
    return parsed !== undefined && [...this.#ranges.values()].some(({ range }) => range.has(parsed));
  }

  /** Of every range its text, how much of it is taken and free, and what became of the allocations. */
  *figures(): Generator<{ cidr: string; allocated: number; available: number; counts: AllocationCounts }> {
    for (const [cidr, { range, counts }] of this.#ranges) {
      yield { cidr, allocated: range.allocated, available: range.available, counts };
    }
  }

  #takenRefusal(address: string): Refusal | undefined {
    return this.isTaken(address) ? { refused: 'provided IP is already allocated' } : undefined;
  }

  /** Installers find the range of a cluster by asking for 1.1.1.1 and reading the end of this sentence. */
  #outOfRange(address: string, family: Family): Refusal {
    const texts = this.#usable.filter((range) => range.family === family).map(({ text }) => text);
    const valid = `The range of valid IPs is ${texts.join(',')}`;
    return { refused: `the provided IP (${address}) is not in the valid range. ${valid}` };
  }

  #countsOf(range: IpRange | undefined): AllocationCounts | undefined {
    return range && this.#ranges.get(range.text)?.counts;
  }

  #each(name: string, act: (range: IpRange, address: Address) => void): void {
    const address = parseAddress(name);
    if (!address) return;
    for (const { range } of this.#ranges.values()) if (range.has(address)) act(range, address);
  }

  #update(): void {
    const before = this.#ranges;
    this.#ranges = new Map();
    const usable = new Set<IpRange>();
    // The server's own ranges are used up first, then those that were added, by name.
    const rank = ({ metadata: { name = '' } }: ServiceCIDR) => (name === defaultServiceCIDR ? '' : name);
    const objects = [...this.#serviceCIDRs.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
    for (const object of objects) {
      for (const cidr of rangesOf(object).filter(isServiceRange)) {
        const text = formatCidr(cidr);
        const known = this.#ranges.get(text) ?? before.get(text);
        const { range, counts } = known ?? { range: this.#filled(new IpRange(cidr)), counts: new AllocationCounts() };
        this.#ranges.set(text, { range, counts });
        if (isInUse(object)) usable.add(range);
      }
    }
    this.#usable = [...usable];
  }

  #filled(range: IpRange): IpRange {
    for (const name of this.#taken) {
      const address = parseAddress(name);
      if (address && range.has(address)) range.take(address);
    }
    return range;
  }
}

/** The spelling that an IPAddress has as its name. What is no address stays as it is. */
export function canonical(text: string): string {
  if (!text.includes(':')) return text;
  const address = parseAddress(text);
  return address ? formatAddress(address) : text;
}
