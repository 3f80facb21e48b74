// Node ports on 127.0.0.1 and ::1, which the kernel cannot translate: a relay takes the connection and makes another one to
// the same port of the node's own address, where the rules do the rest (KEP-6032). TCP alone; where the rules have nobody
// to give a connection to, nobody listens.

import { isIPv6 } from 'node:net';
import type { KubeObject } from '#api/index.ts';
import type { EventRecorder } from '#client/index.ts';
import type { Family } from '#lib/cidr.ts';
import type { Logger } from '#lib/log.ts';
import { relayConnections } from '#lib/relay.ts';
import type { Frontend } from '../frontends.ts';
import type { ProxyObserver, ServiceState } from '../observer.ts';
import type { Listeners } from './listeners.ts';
import { referenceTo } from './reference.ts';

export interface LocalhostRelayParts {
  readonly listeners: Listeners;
  readonly recorder: Pick<EventRecorder, 'event'>;
  readonly log: Logger;
}

export interface LocalhostRelayOptions {
  readonly nodeName: string;
  /** The node's addresses at which the rules serve node ports, at most one of a family. */
  readonly nodeIPs: readonly string[];
}

const loopback: Record<Family, string> = { IPv4: '127.0.0.1', IPv6: '::1' };

interface Relayed {
  readonly port: number;
  readonly service: KubeObject;
}

export class LocalhostRelay implements ProxyObserver {
  readonly #parts: LocalhostRelayParts;
  readonly #nodeName: string;
  readonly #targets: Partial<Record<Family, string>>;
  /** By Service, its node ports with a listener. */
  readonly #relayed = new Map<Family, Map<string, readonly Relayed[]>>();
  readonly #next = new Map<Family, Map<string, readonly Relayed[]>>();

  constructor(parts: LocalhostRelayParts, { nodeName, nodeIPs }: LocalhostRelayOptions) {
    this.#parts = parts;
    this.#nodeName = nodeName;
    this.#targets = {
      IPv4: nodeIPs.find((address) => !isIPv6(address)),
      IPv6: nodeIPs.find(isIPv6),
    };
  }

  set(family: Family, key: string, state: ServiceState | undefined): void {
    if (!this.#targets[family]) return;
    const relayed = (state?.wants?.frontends ?? [])
      .filter(isRelayed)
      .map(({ port }) => ({ port, service: referenceTo((state as ServiceState).service) }));
    if (relayed.length === 0 && !this.#relayed.get(family)?.has(key) && !this.#next.get(family)?.has(key)) return;
    const next = this.#next.get(family) ?? new Map();
    this.#next.set(family, next);
    next.set(key, relayed);
  }

  written(family: Family): void {
    const next = this.#next.get(family);
    const target = this.#targets[family];
    if (!next || !target) return;
    this.#next.delete(family);
    const relayed = this.#relayed.get(family) ?? new Map<string, readonly Relayed[]>();
    this.#relayed.set(family, relayed);
    // First what ends: another Service may have the port by now.
    for (const [key, now] of next) {
      const ports = new Set(now.map(({ port }) => port));
      for (const { port } of relayed.get(key) ?? []) if (!ports.has(port)) this.#want(family, port, undefined, target);
    }
    for (const [key, now] of next) {
      for (const each of now) this.#want(family, each.port, each.service, target);
      if (now.length > 0) relayed.set(key, now);
      else relayed.delete(key);
    }
  }

  #want(family: Family, port: number, service: KubeObject | undefined, target: string): void {
    const { listeners, recorder, log } = this.#parts;
    const host = loopback[family];
    listeners.want(
      `relay ${family} ${port}`,
      service && {
        hosts: [host],
        port,
        serve: (server) => {
          // Connections that are open go on when the listener closes, as those do that the kernel translates.
          relayConnections(server, () => ({ host: target, port }));
          return { close: () => server.close() };
        },
        failed: ({ message }) => {
          const text = `node ${this.#nodeName} failed to serve node port ${port} on ${host}: ${message}`;
          recorder.event(service, 'Warning', 'FailedToStartLocalhostNodePort', text);
          log.warn('cannot serve a node port on localhost', { port, host, error: message });
        },
      },
    );
  }
}

const isRelayed = ({ address, protocol, refusal }: Frontend): boolean =>
  address === undefined && protocol === 'tcp' && refusal === undefined;
