// A zone's SOA record, and ready-made in wire form as the tail of every negative answer: only the three pointers to the
// zone's name, which stands in the question, differ from answer to answer (RFC 2308 §2, spec/dns.md §1.9).

import { headerSize } from '../wire/codes.ts';
import { fromLabels, type Name } from '../wire/name.ts';
import { type Packed, pack } from '../wire/packed.ts';
import type { AuthorityData } from '../wire/rdata.ts';
import type { ResourceRecord } from '../wire/record.ts';

/** Where a zone's name servers are when no Service is one. */
export const nameServerPrefix = fromLabels(['ns', 'dns']) as Name;
const rnamePrefix = fromLabels(['hostmaster']) as Name;

export class Soa {
  readonly record: ResourceRecord & { readonly data: AuthorityData };
  readonly #zone: Name;
  readonly #serial: number;
  readonly #ttl: number;
  readonly #template: Packed;
  readonly #pointers: readonly number[];

  constructor(zone: Name, serial: number, ttl: number) {
    this.#zone = zone;
    this.#serial = serial;
    this.#ttl = ttl;
    this.record = {
      name: zone,
      class: 1,
      ttl: Math.min(ttl, 300),
      data: this.data(zone),
    };
    this.#template = pack(zone, { authority: [this.record] });
    // Owner pointer, 10 octets of type, class, TTL and length, then the two names, each ending in a pointer.
    const mnameEnd = 12 + nameServerPrefix.length;
    this.#pointers = [0, mnameEnd, mnameEnd + 2 + rnamePrefix.length];
  }

  /** @param zone as the client spelled it */
  data(zone: Name): AuthorityData {
    return {
      type: 'SOA',
      mname: nameServerPrefix + zone,
      rname: rnamePrefix + zone,
      serial: this.#serial,
      refresh: 7200,
      retry: 1800,
      expire: 86400,
      minimum: this.#ttl,
    };
  }

  /** The authority section behind a question for `name`, which lies in the zone. */
  tail(name: Name): Packed {
    const body = Buffer.from(this.#template.body);
    const pointer = 0xc000 | (headerSize + name.length - this.#zone.length);
    for (const at of this.#pointers) body.writeUInt16BE(pointer, at);
    return { ...this.#template, body };
  }
}
