// All that the server counts, and the text of it. What others know already (objects in the store, requests in flight) is
// asked for when somebody asks us.

import { gitVersion, type Kind, kubernetesVersion } from '#api/index.ts';
import { exposition } from '#lib/exposition.ts';
import { goArchitecture } from '#lib/go-architecture.ts';
import type { HttpResponse } from '#lib/http.ts';
import type { Metric, Sample } from '#lib/metrics.ts';
import type { InFlight } from '../in-flight.ts';
import type { Registry } from '../registry.ts';
import type { ResourceInfo } from '../request.ts';
import { commonHeaders } from '../respond.ts';
import { RequestMetrics } from './requests.ts';
import { qualified, type WatchMetrics } from './watches.ts';

export interface MetricsParts {
  readonly registry: Registry;
  readonly kinds: readonly Kind[];
  readonly inFlight: InFlight;
  readonly kindAt: (at: ResourceInfo) => Kind | undefined;
}

export class ServerMetrics {
  readonly requests: RequestMetrics;
  readonly watches: WatchMetrics;
  readonly #parts: MetricsParts;
  readonly #text = exposition(() => this.#all());
  #failedHandshakes = 0;
  readonly #others: (() => Iterable<Metric>)[] = [];

  constructor(parts: MetricsParts, watches: WatchMetrics) {
    this.#parts = parts;
    this.watches = watches;
    this.requests = new RequestMetrics(parts.kindAt);
  }

  handshakeFailed(): void {
    this.#failedHandshakes++;
  }

  /** What other parts of this process count is told together with ours. */
  add(metrics: () => Iterable<Metric>): void {
    this.#others.push(metrics);
  }

  /** GET /metrics. */
  async serve(): Promise<HttpResponse> {
    const { contentType, text } = await this.#text();
    return { status: 200, headers: { ...commonHeaders, 'content-type': contentType }, body: Buffer.from(text) };
  }

  *#all(): Generator<Metric> {
    yield* this.#own();
    for (const metrics of this.#others) yield* metrics();
  }

  #own(): Metric[] {
    return [
      ...this.requests.metrics(),
      ...this.watches.metrics(),
      {
        name: 'apiserver_current_inflight_requests',
        help: 'The most requests in work at once during the last second, by kind.',
        type: 'gauge',
        samples: () => this.#byRequestKind((kind) => this.#parts.inFlight.peak(kind)),
      },
      {
        name: 'apiserver_dropped_requests_total',
        help: 'Requests turned away with 429 because too many were in work.',
        type: 'counter',
        samples: () => this.#byRequestKind((kind) => this.#parts.inFlight.rejected(kind)),
      },
      {
        name: 'apiserver_tls_handshake_errors_total',
        help: 'Connections that did not come to speak TLS.',
        type: 'counter',
        samples: () => [{ labels: {}, value: this.#failedHandshakes }],
      },
      {
        name: 'apiserver_storage_objects',
        help: 'Objects in the store, by resource.',
        type: 'gauge',
        samples: () => this.#storedObjects(),
      },
      {
        name: 'kubernetes_build_info',
        help: 'Always 1; the labels say which version of the API this server speaks.',
        type: 'gauge',
        samples: () => [{ labels: buildInfo, value: 1 }],
      },
    ];
  }

  #byRequestKind(count: (kind: 'read' | 'write') => number): Sample[] {
    return [
      { labels: { request_kind: 'readOnly' }, value: count('read') },
      { labels: { request_kind: 'mutating' }, value: count('write') },
    ];
  }

  #storedObjects(): Promise<Sample[]> {
    const { kinds, registry } = this.#parts;
    const stored = kinds.filter((kind) => !kind.storedAs);
    return Promise.all(
      stored.map(async (kind) => {
        const { entries, remaining } = await registry.store.list(registry.prefixOf(kind), { limit: 1 });
        return { labels: { resource: qualified(kind) }, value: entries.length + remaining };
      }),
    );
  }
}

const buildInfo = {
  major: kubernetesVersion.major,
  minor: kubernetesVersion.minor,
  git_version: gitVersion,
  git_commit: '',
  git_tree_state: 'clean',
  go_version: `node${process.versions.node}`,
  compiler: 'node',
  platform: `linux/${goArchitecture}`,
};
