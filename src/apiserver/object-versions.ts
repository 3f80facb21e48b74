// The versions in which the fields of a kind's objects may be named: its own and those of all kinds that are kept in the
// same form (`Kind.storedAs`). Owners of fields have written in any of them (api.md §10.3).

import { apiVersionOf, type Kind, type KubeObject } from '#api/index.ts';
import { kinds } from '#api/kinds/index.ts';
import { shapeOf, singleVersion, type Versions } from '#api/schema/managed-fields/index.ts';
import { prune } from '#api/schema/strict.ts';
import { storageOf } from './registry.ts';

const known = new WeakMap<Kind, Versions>();

export function versionsOf(kind: Kind): Versions {
  let versions = known.get(kind);
  if (!versions) {
    const stored = storageOf(kind);
    const family = kinds.filter((other) => other !== kind && storageOf(other) === stored);
    versions =
      family.length === 0 ? singleVersion(apiVersionOf(kind), shapeOf(kind.schema)) : several([kind, ...family]);
    known.set(kind, versions);
  }
  return versions;
}

function several(family: readonly Kind[]): Versions {
  const byVersion = new Map(family.map((kind) => [apiVersionOf(kind), kind]));
  return {
    shapeOf: (apiVersion) => {
      const kind = byVersion.get(apiVersion);
      return kind && shapeOf(kind.schema);
    },
    convert: (object, from, to) => {
      const [source, target] = [byVersion.get(from), byVersion.get(to)];
      return source && target ? convert(object, source, target) : object;
    },
  };
}

/** By way of the form that is stored. */
function convert(object: object, from: Kind, to: Kind): object {
  const given = prune(from.schema, object) as KubeObject;
  const stored = from.storedAs ? from.storedAs.toStored(given) : given;
  const wanted = to.storedAs ? to.storedAs.fromStored(prune(storageOf(to).schema, stored) as KubeObject) : stored;
  return { ...(prune(to.schema, wanted) as object), kind: to.kind, apiVersion: apiVersionOf(to) };
}
