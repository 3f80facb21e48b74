// Who a request comes from (api.md §15): the subject of its TLS client certificate, or nobody. Bearer tokens are refused,
// as every token is unknown here; so is a certificate that our CA did not sign.

import type { PeerCertificate } from 'node:tls';
import { unauthorized } from '#api/index.ts';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** A user that is known, with the group that all known users are in. */
export const authenticated = ({ name, groups }: { name: string; groups: readonly string[] }): User => ({
  name,
  groups: [...new Set([...groups, 'system:authenticated'])],
});

export interface Credentials {
  /** The certificate that the client showed; empty or undefined when it showed none. */
  readonly certificate: PeerCertificate | undefined;
  /** Whether the certificate chains to our CA and is within its time. */
  readonly trusted: boolean;
  readonly authorization: string | undefined;
}

/** Throws 401 for credentials that are wrong; none at all make the anonymous user. */
export function authenticate({ certificate, trusted, authorization }: Credentials): User {
  const shown = certificate?.subject;
  if (shown) {
    const [name] = [shown.CN].flat();
    if (!trusted || !name) throw unauthorized();
    return authenticated({ name, groups: [shown.O ?? []].flat() });
  }
  if (authorization) throw unauthorized();
  return anonymous;
}
