// The network of a node as a part sees it that need not run in the node's namespace: what it listens on, its addresses,
// its settings.

import type { Server } from 'node:net';
import { ipOutput } from './ip.ts';
import { type ListenOptions, listenIn } from './listen-in.ts';
import { readSysctl, setSysctls } from './sysctls.ts';

export class NodeNetwork {
  readonly #namespace: string | undefined;

  /** @param namespace the node's; ours when absent. */
  constructor(namespace?: string) {
    this.#namespace = namespace;
  }

  /** See {@link listenIn}. */
  listen(options: ListenOptions): Promise<Server> {
    return listenIn(this.#namespace, options);
  }

  /** All addresses of all interfaces, of both families, those of the loopback included. */
  async addresses(): Promise<string[]> {
    const words = this.#namespace === undefined ? [] : ['-n', this.#namespace];
    const links = JSON.parse(await ipOutput([...words, '-j', 'addr', 'show'])) as {
      readonly addr_info?: readonly { readonly local?: string }[];
    }[];
    return links.flatMap(({ addr_info = [] }) => addr_info.flatMap(({ local }) => local ?? []));
  }

  readSysctl(name: string): Promise<string> {
    return readSysctl(this.#namespace, name);
  }

  setSysctl(name: string, value: string): Promise<void> {
    return setSysctls(this.#namespace, { [name]: value });
  }
}
