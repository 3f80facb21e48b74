// Something that runs behind the handlers: a watch on the API, servers elsewhere, a file that is looked at. Server blocks
// and generations of the configuration that say the same of it share one.

import type { Metric } from '#lib/metrics.ts';

export interface Component {
  /** The directive that it belongs to: so readiness and metrics call it. */
  readonly name: string;
  /** Runs until `signal` aborts. Resolves when it runs, which need not mean that it knows anything yet; rejects when it cannot. */
  start?(signal: AbortSignal): Promise<void>;
  /** Whether it can answer for everything that it should. Absent: always. */
  isReady?(): boolean;
  metrics?(): Iterable<Metric>;
}

interface Shared<T extends Component = Component> {
  readonly component: T;
  readonly stop: AbortController;
  readonly started: Promise<void>;
}

/** The components of one configuration. What the one before has already is taken over, running. */
export class Components {
  readonly #shared = new Map<string, Shared>();
  readonly #before: Components | undefined;

  constructor(before?: Components) {
    this.#before = before;
  }

  /** @param settings what it is made from: plain data. Equal settings of one name mean the same component. */
  get<T extends Component>(name: string, settings: unknown, make: () => T): T {
    const key = `${name} ${JSON.stringify(settings, printable)}`;
    const shared = this.#find(key) ?? begin(make());
    this.#shared.set(key, shared);
    return shared.component as T;
  }

  #find(key: string): Shared | undefined {
    const own = this.#shared.get(key);
    return own || !this.#before ? own : this.#before.#shared.get(key);
  }

  [Symbol.iterator](): Iterator<Component> {
    return [...this.#shared.values()].map(({ component }) => component)[Symbol.iterator]();
  }

  /** Resolves when each runs; rejects with the first that cannot. */
  async started(): Promise<void> {
    await Promise.all([...this.#shared.values()].map(({ started }) => started));
  }

  /** Ends those that `except` does not have, the last first: it may need those that were there before it. */
  stop(except?: Components): void {
    const kept = new Set(except ? except.#shared.values() : []);
    for (const shared of [...this.#shared.values()].reverse()) if (!kept.has(shared)) shared.stop.abort();
  }
}

function begin(component: Component): Shared {
  const stop = new AbortController();
  const started = component.start?.(stop.signal) ?? Promise.resolve();
  // Whoever waits for it hears of it; a rejection that nobody waits for yet must not end the process.
  started.catch(() => {});
  return { component, stop, started };
}

const printable = (_key: string, value: unknown): unknown => {
  if (value instanceof RegExp) return String(value);
  if (value instanceof Set || value instanceof Map) return [...value];
  return typeof value === 'bigint' ? String(value) : value;
};
