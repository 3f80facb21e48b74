// Objects in the store: where each lives, their bytes and their decoded form. An object is encoded once, when it is
// written, with the resourceVersion of that write in it; those bytes go to every reader and every watcher. Decoding is
// cached by entry, and what the cache hands out is shared: readers must not change it.
//
// Some kinds are kept in the form of another (`Kind.storedAs`). Their entries pass through `view`, which shows the stored
// entry in the kind's own words; whoever lists or watches the store itself does the same. Nobody else can tell.

import type { Kind, KubeObject } from '#api/index.ts';
import { ApiError, apiVersionOf } from '#api/index.ts';
import { prune } from '#api/schema/strict.ts';
import type { Entry, Store, StoreEvent, Write } from '#storage/index.ts';
import type { Companion } from './allocators/reservation.ts';
import { Recent } from './recent.ts';
import { View } from './view.ts';

/** Bytes of JSON of the objects that are kept decoded: those that watches and writers look at just now. */
const decodedLimit = 4 * 1024 * 1024;
const sizeOf = ({ value }: Entry): number => value.length;
const decoder = new TextDecoder();

export class Registry {
  readonly store: Store;
  readonly #decoded = new Recent<Entry, KubeObject>(decodedLimit, sizeOf);
  /** An entry is replaced or deleted at one revision only. */
  readonly #last = new WeakMap<Entry, Entry>();
  /** Of each kind that is stored as another. */
  readonly #views = new Map<Kind, Recent<Entry, View>>();

  constructor(store: Store) {
    this.store = store;
  }

  /** Ends in a slash. Without a namespace: of all namespaces, or of a cluster-scoped kind. */
  prefixOf(kind: Kind, namespace = ''): string {
    const { group, resource } = storageOf(kind);
    const collection = `/registry/${group || 'core'}/${resource}/`;
    return namespace ? `${collection}${namespace}/` : collection;
  }

  /** The least that holds what a request is about: one object's key when only one name can match, else the collection. */
  prefixFor(kind: Kind, namespace: string, onlyName: string | undefined): string {
    if (!onlyName || (kind.namespaced && !namespace)) return this.prefixOf(kind, namespace);
    return this.keyOf(kind, { namespace, name: onlyName });
  }

  keyOf(kind: Kind, { namespace, name }: { namespace?: string | undefined; name: string }): string {
    return `${this.prefixOf(kind, kind.namespaced ? namespace : '')}${name}`;
  }

  async get(kind: Kind, at: { namespace?: string | undefined; name: string }): Promise<Entry | undefined> {
    const entry = await this.store.get(this.keyOf(kind, at));
    return entry && this.view(kind, entry);
  }

  /** A stored entry as the kind's own: itself, but for a kind that is stored as another. */
  view(kind: Kind, stored: Entry): Entry {
    const { storedAs } = kind;
    if (!storedAs) return stored;
    const views = this.#views.get(kind) ?? new Recent<Entry, View>(decodedLimit, sizeOf);
    this.#views.set(kind, views);
    let view = views.get(stored);
    if (!view) {
      view = new View(
        stored,
        () => typed(kind, prune(kind.schema, storedAs.fromStored(this.decode(stored)))),
        (object) => encodeObject(kind, object, object.metadata.resourceVersion ?? ''),
      );
      views.set(stored, view);
    }
    return view;
  }

  /** A change of the store as one of the kind. */
  viewEvent(kind: Kind, event: StoreEvent): StoreEvent {
    if (!kind.storedAs) return event;
    if (event.type === 'delete') return { ...event, previous: this.view(kind, event.previous) };
    const { entry, previous } = event;
    return { ...event, entry: this.view(kind, entry), previous: previous && this.view(kind, previous) };
  }

  /** The entry's object. Shared: to change it, change a copy (`copyJson`). */
  decode<T extends KubeObject = KubeObject>(entry: Entry): T {
    if (entry instanceof View) return entry.object as T;
    let object = this.#decoded.get(entry);
    if (!object) {
      object = JSON.parse(decoder.decode(entry.value)) as KubeObject;
      this.#decoded.set(entry, object);
    }
    return object as T;
  }

  /** Every object of a kind, one page at a time, as of one revision. */
  async *all<T extends KubeObject>(kind: Kind<T>): AsyncGenerator<T> {
    const untyped = kind as unknown as Kind;
    const prefix = this.prefixOf(untyped);
    let startKey: string | undefined = prefix;
    let revision: number | undefined;
    while (startKey !== undefined) {
      const page = await this.store.list(prefix, { startKey, limit: 1000, revision });
      for (const entry of page.entries) yield this.decode<T>(this.view(untyped, entry));
      revision = page.revision;
      const last = page.entries.at(-1);
      startKey = last && page.remaining > 0 ? `${last.key}\0` : undefined;
    }
  }

  /** The write that creates an object, for a commit with others. */
  creation(kind: Kind, object: KubeObject): Write {
    const { namespace, name = '' } = object.metadata;
    return writeOf(kind, this.keyOf(kind, { namespace, name }), 0, object);
  }

