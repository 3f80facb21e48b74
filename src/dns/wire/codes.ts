// The numbers of the DNS protocol that this server knows by name (RFC 1035 §3.2, §4.1.1; RFC 2782, 3596, 6891).

export const Type = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export const Class = { IN: 1, CH: 3, ANY: 255 } as const;

export const Opcode = { QUERY: 0, NOTIFY: 4 } as const;

export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  /** Extended: the upper bits travel in the OPT record. */
  BADVERS: 16,
} as const;

const rcodeNames: Readonly<Record<number, string>> = {
  ...Object.fromEntries(Object.entries(Rcode).map(([name, code]) => [code, name])),
  6: 'YXDOMAIN',
  7: 'YXRRSET',
  8: 'NXRRSET',
  9: 'NOTAUTH',
  10: 'NOTZONE',
  17: 'BADKEY',
  18: 'BADTIME',
  19: 'BADMODE',
  20: 'BADNAME',
  21: 'BADALG',
  22: 'BADTRUNC',
  23: 'BADCOOKIE',
};

/** The mnemonic (IANA's registry of DNS RCODEs), or `RCODE99`. */
export const rcodeName = (rcode: number): string => rcodeNames[rcode] ?? `RCODE${rcode}`;

/** Bits of the second header word. */
export const Flag = {
  QR: 0x8000,
  AA: 0x0400,
  TC: 0x0200,
  RD: 0x0100,
  RA: 0x0080,
  AD: 0x0020,
  CD: 0x0010,
} as const;

export const opcodeOf = (flags: number): number => (flags >> 11) & 15;
export const rcodeOf = (flags: number): number => flags & 15;

/** RFC 1035 §2.3.4 and §4.1. */
export const headerSize = 12;
export const maxLabel = 63;
/** Octets of a name on the wire, the final root label included. */
export const maxName = 255;
export const maxMessage = 65535;
/** What a UDP client takes that says nothing about it. */
export const plainUdpSize = 512;

/** Every type that people know by name; the data of the further ones stays opaque. */
export const typeCodes: Readonly<Record<string, number>> = {
  ...Type,
  LOC: 29,
  NAPTR: 35,
  CERT: 37,
  DNAME: 39,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  NSEC3PARAM: 51,
  TLSA: 52,
  SMIMEA: 53,
  CDS: 59,
  CDNSKEY: 60,
  OPENPGPKEY: 61,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  TKEY: 249,
  TSIG: 250,
  URI: 256,
  CAA: 257,
};
const typeNames = new Map<number, string>(Object.entries(typeCodes).map(([name, code]) => [code, name]));

/** The mnemonic, or `TYPE123` (RFC 3597 §5). */
export const typeName = (code: number): string => typeNames.get(code) ?? `TYPE${code}`;

/** Every class that people know by name. */
export const classCodes: Readonly<Record<string, number>> = { ...Class, CS: 2, HS: 4, NONE: 254 };
const classNames = new Map<number, string>(Object.entries(classCodes).map(([name, code]) => [code, name]));

/** The mnemonic, or `CLASS123` (RFC 3597 §5). */
export const className = (code: number): string => classNames.get(code) ?? `CLASS${code}`;
