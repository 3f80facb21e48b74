// Record data: for each type that we know how it is read, written and printed (RFC 1035 §3.3, 2782, 3596, 6891). A type
// that we do not know stays opaque octets (RFC 3597).

import { isIPv4 } from 'node:net';
import { formatAddress, parseAddress } from '#lib/cidr.ts';
import { Type, typeName } from './codes.ts';
import { FormatError } from './format-error.ts';
import { formatName, type Name } from './name.ts';
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export type AddressData = { readonly type: 'A' | 'AAAA'; readonly address: string };
export type NameData = { readonly type: 'CNAME' | 'NS' | 'PTR'; readonly target: Name };
export type ServiceData = {
  readonly type: 'SRV';
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: Name;
};
export type AuthorityData = {
  readonly type: 'SOA';
  readonly mname: Name;
  readonly rname: Name;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
};
/** Strings as Latin-1: an octet a character. */
export type TextData = { readonly type: 'TXT'; readonly strings: readonly string[] };
export type HostData = { readonly type: 'HINFO'; readonly cpu: string; readonly os: string };
export type MailData = { readonly type: 'MX'; readonly preference: number; readonly exchange: Name };
export type OptionData = {
  readonly type: 'OPT';
  readonly options: readonly { readonly code: number; readonly data: Uint8Array }[];
};
export type OpaqueData = { readonly type: 'opaque'; readonly code: number; readonly data: Uint8Array };
export type RecordData =
  | AddressData
  | NameData
  | ServiceData
  | AuthorityData
  | TextData
  | HostData
  | MailData
  | OptionData
  | OpaqueData;

export const typeOf = (data: RecordData): number => (data.type === 'opaque' ? data.code : Type[data.type]);

interface Codec<D> {
  read(reader: Reader, end: number): D;
  write(writer: Writer, data: D): void;
  print(data: D): string;
}

const groups = (value: bigint): number[] =>
  Array.from({ length: 8 }, (_, i) => Number((value >> BigInt(112 - 16 * i)) & 0xffffn));

/** Big integers are too slow for thousands of addresses in one answer. */
function valueOfIPv4(address: string): number {
  let value = 0;
  let octet = 0;
  for (let i = 0; i < address.length; i++) {
    const digit = address.charCodeAt(i) - 48;
    if (digit >= 0) octet = octet * 10 + digit;
    else {
      value = value * 256 + octet;
      octet = 0;
    }
  }
  return value * 256 + octet;
}

function writeAddress(writer: Writer, { type, address }: AddressData): void {
  if (type === 'A' && isIPv4(address)) {
    writer.u32(valueOfIPv4(address));
    return;
  }
  const parsed = parseAddress(address);
  if (type === 'A' || parsed?.family !== 'IPv6') throw new FormatError(`Cannot write ${type} ${address}`);
  for (const group of groups(parsed.value)) writer.u16(group);
}

const address = (type: 'A' | 'AAAA', size: number): Codec<AddressData> => ({
  read: (reader) => {
    const hex = Buffer.from(reader.take(size)).toString('hex');
    return { type, address: formatAddress({ family: type === 'A' ? 'IPv4' : 'IPv6', value: BigInt(`0x${hex}`) }) };
  },
  write: writeAddress,
  print: (data) => data.address,
});

const target = (type: NameData['type']): Codec<NameData> => ({
  read: (reader) => ({ type, target: reader.name() }),
  write: (writer, data) => writer.name(data.target),
  print: (data) => formatName(data.target),
});

const srv: Codec<ServiceData> = {
  read: (reader) => ({
    type: 'SRV',
    priority: reader.u16(),
    weight: reader.u16(),
    port: reader.u16(),
    target: reader.name(),
  }),
  write: (writer, { priority, weight, port, target }) => {
    writer.u16(priority);
    writer.u16(weight);
    writer.u16(port);
    writer.name(target, false);
  },
  print: ({ priority, weight, port, target }) => `${priority} ${weight} ${port} ${formatName(target)}`,
};

