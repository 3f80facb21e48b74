// Directive `health`: /health, 200 for as long as the process answers at all, also without its API server. The server asks
// itself every second, so that /metrics tells how quick it is under its load (spec/dns.md §10).

import { once } from 'node:events';
import { get } from 'node:http';
import { type Clock, systemClock } from '#lib/clock.ts';
import { answer } from '#lib/http-server.ts';
import type { Logger } from '#lib/log.ts';
import { Histogram, type Metric, single } from '#lib/metrics.ts';
import type { HostPort } from '../config/settings.ts';
import { Endpoint } from './endpoint.ts';

const everyMs = 1000;
const timeoutMs = 3000;
const secondBounds = [0.00025, 0.0025, 0.025, 0.25, 2.5];

export class HealthEndpoint extends Endpoint {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #seconds = new Histogram(secondBounds);
  #failures = 0;

  constructor(at: HostPort, { log, clock = systemClock }: { log: Logger; clock?: Clock }) {
    super('health', 'health', at, (_, response) => answer(response, 200, 'OK'));
    this.#log = log;
    this.#clock = clock;
  }

  override async start(signal: AbortSignal): Promise<void> {
    await super.start(signal);
    void this.#watch(signal);
  }

  override metrics(): Metric[] {
    const name = 'coredns_health_request_duration_seconds';
    const help = 'Seconds that /health took the server itself to ask.';
    return [
      { name, help, type: 'histogram', samples: () => this.#seconds.samples(name, {}) },
      single(
        'coredns_health_request_failures_total',
        'counter',
        'Times that the server could not ask itself for /health.',
        () => this.#failures,
      ),
    ];
  }

  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(everyMs, signal).catch(() => {});
      const { address } = this;
      if (address) await this.#ask(address);
    }
  }

  async #ask(address: HostPort): Promise<void> {
    const startedAt = performance.now();
    try {
      const timeout = AbortSignal.timeout(timeoutMs);
      const request = get({ ...reachable(address), path: '/health', agent: false, signal: timeout });
      const [response] = await once(request, 'response');
      response.resume();
    } catch (error) {
      // Closed while it was asked.
      if (!this.address) return;
      this.#failures++;
      this.#log.warn('the server could not ask itself for /health', { error });
    }
    this.#seconds.observe((performance.now() - startedAt) / 1000);
  }
}

/** Of all addresses of the machine one has to be asked. */
const reachable = ({ host, port }: HostPort): HostPort => ({
  host: host === '::' ? '::1' : host === '' || host === '0.0.0.0' ? '127.0.0.1' : host,
  port,
});
