// Publishes the ports of Services on the loopback addresses of this machine, as Docker Desktop does: whoever connects to
// 127.0.0.1 or ::1 is relayed to the Service's cluster IP. A port belongs to one Service, and to no program of the machine.

import type { Service } from '#api/index.ts';
import { keyOf } from '#client/index.ts';
import { contains, parseAddress, parseCidr } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';
import { portHolder } from '#lib/port-holder.ts';
import { type CloseRelay, type RelayTarget, relayTcp, relayUdp } from '#lib/relay.ts';
import { type Balancer, type Ensured, type Ingress, portsOf } from './balancer.ts';

export const localhostClass = 'portolan.dev/localhost';

/** A port that somebody else holds may be let go of at any time. */
const retryAfterMs = 5000;
const relays = { TCP: relayTcp, UDP: relayUdp } as const;

interface Published {
  readonly key: string;
  /** What connections ask for their target; replaced when the Service changes. */
  service: Service;
  readonly close: CloseRelay;
}
type Port = NonNullable<Service['spec']['ports']>[number];

export class LocalhostBalancer implements Balancer {
  readonly name = 'localhost';
  readonly loadBalancerClass = localhostClass;
  readonly #log: Logger;
  readonly #onLetGo: () => void;
  /** By protocol and port, like `TCP 80`. */
  readonly #published = new Map<string, Published>();

  /** @param onLetGo called when a port is free again */
  constructor({ signal, log, onLetGo }: { signal: AbortSignal; log: Logger; onLetGo: () => void }) {
    this.#log = log;
    this.#onLetGo = onLetGo;
    signal.addEventListener('abort', () => void this.#closeWhere(() => true), { once: true });
  }

  /** Sockets end with their process: there is nothing that could be taken over. */
  adopt(): void {}

  /** All ports of a Service are published, or none that are not yet. */
  async ensure(service: Service): Promise<Ensured> {
    const key = keyOf(service);
    const ports = service.spec.ports ?? [];
    const wanted = new Set(ports.map(slotOf));
    await this.#letGo((slot, holder) => holder.key === key && !wanted.has(slot));
    for (const published of this.#published.values()) if (published.key === key) published.service = service;
    const missing = ports.filter((one) => this.#published.get(slotOf(one))?.key !== key);
    const opened: string[] = [];
    // Known without opening any, which somebody might already connect to.
    let problem = missing.map((port) => this.#heldByOther(port)).find((found) => found !== undefined);
    for (const port of problem === undefined ? missing : []) {
      problem = await this.#publish(service, port);
      if (problem !== undefined) break;
      opened.push(slotOf(port));
    }
    if (problem !== undefined) await this.#closeWhere((slot) => opened.includes(slot));
    return { ingress: this.#ingress(service), problem: problem ?? rangesProblem(service), retryAfterMs };
  }

  async release(key: string): Promise<void> {
    await this.#letGo((_, holder) => holder.key === key);
  }

  #ingress(service: Service): Ingress[] {
    const key = keyOf(service);
    const ports = portsOf(service).filter((port) => this.#published.get(slotOf(port))?.key === key);
    return ports.length > 0 ? [{ hostname: 'localhost', ports }] : [];
  }

  #heldByOther({ port, protocol = 'TCP' }: Port): string | undefined {
    const holder = this.#published.get(slotOf({ port, protocol }));
    return (
      holder &&
      `port ${port}/${protocol} of localhost is published for the Service ${holder.key} already. Choose another spec.ports[].port, or delete that Service`
    );
  }

  /** Resolves with why it cannot be published, if it cannot. */
  async #publish(service: Service, { port, protocol = 'TCP' }: Port): Promise<string | undefined> {
    const slot = slotOf({ port, protocol });
    const held = this.#heldByOther({ port, protocol });
    if (held !== undefined) return held;
    const relay = protocol === 'TCP' || protocol === 'UDP' ? relays[protocol] : undefined;
    if (!relay) return `port ${port} is ${protocol}, which cannot be published on localhost: only TCP and UDP can`;
    // Known only when it is open, but connections cannot come before.
    let published: Published | undefined;
    const target = (client: string) => published && targetOf(published.service, port, client);
    try {
      const closes = await openAll(['127.0.0.1', '::1'], (host) => relay({ host, port, target }));
      const close = async () => void (await Promise.all(closes.map((one) => one())));
      published = { key: keyOf(service), service, close };
      this.#published.set(slot, published);
      return undefined;
    } catch (error) {
      this.#log.debug('cannot publish a port on localhost', { port, protocol, error });
      return await explain(error as NodeJS.ErrnoException, port, protocol);
    }
  }

  async #closeWhere(isOver: (slot: string, published: Published) => boolean): Promise<boolean> {
    const over = [...this.#published].filter(([slot, published]) => isOver(slot, published));
    for (const [slot] of over) this.#published.delete(slot);
    await Promise.all(over.map(([, { close }]) => close()));
    return over.length > 0;
  }

  async #letGo(isOver: (slot: string, published: Published) => boolean): Promise<void> {
    if (await this.#closeWhere(isOver)) this.#onLetGo();
  }
}

const slotOf = ({ port, protocol = 'TCP' }: Pick<Port, 'port' | 'protocol'>): string => `${protocol} ${port}`;

/** The first address must be had; a machine may be without the other family. */
async function openAll(
  [first = '', ...others]: readonly string[],
  open: (host: string) => Promise<CloseRelay>,
): Promise<CloseRelay[]> {
  const opened = [await open(first)];
  for (const host of others) {
    try {
      opened.push(await open(host));
    } catch (error) {
      if (['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes((error as NodeJS.ErrnoException).code ?? '')) continue;
      await Promise.all(opened.map((close) => close()));
      throw error;
    }
  }
  return opened;
}

async function explain({ code, message }: NodeJS.ErrnoException, port: number, protocol: string): Promise<string> {
  const what = `port ${port}/${protocol} of localhost`;
  if (code === 'EACCES') {
    return `${what} may not be opened: ports below 1024 need root or CAP_NET_BIND_SERVICE. Choose a higher spec.ports[].port`;
  }
  if (code !== 'EADDRINUSE') return `${what} cannot be opened: ${message}`;
  const holder = await portHolder(protocol === 'UDP' ? 'udp' : 'tcp', port);
  return `${what} is in use by ${holder ?? 'another program'}. Stop that, or choose another spec.ports[].port; it is tried again every ${retryAfterMs / 1000} s`;
}

/** Undefined when the client may not come in. */
function targetOf({ spec }: Service, port: number, client: string): RelayTarget | undefined {
  const host = spec.clusterIPs?.[0] ?? spec.clusterIP;
  return host && isAllowed(spec.loadBalancerSourceRanges, client) ? { host, port } : undefined;
}

function isAllowed(ranges: readonly string[] | undefined, client: string): boolean {
  if (!ranges?.length) return true;
  const address = parseAddress(client);
  return ranges.some((text) => {
    const cidr = parseCidr(text.trim());
    return cidr && address && (cidr.prefix === 0 || contains(cidr, address));
  });
}

function rangesProblem({ spec }: Service): string | undefined {
  const ranges = spec.loadBalancerSourceRanges;
  if (['127.0.0.1', '::1'].some((address) => isAllowed(ranges, address))) return undefined;
  return `spec.loadBalancerSourceRanges (${ranges?.join(', ')}) has neither 127.0.0.1 nor ::1, and on localhost nobody else comes. Add 127.0.0.1/32, or remove the field`;
}
