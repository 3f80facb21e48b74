// Whole zones of the cluster for secondaries (directive `transfer`; RFC 5936, RFC 1995, spec/dns.md §5): AXFR by TCP, and
// IXFR, which is either nothing new or the whole zone again.

import type { TransferSettings } from '../config/settings.ts';
import type { Handled, Handler, Request } from '../handler.ts';
import type { ClusterZone, Zones } from '../records/index.ts';
import {
  Class,
  decodeMessage,
  Flag,
  FormatError,
  isInternet,
  isWithin,
  isZoneTransfer,
  type Name,
  nothing,
  pack,
  type Query,
  Rcode,
  type ResourceRecord,
  recordSize,
  Type,
  writeResponse,
} from '../wire/index.ts';

/** Octets of records, before compression, in one message. */
const messageSize = 63_000;

export class TransferHandler implements Handler {
  readonly name = 'transfer';
  readonly #zones: Zones;
  readonly #isSynced: () => boolean;
  readonly #rules: readonly TransferSettings[];

  constructor({ zones, isSynced }: { zones: Zones; isSynced: () => boolean }, rules: readonly TransferSettings[]) {
    this.#zones = zones;
    this.#isSynced = isSynced;
    this.#rules = rules;
  }

  handle(request: Request): Handled {
    const { query, isTcp, limit, client } = request;
    if (!isZoneTransfer(query.type) || !isInternet(query)) return undefined;
    const zone = this.#zones.clusterZoneOf(query.key);
    if (!zone) return undefined;
    const isWhole = query.type === Type.AXFR;
    if (zone.name !== query.key || !this.#mayHave(zone.name, client.address) || (isWhole && !isTcp)) {
      return writeResponse(query, Rcode.REFUSED, 0, nothing, limit);
    }
    // Half a zone would be taken for the whole.
    if (!this.#isSynced()) return writeResponse(query, Rcode.SERVFAIL, 0, nothing, limit);
    const soa = zone.soa.record;
    // By UDP the serial alone: a secondary that has an older one asks again by TCP (RFC 1995 §2).
    if (!isWhole && (!isTcp || serialOf(query) === zone.soa.record.data.serial)) {
      return writeResponse(query, Rcode.NOERROR, Flag.AA, pack(query.name, { answer: [soa] }), limit);
    }
    return messages(query, limit, this.#records(zone));
  }

  /** The rule for the longest zone that it lies in decides: usually the server block's, which is the root. */
  #mayHave(zone: Name, address: string): boolean {
    let rule: TransferSettings | undefined;
    let longest = -1;
    for (const each of this.#rules) {
      for (const { length } of each.zones.filter((outer) => isWithin(zone, outer))) {
        if (length > longest) [rule, longest] = [each, length];
      }
    }
    return rule !== undefined && (rule.to === '*' || rule.to.some(({ host }) => host === address));
  }

  /** The zone as it is now, between its SOA twice; worked out as the client takes it. */
  *#records(zone: ClusterZone): Generator<ResourceRecord> {
    const soa = zone.soa.record;
    yield soa;
    for (const owner of zone.owners()) {
      const name = owner.name + zone.name;
      const ttl = owner.records.ttl ?? this.#zones.ttl;
      for (const data of owner.all(zone.name)) if (data.type !== 'SOA') yield { name, class: Class.IN, ttl, data };
    }
    yield soa;
  }
}

/** The serial that the client has; undefined when it does not say. */
function serialOf(query: Query): number | undefined {
  try {
    const [soa] = decodeMessage(query.packet).authority;
    return soa?.data.type === 'SOA' ? soa.data.serial : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function* messages(query: Query, limit: number, records: Iterable<ResourceRecord>): Generator<Uint8Array> {
  let answer: ResourceRecord[] = [];
  let size = 0;
  for (const record of records) {
    const more = recordSize(record);
    if (size + more > messageSize) {
      yield writeResponse(query, Rcode.NOERROR, Flag.AA, pack(query.name, { answer }), limit);
      answer = [];
      size = 0;
    }
    answer.push(record);
    size += more;
  }
  yield writeResponse(query, Rcode.NOERROR, Flag.AA, pack(query.name, { answer }), limit);
}
