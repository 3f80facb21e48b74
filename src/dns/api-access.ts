// The way to the API server that a configuration names (spec/dns.md §4).

import { readFile } from 'node:fs/promises';
import { Client, connectTo, inClusterConfig, loadKubeconfig } from '#client/index.ts';
import type { ApiRequests } from './api-requests.ts';
import type { ApiAccess } from './config/settings.ts';

/** Rejects with what is missing; whether the server answers shows later. */
export async function connectApi(access: ApiAccess, requests: ApiRequests): Promise<Client> {
  const config = await configOf(access);
  return new Client(requests.counted(connectTo(config), config.server), { userAgent: 'portolan-dns' });
}

async function configOf(access: ApiAccess): Promise<Parameters<typeof connectTo>[0]> {
  switch (access.by) {
    case 'kubeconfig':
      return await loadKubeconfig(access.file, access.context);
    case 'service-account':
      return await inClusterConfig();
    case 'endpoint': {
      const { tls } = access;
      const [cert, key, ca] = await Promise.all([tls?.cert, tls?.key, tls?.ca].map((file) => file && pem(file)));
      const server = access.url.replace(/\/+$/, '');
      return { server, cert, key, ca, insecureSkipTlsVerify: false };
    }
  }
}

async function pem(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: Error) => {
    throw new Error(`a certificate for the API server cannot be read: ${cause.message}`, { cause });
  });
}
