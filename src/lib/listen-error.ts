// Why a port cannot be listened at, in words for whoever can do something about it.

import type { BindAddress } from './bind-address.ts';
import { inBrackets } from './cidr.ts';
import { portHolder } from './port-holder.ts';
import { UserError } from './user-error.ts';

/**
 * @param what should have been done there: `listen`, `serve /metrics`.
 * @param cause the error of the system call.
 */
export async function listenError(
  what: string,
  protocol: 'tcp' | 'udp',
  at: BindAddress,
  cause: unknown,
): Promise<UserError> {
  const why = await reason(protocol, at, cause as NodeJS.ErrnoException);
  const where = `${at.host === '' ? '*' : inBrackets(at.host)}:${at.port}`;
  return new UserError(`Cannot ${what} at ${where} (${protocol.toUpperCase()}): ${why}.`, { cause });
}

async function reason(
  protocol: 'tcp' | 'udp',
  { host, port }: BindAddress,
  { code, message }: NodeJS.ErrnoException,
): Promise<string> {
  switch (code) {
    case 'EADDRINUSE': {
      const holder = await portHolder(protocol, port, host);
      return `${holder ?? 'another program'} has the port. Stop it, or choose another address or port`;
    }
    case 'EACCES':
      return 'that is not permitted. Ports below 1024 need root or the capability CAP_NET_BIND_SERVICE';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have the address';
    default:
      return message;
  }
}
