// The network of a node as a part sees it that need not run in the node's namespace: what it listens on, its addresses,
// its settings.

import type { Server } from 'node:net';
import type { Family } from '#lib/cidr.ts';
import { ipOutput } from './ip.ts';
import { type ListenOptions, listenIn } from './listen-in.ts';
import { inSysctl, readSysctl, setSysctls } from './sysctls.ts';

interface Link {
  readonly ifname?: string;
  readonly addr_info?: readonly { readonly local?: string }[];
}
const addressesOf = ({ addr_info = [] }: Link): string[] => addr_info.flatMap(({ local }) => local ?? []);

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
    return (await this.#links()).flatMap(addressesOf);
  }

  /** The interface that has one of the addresses; undefined: none. */
  async linkWith(addresses: readonly string[]): Promise<string | undefined> {
    const links = await this.#links();
    return links.find((link) => addressesOf(link).some((address) => addresses.includes(address)))?.ifname;
  }

  /** Whether what comes in by the link may be sent on. */
  async forwards(link: string, family: Family): Promise<boolean> {
    const version = family === 'IPv4' ? 'ipv4' : 'ipv6';
    return (await this.readSysctl(`net.${version}.conf.${inSysctl(link)}.forwarding`)) !== '0';
  }

  async #links(): Promise<Link[]> {
    const words = this.#namespace === undefined ? [] : ['-n', this.#namespace];
    return JSON.parse(await ipOutput([...words, '-j', 'addr', 'show']));
  }

  readSysctl(name: string): Promise<string> {
    return readSysctl(this.#namespace, name);
  }

  setSysctl(name: string, value: string): Promise<void> {
    return setSysctls(this.#namespace, { [name]: value });
  }
}
