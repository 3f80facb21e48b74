// What is served over HTTP beside DNS, for those who watch over the server: one path at one address, which blocks and
// generations of the configuration share (directives `prometheus`, `health`, `ready`).

import type { RequestListener } from 'node:http';
import { answerNotFound, type HttpServer, listenHttp, pathOf } from '#lib/http-server.ts';
import { listenError } from '#lib/listen-error.ts';
import type { Metric } from '#lib/metrics.ts';
import type { Component } from '../component.ts';
import type { HostPort } from '../config/settings.ts';

export class Endpoint implements Component {
  /** Its directive. */
  readonly name: string;
  readonly #path: string;
  readonly #at: HostPort;
  readonly #handle: RequestListener;
  #server: HttpServer | undefined;

  constructor(name: string, path: string, { host, port }: HostPort, handle: RequestListener) {
    this.name = name;
    this.#path = path;
    this.#at = { host, port };
    this.#handle = handle;
  }

  /** Where it listens, also when any port would do; undefined while it does not. */
  get address(): HostPort | undefined {
    return this.#server && { host: this.#at.host, port: this.#server.port };
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#server = await listenHttp(this.#at, (request, response) =>
      pathOf(request) === this.#path ? this.#handle(request, response) : answerNotFound(response),
    ).catch(async (error) => {
      throw await listenError(`serve /${this.#path}`, 'tcp', this.#at, error);
    });
    if (signal.aborted) this.close();
    signal.addEventListener('abort', () => this.close(), { once: true });
  }

  metrics(): Iterable<Metric> {
    return [];
  }

  /** From now on connections are refused. */
  close(): void {
    this.#server?.close();
    this.#server = undefined;
  }
}

/** Where they are served, by directive. */
export const endpointsOf = (components: Iterable<Component>): readonly (HostPort & { readonly name: string })[] =>
  endpoints(components).flatMap(({ name, address }) => (address ? [{ name, ...address }] : []));

/** Nobody is to send further clients here. */
export function refuseReady(components: Iterable<Component>): void {
  for (const endpoint of endpoints(components)) if (endpoint.name === 'ready') endpoint.close();
}

const endpoints = (components: Iterable<Component>): Endpoint[] =>
  [...components].filter((component) => component instanceof Endpoint);
