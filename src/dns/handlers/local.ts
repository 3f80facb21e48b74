// Names that never leave a machine (directive `local`, RFC 6761 §6.3): localhost and its addresses.

import type { Handled, Handler, Request } from '../handler.ts';
import {
  Class,
  Flag,
  isInternet,
  isWithin,
  isZoneTransfer,
  keyOf,
  type Name,
  pack,
  parseName,
  Rcode,
  type RecordData,
  type ResourceRecord,
  Type,
  writeResponse,
} from '../wire/index.ts';

const localhost = parseName('localhost');
const loopback = parseName('1.0.0.127.in-addr.arpa');
const zones = ['localhost', '0.in-addr.arpa', '127.in-addr.arpa', '255.in-addr.arpa'].map(parseName);
const ttl = 604_800;

/** `localhost.DOMAIN`: a resolver's search list was gone through. */
const isSearched = (key: Name): boolean => key.startsWith(localhost) && key !== localhost;

export const localHandler: Handler = {
  name: 'local',
  handle({ query, limit }: Request): Handled {
    if (!isInternet(query) || isZoneTransfer(query.type)) return undefined;
    const zone = zones.find((candidate) => isWithin(query.key, candidate));
    if (!zone && !isSearched(query.key)) return undefined;
    const data = dataOf(query.key, query.type);
    const answer: ResourceRecord[] = data.map((item) => ({ name: query.name, class: Class.IN, ttl, data: item }));
    const authority = data.length === 0 ? [soaOf(zone ?? keyOf(query.name))] : [];
    return writeResponse(query, Rcode.NOERROR, Flag.AA, pack(query.name, { answer, authority }), limit);
  },
};

function dataOf(key: Name, type: number): RecordData[] {
  const isHost = key.startsWith(localhost) || isWithin(key, localhost);
  const isApex = zones.includes(key);
  if (isApex && type === Type.SOA) return [soaOf(key).data];
  if (isApex && type === Type.NS) return [{ type: 'NS', target: localhost }];
  if (isHost && type === Type.A) return [{ type: 'A', address: '127.0.0.1' }];
  if (isHost && type === Type.AAAA) return [{ type: 'AAAA', address: '::1' }];
  if (key === loopback && type === Type.PTR) return [{ type: 'PTR', target: localhost }];
  return [];
}

const soaOf = (zone: Name): ResourceRecord => ({
  name: zone,
  class: Class.IN,
  ttl,
  data: {
    type: 'SOA',
    mname: localhost,
    rname: parseName('root.localhost'),
    serial: 1,
    refresh: 0,
    retry: 0,
    expire: 0,
    minimum: ttl,
  },
});
