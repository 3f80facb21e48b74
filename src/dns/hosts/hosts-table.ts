// Lines of a hosts file (hosts(5)) as names → addresses and addresses → names (spec: CoreDNS's plugin/hosts).

import { formatAddress, parseAddress } from '#lib/cidr.ts';
import { isWithin, keyOf, type Name, nameFrom } from '../wire/index.ts';

export interface HostEntry {
  readonly A: readonly string[];
  readonly AAAA: readonly string[];
}

const star = '\x01*';

export class HostsTable {
  readonly #zones: readonly Name[];
  readonly #entries = new Map<Name, { readonly A: string[]; readonly AAAA: string[] }>();
  readonly #names = new Map<string, Name[]>();

  /** @param zones names outside of these are left out. */
  constructor(zones: readonly Name[]) {
    this.#zones = zones;
  }

  /** An address and the names that it has. Lines that say nothing, or nothing that can be read, are left out. */
  add(line: string): void {
    const [first = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    const address = canonical(first);
    if (!address) return;
    for (const text of names) {
      const found = nameFrom(text);
      const name = found && keyOf(found);
      if (name && this.#zones.some((zone) => isWithin(name, zone))) this.#put(name, address);
    }
  }

  /** @param key in lower case. */
  find(key: Name): HostEntry | undefined {
    const own = this.#entries.get(key);
    return own ?? (key === '' ? undefined : this.#entries.get(star + key.slice(1 + key.charCodeAt(0))));
  }

  /** @param address in canonical form. */
  namesOf(address: string): readonly Name[] {
    return this.#names.get(address) ?? [];
  }

  /** Addresses of names and names of addresses. */
  get size(): number {
    let size = 0;
    for (const { A, AAAA } of this.#entries.values()) size += A.length + AAAA.length;
    for (const names of this.#names.values()) size += names.length;
    return size;
  }

  #put(name: Name, address: string): void {
    const entry = this.#entries.get(name) ?? { A: [], AAAA: [] };
    const addresses = address.includes(':') ? entry.AAAA : entry.A;
    if (addresses.includes(address)) return;
    addresses.push(address);
    this.#entries.set(name, entry);
    if (name.startsWith(star)) return;
    const names = this.#names.get(address);
    if (names) names.push(name);
    else this.#names.set(address, [name]);
  }
}

/** The zone of an IPv6 address means nothing to others; an IPv4 address may be written as one of IPv6. */
function canonical(text: string): string | undefined {
  const address = parseAddress(text.replace(/%.*/, ''));
  if (!address) return undefined;
  const isMapped = address.family === 'IPv6' && address.value >> 32n === 0xffffn;
  return formatAddress(isMapped ? { family: 'IPv4', value: address.value & 0xffffffffn } : address);
}
