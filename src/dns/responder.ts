// A query in, a response out: which of the answers of spec/dns.md §2 it gets. Synchronous for everything the cluster
// knows; a promise only when another server has to be asked.

import { createLogger, type Logger } from '#lib/log.ts';
import { isZoneTransfer, type Owner, type Zone, type Zones } from './records/index.ts';
import {
  Class,
  Flag,
  isAddressType,
  isInternet,
  isWithin,
  keyOf,
  type Name,
  nothing,
  type Packed,
  pack,
  type Query,
  Rcode,
  type RecordData,
  type ResourceRecord,
  readQuery,
  sizeLimit,
  Type,
  writeRefusal,
  writeResponse,
} from './wire/index.ts';

/** Where names go that are not ours. */
export interface Elsewhere {
  /** The whole response to pass on to the client, cut to `limit`. Never rejects. */
  forward(query: Query, isTcp: boolean, limit: number): Promise<Uint8Array>;
  /** Addresses of a name, with the aliases on the way. Never rejects: no answer gives no records. */
  resolve(query: Query, name: Name, isTcp: boolean): Promise<Resolved>;
}
export interface Resolved {
  readonly records: readonly ResourceRecord[];
  readonly truncated: boolean;
}

export interface ResponderParts {
  readonly zones: Zones;
  /** Without it other names are refused. */
  readonly elsewhere?: Elsewhere | undefined;
  /** Whether the records are complete. Until then what is not found may yet exist. */
  readonly isSynced: () => boolean;
  readonly log?: Logger;
}

export type Response = Uint8Array | undefined;

/** Longer chains of ExternalName Services end without an answer. */
const maxAliases = 10;

interface Chain {
  readonly answer: ResourceRecord[];
  /** Where the chain leaves our zones. */
  readonly outside?: Name;
}

export class Responder {
  readonly #zones: Zones;
  readonly #elsewhere: Elsewhere | undefined;
  readonly #isSynced: () => boolean;
  readonly #log: Logger;
  readonly #udpCap: number;

  /** @param udpCap the largest response by UDP, whatever size the client advertises. */
  constructor({ zones, elsewhere, isSynced, log = createLogger('dns') }: ResponderParts, udpCap: number) {
    this.#zones = zones;
    this.#elsewhere = elsewhere;
    this.#isSynced = isSynced;
    this.#log = log;
    this.#udpCap = udpCap;
  }

  /** Undefined: say nothing. Never throws and never rejects, whatever the packet. */
  respond(packet: Buffer, isTcp: boolean): Response | Promise<Response> {
    try {
      const response = this.#respond(packet, isTcp);
      return response instanceof Promise ? response.catch((error) => this.#failed(error)) : response;
    } catch (error) {
      return this.#failed(error);
    }
  }

  /** A fault of ours, met by one packet, must not end the service for all others. */
  #failed(error: unknown): undefined {
    this.#log.error('cannot answer a query', { error });
  }

