// DNS over TLS (RFC 7858): the connections of TCP inside of TLS.

import type { Logger } from '#lib/log.ts';
import { securing } from './securing.ts';
import type { TlsOptions } from './server-certificates.ts';
import type { Respond } from './site.ts';
import { type Serve, type TcpLimits, TcpListener } from './tcp.ts';

export interface TlsParts {
  readonly respond: Respond;
  readonly log: Logger;
  /** Asked for each connection: it may change. */
  readonly tls: () => TlsOptions;
}

export function tlsListener({ respond, log, tls }: TlsParts, limits?: Partial<TcpLimits>): TcpListener {
  const over = (serve: Serve, { firstMessageMs }: TcpLimits): Serve =>
    securing({ tls, serve }, { allowHalfOpen: true, ALPNProtocols: ['dot'], handshakeTimeout: firstMessageMs });
  return new TcpListener({ respond, log, over }, limits);
}