const soa: Codec<AuthorityData> = {
  read: (reader) => ({
    type: 'SOA',
    mname: reader.name(),
    rname: reader.name(),
    serial: reader.u32(),
    refresh: reader.u32(),
    retry: reader.u32(),
    expire: reader.u32(),
    minimum: reader.u32(),
  }),
  write: (writer, data) => {
    writer.name(data.mname);
    writer.name(data.rname);
    for (const field of [data.serial, data.refresh, data.retry, data.expire, data.minimum]) writer.u32(field);
  },
  print: ({ mname, rname, serial, refresh, retry, expire, minimum }) =>
    [formatName(mname), formatName(rname), serial, refresh, retry, expire, minimum].join(' '),
};

const quoted = (text: string): string =>
  `"${text.replace(/["\\]|[^ -~]/g, (c) => (/["\\]/.test(c) ? `\\${c}` : `\\${String(c.charCodeAt(0)).padStart(3, '0')}`))}"`;

const txt: Codec<TextData> = {
  read: (reader, end) => {
    const strings = [reader.text()];
    while (reader.offset < end) strings.push(reader.text());
    return { type: 'TXT', strings };
  },
  write: (writer, { strings }) => {
    if (strings.length === 0) throw new FormatError('Cannot write a TXT record without a string');
    for (const text of strings) writer.text(text);
  },
  print: ({ strings }) => strings.map(quoted).join(' '),
};

const hinfo: Codec<HostData> = {
  read: (reader) => ({ type: 'HINFO', cpu: reader.text(), os: reader.text() }),
  write: (writer, { cpu, os }) => {
    writer.text(cpu);
    writer.text(os);
  },
  print: ({ cpu, os }) => `${quoted(cpu)} ${quoted(os)}`,
};

const mx: Codec<MailData> = {
  read: (reader) => ({ type: 'MX', preference: reader.u16(), exchange: reader.name() }),
  write: (writer, { preference, exchange }) => {
    writer.u16(preference);
    writer.name(exchange);
  },
  print: ({ preference, exchange }) => `${preference} ${formatName(exchange)}`,
};

const hex = (data: Uint8Array): string => `\\# ${data.length} ${Buffer.from(data).toString('hex')}`.trimEnd();

const opt: Codec<OptionData> = {
  read: (reader, end) => {
    const options: { code: number; data: Uint8Array }[] = [];
    while (reader.offset < end) {
      const code = reader.u16();
      options.push({ code, data: reader.take(reader.u16()) });
    }
    return { type: 'OPT', options };
  },
  write: (writer, { options }) => {
    for (const { code, data } of options) {
      writer.u16(code);
      writer.sized(() => writer.raw(data));
    }
  },
  print: ({ options }) => options.map(({ code, data }) => `${code}:${hex(data)}`).join(' '),
};

const codecs: { readonly [T in Exclude<RecordData['type'], 'opaque'>]: Codec<Extract<RecordData, { type: T }>> } = {
  A: address('A', 4) as Codec<never>,
  AAAA: address('AAAA', 16) as Codec<never>,
  CNAME: target('CNAME') as Codec<never>,
  NS: target('NS') as Codec<never>,
  PTR: target('PTR') as Codec<never>,
  SRV: srv,
  SOA: soa,
  TXT: txt,
  HINFO: hinfo,
  MX: mx,
  OPT: opt,
};

/** The table is keyed by the data's own type, which TypeScript cannot see through an index. */
const codecOf = (type: string): Codec<RecordData> | undefined =>
  Object.hasOwn(codecs, type) ? (codecs as unknown as Record<string, Codec<RecordData>>)[type] : undefined;

/** Reads the length and the data behind it. Data must fill its length exactly. */
export function readData(reader: Reader, code: number): RecordData {
  const size = reader.u16();
  const end = reader.offset + size;
  if (end > reader.bytes.length) throw new FormatError('Message ends inside a record');
  const codec = codecOf(typeName(code));
  const data = codec ? codec.read(reader, end) : ({ type: 'opaque', code, data: reader.take(size) } as const);
  if (reader.offset !== end)
    throw new FormatError(`Data of a ${typeName(code)} record does not fill its ${size} octets`);
  return data;
}

export function writeData(writer: Writer, data: RecordData): void {
  writer.sized(() => {
    if (data.type === 'opaque') writer.raw(data.data);
    else codecOf(data.type)?.write(writer, data);
  });
}

export const formatData = (data: RecordData): string =>
  data.type === 'opaque' ? hex(data.data) : (codecOf(data.type)?.print(data) ?? '');