  /** Undefined when the name is taken, or a companion has lost. */
  async create(kind: Kind, object: KubeObject, dryRun: boolean, companions?: readonly Companion[]) {
    const { namespace, name = '' } = object.metadata;
    const write = writeOf(kind, this.keyOf(kind, { namespace, name }), 0, object);
    const { key, encode } = write;
    if (dryRun) return (await this.store.get(key)) ? undefined : this.view(kind, imagined(key, encode('')));
    const stored = await this.#commit(write, companions);
    return stored?.entry && this.view(kind, stored.entry);
  }

  /** Undefined when `old` is no longer the newest, or a companion has lost. */
  async replace(kind: Kind, old: Entry, object: KubeObject, dryRun: boolean, companions?: readonly Companion[]) {
    const write = writeOf(kind, old.key, old.modRevision, object);
    if (dryRun) return this.view(kind, imagined(old.key, write.encode(old.modRevision)));
    const stored = await this.#commit(write, companions);
    return stored?.entry && this.view(kind, stored.entry);
  }

  /** Whether writing `object`, in canonical form, would store what is stored already. */
  isUnchanged(kind: Kind, old: Entry, object: KubeObject): boolean {
    const isSame = (bytes: Uint8Array, stored: Uint8Array) => Buffer.compare(bytes, stored) === 0;
    // In its own words nothing may have changed although the stored form would: the other kind may say more.
    if (isSame(encodeObject(kind, object, String(old.modRevision)), old.value)) return true;
    return old instanceof View && isSame(encodeWith(kind, object)(old.modRevision), old.stored.value);
  }

  /** Undefined when `old` is no longer the newest, or a companion has lost. The entry has `object` as the last state. */
  async remove(kind: Kind, old: Entry, object: KubeObject, dryRun: boolean, companions?: readonly Companion[]) {
    if (dryRun) return imagined(old.key, encodeObject(kind, object, String(old.modRevision)));
    const removed = await this.#commit({ key: old.key, expected: old.modRevision }, companions);
    if (!removed?.previous) return undefined;
    const { revision, previous } = removed;
    return { ...previous, modRevision: revision, value: encodeObject(kind, object, String(revision)) };
  }

  /** What became of the object's own write; undefined when nothing was written. */
  async #commit(write: Write, companions: readonly Companion[] = []): Promise<StoreEvent | undefined> {
    const result = await this.store.commit([write, ...companions.map((companion) => companion.write)]);
    if (result.ok) return result.events[0];
    await companions[result.lost - 1]?.onLost?.();
    return undefined;
  }

  /** What was in an entry until `revision` replaced or deleted it, as watchers who see it go are told of it. */
  last(entry: Entry, revision: number): Entry {
    let last = this.#last.get(entry);
    if (!last) {
      const object = this.decode(entry);
      const moved = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
      last = { ...entry, modRevision: revision, value: bytesOf(moved) };
      this.#last.set(entry, last);
    }
    return last;
  }
}

/** The kind whose keys and form the store has. */
export const storageOf = (kind: Kind): Kind => kind.storedAs?.kind ?? kind;

/** The entry of a dry run: never in the store. */
const imagined = (key: string, value: Uint8Array): Entry => ({ key, value, modRevision: 0, createRevision: 0 });

const writeOf = (kind: Kind, key: string, expected: number, object: KubeObject) => ({
  key,
  expected,
  encode: encodeWith(kind, object),
  ttlSeconds: storageOf(kind).ttlSeconds,
});

/** How the store gets the object's bytes, in the form in which it keeps them. */
function encodeWith(kind: Kind, object: KubeObject): (revision: number | '') => Uint8Array {
  const { storedAs } = kind;
  const stored = storedAs ? (prune(storedAs.kind.schema, storedAs.toStored(object)) as KubeObject) : object;
  return (revision) => {
    const bytes = encodeObject(storageOf(kind), stored, String(revision));
    const limit = object.metadata.deletionTimestamp ? sizeLimit + sizeOfLeaving : sizeLimit;
    if (bytes.length > limit) throw objectTooLarge(bytes.length);
    return bytes;
  };
}

/** What a client reads it must be able to write, so no object may be larger than a body. Patches could make it grow for ever. */
const sizeLimit = 3 * 1024 * 1024;
/** What the mark of a deletion adds: the largest object can be deleted, too. */
const sizeOfLeaving = 64 * 1024;

const objectTooLarge = (size: number): ApiError =>
  new ApiError(
    413,
    'RequestEntityTooLarge',
    `Request entity too large: the object would have ${size} bytes in store, with defaults and managedFields; limit is ${sizeLimit}`,
  );

const typed = (kind: Kind, object: unknown): KubeObject => ({
  ...(object as KubeObject),
  kind: kind.kind,
  apiVersion: apiVersionOf(kind),
});

function encodeObject(kind: Kind, object: KubeObject, resourceVersion: string): Uint8Array {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _old, ...meta } = metadata;
  return bytesOf({
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata: { ...meta, ...(resourceVersion && { resourceVersion }) },
    ...rest,
  });
}

/** In a buffer of its own: one that is shared would be kept whole by the last of those who share it. */
const encoder = new TextEncoder();
const bytesOf = (object: object): Uint8Array => encoder.encode(JSON.stringify(object));
