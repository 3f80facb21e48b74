// One address of the configuration, opened: UDP and TCP on the same port, or TLS, or HTTPS; on one address or on all of both
// families.

import type { BindAddress } from '#lib/bind-address.ts';
import { listenError } from '#lib/listen-error.ts';
import type { Logger } from '#lib/log.ts';
import type { Transport } from '../config/settings.ts';
import type { Responder } from '../responder.ts';
import { HttpsListener } from './https.ts';
import type { TlsOptions } from './server-certificates.ts';
import { TcpListener } from './tcp.ts';
import { tlsListener } from './tls.ts';
import { UdpListener } from './udp.ts';
import { codeOf, ensureVacant, isMissingFamily } from './vacancy.ts';

export interface SiteListener {
  readonly address: BindAddress & { readonly transport: Transport };
  /** Lets nobody else in; resolves when nobody is connected any more. Until then everything is answered as before. */
  retire(): Promise<void>;
  /** Resolves when everything that was asked is answered. By UDP further questions are answered too, until it is closed. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Answers a packet; see {@link Responder.respond}. */
export type Respond = Responder['respond'];

export interface SiteParts {
  readonly respond: Respond;
  readonly log: Logger;
  /** For TLS and HTTPS; asked for each connection. */
  readonly tls: () => TlsOptions;
  /** Whether others of ours are at the address, or are to be: then nobody looks who has it. */
  readonly isShared: boolean;
}

/** A port that is free for TCP may be taken for UDP: so often is another one tried. */
const portTries = 10;

/** Resolves when it is listened at; port 0 is chosen by the kernel, the same for both. Rejects with a UserError when it cannot be had. */
export async function listenDns(
  { host, port, transport }: { host: string; port: number; transport: Transport },
  parts: SiteParts,
): Promise<SiteListener> {
  if (!parts.isShared) await ensureVacant({ host, port, transport });
  if (host !== '') return await one({ host, port }, transport, parts);
  const v4 = await one({ host: '0.0.0.0', port }, transport, parts);
  const v6 = await one({ host: '::', port: v4.address.port }, transport, parts).catch((error) => {
    // A machine without IPv6 is served by IPv4 alone.
    if (isMissingFamily(error)) return undefined;
    return v4.close().then(() => Promise.reject(error));
  });
  return {
    address: { ...v4.address, host: '' },
    retire: async () => void (await Promise.all([v4.retire(), v6?.retire()])),
    drain: async () => void (await Promise.all([v4.drain(), v6?.drain()])),
    close: async () => void (await Promise.all([v4.close(), v6?.close()])),
  };
}

async function one(wanted: BindAddress, transport: Transport, parts: SiteParts): Promise<SiteListener> {
  for (let i = 1; ; i++) {
    try {
      return await opened(wanted, transport, parts);
    } catch (error) {
      if (wanted.port !== 0 || codeOf(error) !== 'EADDRINUSE' || i === portTries) throw error;
    }
  }
}

async function opened(wanted: BindAddress, transport: Transport, parts: SiteParts): Promise<SiteListener> {
  if (transport === 'dns') return await both(wanted, parts);
  const listener = transport === 'tls' ? tlsListener(parts) : new HttpsListener(parts);
  const address = { host: wanted.host, port: await listened(listener, wanted), transport };
  return {
    address,
    retire: () => listener.retire(),
    drain: () => listener.drain(),
    close: () => listener.close(),
  };
}

async function both(wanted: BindAddress, parts: SiteParts): Promise<SiteListener> {
  const tcp = new TcpListener(parts);
  const address = { host: wanted.host, port: await listened(tcp, wanted), transport: 'dns' as const };
  const udp = new UdpListener(parts, address);
  try {
    await udp.listen();
  } catch (error) {
    await tcp.close();
    throw await listenError('listen', 'udp', address, error);
  }
  return {
    address,
    retire: async () => void (await Promise.all([tcp.retire(), udp.retire()])),
    drain: async () => void (await Promise.all([tcp.drain(), udp.drain()])),
    close: async () => void (await Promise.all([tcp.close(), udp.close()])),
  };
}

/** Resolves with the port. */
async function listened(listener: TcpListener | HttpsListener, at: BindAddress): Promise<number> {
  return await listener.listen(at).catch(async (error) => {
    throw await listenError('listen', 'tcp', at, error);
  });
}

const everywhere: readonly string[] = ['', '0.0.0.0', '::'];

/** Whether who listens at the one may be in the way of the other. */
export const overlap = (one: BindAddress, other: BindAddress): boolean =>
  one.port === other.port && (one.host === other.host || [one, other].some(({ host }) => everywhere.includes(host)));
