// What is asked of a change before it is stored, and when an object that is changed is gone.

import {
  conflict,
  type FieldError,
  invalid,
  invalidValue,
  type Kind,
  type KubeObject,
  type Namespace,
} from '#api/index.ts';
import { validateMetadata, validateMetadataUpdate } from '#api/kinds/metadata.ts';
import { validateEntries } from './ownership.ts';

/** Which rules hold: those of the object, of its status, of its finalizers, or none but the metadata's (binding, eviction). */
export type Rules = 'main' | 'status' | 'finalize' | 'none';

/** The client may say which version, and which object of that name, it means to change. */
export function assertCurrent(kind: Kind, object: KubeObject, old: KubeObject): void {
  const { resourceVersion, uid, name = '' } = object.metadata;
  if (resourceVersion && resourceVersion !== '0' && resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(kind, old.metadata.name ?? name);
  }
  if (!resourceVersion && kind.requiresResourceVersion) {
    const why = 'must be specified for an update';
    throw invalid(kind, old.metadata.name ?? '', [
      { ...invalidValue('metadata.resourceVersion', 0, why), shown: '0x0' },
    ]);
  }
  if (uid && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(kind, old.metadata.name ?? '', why);
  }
}

export function problemsOf(kind: Kind, object: KubeObject, old: KubeObject, rules: Rules): FieldError[] {
  const problems = [...validateMetadata(kind, object), ...validateMetadataUpdate(object, old)];
  problems.push(...validateEntries(object));
  if (rules === 'main')
    problems.push(...(kind.validate?.(object, old) ?? []), ...(kind.validateUpdate?.(object, old) ?? []));
  if (rules === 'status') problems.push(...(kind.validateStatusUpdate?.(object, old) ?? []));
  if (rules === 'finalize') problems.push(...(kind.validateFinalize?.(object, old) ?? []));
  return problems;
}

/** Whether a deletion that waited for finalizers has nothing more to wait for. */
export function isFinished(kind: Kind, { metadata, ...rest }: KubeObject): boolean {
  if (!metadata.deletionTimestamp || (metadata.finalizers?.length ?? 0) > 0) return false;
  if (kind.group === '' && kind.kind === 'Namespace') {
    return ((rest as Partial<Namespace>).spec?.finalizers?.length ?? 0) === 0;
  }
  return (metadata.deletionGracePeriodSeconds ?? 0) === 0;
}
