// Names of a hosts file (directive `hosts`): A, AAAA, and PTR out of both.

import type { HostsSettings } from '../config/settings.ts';
import type { Handled, Handler, Request } from '../handler.ts';
import type { HostEntry, HostsTable } from '../hosts/hosts-table.ts';
import { addressOf, isReverse } from '../records/index.ts';
import {
  Class,
  Flag,
  isInternet,
  isWithin,
  isZoneTransfer,
  type Name,
  nothing,
  pack,
  Rcode,
  type RecordData,
  Type,
  writeResponse,
} from '../wire/index.ts';

export type HostsHandlerSettings = Pick<HostsSettings, 'zones' | 'ttl' | 'reverse' | 'fallthrough'>;

export class HostsHandler implements Handler {
  readonly name = 'hosts';
  readonly #table: () => HostsTable;
  readonly #settings: HostsHandlerSettings;

  /** @param table the one in force. */
  constructor(table: () => HostsTable, settings: HostsHandlerSettings) {
    this.#table = table;
    this.#settings = settings;
  }

  handle(request: Request): Handled {
    const { query, limit } = request;
    if (!isInternet(query) || isZoneTransfer(query.type)) return undefined;
    const { zones, fallthrough } = this.#settings;
    const isOurs = (set: readonly Name[]) => set.some((zone) => isWithin(query.key, zone));
    const pointers = query.type === Type.PTR ? this.#pointers(query.key) : [];
    if (pointers.length > 0) return this.#respond(request, pointers);
    if (!isOurs(zones)) return undefined;
    const entry = this.#table().find(query.key);
    if (entry) return this.#respond(request, dataOf(entry, query.type));
    // Addresses that are not in the file are somebody else's, whatever is said of names.
    if (query.type === Type.PTR || isOurs(fallthrough)) return undefined;
    // There is no zone, and so no SOA record that NXDOMAIN could be told with: CoreDNS says SERVFAIL.
    return writeResponse(query, Rcode.SERVFAIL, 0, nothing, limit);
  }

  #pointers(key: Name): RecordData[] {
    const address = this.#settings.reverse && isReverse(key) ? addressOf(key) : undefined;
    const names = address === undefined ? [] : this.#table().namesOf(address);
    return names.map((target) => ({ type: 'PTR', target }));
  }

  /** Without data: the name exists, the type does not. */
  #respond({ query, limit }: Request, data: readonly RecordData[]): Handled {
    const { ttl } = this.#settings;
    const answer = data.map((item) => ({ name: query.name, class: Class.IN, ttl, data: item }));
    return writeResponse(query, Rcode.NOERROR, Flag.AA, pack(query.name, { answer }), limit);
  }
}

function dataOf(entry: HostEntry, type: number): RecordData[] {
  if (type === Type.A) return entry.A.map((address) => ({ type: 'A', address }));
  if (type === Type.AAAA) return entry.AAAA.map((address) => ({ type: 'AAAA', address }));
  return [];
}
