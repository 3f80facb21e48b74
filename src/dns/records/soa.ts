// A zone's SOA record, and ready to send as the tail of negative answers: these differ only in the three pointers to the
// zone's name, which stands in the question (RFC 2308 §2, spec/dns.md §1.9).

import { headerSize, Type } from '../wire/codes.ts';
import { fromLabels, type Name } from '../wire/name.ts';
import { nothing, type Packed } from '../wire/packed.ts';
import type { AuthorityData } from '../wire/rdata.ts';
import type { ResourceRecord } from '../wire/record.ts';
import { Writer } from '../wire/writer.ts';

/** Where a zone's name servers are when no Service is one. */
export const nameServerPrefix = fromLabels(['ns', 'dns']) as Name;
const rnamePrefix = fromLabels(['hostmaster']) as Name;

export interface SoaFields {
  readonly serial: number;
  /** Of the zone's records, in seconds: how long it may be remembered that a name does not exist. */
  readonly ttl: number;
  /** Below the zone: its first name server, and where its master's mail goes. */
  readonly mname?: Name;
  readonly rname?: Name;
}

export class Soa {
  readonly record: ResourceRecord & { readonly data: AuthorityData };
  readonly #zone: Name;
  readonly #fields: Required<SoaFields>;
  /** By the place of the zone's name in the question; few, because names are short. */
  readonly #tails: Packed[] = [];

  constructor(zone: Name, fields: SoaFields) {
    this.#zone = zone;
    this.#fields = { mname: nameServerPrefix, rname: rnamePrefix, ...fields };
    const { ttl } = this.#fields;
    this.record = { name: zone, class: 1, ttl: Math.min(ttl, 300), data: this.data(zone) };
  }

  get serial(): number {
    return this.#fields.serial;
  }

  /** @param zone as the client spelled it */
  data(zone: Name): AuthorityData {
    const { mname, rname, serial, ttl } = this.#fields;
    return {
      type: 'SOA',
      mname: mname + zone,
      rname: rname + zone,
      serial,
      refresh: 7200,
      retry: 1800,
      expire: 86400,
      minimum: ttl,
    };
  }

  /** The authority section behind a question for `name`, which lies in the zone. */
  tail(name: Name): Packed {
    const at = name.length - this.#zone.length;
    this.#tails[at] ??= this.#tailAt(headerSize + at);
    return this.#tails[at];
  }

  /** By hand, so that the only pointers are those to the zone. */
  #tailAt(zoneAt: number): Packed {
    const { mname, rname } = this.#fields;
    const writer = new Writer();
    const pointer = () => writer.u16(0xc000 | zoneAt);
    pointer();
    writer.u16(Type.SOA);
    writer.u16(this.record.class);
    writer.u32(this.record.ttl);
    writer.sized(() => {
      for (const name of [mname, rname]) {
        writer.latin1(name);
        pointer();
      }
      const { serial, refresh, retry, expire, minimum } = this.record.data;
      for (const value of [serial, refresh, retry, expire, minimum]) writer.u32(value);
    });
    return { ...nothing, body: writer.bytes.toString('latin1'), authorities: 1 };
  }
}
