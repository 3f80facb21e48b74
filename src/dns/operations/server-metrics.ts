// What is told of the process and of its configuration, under CoreDNS's names (spec/dns.md §11).

import { type Metric, single } from '#lib/metrics.ts';
import { version } from '#lib/version.ts';
import type { Directives, DnsSettings } from '../config/settings.ts';
import { formatName } from '../wire/index.ts';
import { serverLabel } from './labels.ts';

/** Of this process. */
export class ServerCounts {
  /** Queries that were answered SERVFAIL because a handler threw. */
  faults = 0;
  failedReloads = 0;

  metrics(): Metric[] {
    return [
      single('coredns_panics_total', 'counter', 'Queries that ended in a fault of the server.', () => this.faults),
      single(
        'coredns_reload_failed_total',
        'counter',
        'Configurations that could not be taken.',
        () => this.failedReloads,
      ),
    ];
  }
}

/** Directives of a block that no query passes. */
const notInChain: readonly string[] = [
  'multisocket',
  'tls',
  'reload',
  'debug',
  'ready',
  'health',
] satisfies (keyof Directives)[];

/** What a configuration says, where `prometheus` is in it. */
export function settingsMetrics({ servers }: DnsSettings): Metric[] {
  const enabled = servers
    .filter(({ directives }) => directives.prometheus)
    .flatMap(({ keys, directives }) => {
      const names = Object.entries(directives).flatMap(([name, value]) =>
        value === undefined || notInChain.includes(name) ? [] : [name],
      );
      return keys.flatMap((key) =>
        names.map((name) => ({ server: serverLabel(key), zone: formatName(key.zone), view: '', name })),
      );
    });
  return [
    {
      name: 'coredns_build_info',
      help: 'Always 1; the version is in the labels.',
      type: 'gauge',
      aggregator: 'max',
      samples: () => [{ labels: { version, revision: '', goversion: `node ${process.version}` }, value: 1 }],
    },
    {
      name: 'coredns_plugin_enabled',
      help: 'Always 1; which directives are in force.',
      type: 'gauge',
      aggregator: 'max',
      samples: () => enabled.map((labels) => ({ labels, value: 1 })),
    },
  ];
}
