// The one way in which objects are changed (services.md A.3): prepare, default, reserve, validate, store, commit.
// The verbs decide what the new object is; this decides whether and how it is stored. Every attempt starts from what is
// stored now, so a lost race is tried again unless the client said which version it wanted to change.

import { randomUUID } from 'node:crypto';
import {
  ApiError,
  alreadyExists,
  conflict,
  invalid,
  type Kind,
  type KubeObject,
  notFound,
  type ObjectMeta,
} from '#api/index.ts';
import { validateMetadata } from '#api/kinds/metadata.ts';
import { generateName } from '#api/names.ts';
import { equalButForTimes, equalJson } from '#api/schema/managed-fields/index.ts';
import type { Clock } from '#lib/clock.ts';
import type { Entry } from '#storage/index.ts';
import { assertNamespaceOpen } from './admission.ts';
import type { Reservation } from './allocators/reservation.ts';
import { type Hooks, type HooksByKind, hooksKey } from './hooks.ts';
import { countsAsChange, keepOwned, prepareNew } from './metadata.ts';
import { canonical, copyField, own, privateCopy, withoutVersion } from './object-copies.ts';
import { ownersAfter, ownersOfNew, validateEntries } from './ownership.ts';
import type { Registry } from './registry.ts';
import { assertCurrent, isFinished, problemsOf, type Rules } from './write-rules.ts';

const attempts = 16;
const nameAttempts = 8;

export interface Target {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

export interface Change {
  /** The object as wanted, made from a private copy of the stored one. Called again after a lost race. */
  readonly apply: (old: KubeObject) => KubeObject;
  readonly rules: Rules;
  /** Who owns what changes. Left out, `apply` says itself who owns what, and may say that nothing changes in that. */
  readonly fieldManager?: string | undefined;
  /** The way it is written, where `rules` do not tell. */
  readonly subresource?: string;
  readonly dryRun: boolean;
  readonly warn?: ((text: string) => void) | undefined;
}

export interface CreateOptions {
  readonly dryRun: boolean;
  readonly warn?: (text: string) => void;
  /** Who owns the new object's fields. Left out, the object says so itself. */
  readonly fieldManager?: string | undefined;
}

export class Writer {
  readonly registry: Registry;
  readonly #hooks: HooksByKind;
  readonly #clock: Clock;

  constructor(registry: Registry, hooks: HooksByKind, clock: Clock) {
    this.registry = registry;
    this.#hooks = hooks;
    this.#clock = clock;
  }

  /** Stores a new object; `object` becomes its own. Throws 409 when the name is taken. */
  async create(kind: Kind, object: KubeObject, options: CreateOptions): Promise<Entry> {
    prepareNew(object, kind, randomUUID(), this.#clock.now());
    const prefix = object.metadata.name ? undefined : object.metadata.generateName;
    if (prefix) object.metadata.name = generateName(prefix);
    await assertNamespaceOpen(this.registry, kind, object);
    const { fieldManager } = options;
    if (fieldManager !== undefined) own(object, this.#ownersOfNew(kind, object, fieldManager));
    kind.prepareForCreate?.(object);
    kind.setDefaults?.(object);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const entry = await this.#tryCreate(kind, object, prefix, options);
      if (entry) return entry;
    }
    throw conflict(kind, object.metadata.name ?? '', `others took ${attempts} times what was meant for it`);
  }

  /** Undefined when something that goes with the object could not be written. */
  async #tryCreate(kind: Kind, object: KubeObject, prefix: string | undefined, options: CreateOptions) {
    const { begin, afterWrite } = this.#hooksOf(kind);
    const reservation = begin?.(object, undefined, options.dryRun);
    try {
      const problems = [
        ...validateMetadata(kind, object),
        ...validateEntries(object),
        ...(kind.validate?.(object) ?? []),
        ...(kind.validateCreate?.(object) ?? []),
      ];
      if (problems.length > 0) throw invalid(kind, object.metadata.name ?? '', problems);
      for (const text of kind.warnings?.(object, undefined) ?? []) options.warn?.(text);
      const entry = await this.#insert(kind, object, prefix, options.dryRun, reservation);
      if (!entry) return undefined;
      reservation?.commit();
      if (!options.dryRun) afterWrite?.(object);
      return entry;
    } finally {
      reservation?.rollback();
    }
  }

  /** What the server adds while it prepares an object belongs to nobody; defaults are as good as said by the creator. */
  #ownersOfNew(kind: Kind, object: KubeObject, fieldManager: string): ObjectMeta['managedFields'] {
    const defaulted = kind.setDefaults ? privateCopy(object) : object;
    kind.setDefaults?.(defaulted);
    return ownersOfNew(kind, defaulted, { fieldManager, subresource: '' }, this.#clock.now());
  }

  async #insert(
    kind: Kind,
    object: KubeObject,
    prefix: string | undefined,
    dryRun: boolean,
    reservation: Reservation | undefined,
  ): Promise<Entry | undefined> {
    for (let attempt = 1; ; attempt++) {
      const companions = dryRun ? undefined : await reservation?.companionsOf(object);
      const entry = await this.registry.create(kind, canonical(kind, object), dryRun, companions);
      if (entry || reservation?.hasLost) return entry;
      const { name = '' } = object.metadata;
      if (!prefix) throw await this.#taken(kind, object);
      if (attempt === nameAttempts) {
        const { code, reason, details } = alreadyExists(kind, name);
        const why = 'the server was not able to generate a unique name for the object';
        throw new ApiError(code, reason, `${alreadyExists(kind, name).message}, ${why}`, details);
      }
      object.metadata.name = generateName(prefix);
      // A namespace's name is also a label of it.
      kind.setDefaults?.(object);
      kind.renamed?.(object, name);
    }
  }

