// With what a server is trusted and what is shown to it, from files in PEM (directive `forward`, property `tls`).

import { readFile } from 'node:fs/promises';
import type { SecureContextOptions } from 'node:tls';
import { UserError } from '#lib/user-error.ts';
import type { ClientTls } from '../config/settings.ts';

/** Reads the files each time, so that certificates may be renewed. Rejects with a UserError that names the file. */
export async function readCredentials({ cert, key, ca }: ClientTls): Promise<SecureContextOptions> {
  const [certPem, keyPem, caPem] = await Promise.all([cert, key, ca].map(read));
  return {
    ...(certPem !== undefined && { cert: certPem }),
    ...(keyPem !== undefined && { key: keyPem }),
    ...(caPem !== undefined && { ca: caPem }),
  };
}

async function read(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UserError(`Cannot read ${file} for TLS to upstream servers: ${(cause as Error).message}`, { cause });
  }
}
