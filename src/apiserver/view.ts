// A stored entry as one of another kind: its key, its revision, other bytes. Object and bytes are made when somebody asks
// for them, once; `Registry.view` hands out the same view of an entry to all who look at it at about the same time, so an
// event of a kind that is stored as another is encoded once for all its watchers too.

import type { KubeObject } from '#api/index.ts';
import type { Entry } from '#storage/index.ts';

export class View implements Entry {
  readonly key: string;
  readonly modRevision: number;
  readonly createRevision: number;
  readonly expiresAt: number | undefined;
  readonly stored: Entry;
  readonly #convert: () => KubeObject;
  readonly #encode: (object: KubeObject) => Uint8Array;
  #object: KubeObject | undefined;
  #value: Uint8Array | undefined;

  constructor(stored: Entry, convert: () => KubeObject, encode: (object: KubeObject) => Uint8Array) {
    this.key = stored.key;
    this.modRevision = stored.modRevision;
    this.createRevision = stored.createRevision;
    this.expiresAt = stored.expiresAt;
    this.stored = stored;
    this.#convert = convert;
    this.#encode = encode;
  }

  /** Shared: not to be changed. */
  get object(): KubeObject {
    this.#object ??= this.#convert();
    return this.#object;
  }

  get value(): Uint8Array {
    this.#value ??= this.#encode(this.object);
    return this.#value;
  }
}
