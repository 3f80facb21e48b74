// The file that tells kubectl where the cluster is and who its user is.

import { stringify } from 'yaml';
import type { KeyPair } from './pki.ts';

export interface KubeconfigParts {
  readonly context: string;
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly user: string;
  readonly client: KeyPair;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

export function formatKubeconfig({ context, server, ca, user, client }: KubeconfigParts): string {
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: context, cluster: { server, 'certificate-authority-data': base64(ca) } }],
      users: [
        {
          name: user,
          user: { 'client-certificate-data': base64(client.cert), 'client-key-data': base64(client.key) },
        },
      ],
      contexts: [{ name: context, context: { cluster: context, user } }],
      'current-context': context,
      preferences: {},
    },
    { lineWidth: 0 },
  );
}
