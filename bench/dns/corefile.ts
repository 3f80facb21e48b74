// What portolan and CoreDNS are told to do.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { domain } from './data.ts';

/** As kubeadm configures it (the cluster's own names are not cached), or with nothing but what answers for the cluster. */
export type CorefileKind = 'kubeadm' | 'kubernetes only';

/** Nobody answers there: nothing that is measured is forwarded. */
export const silentUpstream = { host: '127.0.0.1', port: 5399 } as const;

export function writeCorefile(
  { folder, kubeconfig }: { readonly folder: string; readonly kubeconfig: string },
  port: number,
  kind: CorefileKind,
  sockets = 1,
): string {
  const path = join(folder, `Corefile-${port}`);
  writeFileSync(
    path,
    `.:${port} {\n${cluster(kubeconfig)}${kind === 'kubeadm' ? rest(port) : ''}${sockets > 1 ? `  multisocket ${sockets}\n` : ''}}\n`,
  );
  return path;
}

const cluster = (kubeconfig: string): string => `
  bind 127.0.0.1
  kubernetes ${domain} in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig}
    pods insecure
    fallthrough in-addr.arpa ip6.arpa
    ttl 30
  }
`;

const rest = (port: number): string => `
  errors
  health :${port + 1000} {
    lameduck 5s
  }
  ready :${port + 2000}
  prometheus :${port + 3000}
  forward . ${silentUpstream.host}:${silentUpstream.port} {
    max_concurrent 1000
  }
  cache 30 {
    disable success ${domain}
    disable denial ${domain}
  }
  loop
  reload
  loadbalance
`;
