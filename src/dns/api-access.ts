// The way to the API server that a configuration names (spec/dns.md §4).

import { readFile } from 'node:fs/promises';
import { Client, connect, connectTo, inClusterConfig } from '#client/index.ts';
import type { Fetch } from '#lib/http.ts';
import type { ApiAccess } from './config/settings.ts';

/** Rejects with what is missing; whether the server answers shows later. */
export async function connectApi(access: ApiAccess): Promise<Client> {
  return new Client(await fetchBy(access), { userAgent: 'portolan-dns' });
}

async function fetchBy(access: ApiAccess): Promise<Fetch> {
  switch (access.by) {
    case 'kubeconfig':
      return await connect(access.file, access.context);
    case 'service-account':
      return connectTo(await inClusterConfig());
    case 'endpoint': {
      const { tls } = access;
      const [cert, key, ca] = await Promise.all([tls?.cert, tls?.key, tls?.ca].map((file) => file && pem(file)));
      const server = access.url.replace(/\/+$/, '');
      return connectTo({ server, cert, key, ca, insecureSkipTlsVerify: false });
    }
  }
}

async function pem(file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((cause: Error) => {
    throw new Error(`a certificate for the API server cannot be read: ${cause.message}`, { cause });
  });
}
