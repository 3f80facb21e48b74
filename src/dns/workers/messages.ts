// What the process that keeps the workers and each of them tell each other over IPC (structured clone: settings have
// regular expressions and numbers of 128 bits).

import type { Metric, Sample } from '#lib/metrics.ts';
import type { DnsSettings } from '../config/settings.ts';
import type { DnsServer } from '../server.ts';

export type ToWorker =
  /** The first. `waits`: it listens only when it knows all that it serves, or when it is told to. */
  | ({ readonly type: 'serve'; readonly waits: boolean } & Generation)
  | { readonly type: 'listen' }
  | ({ readonly type: 'reload'; readonly id: number } & Generation)
  | { readonly type: 'metrics'; readonly id: number }
  /** `lameduck`: clients have the time to go elsewhere; `leave`: others answer in its place; `at once`. */
  | { readonly type: 'end'; readonly how: Leave };

export type Leave = 'lameduck' | 'leave' | 'at once';

export interface Generation {
  readonly settings: DnsSettings;
  /** By which a worker speaks of these settings. */
  readonly generation: number;
}

export type FromWorker =
  /** It listens at every address. */
  | { readonly type: 'serving'; readonly addresses: DnsServer['addresses'] }
  /** It cannot, and ends. */
  | { readonly type: 'failed'; readonly message: string }
  /** When it changes, and every now and then. */
  | { readonly type: 'state'; readonly unready: readonly string[] }
  | { readonly type: 'loop'; readonly generation: number; readonly message: string }
  | {
      readonly type: 'reply';
      readonly id: number;
      readonly metrics?: readonly ToldMetric[];
      readonly problem?: string;
    };

export interface ToldMetric extends Omit<Metric, 'samples'> {
  readonly samples: readonly Sample[];
}

export const told = async (metrics: readonly Metric[]): Promise<ToldMetric[]> =>
  await Promise.all(metrics.map(async (metric) => ({ ...metric, samples: [...(await metric.samples())] })));

export const metricOf = ({ samples, ...metric }: ToldMetric): Metric => ({ ...metric, samples: () => samples });
