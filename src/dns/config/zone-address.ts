// The key of a server block, `tls://example.org:853`, and the zone as directives name it: the same notation. A range of
// addresses stands for the reverse zones that cover it.

import { parseAddress, parseCidr } from '#lib/cidr.ts';
import { reverseZoneNames } from '../records/reverse-zone.ts';
import { FormatError, isWithin, keyOf, type Name, parseName } from '../wire/index.ts';
import type { Transport } from './settings.ts';

export interface ZoneAddress {
  readonly transport: Transport;
  /** Several for a range that ends between two octets or nibbles. */
  readonly zones: readonly Name[];
  readonly port: number | undefined;
}

/** A range may stand for 128 zones, and be said often: more than this is a mistake. */
export const maxZones = 10_000;

const transports: readonly string[] = ['dns', 'tls', 'https'] satisfies Transport[];

/** Throws an Error that says what is wrong with the text. */
export function parseZoneAddress(text: string): ZoneAddress {
  const [, scheme = 'dns', rest = ''] = /^(?:([^/]*):\/\/)?(.*)$/s.exec(text) ?? [];
  if (!transports.includes(scheme)) throw new Error(`${JSON.stringify(text)}: only dns, tls and https are served here`);
  const [, zone = '', port] = /^(.*?)(?::(\d*))?$/s.exec(rest) ?? [];
  if (port !== undefined && !(port !== '' && Number(port) <= 65535)) {
    throw new Error(`${JSON.stringify(text)}: the port must be a number from 0 to 65535`);
  }
  return {
    transport: scheme as Transport,
    zones: parseZones(zone, text),
    port: port === undefined ? undefined : Number(port),
  };
}

function parseZones(zone: string, text: string): Name[] {
  const cidr = parseCidr(zone);
  if (cidr) return reverseZoneNames(cidr);
  if (parseAddress(zone.split('/')[0] ?? '')) {
    throw new Error(`${JSON.stringify(text)} is no zone: a range of addresses is written like 10.0.0.0/24`);
  }
  // Commas are between zones, and snippets are defined before the blocks.
  if (!/^[!-~]+$/.test(zone) || /[,(){}]/.test(zone)) throw new Error(`${JSON.stringify(text)} is no zone`);
  try {
    return [keyOf(parseName(zone))];
  } catch (error) {
    if (error instanceof FormatError)
      throw new Error(`${JSON.stringify(text)} is no zone: labels have 1 to 63 octets, names up to 255`);
    throw error;
  }
}

const reverseTops = ['in-addr.arpa', 'ip6.arpa'].map(parseName);
export const isReverse = (zone: Name): boolean => reverseTops.some((top) => isWithin(zone, top));
