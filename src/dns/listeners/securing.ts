// Shakes hands with clients by TLS. When the certificate changes the next ones see the new one, and connections that are
// open stay: so it is given connections instead of listening itself.

import { createServer, type Server, type TlsOptions as ServerOptions, type TLSSocket } from 'node:tls';
import type { TlsOptions } from './server-certificates.ts';
import type { Serve } from './tcp.ts';

export interface SecureParts {
  /** Asked for each connection. */
  readonly tls: () => TlsOptions;
  /** For those who shook hands and are admitted. */
  readonly serve: (socket: TLSSocket) => void;
}

export type SecureSettings = Pick<ServerOptions, 'ALPNProtocols' | 'handshakeTimeout'> & { allowHalfOpen?: boolean };

/** What is to be done with connections that were just opened. */
export function securing({ tls, serve }: SecureParts, settings: SecureSettings): Serve {
  let options: TlsOptions | undefined;
  let server: Server;
  return (socket) => {
    const now = tls();
    if (now !== options) {
      options = now;
      server = createServer({ ...now, ...settings }, (secure) => {
        if (isAdmitted(secure, now)) serve(secure);
        else secure.destroy();
      });
      // Who wants something else than TLS, does not trust us, or takes too long.
      server.on('tlsClientError', (_, secure) => secure.destroy());
    }
    server.emit('connection', socket);
  };
}

/** By what a client showed in the handshake, as Go's tls.ClientAuthType has it. */
function isAdmitted(socket: TLSSocket, { clientAuth }: TlsOptions): boolean {
  const hasShown = Object.keys(socket.getPeerCertificate() ?? {}).length > 0;
  switch (clientAuth) {
    case 'nocert':
    case 'request':
    // Others got no further than the handshake.
    case 'require_and_verify':
      return true;
    case 'require':
      return hasShown;
    case 'verify_if_given':
      return !hasShown || socket.authorized;
  }
}
