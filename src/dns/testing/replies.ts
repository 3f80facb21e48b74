// Replies of other servers, written as text.

import {
  encodeMessage,
  Flag,
  optRecord,
  parseName,
  type Rcode,
  type RecordData,
  type ResourceRecord,
  Rcode as rcodes,
} from '../wire/index.ts';
import { packet } from './cluster.ts';

const dataOf = (type: string, value: string): RecordData => {
  switch (type) {
    case 'A':
    case 'AAAA':
      return { type, address: value };
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { type, target: parseName(value) };
    case 'SOA': {
      const times = { serial: 1, refresh: 2, retry: 3, expire: 4, minimum: Number(value) };
      return { type, mname: parseName('ns.example'), rname: parseName('root.example'), ...times };
    }
    case 'TXT':
      return { type, strings: value.match(/.{1,255}/g) ?? [''] };
    default:
      throw new Error(`Cannot write a record of type ${type}`);
  }
};

/** `NAME TTL TYPE VALUE`; the value of a SOA record is its field `minimum`. */
export function record(text: string): ResourceRecord {
  const [name = '', ttl, type = '', value = ''] = text.split(' ');
  return { name: parseName(name), class: 1, ttl: Number(ttl), data: dataOf(type, value) };
}

export interface ReplyText {
  readonly rcode?: keyof typeof Rcode;
  /** Beside QR, RD and RA. */
  readonly flags?: number;
  readonly answer?: readonly string[];
  readonly authority?: readonly string[];
  readonly additional?: readonly string[];
  /** With EDNS; the upper bits of the rcode. */
  readonly extendedRcode?: number;
}

/** To `NAME TYPE`. */
export function reply(question: string, text: ReplyText): Buffer {
  const { rcode = 'NOERROR', flags = 0, answer = [], authority = [], additional = [], extendedRcode } = text;
  const edns = { udpSize: 1232, version: 0, dnssecOk: false, extendedRcode: extendedRcode ?? 0 };
  return encodeMessage({
    ...packet(question, 4711),
    flags: Flag.QR | Flag.RD | Flag.RA | flags | (rcodes[rcode] & 15),
    answer: answer.map(record),
    authority: authority.map(record),
    additional: [...additional.map(record), ...(extendedRcode === undefined ? [] : [optRecord(edns)])],
  });
}
