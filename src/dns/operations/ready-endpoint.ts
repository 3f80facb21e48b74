// Directive `ready`: /ready, 503 with the names of the parts that cannot answer yet, 200 from then on.

import { answer } from '#lib/http-server.ts';
import type { Component } from '../component.ts';
import type { HostPort } from '../config/settings.ts';
import { Endpoint } from './endpoint.ts';
import type { ServerStatus } from './status.ts';

export const readyEndpoint = (at: HostPort, status: Pick<ServerStatus, 'unready'>): Endpoint =>
  new Endpoint('ready', 'ready', at, (_, response) => {
    const names = status.unready();
    if (names.length === 0) answer(response, 200, 'OK');
    else answer(response, 503, names.join());
  });

/** Which components can answer. */
export class Readiness {
  readonly #wereReady = new WeakSet<Component>();

  /**
   * The names of those that cannot, each once.
   * @param continuously also of those that could once: they are not asked again otherwise.
   */
  unready(components: Iterable<Component>, continuously = false): string[] {
    const names = new Set<string>();
    for (const component of components) {
      if (!continuously && this.#wereReady.has(component)) continue;
      if (component.isReady?.() ?? true) this.#wereReady.add(component);
      else names.add(component.name);
    }
    return [...names].sort();
  }
}
