// What requests to the API server are allowed, and what is counted of them, under CoreDNS's names (spec/dns.md §4, §11).

import { setTimeout as sleep } from 'node:timers/promises';
import { TokenBucket } from '#client/index.ts';
import type { Fetch } from '#lib/http.ts';
import { Counter, Histogram, type Metric } from '#lib/metrics.ts';

const duration = 'coredns_kubernetes_rest_client_request_duration_seconds';
const secondBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const waited = 'coredns_kubernetes_rest_client_rate_limiter_duration_seconds';

/** Those that are absent do not limit. */
export interface ApiLimits {
  /** Requests a second on average. */
  readonly apiserverQps?: number | undefined;
  /** Requests at once after a pause; as many as a second's when absent. */
  readonly apiserverBurst?: number | undefined;
  /** Requests that wait for their answer to begin. */
  readonly apiserverMaxInflight?: number | undefined;
}

export class ApiRequests {
  readonly #bucket: TokenBucket | undefined;
  readonly #inflight: Places | undefined;
  readonly #waited: Histograms = new Map();
  readonly #results = new Counter();
  /** By verb and host: ours, and the API server's. */
  readonly #seconds: Histograms = new Map();

  constructor({ apiserverQps: qps, apiserverBurst: burst, apiserverMaxInflight: inflight }: ApiLimits = {}) {
    this.#bucket = qps ? new TokenBucket({ perSecond: qps, burst: burst || Math.max(1, Math.ceil(qps)) }) : undefined;
    this.#inflight = inflight ? new Places(inflight) : undefined;
  }

  /** The same within the limits, counted. @param server its URL. */
  counted(fetch: Fetch, server: string): Fetch {
    // With its port as it is written, as client-go has it.
    const host = server.replace(/^\w+:\/\//, '').replace(/\/.*/, '');
    return async (request) => {
      const release = await this.#turn(request.method, host, request.signal);
      const startedAt = performance.now();
      let code = '<error>';
      try {
        const response = await fetch(request);
        code = `${response.status}`;
        return response;
      } finally {
        release();
        this.#results.add({ code, method: request.method, host });
        // A watch answers at once and goes on for minutes.
        if (!isWatch(request.url))
          histogramOf(this.#seconds, request.method, host).observe((performance.now() - startedAt) / 1000);
      }
    };
  }

  metrics(): Metric[] {
    return [
      {
        name: 'coredns_kubernetes_rest_client_requests_total',
        help: 'Requests to the API server, by HTTP status.',
        type: 'counter',
        samples: () => this.#results.samples(),
      },
      {
        name: duration,
        help: 'Seconds until the API server began to answer; watches are left out.',
        type: 'histogram',
        samples: () => [...this.#seconds.values()].flatMap(({ labels, own }) => [...own.samples(duration, labels)]),
      },
      {
        name: waited,
        help: 'Seconds that requests to the API server waited for their turn; with apiserver_qps only.',
        type: 'histogram',
        samples: () => [...this.#waited.values()].flatMap(({ labels, own }) => [...own.samples(waited, labels)]),
      },
    ];
  }

  /** Resolves when the request may go, with what to do when its answer has begun. Rejects when `signal` aborts before. */
  async #turn(verb: string, host: string, signal: AbortSignal | undefined): Promise<() => void> {
    const startedAt = performance.now();
    const ms = this.#bucket?.take() ?? 0;
    if (ms > 0) await sleep(ms, undefined, { ...(signal && { signal }) });
    await this.#inflight?.take();
    if (this.#bucket) histogramOf(this.#waited, verb, host).observe((performance.now() - startedAt) / 1000);
    return () => this.#inflight?.leave();
  }
}

/** So many at a time, the others in the order in which they came. */
class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

type Histograms = Map<string, { readonly labels: { verb: string; host: string }; readonly own: Histogram }>;

function histogramOf(all: Histograms, verb: string, host: string): Histogram {
  const key = `${verb} ${host}`;
  const found = all.get(key) ?? { labels: { verb, host }, own: new Histogram(secondBounds) };
  all.set(key, found);
  return found.own;
}

const isWatch = (url: string): boolean => /[?&]watch=true/.test(url);
