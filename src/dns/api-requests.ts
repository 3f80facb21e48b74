// What is counted of the requests to the API server, under CoreDNS's names (spec/dns.md §11).

import type { Fetch } from '#lib/http.ts';
import { Counter, Histogram, type Metric } from '#lib/metrics.ts';

const duration = 'coredns_kubernetes_rest_client_request_duration_seconds';
const secondBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class ApiRequests {
  readonly #results = new Counter();
  /** By verb and host: ours, and the API server's. */
  readonly #seconds = new Map<string, { readonly labels: { verb: string; host: string }; readonly own: Histogram }>();

  /** The same, counted. @param server its URL. */
  counted(fetch: Fetch, server: string): Fetch {
    // With its port as it is written, as client-go has it.
    const host = server.replace(/^\w+:\/\//, '').replace(/\/.*/, '');
    return async (request) => {
      const startedAt = performance.now();
      let code = '<error>';
      try {
        const response = await fetch(request);
        code = `${response.status}`;
        return response;
      } finally {
        this.#results.add({ code, method: request.method, host });
        // A watch answers at once and goes on for minutes.
        if (!isWatch(request.url))
          this.#histogramOf(request.method, host).observe((performance.now() - startedAt) / 1000);
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
    ];
  }

  #histogramOf(verb: string, host: string): Histogram {
    const key = `${verb} ${host}`;
    const found = this.#seconds.get(key) ?? { labels: { verb, host }, own: new Histogram(secondBounds) };
    this.#seconds.set(key, found);
    return found.own;
  }
}

const isWatch = (url: string): boolean => /[?&]watch=true/.test(url);
