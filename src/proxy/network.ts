// What the proxy asks of its node's network, apart from rules. It need not run in the node's namespace.

import type { Server } from 'node:net';

export interface ListenAt {
  readonly host: string;
  readonly port: number;
  /** `::` without IPv4. */
  readonly ipv6Only?: boolean | undefined;
}

export interface NodeNetwork {
  /** A socket that listens in the node's namespace; whoever gets it closes it. Throws when that cannot be. */
  listen(at: ListenAt): Promise<Server>;
  /** All of both families, those of the loopback included. */
  addresses(): Promise<readonly string[]>;
  /** Names as sysctl(8) writes them. */
  readSysctl(name: string): Promise<string>;
  setSysctl(name: string, value: string): Promise<void>;
}
