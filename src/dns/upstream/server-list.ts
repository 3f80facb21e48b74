// The servers of one `forward`, in the order of its configuration: those that it names, and those that its files like
// resolv.conf name at the moment.

import type { Logger } from '#lib/log.ts';
import type { Upstream } from '../config/settings.ts';
import { type Nameserver, ResolvConf } from './resolv-conf.ts';
import type { ServerAddress, UpstreamServer } from './server.ts';

export interface ServerListParts {
  readonly make: (address: ServerAddress) => UpstreamServer;
  /** Whether asking a server that a file names would be asking ourselves. */
  readonly isOurselves: (server: Nameserver) => boolean;
  readonly log: Logger;
}

/** As many as a configuration may name. */
const maxServers = 15;

export class ServerList {
  readonly #parts: ServerListParts;
  /** What is configured, in its order; a file is followed. */
  readonly #sources: readonly (ServerAddress | ResolvConf)[];
  readonly #files: readonly ResolvConf[];
  /** What the files said when the servers were made. */
  #read: readonly (readonly Nameserver[])[] = [];
  #servers = new Map<string, UpstreamServer>();
  #all: readonly UpstreamServer[] = [];

  constructor(to: readonly Upstream[], parts: ServerListParts) {
    this.#parts = parts;
    this.#sources = to.map((upstream) => ('file' in upstream ? new ResolvConf(upstream.file, parts.log) : upstream));
    this.#files = this.#sources.filter((source) => source instanceof ResolvConf);
    if (this.#files.length === 0) this.#update();
  }

  /** Reads the files. Never rejects: what cannot be read is logged and names no servers. */
  async load(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.load()));
  }

  /** At the moment. May be empty. */
  get all(): readonly UpstreamServer[] {
    const read = this.#files.map((file) => file.servers());
    if (read.some((servers, i) => servers !== this.#read[i])) {
      this.#read = read;
      this.#update();
    }
    return this.#all;
  }

  close(): void {
    for (const server of this.#servers.values()) server.close();
  }

  /** Servers that stay keep their connections and what is known of their health. */
  #update(): void {
    const before = this.#servers;
    this.#servers = new Map();
    for (const address of this.#addresses().slice(0, maxServers)) {
      const { transport, host, port, serverName = '' } = address;
      const key = `${transport} ${host} ${port} ${serverName}`;
      this.#servers.set(key, before.get(key) ?? this.#parts.make(address));
    }
    this.#all = [...this.#servers.values()];
    for (const [key, server] of before) if (!this.#servers.has(key)) server.close();
    if (this.#all.length === 0) {
      const files = this.#files.map(({ file }) => file);
      this.#parts.log.warn('no upstream server is left: all files together name none but ourselves', { files });
    }
  }

  #addresses(): ServerAddress[] {
    return this.#sources.flatMap((source): ServerAddress[] => {
      if (!(source instanceof ResolvConf)) return [source];
      const others = source.servers().filter((server) => !this.#parts.isOurselves(server));
      return others.map((server) => ({ transport: 'dns', ...server }));
    });
  }
}
