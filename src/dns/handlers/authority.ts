// Names that we know: which of the answers of spec/dns.md §2 a query gets. So the cluster's own (directive `kubernetes`) and
// what its Services are called outside (`k8s_external`).

import type { Handled, Handler, Request } from '../handler.ts';
import type { Lookup } from '../lookup.ts';
import type { Owner, Zone } from '../records/index.ts';
import {
  Class,
  Flag,
  isAddressType,
  isInternet,
  isWithin,
  isZoneTransfer,
  keyOf,
  type Name,
  nothing,
  type Packed,
  pack,
  type Query,
  Rcode,
  type RecordData,
  type ResourceRecord,
  rcodeOf,
  Type,
  typeOf,
  writeResponse,
} from '../wire/index.ts';

/** Zones that this server is the authority for. */
export interface Authority {
  /** Of records that have none of their own, in seconds. */
  readonly ttl: number;
  /** The one whose answers are kept ready to send. */
  readonly primary: Name;
  /** The zone that a name lies in, by its lower-case form; undefined for names that are not ours. */
  zoneOf(key: Name): Zone | undefined;
}

export interface AuthorityParts {
  /** The directive. */
  readonly name: string;
  readonly zones: Authority;
  /** For ExternalName Services that lead out of our zones; without it such answers end with the alias. */
  readonly lookup?: Lookup | undefined;
  /** Whether the records are complete. Until then what is not found may yet exist. */
  readonly isSynced: () => boolean;
  /** In these zones, names that do not exist are left to the next handler. */
  readonly fallthrough?: readonly Name[];
  /** Whether each response begins with another address (directive `loadbalance`). */
  readonly isTurned?: boolean;
}

/** Longer chains of ExternalName Services end without an answer. */
const maxAliases = 10;

interface Aliases {
  readonly answer: ResourceRecord[];
  /** Where they leave our zones. */
  readonly outside?: Name;
}

export class AuthorityHandler implements Handler {
  readonly name: string;
  readonly #zones: Authority;
  readonly #lookup: Lookup | undefined;
  readonly #isSynced: () => boolean;
  readonly #fallthrough: readonly Name[];
  readonly #isTurned: boolean;

  constructor({ name, zones, lookup, isSynced, fallthrough = [], isTurned = false }: AuthorityParts) {
    this.name = name;
    this.#zones = zones;
    this.#lookup = lookup;
    this.#isSynced = isSynced;
    this.#fallthrough = fallthrough;
    this.#isTurned = isTurned;
  }

