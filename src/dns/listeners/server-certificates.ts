// What tls:// and https:// are served with (directive `tls`): a certificate and its key from files, which are looked at again
// and again, because certificates are renewed while the server runs.

import { createSecureContext } from 'node:tls';
import { type Clock, systemClock } from '#lib/clock.ts';
import type { Logger } from '#lib/log.ts';
import { UserError } from '#lib/user-error.ts';
import type { Component } from '../component.ts';
import type { ServerTls } from '../config/settings.ts';
import { PolledFile } from '../polled-file.ts';

/** As TLS servers of Node take it. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  readonly minVersion: 'TLSv1.2';
  readonly requestCert: boolean;
  /** Who shows no certificate that is signed by `ca` gets no further than the handshake. */
  readonly rejectUnauthorized: boolean;
  readonly clientAuth: ServerTls['clientAuth'];
}

const checkEveryMs = 60_000;
const maxSize = 1024 * 1024;

export class ServerCertificates implements Component {
  readonly name = 'tls';
  readonly #parts: { readonly log: Logger; readonly clock?: Clock | undefined };
  readonly #clientAuth: ServerTls['clientAuth'];
  readonly #files: readonly PolledFile[];
  /** Certificate, key, authorities. */
  #texts: readonly string[] = [];
  #options: TlsOptions | undefined;

  constructor(
    parts: { readonly log: Logger; readonly clock?: Clock | undefined },
    { cert, key, ca, clientAuth }: ServerTls,
  ) {
    this.#parts = parts;
    this.#clientAuth = clientAuth;
    this.#files = [cert, key, ...(ca === undefined ? [] : [ca])].map((file) => new PolledFile(file, maxSize));
  }

  /** Another object when something changed. Only after {@link start}. */
  get options(): TlsOptions {
    if (!this.#options) throw new Error('The files of the directive tls have not been read yet');
    return this.#options;
  }

  /** Rejects with a UserError when a file cannot be read or used. Afterwards that is logged, and what was known stays. */
  async start(signal: AbortSignal): Promise<void> {
    await this.#read();
    void this.#follow(signal).catch(() => {});
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { log, clock = systemClock } = this.#parts;
    for (;;) {
      await clock.sleep(checkEveryMs, signal);
      await this.#read().catch((error) => log.warn('the certificate stays as it was', { error }));
    }
  }

  async #read(): Promise<void> {
    const paths = this.#files.map(({ path }) => path).join(', ');
    try {
      const read = await Promise.all(this.#files.map((file) => file.changed()));
      if (read.every((text) => text === undefined)) return;
      this.#texts = read.map((text, i) => text ?? (this.#texts[i] as string));
      const options = optionsOf(this.#texts, this.#clientAuth);
      // A key that is not the certificate's is found out here: one of them is still to be exchanged.
      createSecureContext(options);
      this.#options = options;
    } catch (cause) {
      throw new UserError(`Cannot serve TLS with ${paths}: ${(cause as Error).message}`, { cause });
    }
  }
}

function optionsOf([cert = '', key = '', ca]: readonly string[], clientAuth: ServerTls['clientAuth']): TlsOptions {
  const requestCert = clientAuth !== 'nocert';
  const rejectUnauthorized = clientAuth === 'require_and_verify';
  return {
    ...{ cert, key, minVersion: 'TLSv1.2', requestCert, rejectUnauthorized, clientAuth },
    ...(ca !== undefined && { ca }),
  };
}
