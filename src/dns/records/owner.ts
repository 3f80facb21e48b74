// An owner name of the cluster's zone with its records: what the table of names maps a key to. Addresses stay the strings
// of the API objects; the encoded form is made when a name is first asked for and kept until the records change, so that
// names nobody asks for cost little.

import { Type } from '../wire/codes.ts';
import type { Name } from '../wire/name.ts';
import type { Packed } from '../wire/packed.ts';
import type { RecordData } from '../wire/rdata.ts';

export interface ServiceTarget {
  readonly port: number;
  readonly weight: number;
  /** An owner of the same table, whose addresses go into the additional section. */
  readonly target: Name;
}

export interface OwnerRecords {
  readonly v4?: readonly string[];
  readonly v6?: readonly string[];
  readonly services?: readonly ServiceTarget[];
  /** The canonical name, of an ExternalName Service. Such an owner has nothing else. */
  readonly alias?: Name | undefined;
  /** Records of other types: SOA, NS, TXT, PTR. */
  readonly other?: readonly RecordData[];
  /** Where not the server's usual. */
  readonly ttl?: number;
}

export class Owner {
  readonly key: Name;
  readonly records: OwnerRecords;
  /** Filled by the responder, by type: answers to the name in lower case. */
  #packed: Map<number, Packed> | undefined;

  constructor(key: Name, records: OwnerRecords) {
    this.key = key;
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

  /** The data of a type; none means NODATA. */
  data(type: number): readonly RecordData[] {
    const { v4 = [], v6 = [], services = [], alias, other = [] } = this.records;
    switch (type) {
      case Type.A:
        return v4.map((address) => ({ type: 'A', address }));
      case Type.AAAA:
        return v6.map((address) => ({ type: 'AAAA', address }));
      case Type.SRV:
        return services.map(({ port, weight, target }) => ({ type: 'SRV', priority: 0, weight, port, target }));
      case Type.CNAME:
        return alias === undefined ? [] : [{ type: 'CNAME', target: alias }];
      default:
        return other.filter((data) => data.type !== 'opaque' && Type[data.type] === type);
    }
  }

  /** Every record, for a listing of the zone. */
  all(): readonly RecordData[] {
    const types = [Type.A, Type.AAAA, Type.SRV, Type.CNAME] as const;
    return [...types.flatMap((type) => this.data(type)), ...(this.records.other ?? [])];
  }
}
