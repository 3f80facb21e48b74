// An owner name with its records. Addresses stay the strings of the API objects, and names of the zone are kept without it;
// the encoded form is made when a name is first asked for and kept until the records change, so that names nobody asks for
// cost little.

import { Type } from '../wire/codes.ts';
import type { Name } from '../wire/name.ts';
import type { Packed } from '../wire/packed.ts';
import type { RecordData } from '../wire/rdata.ts';

/** A name without its zone: `\x03web\x07default\x03svc`. */
export type Relative = Name;

export interface ServiceTarget {
  readonly port: number;
  readonly weight: number;
  /** An owner of the same zone, whose addresses go into the additional section. */
  readonly target: Relative;
}

export interface OwnerRecords {
  readonly v4?: readonly string[];
  readonly v6?: readonly string[];
  readonly services?: readonly ServiceTarget[];
  /** The canonical name, whole, of an ExternalName Service. Such an owner has nothing else. */
  readonly alias?: Name | undefined;
  /** Records of other types: SOA, NS, TXT, PTR. */
  readonly other?: (zone: Name) => readonly RecordData[];
  /** Where not the server's usual. */
  readonly ttl?: number;
}

export class Owner {
  /** In lower case. */
  readonly name: Relative;
  readonly records: OwnerRecords;
  /** Filled by the handler, by type: answers to the name in lower case. */
  #packed: Map<number, Packed> | undefined;

  constructor(name: Relative, records: OwnerRecords) {
    this.name = name;
    this.records = records;
  }

  packed(type: number): Packed | undefined {
    return this.#packed?.get(type);
  }

  /** Types are few because only those with records are kept. */
  keep(type: number, packed: Packed): void {
    this.#packed ??= new Map();
    this.#packed.set(type, packed);
  }

  /**
   * The data of a type; none means NODATA.
   * @param zone as names of it are to be spelled
   */
  data(type: number, zone: Name): readonly RecordData[] {
    const { v4 = [], v6 = [], services = [], alias, other } = this.records;
    switch (type) {
      case Type.A:
        return v4.map((address) => ({ type: 'A', address }));
      case Type.AAAA:
        return v6.map((address) => ({ type: 'AAAA', address }));
      case Type.SRV:
        return services.map(({ port, weight, target }) => {
          return { type: 'SRV', priority: 0, weight, port, target: target + zone };
        });
      case Type.CNAME:
        return alias === undefined ? [] : [{ type: 'CNAME', target: alias }];
      default:
        return other?.(zone).filter((data) => data.type !== 'opaque' && Type[data.type] === type) ?? [];
    }
  }

  /** Every record, for a listing of the zone. */
  all(zone: Name): readonly RecordData[] {
    const types = [Type.A, Type.AAAA, Type.SRV, Type.CNAME] as const;
    return [...types.flatMap((type) => this.data(type, zone)), ...(this.records.other?.(zone) ?? [])];
  }
}