  handle(request: Request): Handled | Promise<Handled> {
    const { query, limit } = request;
    const zone = isInternet(query) ? this.#zones.zoneOf(query.key) : undefined;
    if (!zone) return undefined;
    if (isZoneTransfer(query.type)) return writeResponse(query, Rcode.REFUSED, 0, nothing, limit);
    const owner = zone.find(query.key);
    const isNothing = !owner || owner.records.isOnTheWay;
    if (isNothing && this.#isSynced() && this.#fallsThrough(query.key)) return undefined;
    if (!owner) {
      const rcode = this.#isSynced() ? Rcode.NXDOMAIN : Rcode.SERVFAIL;
      return writeResponse(query, rcode, Flag.AA, zone.soa.tail(query.key), limit);
    }
    const { alias } = owner.records;
    if (alias !== undefined && isAddressType(query.type)) return this.#follow(request, zone, owner);
    return writeResponse(query, Rcode.NOERROR, Flag.AA, this.#answer(query, zone, owner), limit, this.#isTurned);
  }

  #fallsThrough(key: Name): boolean {
    return this.#fallthrough.some((name) => isWithin(key, name));
  }

  #answer(query: Query, zone: Zone, owner: Owner): Packed {
    // Packed answers hold names in lower case, so they fit a question in lower case, or one whose answer repeats no
    // other name; and their pointers fit only a question as long as the owner's own name (underscores may be left out).
    // One zone's are kept: another one's question may be as long.
    const isOwnName = owner.name.length + zone.name.length === query.key.length && zone.name === this.#zones.primary;
    const fits = isOwnName && (query.name === query.key || isAddressType(query.type));
    const kept = fits ? owner.packed(query.type) : undefined;
    if (kept) return kept;
    const name = fits ? query.key : query.name;
    const data = owner.data(query.type, endOf(name, zone));
    if (data.length === 0) return zone.soa.tail(query.key);
    const answer = data.map((item) => this.#record(name, owner, item));
    const packed = pack(name, { answer, additional: this.#glue(data) });
    if (fits) owner.keep(query.type, packed);
    return packed;
  }

  #record(name: Name, owner: Owner, data: RecordData): ResourceRecord {
    const ttl = owner.records.ttl ?? this.#zones.ttl;
    return { name, class: Class.IN, ttl: data.type === 'SOA' ? Math.min(ttl, 300) : ttl, data };
  }

  /** Addresses of every SRV and NS target, each once. */
  *#glue(data: readonly RecordData[]): Generator<ResourceRecord> {
    const targets = new Set(data.flatMap((item) => (item.type === 'SRV' || item.type === 'NS' ? [item.target] : [])));
    for (const target of targets) {
      const key = keyOf(target);
      const zone = this.#zones.zoneOf(key);
      const owner = zone?.find(key);
      if (!zone || !owner) continue;
      for (const item of owner.data(Type.A, zone.name)) yield this.#record(target, owner, item);
      for (const item of owner.data(Type.AAAA, zone.name)) yield this.#record(target, owner, item);
    }
  }

  #follow(request: Request, zone: Zone, owner: Owner): Handled | Promise<Handled> {
    const { query, limit } = request;
    const { answer, outside } = this.#aliases(query, owner);
    if (outside !== undefined && this.#lookup?.isServed(outside)) {
      return this.#leave(request, this.#lookup, answer, outside);
    }
    // A chain that ends without an address in our own zones is NODATA, with the SOA that says for how long.
    const isComplete = outside !== undefined || answer.some(({ data }) => data.type !== 'CNAME');
    const name = endOf(query.name, zone);
    const soa = { ...zone.soa.record, name, data: zone.soa.data(name) };
    const packed = pack(query.name, { answer, authority: isComplete ? [] : [soa] });
    return writeResponse(query, Rcode.NOERROR, Flag.AA, packed, limit);
  }

  /** Whatever becomes of the name outside, the alias itself is right. */
  async #leave(request: Request, lookup: Lookup, aliases: ResourceRecord[], outside: Name): Promise<Handled> {
    const { query, limit } = request;
    const found = await lookup.message(request, outside);
    const wanted = new Set<number>([Type.CNAME, query.type]);
    const isWanted = ({ class: klass, data }: ResourceRecord) => klass === Class.IN && wanted.has(typeOf(data));
    const records = found && rcodeOf(found.flags) === Rcode.NOERROR ? found.answer.filter(isWanted) : [];
    const flags = Flag.AA | ((found?.flags ?? 0) & Flag.TC);
    return writeResponse(query, Rcode.NOERROR, flags, pack(query.name, { answer: [...aliases, ...records] }), limit);
  }

  /** Aliases inside the cluster, then the addresses they lead to. Loops end after a few rounds, or at the first repeat. */
  #aliases(query: Query, start: Owner): Aliases {
    const answer: ResourceRecord[] = [];
    const seen = new Set<Name>();
    let name = query.name;
    let owner: Owner | undefined = start;
    while (owner?.records.alias !== undefined) {
      const target = owner.records.alias;
      if (seen.has(target) || seen.size === maxAliases) return { answer };
      seen.add(target);
      answer.push(this.#record(name, owner, { type: 'CNAME', target }));
      const zone = this.#zones.zoneOf(target);
      if (!zone) return { answer, outside: target };
      owner = zone.find(target);
      name = target;
    }
    if (!owner) return { answer };
    const end = owner;
    // Of addresses: there is no zone to spell in them.
    return { answer: [...answer, ...end.data(query.type, '').map((item) => this.#record(name, end, item))] };
  }
}

/** Generated names repeat the client's spelling of the zone. */
const endOf = (name: Name, zone: Zone): Name => name.slice(name.length - zone.name.length);
