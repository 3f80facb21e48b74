// What the API server must know of a kind to serve it. Adding a kind is writing one file in kinds/ that exports one of
// these. Everything here is pure: no I/O, no clock but the `now` that is passed in.

import type { FieldError } from './errors.ts';
import type { KubeObject } from './object.ts';
import type { ResourceRef } from './resources.ts';
import type { Message } from './schema/dsl.ts';

export interface Column<T extends KubeObject> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description: string;
  /** 1 for columns that only `-o wide` shows. */
  readonly priority?: 0 | 1;
  readonly cell: (object: T, now: Date) => string | number | boolean | null;
}

export interface Kind<T extends KubeObject = KubeObject> extends ResourceRef<T> {
  readonly singular: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly schema: Message<T>;
  /** Fills in what the user left out; changes `object` in place. Runs on every write, before validation. */
  readonly setDefaults?: (object: T) => void;
  /** All that is wrong with an object, allocations included. Metadata is checked by the caller, by `nameFormat`. Of a
   * change, `old` is what is stored: a rule that became stricter since accepts what is there. */
  readonly validate?: (object: T, old?: T) => FieldError[];
  /** Further rules for a new object; `object` was already validated on its own. */
  readonly validateCreate?: (object: T) => FieldError[];
  /** Further rules for a change (immutable fields); `object` was already validated on its own. */
  readonly validateUpdate?: (object: T, old: T) => FieldError[];
  /** Rules for a write to the status sub-resource. */
  readonly validateStatusUpdate?: (object: T, old: T) => FieldError[];
  /** Rules for a write to the finalize sub-resource. Only Namespaces have it. */
  readonly validateFinalize?: (object: T, old: T) => FieldError[];
  /** Before a create is stored: drop status, fields that the server owns. Runs before defaults. */
  readonly prepareForCreate?: (object: T) => void;
  /** Before an update is stored: wipe fields that depend on the type (services.md A.5), bump nothing. `object.status` is
   * already that of `old`. */
  readonly prepareForUpdate?: (object: T, old: T) => void;
  /** Before a write to the status sub-resource is stored: put back what that write may not change. Everything but
   * metadata and status is already that of `old`. */
  readonly prepareForStatusUpdate?: (object: T, old: T, now: Date) => void;
  /** Fields of metadata that `prepareForStatusUpdate` puts back, as in `[['metadata', 'labels']]`: who applies a status does
   * not own them. */
  readonly statusKeeps?: readonly (readonly string[])[];
  /** A new object's generated name was taken, and it has another one now: put right what repeats the name. */
  readonly renamed?: (object: T, before: string) => void;
  /** Text for a `Warning: 299` header on every request for the resource. */
  readonly deprecation?: string;
  /** Texts for `Warning: 299` headers. */
  readonly warnings?: (object: T, old: T | undefined) => string[];
  readonly nameFormat: 'dns1123Subdomain' | 'dns1123Label' | 'address';
  readonly columns: readonly Column<T>[];
  /** Conditions of a Table row: finished pods have one. */
  readonly rowConditions?: (object: T) => { type: string; status: string; reason: string; message: string }[];
  /** Field selectors beyond metadata.name and metadata.namespace: label to the object's value. */
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>;
  /** Has a `/status` sub-resource. */
  readonly hasStatus?: boolean;
  /** Has a `/scale` sub-resource (autoscaling/v1 Scale). */
  readonly scale?: {
    readonly replicas: (object: T) => number;
    readonly setReplicas: (object: T, replicas: number) => void;
    readonly statusReplicas: (object: T) => number;
    /** The selector in string form. */
    readonly selector: (object: T) => string;
  };
  /** Keeps `metadata.generation`, bumped when anything but metadata and status changes. */
  readonly hasGeneration?: boolean;
  /** Annotations are part of what bumps the generation (Deployment). */
  readonly generationCountsAnnotations?: boolean;
  /** Labels are part of what bumps the generation (EndpointSlice). */
  readonly generationCountsLabels?: boolean;
  /** DELETE answers with the object instead of a Status. */
  readonly deleteReturnsObject?: boolean;
  /** Seconds a delete is to be graceful, given the client's wish; undefined deletes at once. Only pods have it. */
  readonly gracePeriod?: (object: T, requested: number | undefined) => number | undefined;
  /** PUT to a name that does not exist creates it. */
  readonly allowCreateOnUpdate?: boolean;
  /** PUT must carry a resourceVersion. */
  readonly requiresResourceVersion?: boolean;
  /** Objects are deleted by the store when they were not written for so long. */
  readonly ttlSeconds?: number;
  /** Verbs the resource does not have, of the full set. */
  readonly omitVerbs?: readonly string[];
  /** Its objects are those of another kind in other words: an older version of it, or the same thing in a second group. */
  readonly storedAs?: StoredAs<T>;
}

/** How a kind's objects are kept in the form, and under the keys, of another kind. Neither function changes its argument,
 * nor throws, whatever a user has written. */
export interface StoredAs<T extends KubeObject = KubeObject> {
  readonly kind: Kind;
  readonly toStored: (object: T) => KubeObject;
  readonly fromStored: (stored: KubeObject) => T;
}

/** A {@link StoredAs} made of functions that know both types. */
export const storedAs = <T extends KubeObject, S extends KubeObject>(
  kind: Kind<S>,
  convert: { toStored: (object: T) => S; fromStored: (stored: S) => T },
): StoredAs<T> => ({
  kind: kind as unknown as Kind,
  toStored: convert.toStored,
  fromStored: (stored) => convert.fromStored(stored as S),
});
