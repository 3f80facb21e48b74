// The host's resolvers: the nameserver lines of a resolv.conf file, read again when the file changes (resolv.conf(5)).

import { isIP } from 'node:net';
import type { Logger } from '#lib/log.ts';
import { PolledFile } from '../polled-file.ts';

export interface Nameserver {
  readonly host: string;
  readonly port: number;
}

const checkEveryMs = 5000;
/** In octets; a few lines are usual. */
const maxSize = 65_536;

export function parseNameservers(text: string): Nameserver[] {
  return text.split('\n').flatMap((line) => {
    const [keyword, host = ''] = line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/);
    return keyword === 'nameserver' && isIP(host) !== 0 ? [{ host, port: 53 }] : [];
  });
}

export class ResolvConf {
  readonly #file: PolledFile;
  readonly #log: Logger;
  #servers: readonly Nameserver[] = [];
  #checked = 0;

  constructor(file: string, log: Logger) {
    this.#file = new PolledFile(file, maxSize);
    this.#log = log;
  }

  /** Its path. */
  get file(): string {
    return this.#file.path;
  }

  /** As of the last look at the file; a new look begins when that is a while ago. */
  servers(): readonly Nameserver[] {
    if (performance.now() - this.#checked > checkEveryMs) void this.load();
    return this.#servers;
  }

  /** Never rejects: a file that cannot be read leaves what was known. */
  async load(): Promise<void> {
    this.#checked = performance.now();
    try {
      const text = await this.#file.changed();
      if (text !== undefined) this.#servers = parseNameservers(text);
    } catch (error) {
      this.#log.warn('cannot read the list of upstream servers', { file: this.#file.path, error });
    }
  }
}
