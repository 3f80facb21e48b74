// Requests, counted under upstream's names and labels (api.md §2). A series exists for what is served only: paths, methods
// and resources that clients make up count nowhere, so their number is bounded by the number of kinds.

import type { Kind } from '#api/index.ts';
import { Histogram, type Labels, type Metric, type Sample } from '#lib/metrics.ts';
import { connectSubresources, type RequestInfo, type ResourceInfo } from '../request.ts';
import { subresourcesOf } from '../subresources.ts';

const durationBounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
];
const sizeBounds = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
/** The figure for service levels has no use for less. */
const sliFrom = 0.05;

/** Everything that has the same labels. */
class Series {
  readonly labels: Labels;
  readonly dryRun: string;
  readonly duration = new Histogram(durationBounds);
  /** Of reads alone. */
  readonly size: Histogram | undefined;
  readonly codes = new Map<number, number>();
  /** Requests that the server gave up to protect itself. */
  readonly terminations = new Map<number, number>();
  running = 0;

  constructor(labels: Labels, dryRun: string) {
    this.labels = labels;
    this.dryRun = dryRun;
    if (labels.verb === 'GET' || labels.verb === 'LIST') this.size = new Histogram(sizeBounds);
  }
}

/** A request from its first byte to its last. */
export interface Running {
  /** @param bytes of the answer's body, where that is known */
  end(status: number, bytes: number | undefined): void;
}

const countedMethods: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const healthPath = /^\/(?:healthz|livez|readyz)$/;
const selfDefence = new Set([429, 504]);

export class RequestMetrics {
  readonly #series = new Map<string, Series>();
  readonly #kindAt: (at: ResourceInfo) => Kind | undefined;

  constructor(kindAt: (at: ResourceInfo) => Kind | undefined) {
    this.#kindAt = kindAt;
  }

  /** Undefined for what is not counted. */
  begin(info: RequestInfo, contentType: string | undefined, isLongRunning: boolean): Running | undefined {
    const series = this.#seriesOf(info, contentType);
    if (!series) return undefined;
    const started = performance.now();
    if (isLongRunning) series.running++;
    return {
      end(status, bytes) {
        if (isLongRunning) series.running--;
        series.duration.observe((performance.now() - started) / 1000);
        series.codes.set(status, (series.codes.get(status) ?? 0) + 1);
        if (bytes !== undefined) series.size?.observe(bytes);
        if (selfDefence.has(status)) series.terminations.set(status, (series.terminations.get(status) ?? 0) + 1);
      },
    };
  }

  #seriesOf(info: RequestInfo, contentType: string | undefined): Series | undefined {
    const { resource: at, method, path } = info;
    if (!at) {
      if (!healthPath.test(path) || method !== 'GET') return undefined;
      return this.#labelled('GET', '', undefined, path, '');
    }
    const kind = this.#kindAt(at);
    if (!kind) return undefined;
    if (at.subresource && !hasSubresource(kind, at.subresource)) return undefined;
    return this.#labelled(verbOf(info, at, contentType), dryRunOf(info.query), kind, at.subresource, scopeOf(info, at));
  }

  #labelled(verb: string, dryRun: string, kind: Kind | undefined, subresource: string, scope: string): Series {
    const { group = '', version = '', resource = '' } = kind ?? {};
    const key = `${verb} ${dryRun} ${group} ${version} ${resource} ${subresource} ${scope}`;
    let series = this.#series.get(key);
    if (!series) {
      series = new Series({ verb, group, version, resource, subresource, scope, component: 'apiserver' }, dryRun);
      this.#series.set(key, series);
    }
    return series;
  }

  metrics(): Metric[] {
    const all = () => [...this.#series.values()];
    return [
      {
        name: 'apiserver_request_total',
        help: 'Requests that were answered, by verb, dry run, resource, scope and HTTP status code.',
        type: 'counter',
        samples: () => all().flatMap(({ labels, dryRun, codes }) => byCode({ ...labels, dry_run: dryRun }, codes)),
      },
      {
        name: 'apiserver_request_duration_seconds',
        help: 'Seconds from the head of a request to the end of its answer.',
        type: 'histogram',
        samples: () =>
          all().flatMap(({ labels, dryRun, duration }) => [
            ...duration.samples('apiserver_request_duration_seconds', { ...labels, dry_run: dryRun }),
          ]),
      },
      {
        name: 'apiserver_request_sli_duration_seconds',
        help: 'Seconds that requests took in this server itself; real requests only, no dry runs.',
        type: 'histogram',
        samples: () =>
          all()
            .filter(({ dryRun }) => dryRun === '')
            .flatMap(({ labels, duration }) => [
              ...duration.samples('apiserver_request_sli_duration_seconds', labels, sliFrom),
            ]),
      },
      {
        name: 'apiserver_response_sizes',
        help: 'Bytes of the answers to reads.',
        type: 'histogram',
        samples: () =>
          all().flatMap(({ labels, size }) => (size ? [...size.samples('apiserver_response_sizes', labels)] : [])),
      },
      {
        name: 'apiserver_longrunning_requests',
        help: 'Watches, logs, tunnels and the like that are open now.',
        type: 'gauge',
        samples: () => all().map(({ labels, running }) => ({ labels: { ...labels }, value: running })),
      },
      {
        name: 'apiserver_request_terminations_total',
        help: 'Requests that the server ended to protect itself: too many at once, or too slow.',
        type: 'counter',
        samples: () => all().flatMap(({ labels, terminations }) => byCode(labels, terminations)),
      },
    ];
  }
}

const subresourceNames = new WeakMap<Kind, ReadonlySet<string>>();
function hasSubresource(kind: Kind, wanted: string): boolean {
  let names = subresourceNames.get(kind);
  if (!names) {
    names = new Set(subresourcesOf(kind).map(({ name }) => name));
    subresourceNames.set(kind, names);
  }
  return names.has(wanted);
}

const byCode = (labels: Labels, codes: ReadonlyMap<number, number>): Sample[] =>
  [...codes].map(([code, value]) => ({ labels: { ...labels, code: String(code) }, value }));

function verbOf({ verb, method }: RequestInfo, at: ResourceInfo, contentType: string | undefined): string {
  if (connectSubresources.has(at.subresource)) return 'CONNECT';
  if (verb === 'watch' || verb === 'deletecollection') return verb.toUpperCase();
  if (method === 'GET' || method === 'HEAD') return at.name ? 'GET' : 'LIST';
  if (method === 'PATCH' && contentType?.startsWith('application/apply-patch+')) return 'APPLY';
  return countedMethods.has(method) ? method : 'other';
}

function scopeOf({ verb }: RequestInfo, { name, namespace }: ResourceInfo): string {
  if (name !== '' || verb === 'create') return 'resource';
  return namespace === '' ? 'cluster' : 'namespace';
}

function dryRunOf(query: URLSearchParams): string {
  if (!query.has('dryRun')) return '';
  return query.getAll('dryRun').every((value) => value === 'All') ? 'All' : 'invalid';
}
