// The host's resolvers: the nameserver lines of a resolv.conf file, read again when the file changes (resolv.conf(5)).

import { readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { Logger } from '#lib/log.ts';

export interface Nameserver {
  readonly host: string;
  readonly port: number;
}

const checkEveryMs = 5000;

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
  readonly #file: string;
  readonly #log: Logger;
  #servers: readonly Nameserver[] = [];
  #modified = Number.NaN;
  #checked = 0;

  constructor(file: string, log: Logger) {
    this.#file = file;
    this.#log = log;
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
      const { mtimeMs } = await stat(this.#file);
      if (mtimeMs === this.#modified) return;
      this.#servers = parseNameservers(await readFile(this.#file, 'utf8'));
      this.#modified = mtimeMs;
    } catch (error) {
      this.#log.warn('cannot read the list of upstream servers', { file: this.#file, error });
    }
  }
}
