// An owner name with its records. Addresses stay the strings of the API objects, and names of the zone are kept without it;
// the encoded form is made when a name is first asked for and kept until the records change, so that names nobody asks for
// cost little.

import { maxMessage, Type } from '../wire/codes.ts';
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

/** More addresses fit no message: each takes 16 octets. */
const maxAddresses = Math.ceil(maxMessage / 16);
const none: readonly string[] = [];

/** Each address once. */
export function byFamily(addresses: readonly string[]): Required<Pick<OwnerRecords, 'v4' | 'v6'>> {
  const all = addresses.length > 1 ? [...new Set(addresses)] : addresses;
  if (all.length <= maxAddresses && !all.some(isSix)) return { v4: all, v6: none };
  return {
    v4: all.filter((address) => !isSix(address)).slice(0, maxAddresses),
    v6: all.filter(isSix).slice(0, maxAddresses),
  };
}
const isSix = (address: string): boolean => address.includes(':');

export interface OwnerRecords {
  readonly v4?: readonly string[];
  readonly v6?: readonly string[];
  /** Worked out when they are asked for: those of a headless Service are many. */
  readonly services?: () => readonly ServiceTarget[];
  /** The canonical name, whole, of an ExternalName Service. Such an owner has nothing else. */
  readonly alias?: Name | undefined;
  /** Records of other types: SOA, NS, TXT, PTR; and SRV whose target is in no zone of ours. */
  readonly other?: (zone: Name) => readonly RecordData[];
  /** Where not the server's usual. */
  readonly ttl?: number;
  /** It has nothing, and is there only because names below it may be: another server may know it as a zone. */
  readonly isOnTheWay?: boolean;
}

export class Owner {
  /** In lower case. */
  readonly name: Relative;
  readonly records: OwnerRecords;
  /** Answers to the name in lower case, filled by the handler. */
  #a: Packed | undefined;
  #aaaa: Packed | undefined;
  #srv: Packed | undefined;

  constructor(name: Relative, records: OwnerRecords) {
    this.name = name;
    this.records = records;
  }

  packed(type: number): Packed | undefined {
    return type === Type.A ? this.#a : type === Type.AAAA ? this.#aaaa : type === Type.SRV ? this.#srv : undefined;
  }

  /** Answers of other types are made anew each time. */
  keep(type: number, packed: Packed): void {
    if (type === Type.A) this.#a = packed;
    else if (type === Type.AAAA) this.#aaaa = packed;
    else if (type === Type.SRV) this.#srv = packed;
  }

  /**
   * The data of a type; none means NODATA.
   * @param zone as names of it are to be spelled
   */
  data(type: number, zone: Name): readonly RecordData[] {
    const { v4 = [], v6 = [], services, alias } = this.records;
    switch (type) {
      case Type.A:
        return v4.map((address) => ({ type: 'A', address }));
      case Type.AAAA:
        return v6.map((address) => ({ type: 'AAAA', address }));
      case Type.SRV:
        return [
          ...(services?.() ?? []).map(({ port, weight, target }) => {
            return { type: 'SRV', priority: 0, weight, port, target: target + zone } as const;
          }),
          ...this.#other(type, zone),
        ];
      case Type.CNAME:
        return alias === undefined ? [] : [{ type: 'CNAME', target: alias }];
      default:
        return this.#other(type, zone);
    }
  }

  #other(type: number, zone: Name): readonly RecordData[] {
    return this.records.other?.(zone).filter((data) => data.type !== 'opaque' && Type[data.type] === type) ?? [];
  }

  /** Every record, for a listing of the zone. */
  all(zone: Name): readonly RecordData[] {
    const types = [Type.A, Type.AAAA, Type.SRV, Type.CNAME] as const;
    return [...types.flatMap((type) => this.data(type, zone)), ...(this.records.other?.(zone) ?? [])];
  }
}