  #respond(packet: Buffer, isTcp: boolean): Response | Promise<Response> {
    const query = readQuery(packet);
    if (query === undefined) return undefined;
    if (typeof query === 'number') return writeRefusal(packet, query);
    const limit = sizeLimit(query, isTcp, this.#udpCap);
    if (query.edns && query.edns.version > 0) return writeResponse(query, Rcode.BADVERS, 0, nothing, limit);
    const zone = isInternet(query) ? this.#zones.zoneOf(query.key) : undefined;
    if (isZoneTransfer(query.type)) return writeResponse(query, Rcode.REFUSED, 0, nothing, limit);
    if (zone) return this.#authoritative(query, zone, isTcp, limit);
    if (this.#elsewhere) return this.#elsewhere.forward(query, isTcp, limit);
    return writeResponse(query, Rcode.REFUSED, 0, nothing, limit);
  }

  #authoritative(query: Query, zone: Zone, isTcp: boolean, limit: number): Response | Promise<Response> {
    const owner = zone.find(query.key);
    if (!owner) {
      const rcode = this.#isSynced() ? Rcode.NXDOMAIN : Rcode.SERVFAIL;
      return writeResponse(query, rcode, Flag.AA, zone.soa.tail(query.key), limit);
    }
    const { alias } = owner.records;
    if (alias !== undefined && isAddressType(query.type)) return this.#follow(query, zone, owner, isTcp, limit);
    return writeResponse(query, Rcode.NOERROR, Flag.AA, this.#answer(query, zone, owner), limit);
  }

  #answer(query: Query, zone: Zone, owner: Owner): Packed {
    // Packed answers hold names in lower case, so they fit a question in lower case, or one whose answer repeats no
    // other name; and their pointers fit only a question as long as the owner's own name.
    const fits = query.key === owner.key && (query.name === query.key || isAddressType(query.type));
    const kept = fits ? owner.packed(query.type) : undefined;
    if (kept) return kept;
    const data = owner.data(query.type);
    if (data.length === 0) return zone.soa.tail(query.key);
    const name = fits ? query.key : query.name;
    const answer = data.map((item) => this.#record(name, this.#respell(item, name), owner, item));
    const packed = pack(name, { answer, additional: this.#glue(data, name) });
    if (fits) owner.keep(query.type, packed);
    return packed;
  }

  #record(name: Name, data: RecordData, owner: Owner, { type }: RecordData): ResourceRecord {
    const ttl = owner.records.ttl ?? this.#zones.ttl;
    return { name, class: Class.IN, ttl: type === 'SOA' ? Math.min(ttl, 300) : ttl, data };
  }

  /** Addresses of every SRV and NS target, each once. */
  #glue(data: readonly RecordData[], question: Name): ResourceRecord[] {
    const targets = new Set(data.flatMap((item) => (item.type === 'SRV' || item.type === 'NS' ? [item.target] : [])));
    return [...targets].flatMap((target) => {
      const owner = this.#zones.zoneOf(target)?.find(target);
      if (!owner) return [];
      const name = this.#spelled(target, question);
      return [...owner.data(Type.A), ...owner.data(Type.AAAA)].map((item) => this.#record(name, item, owner, item));
    });
  }

  /** Generated names repeat the client's spelling of the zone. */
  #spelled(name: Name, question: Name): Name {
    const zone = this.#zones.index.zone;
    if (!isWithin(name, zone) || !isWithin(keyOf(question), zone)) return name;
    return name.slice(0, name.length - zone.length) + question.slice(question.length - zone.length);
  }

  #respell(data: RecordData, question: Name): RecordData {
    switch (data.type) {
      case 'SRV':
      case 'NS':
      case 'CNAME':
        return { ...data, target: this.#spelled(data.target, question) };
      case 'SOA':
        return { ...data, mname: this.#spelled(data.mname, question), rname: this.#spelled(data.rname, question) };
      default:
        return data;
    }
  }

  #follow(query: Query, zone: Zone, owner: Owner, isTcp: boolean, limit: number): Response | Promise<Response> {
    const { answer, outside } = this.#chain(query, owner);
    if (outside !== undefined && this.#elsewhere) {
      return this.#elsewhere.resolve(query, outside, isTcp).then(({ records, truncated }) => {
        const packed = pack(query.name, { answer: [...answer, ...records] });
        return writeResponse(query, Rcode.NOERROR, Flag.AA | (truncated ? Flag.TC : 0), packed, limit);
      });
    }
    // A chain that ends without an address in our own zones is NODATA, with the SOA that says for how long.
    const isComplete = outside !== undefined || answer.some(({ data }) => data.type !== 'CNAME');
    const soa = { ...zone.soa.record, name: this.#spelled(zone.name, query.name) };
    const packed = pack(query.name, { answer, authority: isComplete ? [] : [soa] });
    return writeResponse(query, Rcode.NOERROR, Flag.AA, packed, limit);
  }

  /** Aliases inside the cluster, then the addresses they lead to. Loops end after a few rounds, or at the first repeat. */
  #chain(query: Query, first: Owner): Chain {
    const answer: ResourceRecord[] = [];
    const seen = new Set<Name>();
    let name = query.name;
    let owner: Owner | undefined = first;
    while (owner?.records.alias !== undefined && !seen.has(owner.key) && seen.size < maxAliases) {
      seen.add(owner.key);
      const target: Name = this.#spelled(owner.records.alias, query.name);
      const data = { type: 'CNAME', target } as const;
      answer.push(this.#record(name, data, owner, data));
      const zone = this.#zones.zoneOf(owner.records.alias);
      if (!zone) return { answer, outside: target };
      owner = zone.find(owner.records.alias);
      name = target;
    }
    if (owner?.records.alias !== undefined) return { answer };
    const end = owner;
    return {
      answer: [...answer, ...(end?.data(query.type) ?? []).map((item) => this.#record(name, item, end as Owner, item))],
    };
  }
}
