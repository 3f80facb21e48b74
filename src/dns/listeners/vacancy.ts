// Whether an address is free. Our sockets share theirs (SO_REUSEPORT): with the other processes of this server, and with
// themselves while one takes the place of another. So the kernel does not tell of somebody else who shares his, too.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6 } from 'node:net';
import type { BindAddress } from '#lib/bind-address.ts';
import { listenError } from '#lib/listen-error.ts';
import type { Transport } from '../config/settings.ts';

/** Rejects with a UserError that says who has it, or what else is in the way. A port that the kernel is to choose is free. */
export async function ensureVacant(site: BindAddress & { readonly transport: Transport }): Promise<void> {
  const { host, port, transport } = site;
  if (port === 0) return;
  for (const each of host === '' ? ['0.0.0.0', '::'] : [host]) {
    try {
      await take('tcp', { host: each, port });
      if (transport === 'dns') await take('udp', { host: each, port });
    } catch (error) {
      // A machine without IPv6 is served by IPv4 alone.
      if (host !== '' || !isMissingFamily(error)) throw error;
    }
  }
}

/** Of what {@link listenError} made. */
export const isMissingFamily = (error: unknown): boolean =>
  ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(codeOf(error) ?? '');

/** Of the system call. */
export const codeOf = (error: unknown): string | undefined =>
  ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code;

async function take(protocol: 'tcp' | 'udp', at: BindAddress): Promise<void> {
  try {
    await (protocol === 'tcp' ? takeTcp(at) : takeUdp(at));
  } catch (error) {
    throw await listenError('listen', protocol, at, error);
  }
}

async function takeTcp({ host, port }: BindAddress): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  await once(server.listen({ host, port, exclusive: true, ipv6Only: true }), 'listening');
  await new Promise((resolve) => server.close(resolve));
}

async function takeUdp({ host, port }: BindAddress): Promise<void> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', ipv6Only: isIPv6(host) });
  await once(socket.bind({ address: host, port, exclusive: true }), 'listening');
  await new Promise<void>((resolve) => socket.close(resolve));
}