  async #taken(kind: Kind, { metadata: { namespace, name = '' } }: KubeObject): Promise<ApiError> {
    const error = alreadyExists(kind, name);
    const entry = await this.registry.get(kind, { namespace, name });
    if (!entry || !this.registry.decode(entry).metadata.deletionTimestamp) return error;
    return new ApiError(error.code, error.reason, `object is being deleted: ${error.message}`, error.details);
  }

  /** Changes a stored object; the entry is the old one when nothing changed. Throws 404, 409, 422. */
  async update(target: Target, change: Change): Promise<Entry> {
    const { kind, namespace, name } = target;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const entry = await this.registry.get(kind, { namespace, name });
      if (!entry) throw notFound(kind, name);
      const result = await this.#tryUpdate(kind, entry, change);
      if (result) return result;
    }
    throw conflict(kind, name, `it was changed by others ${attempts} times while it was being updated`);
  }

  /** Undefined when the object changed meanwhile. */
  async #tryUpdate(kind: Kind, entry: Entry, change: Change): Promise<Entry | undefined> {
    const old = this.registry.decode(entry);
    const object = change.apply(privateCopy(old));
    assertCurrent(kind, object, old);
    keepOwned(object, old);
    this.#prepare(kind, object, old, change);
    if (change.fieldManager !== undefined) {
      const { fieldManager, rules, subresource = rules === 'status' ? 'status' : '' } = change;
      own(object, ownersAfter(kind, object, old, { fieldManager, subresource }, this.#clock.now()));
    }
    const reservation = change.rules === 'main' ? this.#hooksOf(kind).begin?.(object, old, change.dryRun) : undefined;
    try {
      const problems = problemsOf(kind, object, old, change.rules);
      if (problems.length > 0) throw invalid(kind, object.metadata.name ?? '', problems);
      for (const text of (change.rules === 'main' && kind.warnings?.(object, old)) || []) change.warn?.(text);
      return await this.#store(kind, entry, canonical(kind, object), change, reservation);
    } finally {
      reservation?.rollback();
    }
  }

  #prepare(kind: Kind, object: KubeObject, old: KubeObject, { rules }: Change): void {
    if (rules === 'main') {
      if (kind.hasStatus) copyField(object, old, 'status');
      kind.setDefaults?.(object);
      kind.prepareForUpdate?.(object, old);
    } else if (rules === 'status') {
      for (const field of new Set([...Object.keys(object), ...Object.keys(old)])) {
        if (field !== 'status' && field !== 'metadata') copyField(object, old, field);
      }
      // Upstream reads every body with its defaults, whatever it is for: so nothing is stored without them.
      kind.setDefaults?.(object);
      kind.prepareForStatusUpdate?.(object, old, this.#clock.now());
    }
  }

  async #store(kind: Kind, entry: Entry, object: KubeObject, change: Change, reservation: Reservation | undefined) {
    const { rules, dryRun } = change;
    const old = this.registry.decode(entry);
    // Who writes the status reports, annotations included; it does not change what is wanted.
    const mayCount = kind.hasGeneration && rules !== 'status';
    if (mayCount && countsAsChange(kind, object, old)) {
      object.metadata.generation = (old.metadata.generation ?? 0) + 1;
    }
    // What this write has taken is given back: the object goes with what it had.
    if (isFinished(kind, object)) return this.remove(kind, entry, object, dryRun);
    if (this.#isUnchanged(kind, entry, object, old)) return entry;
    return this.replace(kind, entry, object, dryRun, reservation);
  }

  /** Stores `object` in the place of `old`. Undefined when that is no longer the newest. */
  async replace(kind: Kind, old: Entry, object: KubeObject, dryRun: boolean, reservation?: Reservation) {
    const companions = dryRun ? undefined : await reservation?.companionsOf(object);
    const stored = await this.registry.replace(kind, old, object, dryRun, companions);
    if (!stored) return undefined;
    reservation?.commit();
    if (!dryRun) this.#hooksOf(kind).afterWrite?.(object);
    return stored;
  }

  /** Removes what is stored, `object` being its last state. Undefined when `old` is no longer the newest. */
  async remove(kind: Kind, old: Entry, object: KubeObject, dryRun: boolean): Promise<Entry | undefined> {
    if (dryRun) return this.registry.remove(kind, old, object, dryRun);
    const { end, afterDelete } = this.#hooksOf(kind);
    const reservation = end?.(this.registry.decode(old));
    const gone = await this.registry.remove(kind, old, object, dryRun, await reservation?.companionsOf(object));
    if (!gone) return undefined;
    reservation?.commit();
    await afterDelete?.(object);
    return gone;
  }

  /** A time in managedFields is no change of its own. */
  #isUnchanged(kind: Kind, entry: Entry, object: KubeObject, old: KubeObject): boolean {
    const { managedFields } = object.metadata;
    if (!equalButForTimes(managedFields, old.metadata.managedFields)) return false;
    // In another form something may be lost that changed here.
    if (!kind.storedAs) return equalJson(withoutVersion(object), withoutVersion(old));
    own(object, old.metadata.managedFields);
    if (this.registry.isUnchanged(kind, entry, object)) return true;
    own(object, managedFields);
    return false;
  }

  #hooksOf(kind: Kind): Hooks {
    return this.#hooks.get(hooksKey(kind)) ?? {};
  }
}
