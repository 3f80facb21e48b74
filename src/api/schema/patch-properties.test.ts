// What holds for any two objects: the patch that leads from one to the other does, and an empty patch leads nowhere
// (RFC 6902, RFC 7396, api.md §10.1). The patches are made here, the way that kubectl makes them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import jsonPatch from 'fast-json-patch';
import type { Type } from './dsl.ts';
import { fieldsOf } from './fields.ts';
import { isObject, type JsonObject, own } from './json.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { Pod } from './pod.ts';
import { strategicMerge } from './strategic-merge.ts';

const key = fc.constantFrom('a', 'b', 'c', 'd/e', '~', '');
const { document } = fc.letrec((tie) => ({
  document: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(fc.integer(), fc.string({ maxLength: 2 }), fc.boolean()),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('document'),
  ),
}));

test('JSON patch: from one document to another', () => {
  fc.assert(
    fc.property(document, document, (from, to) => {
      const patch = jsonPatch.compare(from as object, to as object);
      assert.deepEqual(applyJsonPatch(from, patch), to);
      assert.deepEqual(applyJsonPatch(from, []), from);
    }),
  );
});

test('merge patch: from one document to another', () => {
  const difference = (from: unknown, to: unknown): unknown => {
    if (!isObject(from) || !isObject(to)) return to;
    const removed = Object.keys(from).filter((name) => !Object.hasOwn(to, name));
    const changed = Object.keys(to).filter((name) => JSON.stringify(own(from, name)) !== JSON.stringify(to[name]));
    return Object.fromEntries([
      ...removed.map((name) => [name, null]),
      ...changed.map((name) => [name, difference(own(from, name), to[name])]),
    ]);
  };
  fc.assert(
    fc.property(document, document, (from, to) => {
      assert.deepEqual(applyMergePatch(from, difference(from, to)), to);
      assert.deepEqual(applyMergePatch(from, {}), from);
    }),
  );
});

/** As kubectl makes a strategic merge patch: only what differs, with directives for what goes and for the order. */
function strategicDifference(type: Type | undefined, from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const name of Object.keys(from)) if (!Object.hasOwn(to, name)) patch[name] = null;
  for (const [name, wanted] of Object.entries(to)) {
    const field = type?.is === 'message' ? fieldsOf(type).get(name) : undefined;
    const present = own(from, name);
    if (JSON.stringify(present) === JSON.stringify(wanted)) continue;
    if (Array.isArray(wanted) && Array.isArray(present) && field?.rules.merge) {
      Object.assign(patch, listDifference(name, field.rules.mergeKey, field.of, present, wanted));
    } else {
      patch[name] = isObject(wanted) && isObject(present) ? strategicDifference(field?.of, present, wanted) : wanted;
    }
  }
  return patch;
}

function listDifference(name: string, mergeKey: string | undefined, type: Type, from: unknown[], to: unknown[]) {
  if (!mergeKey) {
    return {
      [`$setElementOrder/${name}`]: to,
      [`$deleteFromPrimitiveList/${name}`]: from.filter((item) => !to.includes(item)),
      [name]: to.filter((item) => !from.includes(item)),
    };
  }
  const id = (item: unknown) => (item as JsonObject)[mergeKey];
  const item = type.is === 'list' ? type.of : undefined;
  const changes = to.flatMap((wanted) => {
    const present = from.find((candidate) => id(candidate) === id(wanted));
    if (!present) return [wanted];
    const change = strategicDifference(item, present as JsonObject, wanted as JsonObject);
    return Object.keys(change).length > 0 ? [{ ...change, [mergeKey]: id(wanted) }] : [];
  });
  const gone = from.filter((present) => !to.some((wanted) => id(wanted) === id(present)));
  return {
    [`$setElementOrder/${name}`]: to.map((wanted) => ({ [mergeKey]: id(wanted) })),
    [name]: [...changes, ...gone.map((present) => ({ $patch: 'delete', [mergeKey]: id(present) }))],
  };
}

const name = fc.constantFrom('a', 'b', 'c', 'd');
const text = fc.string({ maxLength: 2 });
const env = fc.uniqueArray(fc.record({ name, value: text }, { noNullPrototype: true }), { selector: (e) => e.name });
const containers = fc.uniqueArray(
  fc.record(
    { name, image: text, env, args: fc.array(text, { maxLength: 3 }) },
    { requiredKeys: ['name'], noNullPrototype: true },
  ),
  { selector: (e) => e.name },
);
const pod = fc.record(
  {
    metadata: fc.record(
      { labels: fc.dictionary(name, text, { noNullPrototype: true }), finalizers: fc.uniqueArray(name) },
      { requiredKeys: [], noNullPrototype: true },
    ),
    spec: fc.record(
      {
        containers,
        hostname: text,
        nodeSelector: fc.dictionary(name, text, { noNullPrototype: true }),
        tolerations: fc.array(fc.record({ key: name, value: text }, { noNullPrototype: true }), { maxLength: 3 }),
      },
      { requiredKeys: ['containers'], noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
);

test('strategic merge patch: from one object to another, order included', () => {
  fc.assert(
    fc.property(pod, pod, (from, to) => {
      const patch = strategicDifference(Pod, from, to);
      assert.deepEqual(strategicMerge(Pod, from, patch), to, JSON.stringify(patch));
      assert.deepEqual(strategicMerge(Pod, from, {}), from);
    }),
    { numRuns: 500 },
  );
});
