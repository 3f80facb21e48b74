// A line of a zone file read (RFC 1035 §5.1): one record, all of it on the line. The other way is record.ts's formatRecord.

import { isIPv4, isIPv6 } from 'node:net';
import { Class, classCodes } from './codes.ts';
import { FormatError } from './format-error.ts';
import { type Name, parseName } from './name.ts';
import type { RecordData } from './rdata.ts';
import type { ResourceRecord } from './record.ts';

/** TTL in seconds when the line has none. */
const usualTtl = 3600;

/** `NAME [TTL] [CLASS] TYPE DATA…`; names are absolute, with or without their final dot. Throws FormatError. */
export function parseRecord(text: string): ResourceRecord {
  // Parentheses are for records of several lines; here they mean nothing.
  const [name, ...words] = text.match(/"(?:\\.|[^"\\])*"|[^\s()]+/gs) ?? [];
  let ttl = usualTtl;
  let klass: number = Class.IN;
  for (let word = words[0]?.toUpperCase(); word !== undefined; word = words[0]?.toUpperCase()) {
    const named = classCodes[word] ?? (/^CLASS\d{1,5}$/.test(word) ? number(word.slice(5), 65535) : undefined);
    if (named === undefined && !/^\d+$/.test(word)) break;
    if (named === undefined) ttl = number(word, 2 ** 31 - 1);
    else klass = named;
    words.shift();
  }
  const type = words.shift()?.toUpperCase();
  if (name === undefined || type === undefined) throw new FormatError(`Cannot read record "${text}": no type`);
  return { name: parseName(name), class: klass, ttl, data: dataOf(type, words, text) };
}

function dataOf(type: string, words: readonly string[], text: string): RecordData {
  const [first = '', second = '', third = '', fourth = ''] = words;
  const expect = (count: number) => {
    if (words.length !== count) throw new FormatError(`Cannot read record "${text}": ${type} has ${count} values`);
  };
  switch (type) {
    case 'A':
    case 'AAAA':
      expect(1);
      if (!(type === 'A' ? isIPv4(first) : isIPv6(first)))
        throw new FormatError(`Cannot read record "${text}": address`);
      return { type, address: first };
    case 'CNAME':
    case 'NS':
    case 'PTR':
      expect(1);
      return { type, target: parseName(first) };
    case 'MX':
      expect(2);
      return { type, preference: number(first, 65535), exchange: parseName(second) };
    case 'SRV': {
      expect(4);
      const [priority, weight, port] = [first, second, third].map((word) => number(word, 65535)) as [
        number,
        number,
        number,
      ];
      return { type, priority, weight, port, target: parseName(fourth) };
    }
    case 'TXT':
      if (words.length === 0) throw new FormatError(`Cannot read record "${text}": TXT has at least one string`);
      return { type, strings: words.map(string) };
    case 'HINFO':
      expect(2);
      return { type, cpu: string(first), os: string(second) };
    case 'SOA':
      expect(7);
      return authority(first, second, words.slice(2));
    default:
      throw new FormatError(`Cannot read record "${text}": type ${type} cannot be written as text here`);
  }
}

function authority(mname: string, rname: string, words: readonly string[]): RecordData {
  const values = words.map((word) => number(word, 2 ** 32 - 1));
  const [serial, refresh, retry, expire, minimum] = values as [number, number, number, number, number];
  const names: { mname: Name; rname: Name } = { mname: parseName(mname), rname: parseName(rname) };
  return { type: 'SOA', ...names, serial, refresh, retry, expire, minimum };
}

function number(word: string, most: number): number {
  if (!/^\d{1,10}$/.test(word) || Number(word) > most) throw new FormatError(`Cannot read "${word}": 0 to ${most}`);
  return Number(word);
}

function string(word: string): string {
  const text = word.startsWith('"') ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word;
  if (text.length > 255) throw new FormatError(`Cannot read a string of ${text.length} characters: 255 is the limit`);
  return text;
}
