// What the health of this server is made of, under upstream's names where it has them, for scripts that ask for one check
// or leave one out (api.md §2).

import type { Store } from '#storage/index.ts';
import type { Check } from './health.ts';

/** A store that takes longer than this for one key is as good as gone. */
const storeTimeoutMs = 2_000;
/** No object lives here; like upstream, the question is whether an answer comes. */
const healthKey = '/registry/health';
/** So much of a log that nobody reads may wait in memory. */
const unreadLogBytes = 4 * 1024 * 1024;

/** What has to have happened once before the server is of use. Named as upstream names what does the same work there. */
export const startSteps = [
  'start-service-ip-repair-controllers',
  'start-system-namespaces-controller',
  'bootstrap-controller',
] as const;
export type StartStep = (typeof startSteps)[number];

export class Progress {
  readonly #done = new Set<StartStep>();
  #isShuttingDown = false;

  finish(step: StartStep): void {
    this.#done.add(step);
  }

  shutDown(): void {
    this.#isShuttingDown = true;
  }

  isDone(step: StartStep): boolean {
    return this.#done.has(step);
  }

  get isShuttingDown(): boolean {
    return this.#isShuttingDown;
  }
}

export interface CheckParts {
  readonly store: Store;
  readonly progress: Progress;
  /** Bytes of log lines that wait to be written. */
  readonly unwrittenLog?: () => number;
}

export function healthChecks({ store, progress, unwrittenLog = () => process.stderr.writableLength }: CheckParts) {
  const storeFailure = onceAtATime(() => failureOfStore(store));
  const checks: Check[] = [
    { name: 'ping', failure: () => undefined },
    { name: 'log', failure: () => (unwrittenLog() > unreadLogBytes ? 'logging blocked' : undefined) },
    { name: 'etcd', failure: storeFailure },
    { name: 'etcd-readiness', only: ['readyz'], failure: storeFailure },
    ...startSteps.map((step) => ({
      name: `poststarthook/${step}`,
      failure: () => (progress.isDone(step) ? undefined : 'not finished'),
    })),
    {
      name: 'shutdown',
      only: ['readyz'],
      failure: () => (progress.isShuttingDown ? 'process is shutting down' : undefined),
    },
  ];
  return checks;
}

async function failureOfStore(store: Store): Promise<string | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve(`the store has not answered for ${storeTimeoutMs / 1000} s`), storeTimeoutMs);
  try {
    return await Promise.race([late, store.get(healthKey).then(() => undefined)]);
  } finally {
    clearTimeout(timer);
  }
}

/** However many ask at the same time, one question is under way. */
function onceAtATime<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | undefined;
  return () => {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
