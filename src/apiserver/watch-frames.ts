// The lines of a watch: its events in the wanted form. Plain events are the stored bytes with a few around them, and
// those are made once for all watchers of an entry.

import { type ApiError, apiVersionOf, type KubeObject } from '#api/index.ts';
import type { Entry } from '#storage/index.ts';
import { type Call, representationOf } from './call.ts';
import { gathered } from './list-body.ts';
import type { WatchCount } from './metrics/watches.ts';
import type { Representation } from './negotiate.ts';
import type { Parts } from './parts.ts';
import { Recent } from './recent.ts';
import { type IncludeObject, metadataOnly, parseIncludeObject, table } from './table.ts';

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

const heads: Record<EventType, Uint8Array> = {
  ADDED: Buffer.from('{"type":"ADDED","object":'),
  MODIFIED: Buffer.from('{"type":"MODIFIED","object":'),
  DELETED: Buffer.from('{"type":"DELETED","object":'),
};
const lineEnd = Buffer.from('}\n');
/** Lines of the last entries, so that all watchers of a change share one; older ones are made anew by who comes late. */
const sharedLimit = 1024 * 1024;
const lengthOf = (_entry: Entry, line: Uint8Array): number => line.length;
const shared: Record<EventType, Recent<Entry, Uint8Array>> = {
  ADDED: new Recent(sharedLimit, lengthOf),
  MODIFIED: new Recent(sharedLimit, lengthOf),
  DELETED: new Recent(sharedLimit, lengthOf),
};

/** Lines that went out together, by the first of them: many watchers are behind by the same few events. */
const joined = new Recent<Uint8Array, { readonly lines: readonly Uint8Array[]; readonly bytes: Uint8Array }>(
  sharedLimit,
  (_first, { bytes }) => bytes.length,
);
const joinedSize = 64 * 1024;

/** The lines in as few pieces as is sensible. */
export function together(lines: readonly Uint8Array[]): readonly Uint8Array[] {
  const [first] = lines;
  if (!first || lines.length === 1) return lines;
  const known = joined.get(first);
  if (known?.lines.length === lines.length && known.lines.every((line, i) => line === lines[i])) return [known.bytes];
  if (lines.reduce((sum, { length }) => sum + length, 0) > joinedSize) return [...gathered(lines)];
  const bytes = Buffer.concat(lines);
  joined.set(first, { lines, bytes });
  return [bytes];
}

export class WatchFrames {
  readonly #parts: Parts;
  readonly #call: Call;
  readonly #representation: Representation;
  readonly #includeObject: IncludeObject;
  readonly #count: WatchCount;
  #sentColumns = false;

  constructor(parts: Parts, call: Call) {
    this.#parts = parts;
    this.#call = call;
    this.#representation = representationOf(call);
    this.#includeObject = this.#representation.as === 'table' ? parseIncludeObject(call.query) : 'Metadata';
    this.#count = parts.watches.of(call.kind);
  }

  event(type: EventType, entry: Entry): Uint8Array {
    const frame = this.#event(type, entry);
    this.#count.sent(frame.length);
    return frame;
  }

  /** The line of an object that was there when the watch began, in pieces: there may be very many of them. */
  *initial(entry: Entry): Generator<Uint8Array> {
    this.#count.initial++;
    if (this.#representation.as === 'object') {
      this.#count.sent(heads.ADDED.length + entry.value.length + lineEnd.length);
      yield heads.ADDED;
      yield entry.value;
      yield lineEnd;
    } else {
      yield this.event('ADDED', entry);
    }
  }

  #event(type: EventType, entry: Entry): Uint8Array {
    if (this.#representation.as === 'object') return plain(type, entry);
    const object = this.#parts.registry.decode(entry);
    const { metaVersion } = this.#representation;
    if (this.#representation.as === 'metadata') return line(type, metadataOnly(object, metaVersion));
    return line(type, this.#table([object], object.metadata.resourceVersion ?? ''));
  }

  bookmark(revision: number, annotations?: Record<string, string>): Uint8Array {
    const resourceVersion = String(revision);
    const { kind } = this.#call;
    const metadata = { resourceVersion, creationTimestamp: null, ...(annotations && { annotations }) };
    switch (this.#representation.as) {
      case 'object':
        return line('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata });
      case 'metadata':
        return line('BOOKMARK', { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata });
      case 'table':
        return line('BOOKMARK', this.#table([], resourceVersion, annotations));
    }
  }

  error(error: ApiError): Uint8Array {
    return line('ERROR', error.toStatus());
  }

  #table(objects: KubeObject[], resourceVersion: string, annotations?: Record<string, string>) {
    const columns = !this.#sentColumns;
    this.#sentColumns = true;
    const result = table(this.#call.kind, objects, {
      version: this.#representation.metaVersion,
      includeObject: this.#includeObject,
      now: this.#parts.clock.now(),
      columns,
      metadata: { resourceVersion },
    });
    if (!annotations) return result;
    // A table has no annotations: they travel in a row that clients skip.
    const object = { ...metadataOnly({ metadata: { resourceVersion, annotations } }) };
    return { ...result, rows: [{ cells: this.#call.kind.columns.map(() => ''), object }] };
  }
}

const line = (type: string, object: unknown): Uint8Array => Buffer.from(`${JSON.stringify({ type, object })}\n`);

function plain(type: EventType, entry: Entry): Uint8Array {
  let bytes = shared[type].get(entry);
  if (!bytes) {
    bytes = Buffer.concat([heads[type], entry.value, lineEnd]);
    shared[type].set(entry, bytes);
  }
  return bytes;
}
