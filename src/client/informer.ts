// A readonly copy of one resource's objects, kept current by a reflector, with indexes and change handlers. One informer
// is shared by all who need the resource in a part: its handlers run one after the other, before anything newer is seen.

import type { KubeObject } from '#api/index.ts';
import { createLogger, type Logger } from '#lib/log.ts';
import type { Resource } from './client.ts';
import { type Mirror, reflect, type Selection } from './reflector.ts';

export interface Change<T> {
  readonly type: 'added' | 'updated' | 'deleted';
  readonly object: T;
  /** The state before, of an update. */
  readonly old?: T | undefined;
}
export interface InformerOptions<T> extends Selection {
  /** Name of an index to the keys under which an object is found by it. */
  readonly indexes?: Readonly<Record<string, (object: T) => string[]>> | undefined;
  /** What is kept of an object, so that memory is not held for parts that nobody reads. */
  readonly transform?: ((object: T) => T) | undefined;
  readonly log?: Logger | undefined;
}

/** `namespace/name`, or the name alone of what has no namespace: how caches and work queues name an object. */
export const keyOf = ({ metadata: { namespace, name = '' } }: KubeObject): string =>
  namespace ? `${namespace}/${name}` : name;
/** The parts of a {@link keyOf} key. */
export const splitKey = (key: string): { namespace: string; name: string } => {
  const slash = key.indexOf('/');
  return { namespace: key.slice(0, Math.max(slash, 0)), name: key.slice(slash + 1) };
};

/** The uid counts too: a server with a younger store behind the same address counts its versions from the start again. */
const isSameVersion = ({ metadata: a }: KubeObject, { metadata: b }: KubeObject): boolean =>
  a.resourceVersion === b.resourceVersion && a.uid === b.uid;

/** Built in, so that `list(namespace)` does not walk the cluster. */
const byNamespace = '\0namespace';

/** Objects that it hands out are shared: they must not be changed. */
export class Informer<T extends KubeObject> {
  readonly #resource: Resource<T>;
  readonly #selection: Selection;
  readonly #transform: (object: T) => T;
  readonly #log: Logger;
  readonly #indexers: [string, (object: T) => string[]][];
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, Map<string, Map<string, T>>>();
  readonly #handlers: ((change: Change<T>) => void)[] = [];
  readonly #listed = Promise.withResolvers<void>();
  #hasSynced = false;
  #started = false;

  constructor(
    resource: Resource<T>,
    { indexes = {}, transform = (object) => object, log, ...selection }: InformerOptions<T> = {},
  ) {
    this.#resource = resource;
    this.#selection = selection;
    this.#transform = transform;
    this.#log = log ?? createLogger(`informer/${resource.ref.resource}`);
    this.#indexers = [[byNamespace, ({ metadata }) => [metadata.namespace ?? '']], ...Object.entries(indexes)];
    for (const [name] of this.#indexers) this.#indexes.set(name, new Map());
  }

  /** Begins to list and watch, until `signal` aborts. Further calls do nothing. */
  start(signal: AbortSignal): void {
    if (this.#started) return;
    this.#started = true;
    const mirror: Mirror<T> = {
      keep: this.#transform,
      replace: (objects) => this.#replace(objects),
      put: (object) => this.#put(this.#transform(object)),
      remove: (object) => this.#remove(this.#transform(object)),
    };
    void reflect(this.#resource, this.#selection, mirror, { signal, log: this.#log });
  }

  /** Resolves when the first list is in and its handlers have run; rejects when `signal` aborts before. */
  async synced(signal?: AbortSignal): Promise<void> {
    if (this.#hasSynced) return;
    if (!signal) return await this.#listed.promise;
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#listed.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get(name: string, namespace?: string): T | undefined {
    return this.#objects.get(namespace ? `${namespace}/${name}` : name);
  }

  list(namespace?: string): T[] {
    return namespace ? this.by(byNamespace, namespace) : [...this.#objects.values()];
  }

  /** The objects that the index finds under `key`. Throws for an index that was not declared. */
  by(index: string, key: string): T[] {
    const found = this.#indexes.get(index);
    if (!found) throw new TypeError(`informer of ${this.#resource.ref.resource} has no index "${index}"`);
    return [...(found.get(key)?.values() ?? [])];
  }

  /** Calls `handler` for every change from now on, and at once with what is already here. */
  onChange(handler: (change: Change<T>) => void): void {
    this.#handlers.push(handler);
    for (const object of this.#objects.values()) this.#call(handler, { type: 'added', object });
  }

  #replace(objects: T[]): void {
    const present = new Set(objects.map(keyOf));
    for (const [key, object] of [...this.#objects]) if (!present.has(key)) this.#remove(object);
    for (const object of objects) {
      const old = this.#objects.get(keyOf(object));
      if (!old || !isSameVersion(old, object)) this.#put(object);
    }
    if (this.#hasSynced) return;
    this.#hasSynced = true;
    this.#listed.resolve();
  }

  #put(object: T): void {
    const key = keyOf(object);
    const found = this.#objects.get(key);
    // Another object of the same name: its predecessor's deletion was missed between two lists.
    const replaced = found && found.metadata.uid !== object.metadata.uid;
    if (replaced) this.#remove(found);
    const old = replaced ? undefined : found;
    if (old) this.#unindex(key, old);
    this.#objects.set(key, object);
    this.#index(key, object);
    this.#tell(old ? { type: 'updated', object, old } : { type: 'added', object });
  }

  #remove(object: T): void {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (!old) return;
    this.#objects.delete(key);
    this.#unindex(key, old);
    this.#tell({ type: 'deleted', object });
  }

  #index(key: string, object: T): void {
    for (const [name, keysOf] of this.#indexers) {
      const index = this.#indexes.get(name);
      for (const value of keysOf(object)) {
        const found = index?.get(value);
        if (found) found.set(key, object);
        else index?.set(value, new Map([[key, object]]));
      }
    }
  }

  #unindex(key: string, object: T): void {
    for (const [name, keysOf] of this.#indexers) {
      const index = this.#indexes.get(name);
      for (const value of keysOf(object)) {
        const found = index?.get(value);
        found?.delete(key);
        if (found?.size === 0) index?.delete(value);
      }
    }
  }

  #tell(change: Change<T>): void {
    for (const handler of this.#handlers) this.#call(handler, change);
  }

  #call(handler: (change: Change<T>) => void, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      this.#log.error('change handler failed', {
        resource: this.#resource.ref.resource,
        key: keyOf(change.object),
        error,
      });
    }
  }
}
