// What a row asks, in dig's words: `NAME TYPE [+OPTION…]`; as a packet, and as dig's arguments.

import { Flag, type Message, optRecord, parseName, Type } from '../wire/index.ts';
import type { Origin } from './zone-text.testing.ts';

export interface Question {
  /** As it stands in the table. */
  readonly text: string;
  /** Absolute. */
  readonly name: string;
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}

/** Types that the server has no name for. */
const foreignTypes = {
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  NAPTR: 35,
  LOC: 29,
  URI: 256,
  CAA: 257,
} as const;
export const typeCodes: Readonly<Record<string, number>> = { ...Type, ...foreignTypes };
export const codeOf = (type: string): number => typeCodes[type] ?? Number(type.replace('TYPE', ''));

/** Those of dig that a table may use. */
const known =
  /^\+(tcp|notcp|header-only|norecurse|cdflag|noadflag|dnssec|noedns|edns=\d|bufsize=\d+|opcode=\d+|class=\w+|ednsopt=\d+)$/;

export function parseQuestion(text: string, origin: Origin): Question {
  const [name = '', type = '', ...options] = text.split(/\s+/);
  const wrong = options.find((option) => !known.test(option));
  if (wrong !== undefined || Number.isNaN(codeOf(type))) throw new Error(`Cannot ask "${text}": ${wrong ?? type}`);
  const pairs = options.map((option) => option.slice(1).split('=') as [string, string?]);
  return { text, name: origin.name(name), type, options: new Map(pairs.map(([key, value = '']) => [key, value])) };
}

/** By which of the two it is asked: by both, unless an option says otherwise. */
export const isAskedBy = ({ options }: Question, transport: 'udp' | 'tcp'): boolean =>
  !options.has(transport === 'udp' ? 'tcp' : 'notcp');

/** As dig sends it: RD and AD are set, EDNS has 1232 octets. */
export function packetOf({ name, type, options }: Question, id: number): Message {
  const has = (option: string) => options.has(option);
  const number = (option: string, otherwise: number) => Number(options.get(option) ?? otherwise);
  const edns = {
    udpSize: number('bufsize', 1232),
    version: number('edns', 0),
    dnssecOk: has('dnssec'),
    options: has('ednsopt') ? [{ code: number('ednsopt', 0), data: new Uint8Array() }] : [],
  };
  const bits = (has('norecurse') ? 0 : Flag.RD) | (has('cdflag') ? Flag.CD : 0) | (has('noadflag') ? 0 : Flag.AD);
  const classes: Readonly<Record<string, number>> = { IN: 1, CH: 3, HS: 4 };
  return {
    id,
    flags: (number('opcode', 0) << 11) | bits,
    question: has('header-only')
      ? undefined
      : { name: parseName(name), type: codeOf(type), class: classes[options.get('class') ?? 'IN'] ?? 0 },
    answer: [],
    authority: [],
    additional: has('noedns') ? [] : [optRecord(edns)],
  };
}

/** A line of a file for `dig -f`. The transport is the caller's. */
export function digArguments({ name, type, options }: Question): string {
  const words = [...options].map(([option, value]) => {
    if (option === 'class') return `-c ${value}`;
    return value === '' ? `+${option}` : `+${option}=${value}`;
  });
  return ['-q', name, '-t', type, ...words.filter((word) => !/^\+(no)?tcp$/.test(word))].join(' ');
}
