// Where a part's own servers listen: `address:port`, as upstream's options have it.

import { isIP, isIPv6 } from 'node:net';
import { UserError } from '#lib/user-error.ts';

export interface BindAddress {
  readonly host: string;
  readonly port: number;
}

/** Undefined for an empty text: not served at all. Throws UserError for what is no address with a port. */
export function parseBindAddress(option: string, text: string): BindAddress | undefined {
  if (text === '') return undefined;
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const isAddress = bracketed === undefined ? isIP(host) === 4 : isIPv6(host);
  if (isAddress && Number(port) <= 65535) return { host, port: Number(port) };
  throw new UserError(`${option}: "${text}" is not an address with a port, such as 0.0.0.0:10256 or [::]:10256`);
}
